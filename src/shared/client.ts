/**
 * Locks of a leader for Node programs with an ordinary event loop: `import { connect } from 'sward'`.
 * Requests of one tick leave in one write; every ticket ends exactly once. A lost connection rejects all open tickets
 * with what the leader's goodbye said, else ECONNRESET. For programs that block, see protocol-call.ts.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { Socket } from 'node:net';
import { AbortError } from 'abort-controller-x';
import { errnoName, SyscallError } from './errno.js';
import { FrameReader, FrameWriter, FramingError } from './frames.js';
import { type ConflictingLock, LockKind, LockType, type Offset } from './lock-types.js';
import {
  checkReply,
  FrameKind,
  type MessageName,
  OwnerKind,
  protocolVersion,
  type Reply,
  type Request,
} from './messages.js';
import { connectUnix, sendFrames } from './native/socket.js';

/** One call under way. */
export interface Ticket<N extends MessageName> {
  /**
   * The reply. The abort of the signal cancels the call at the leader: then rejects with AbortError, or resolves all
   * the same if the reply won the race. Other failures are SyscallErrors.
   */
  wait(signal?: AbortSignal): Promise<Reply<N>>;
}

export interface RangeOptions {
  /** Default `'ofd'`. Each `lock` call of kind ofd or flock is a holder of its own; record locks belong to the process. */
  readonly kind?: keyof typeof LockKind;
  /** Default `'write'`. */
  readonly type?: keyof typeof LockType;
  /** First byte, default 0. */
  readonly start?: Offset;
  /** Bytes; 0, the default, means to the end of the file (fcntl(2)). */
  readonly length?: Offset;
}

export interface LockOptions extends RangeOptions {
  /** Default true; false: EAGAIN when the lock cannot be had at once. */
  readonly wait?: boolean;
  readonly signal?: AbortSignal;
}

