/**
 * The link to a leader behind a Unix socket: calls become frames, replies become settle().
 *
 * Releases are sent without asking for a reply (request id 0). A leader that closes the connection or does not answer
 * for `leaderTimeoutMilliseconds` is lost for good: calls then fail with ENOLCK, releases are no-ops, and the workload
 * runs on. It is not connected to again, since the locks that were held there are gone.
 */
import { PENDING } from '../shared/core-types.js';
import { errnoName, errnoNumber } from '../shared/errno.js';
import type { FrameReader, FrameWriter } from '../shared/frames.js';
import { commandCharactersMax, leaderTimeoutMilliseconds, pingMilliseconds } from '../shared/limits.js';
import type { ConflictingLock, LockKind, LockRange, LockType, Offset } from '../shared/lock-types.js';
import type { Log } from '../shared/log.js';
import { FrameKind, OwnerKind } from '../shared/messages.js';
import type { Mount } from '../shared/mount-types.js';
import { receiveFrames, sendFrames } from '../shared/native/socket.js';
import { closeDescriptor, pinDescriptor } from '../shared/native/workload.js';
import { shorten } from '../shared/shorten.js';
import { Spinning } from '../shared/spinning.js';
import type { LeaderLink, LinkFile, LinkOwner, LockCall, LockQuery, OwnerFacts } from './link.js';

const noReply = 0;
const pollIn = 1;
const pollOut = 4;
const again = -errnoNumber('EAGAIN');
const noLocks = -errnoNumber('ENOLCK');
const interrupted = -errnoNumber('EINTR');

interface SocketFile extends LinkFile {
  readonly handle: number;
}

interface SocketOwner extends LinkOwner {
  readonly handle: number;
}

/** A call without its DONE. */
interface Unanswered {
  readonly lock: LockCall | undefined;
  readonly query: LockQuery | undefined;
  /** When the leader was last told something that it must answer. */
  since: number;
}

const fileHandle = (file: LinkFile): number => (file as SocketFile).handle;
const ownerHandle = (owner: LinkOwner): number => (owner as SocketOwner).handle;

export class SocketLink implements LeaderLink {
  readonly directories: readonly string[];
  readonly mounts: readonly Mount[];
  events = pollIn;
  #fd: number;
  readonly #writer: FrameWriter;
  readonly #reader: FrameReader;
  readonly #path: string;
  readonly #log: Log;
  readonly #now: () => number;
  /** Calls that the leader owes an answer at once, by request id, oldest first. */
  readonly #unanswered = new Map<number, Unanswered>();
  /** Calls answered PENDING: they may take any time. */
  readonly #waiting = new Map<number, Unanswered>();
  /** Descriptors to close once they are sent. */
  readonly #toClose: number[] = [];
  readonly #spinning = new Spinning();
  #lastId = 1;
  #lastHandle = 0;
  /** When the leader is asked next whether it is there; matters while calls wait. */
  #pingAt = 0;
  /** When calls of a lost leader fail; Infinity while there is one. */
  #givenUpAt = Number.POSITIVE_INFINITY;

  constructor(
    fd: number,
    writer: FrameWriter,
    reader: FrameReader,
    directories: readonly string[],
    mounts: readonly Mount[],
    path: string,
    log: Log,
    now: () => number,
  ) {
    this.#fd = fd;
    this.#writer = writer;
    this.#reader = reader;
    this.directories = directories;
    this.mounts = mounts;
    this.#path = path;
    this.#log = log;
    this.#now = now;
  }

  /** Two idle CPUs woken one after the other take longer than the leader's answer does. */
  get spinMicroseconds(): number {
    return this.#unanswered.size > 0 ? this.#spinning.microseconds : 0;
  }

  get descriptor(): number {
    return this.#fd;
  }

  openFile(device: bigint, inode: bigint, descriptor: number): LinkFile {
    const handle = ++this.#lastHandle;
    if (this.#fd >= 0) {
      const pin = pinDescriptor(descriptor);
      this.#writer.request('fileOpen', noReply, { file: handle }, [pin]);
      this.#toClose.push(pin);
    }
    const file: SocketFile = { device, inode, handle };
    return file;
  }

