/**
 * A client that blocks: one call at a time, no event loop. For command-line tools, tests and a member's start.
 * Errors of a call are SyscallErrors; a connection that ends is ECONNRESET, or what the leader's GOODBYE said.
 */
import { closeSync } from 'node:fs';
import { errnoName, SyscallError } from './errno.js';
import { FrameReader, FrameWriter } from './frames.js';
import {
  checkReply,
  FrameKind,
  type MessageName,
  protocolVersion,
  type Reply,
  type Request,
} from './messages.js';
import { connectUnix, receiveFrames, sendFrames, waitForSocket } from './native/socket.js';

export class BlockingClient {
  readonly fd: number;
  readonly hello: Reply<'hello'>;
  readonly writer = new FrameWriter();
  readonly reader = new FrameReader();
  private readonly timeout: number;
  private lastId = 0;

  /** Connects and says hello. Milliseconds without any answer after which a call fails with ETIMEDOUT; -1: none. */
  constructor(socketPath: string, name: string, timeout = -1) {
    this.timeout = timeout;
    this.fd = connectUnix(socketPath);
    this.hello = this.call('hello', { version: protocolVersion, name, mounts: false });
  }

  /** Sends a request and waits for its DONE. */
  call<N extends MessageName>(name: N, request: Request<N>, descriptors?: readonly number[]): Reply<N> {
    const id = ++this.lastId;
    this.writer.request(name, id, request, descriptors);
    this.flush();
    for (;;) {
      const values = this.receive();
      if (values[0] === FrameKind.done && values[1] === id) return checkReply(name, values);
    }
  }

  /** Sends a request that wants no reply. */
  post<N extends MessageName>(name: N, request: Request<N>): void {
    this.writer.request(name, 0, request);
    this.flush();
  }

  flush(): void {
    while (this.writer.length > 0) {
      const result = sendFrames(this.fd, this.writer);
      // Lost: the leader's goodbye, if there is one, says why.
      if (result < 0 && errnoName(result) !== 'EAGAIN') this.receive();
      if (result < 0) this.wait('writable');
    }
  }

  /** The next frame from the leader. */
  receive(): unknown[] {
    for (;;) {
      const values = this.reader.next();
      if (values?.[0] === FrameKind.goodbye) {
        throw new SyscallError(errnoName(values[1] as number), String(values[2]));
      }
      if (values !== undefined) return values;
      this.wait('readable');
      const received = receiveFrames(this.fd, this.reader);
      if (received === 0) throw new SyscallError('ECONNRESET', 'the leader has closed the connection');
      if (received < 0 && errnoName(received) !== 'EAGAIN')
        throw new SyscallError(errnoName(received), 'leader');
    }
  }

  close(): void {
    this.reader.closeDescriptors();
    closeSync(this.fd);
  }

  private wait(direction: 'readable' | 'writable'): void {
    if (!waitForSocket(this.fd, direction, this.timeout)) throw new SyscallError('ETIMEDOUT', 'leader');
  }
}