export interface Lock {
  /** Resolves once nobody can see the lock any more. Releasing again does nothing. */
  release(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

interface Open {
  readonly name: MessageName;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** O_PATH (open(2)): names the file without opening it; not in node:fs. */
const pathOnly = 0o10000000;

const retryMilliseconds = 1;

/** Connects to a leader; the socket is `$SWARD_SOCKET` when not given. */
export async function connect(socketPath: string | undefined = process.env.SWARD_SOCKET): Promise<Leader> {
  if (socketPath === undefined) throw new SyscallError('EINVAL', 'no socket path and no SWARD_SOCKET');
  const leader = new Leader(connectUnix(socketPath));
  const name = process.title.slice(0, 64);
  try {
    await leader.request('hello', { version: protocolVersion, name }).wait();
    const command = process.argv.join(' ').slice(0, 200);
    await leader.request('ownerOpen', { ...processOwner(command), hasPidfd: false }).wait();
  } catch (error) {
    leader.close();
    throw error;
  }
  return leader;
}

/** The process itself is owner 1. */
const self = 1;
const processOwner = (command: string) => ({
  owner: self,
  pid: process.pid,
  command,
  kind: OwnerKind.process,
});

export class Leader {
  private readonly fd: number;
  /** Reads and owns the descriptor; sending is ours, because frames may carry descriptors. */
  private readonly socket: Socket;
  private readonly reader = new FrameReader();
  private readonly writer = new FrameWriter();
  private readonly open = new Map<number, Open>();
  private lastId = 0;
  private lastHandle = self;
  private flushing = false;
  private lost: Error | undefined;

  /** Takes over a connected socket; see `connect`. */
  constructor(fd: number) {
    this.fd = fd;
    this.socket = new Socket({ fd, readable: true, writable: false });
    this.socket.on('data', (chunk: Buffer) => this.receive(chunk));
    this.socket.on('error', () => {});
    this.socket.on('close', () => this.lose(new SyscallError('ECONNRESET', 'the leader is gone')));
  }

  /** Sends a request. The descriptors must stay open until it is answered. */
  request<N extends MessageName>(name: N, request: Request<N>, descriptors?: readonly number[]): Ticket<N> {
    this.lastId = (this.lastId % 0xffff_ffff) + 1;
    const id = this.lastId;
    const reply = new Promise<Reply<N>>((resolve, reject) => {
      if (this.lost !== undefined) return reject(this.lost);
      this.writer.request(name, id, request, descriptors);
      this.open.set(id, { name, resolve: resolve as (reply: unknown) => void, reject });
      this.flushSoon();
    });
    // Nobody may be waiting for it: that is no unhandled rejection.
    reply.catch(() => {});
    return { wait: (signal) => this.wait(id, reply, signal) };
  }

  /** Takes a lock on a file, given by its path or a descriptor; waits for it unless `wait` is false. */
  async lock(pathOrFd: string | number, options: LockOptions = {}): Promise<Lock> {
    const kind = LockKind[options.kind ?? 'ofd'];
    const handles = this.openHandles(pathOrFd, kind);
    const range = rangeOf(options);
    const ticket = this.request('lockSet', {
      ...handles,
      process: self,
      kind,
      type: LockType[options.type ?? 'write'],
      ...range,
      wait: options.wait ?? true,
    });
    let released: Promise<void> | undefined;
    const release = () => (released ??= this.closeHandles(handles, kind, range));
    try {
      await handles.opened;
      await ticket.wait(options.signal);
    } catch (error) {
      await release().catch(() => {});
      throw error;
    }
    return { release, [Symbol.asyncDispose]: release };
  }

  /** The first lock that keeps the described one from being taken (F_GETLK). */
  async query(pathOrFd: string | number, options: RangeOptions = {}): Promise<ConflictingLock | undefined> {
    const kind = LockKind[options.kind ?? 'ofd'];
    const handles = this.openHandles(pathOrFd, kind);
    const type = LockType[options.type ?? 'write'];
    const ticket = this.request('lockGet', { ...handles, kind, type, ...rangeOf(options) });
    try {
      await handles.opened;
      return (await ticket.wait()).conflict ?? undefined;
    } finally {
      this.closeHandles(handles, kind).catch(() => {});
    }
  }

  /** Ends the connection: the leader releases all locks taken through it, open tickets are rejected. */
  close(): void {
    this.lose(new SyscallError('ECONNRESET', 'closed'));
  }

  private async wait<R>(id: number, reply: Promise<R>, signal: AbortSignal | undefined): Promise<R> {
    if (signal === undefined) return reply;
    let cancelled = false;
    const cancel = () => {
      cancelled = true;
      if (!this.open.has(id)) return;
      this.writer.cancel(id);
      this.flushSoon();
    };
    if (signal.aborted) cancel();
    else signal.addEventListener('abort', cancel);
    try {
      return await reply;
    } catch (error) {
      if (cancelled && error instanceof SyscallError && error.code === 'EINTR') throw new AbortError();
      throw error;
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  }

  private openHandles(pathOrFd: string | number, kind: LockKind) {
    const fd = typeof pathOrFd === 'number' ? pathOrFd : openSync(pathOrFd, pathOnly | constants.O_RDONLY);
    const file = ++this.lastHandle;
    const owner = kind === LockKind.record ? self : file;
    const opening = this.request('fileOpen', { file }, [fd]).wait();
    const opened = typeof pathOrFd === 'number' ? opening : opening.finally(() => closeSync(fd));
    opened.catch(() => {});
    if (owner !== self) {
      const command = process.argv.join(' ').slice(0, 200);
      this.request('ownerOpen', {
        ...processOwner(command),
        owner,
        kind: OwnerKind.description,
        hasPidfd: false,
      });
    }
    return { file, owner, opened };
  }

  private async closeHandles(
    { file, owner }: { file: number; owner: number },
    kind: LockKind,
    held?: { start: Offset; end: Offset },
  ): Promise<void> {
    const released =
      owner !== self
        ? this.request('ownerClose', { owner })
        : held && this.request('lockUnset', { file, owner, kind, ...held });
    const closed = this.request('fileClose', { file });
    await released?.wait();
    await closed.wait();
  }

  private flushSoon(): void {
    if (this.flushing) return;
    this.flushing = true;
    queueMicrotask(() => this.flush());
  }

  private flush(): void {
    this.flushing = false;
    if (this.lost !== undefined) return;
    const result = sendFrames(this.fd, this.writer);
    if (result === 0 || errnoName(result) !== 'EAGAIN') return;
    // The leader is behind. It has room again soon, or the connection ends.
    this.flushing = true;
    setTimeout(() => this.flush(), retryMilliseconds);
  }

  private receive(chunk: Buffer): void {
    try {
      this.reader.push(chunk);
      for (let values = this.reader.next(); values !== undefined; values = this.reader.next()) {
        this.take(values);
      }
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      this.lose(new SyscallError('EPROTO', error.message));
    }
  }

  private take(values: readonly unknown[]): void {
    const [kind, id] = values;
    if (kind === FrameKind.goodbye) {
      this.lose(new SyscallError(errnoName(id as number), String(values[2])));
      return;
    }
    const call = this.open.get(id as number);
    if (kind !== FrameKind.done || call === undefined) return;
    this.open.delete(id as number);
    try {
      call.resolve(checkReply(call.name, values));
    } catch (error) {
      call.reject(error as Error);
    }
  }

  private lose(error: Error): void {
    if (this.lost !== undefined) return;
    this.lost = error;
    this.socket.destroy();
    for (const call of this.open.values()) call.reject(error);
    this.open.clear();
  }
}

function rangeOf({ start = 0, length = 0 }: RangeOptions): { start: Offset; end: Offset } {
  if (length === 0 || length === 0n) return { start, end: Infinity };
  const end = BigInt(start) + BigInt(length);
  if (end > 1n << 63n) throw new SyscallError('EOVERFLOW', `${start} + ${length}`);
  return { start, end: end === 1n << 63n ? Infinity : end > Number.MAX_SAFE_INTEGER ? end : Number(end) };
}