  closeFile(file: LinkFile): void {
    if (this.#fd >= 0) this.#writer.request('fileClose', noReply, { file: fileHandle(file) });
  }

  openOwner({ pid, command, pidfd, copy }: OwnerFacts): LinkOwner {
    const handle = ++this.#lastHandle;
    if (this.#fd >= 0) {
      const hasPidfd = pidfd >= 0;
      const kind = hasPidfd ? OwnerKind.process : OwnerKind.description;
      const request = {
        owner: handle,
        pid,
        command: shorten(command, commandCharactersMax),
        kind,
        hasPidfd,
        copy: copy < 0 ? null : copy,
      };
      this.#writer.request('ownerOpen', noReply, request, hasPidfd ? [pidfd] : []);
    }
    const owner: SocketOwner = { pid, handle };
    return owner;
  }

  passLocks(description: LinkOwner, from: LinkOwner | undefined, process: LinkOwner): void {
    if (this.#fd < 0) return;
    this.#writer.request('ownerPass', noReply, {
      owner: ownerHandle(description),
      from: from === undefined ? null : ownerHandle(from),
      process: ownerHandle(process),
    });
    this.#flush();
  }

  closeOwner(owner: LinkOwner): void {
    if (this.#fd < 0) return;
    this.#writer.request('ownerClose', noReply, { owner: ownerHandle(owner) });
    this.#flush();
  }

  lock(call: LockCall): number {
    const id = this.#enter({ lock: call, query: undefined, since: 0 });
    if (id === undefined) return noLocks;
    if (this.#fd < 0) return PENDING;
    this.#writer.request('lockSet', id, {
      file: fileHandle(call.file),
      owner: ownerHandle(call.owner),
      process: ownerHandle(call.process),
      kind: call.kind,
      type: call.type,
      start: call.start,
      end: call.end,
      wait: call.wait,
    });
    this.#flush();
    return PENDING;
  }

  query(query: LockQuery): void {
    const id = this.#enter({ lock: undefined, query, since: 0 });
    if (id === undefined) return query.settle(noLocks, undefined);
    if (this.#fd < 0) return;
    const { kind, type, start, end } = query;
    const file = fileHandle(query.file);
    this.#writer.request('lockGet', id, { file, owner: ownerHandle(query.owner), kind, type, start, end });
    this.#flush();
  }

  /** Notes a call; undefined when the leader has been given up. */
  #enter(entry: Unanswered): number | undefined {
    entry.since = this.#now();
    if (entry.since >= this.#givenUpAt) return undefined;
    this.#lastId = (this.#lastId % 0xffff_fff0) + 1;
    this.#unanswered.set(this.#lastId, entry);
    return this.#lastId;
  }

  cancel(call: LockCall): void {
    const id = this.#idOf(call);
    if (id === undefined) return;
    const entry = this.#take(id)!;
    if (this.#fd < 0) {
      call.settle(interrupted);
      return;
    }
    entry.since = this.#now();
    this.#unanswered.set(id, entry);
    this.#writer.cancel(id);
    this.#flush();
  }

  #idOf(call: LockCall): number | undefined {
    for (const calls of [this.#waiting, this.#unanswered]) {
      for (const [id, entry] of calls) if (entry.lock === call) return id;
    }
    return undefined;
  }

  #take(id: number): Unanswered | undefined {
    const calls = this.#unanswered.has(id) ? this.#unanswered : this.#waiting;
    const entry = calls.get(id);
    calls.delete(id);
    return entry;
  }

