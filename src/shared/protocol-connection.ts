/**
 * A connection to a leader in Node's event loop, as client.ts uses it: requests of one tick leave in one write, every
 * ticket ends exactly once. A lost connection rejects all open tickets with what the leader's goodbye said, else ECONNRESET.
 */
import { Socket } from 'node:net';
import { AbortError } from 'abort-controller-x';
import { errnoName, SyscallError } from './errno.js';
import { FrameReader, FrameWriter, FramingError } from './frames.js';
import { checkReply, FrameKind, type MessageName, type Reply, type Request } from './messages.js';
import { sendFrames } from './native/socket.js';

/** One call under way. */
export interface Ticket<N extends MessageName> {
  /**
   * The reply. The abort of the signal cancels the call at the leader: then rejects with AbortError, or resolves all
   * the same if the reply won the race. Other failures are SyscallErrors.
   */
  wait(signal?: AbortSignal): Promise<Reply<N>>;
}

interface Open {
  readonly name: MessageName;
  readonly resolve: (reply: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Between two tries to send to a leader that is behind. */
const retryMilliseconds = 1;

export class Connection {
  private readonly fd: number;
  /** Reads and owns the descriptor; sending is ours, because frames may carry descriptors. */
  private readonly socket: Socket;
  private readonly reader = new FrameReader();
  private readonly writer = new FrameWriter();
  private readonly open = new Map<number, Open>();
  private lastId = 0;
  private flushing = false;
  private lost: Error | undefined;

  /** Takes over a connected socket; see client.ts. */
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
