/**
 * Locks of a leader for Node programs with an ordinary event loop: `import { connect } from 'sward'`.
 * Requests of one tick leave in one write; every ticket ends exactly once. A lost connection rejects all open tickets
 * with what the leader's goodbye said, else ECONNRESET. For programs that block, see protocol-call.ts.
 */
import { closeSync, constants, openSync } from 'node:fs';
import { SyscallError } from './errno.js';
import { type ConflictingLock, LockKind, LockType, type Offset } from './lock-types.js';
import { type MessageName, OwnerKind, protocolVersion, type Request } from './messages.js';
import { connectUnix } from './native/socket.js';
import { Connection, type Ticket } from './protocol-connection.js';

export type { Ticket } from './protocol-connection.js';

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

/** O_PATH (open(2)): names the file without opening it; not in node:fs. */
const pathOnly = 0o10000000;

/** Connects to a leader; the socket is `$SWARD_SOCKET` when not given. */
export async function connect(socketPath: string | undefined = process.env.SWARD_SOCKET): Promise<Leader> {
  if (socketPath === undefined) throw new SyscallError('EINVAL', 'no socket path and no SWARD_SOCKET');
  const leader = new Leader(new Connection(connectUnix(socketPath)));
  const name = process.title.slice(0, 64);
  try {
    await leader.request('hello', { version: protocolVersion, name, mounts: false }).wait();
    const command = process.argv.join(' ').slice(0, 200);
    await leader.request('ownerOpen', { ...processOwner(command), hasPidfd: false, copy: null }).wait();
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
  private readonly connection: Connection;
  private lastHandle = self;

  /** See `connect`. */
  constructor(connection: Connection) {
    this.connection = connection;
  }

  /** Sends a request. The descriptors must stay open until it is answered. */
  request<N extends MessageName>(name: N, request: Request<N>, descriptors?: readonly number[]): Ticket<N> {
    return this.connection.request(name, request, descriptors);
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
    this.connection.close();
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
        copy: null,
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
}

function rangeOf({ start = 0, length = 0 }: RangeOptions): { start: Offset; end: Offset } {
  if (length === 0 || length === 0n) return { start, end: Infinity };
  const end = BigInt(start) + BigInt(length);
  if (end > 1n << 63n) throw new SyscallError('EOVERFLOW', `${start} + ${length}`);
  return { start, end: end === 1n << 63n ? Infinity : end > Number.MAX_SAFE_INTEGER ? end : Number(end) };
}