  unlock(file: LinkFile, owner: LinkOwner, kind: LockKind, { start, end }: LockRange): void {
    if (this.#fd < 0) return;
    this.#writer.request('lockUnset', noReply, {
      file: fileHandle(file),
      owner: ownerHandle(owner),
      kind,
      start,
      end,
    });
    this.#flush();
  }

  release(file: LinkFile, owner: LinkOwner, kind: LockKind): void {
    if (this.#fd < 0) return;
    this.#writer.request('lockRelease', noReply, { file: fileHandle(file), owner: ownerHandle(owner), kind });
    this.#flush();
  }

  #flush(): void {
    const result = sendFrames(this.#fd, this.#writer);
    if (result === again) {
      this.events = pollIn | pollOut;
      return;
    }
    if (result < 0) {
      this.#lose(errnoName(result));
      return;
    }
    this.events = pollIn;
    if (this.#toClose.length > 0) for (const fd of this.#toClose.splice(0)) closeDescriptor(fd);
  }

  receive(): void {
    if (this.#fd >= 0 && this.#writer.length > 0) this.#flush();
    if (this.#fd < 0) return;
    const received = receiveFrames(this.#fd, this.#reader);
    if (received <= 0) {
      if (received !== again) this.#lose(received === 0 ? 'it closed the connection' : errnoName(received));
      return;
    }
    for (let values = this.#reader.next(); values; values = this.#reader.next()) this.#dispatch(values);
  }

  #dispatch(values: unknown[]): void {
    const [kind, id, errno] = values as [number, number, number];
    if (kind === FrameKind.goodbye) {
      this.#lose(String(values[2]));
      return;
    }
    const entry = this.#take(id);
    if (!entry) return;
    this.#spinning.observe(this.#now() - entry.since);
    if (kind === FrameKind.pending) {
      if (this.#waiting.size === 0) this.#pingAt = this.#now() + pingMilliseconds;
      this.#waiting.set(id, entry);
      return;
    }
    if (entry.lock) entry.lock.settle(-errno);
    else entry.query?.settle(-errno, errno === 0 ? conflictOf(values[3]) : undefined);
  }

  get deadline(): number {
    if (this.#fd < 0) {
      return this.#unanswered.size + this.#waiting.size > 0 ? this.#givenUpAt : Number.POSITIVE_INFINITY;
    }
    const [oldest] = this.#unanswered.values();
    if (oldest) return oldest.since + leaderTimeoutMilliseconds;
    return this.#waiting.size > 0 ? this.#pingAt : Number.POSITIVE_INFINITY;
  }

  expire(now: number): void {
    if (this.#fd >= 0 && this.#unanswered.size === 0) {
      this.#ping(now);
      return;
    }
    if (this.#fd >= 0) {
      this.#lose(`no answer for ${leaderTimeoutMilliseconds} ms`);
      this.#givenUpAt = now;
    }
    for (const id of [...this.#unanswered.keys(), ...this.#waiting.keys()]) {
      const entry = this.#take(id);
      entry?.lock?.settle(noLocks);
      entry?.query?.settle(noLocks, undefined);
    }
  }

  /** Calls may wait for ever, but not for a leader that is not there any more. */
  #ping(now: number): void {
    this.#pingAt = now + pingMilliseconds;
    const id = this.#enter({ lock: undefined, query: undefined, since: now });
    if (id === undefined) return;
    this.#writer.request('ping', id, {});
    this.#flush();
  }

  #lose(reason: string): void {
    if (this.#fd < 0) return;
    this.#log.warn(
      `the leader at ${this.#path} is lost (${reason}): lock calls fail with ENOLCK from ${leaderTimeoutMilliseconds} ms on`,
    );
    closeDescriptor(this.#fd);
    this.#fd = -1;
    this.events = 0;
    this.#givenUpAt = this.#now() + leaderTimeoutMilliseconds;
    for (const fd of this.#toClose.splice(0)) closeDescriptor(fd);
  }

  close(): void {
    if (this.#fd >= 0) closeDescriptor(this.#fd);
    this.#fd = -1;
    for (const { descriptor } of this.mounts) closeDescriptor(descriptor);
  }
}

function conflictOf(value: unknown): ConflictingLock | undefined {
  if (value === null || value === undefined) return undefined;
  const [type, start, end, pid] = value as [LockType, Offset, Offset, number];
  return { type, start, end, pid };
}
