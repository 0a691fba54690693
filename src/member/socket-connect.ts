/** Finds the leader at a socket and says hello; what comes of it is a SocketLink. */
import { errnoName, errnoNumber, SyscallError } from '../shared/errno.js';
import { FrameReader, FrameWriter } from '../shared/frames.js';
import { leaderTimeoutMilliseconds } from '../shared/limits.js';
import type { Log } from '../shared/log.js';
import { checkReply, FrameKind, protocolVersion, type Reply } from '../shared/messages.js';
import type { Mount } from '../shared/mount-types.js';
import { connectUnix, receiveFrames, sendFrames, waitForSocket } from '../shared/native/socket.js';
import type { LeaderLink } from './link.js';
import { SocketLink } from './socket-link.js';

const again = -errnoNumber('EAGAIN');

/** No leader, or none that lets us in: `member` ends with this status. */
export class LeaderError extends SyscallError {
  readonly exitStatus: number;

  constructor(error: SyscallError, exitStatus: number) {
    super(error.code);
    this.message = error.message;
    this.exitStatus = exitStatus;
  }
}

const noLeaderStatus = 3;
const refusedStatus = 5;

/** Connects and says hello. Errors: LeaderError with the errno and the path. */
export function connectLink(path: string, log: Log, now: () => number): LeaderLink {
  let fd: number;
  try {
    fd = connectUnix(path);
  } catch (error) {
    throw new LeaderError(error as SyscallError, noLeaderStatus);
  }
  const writer = new FrameWriter();
  const reader = new FrameReader();
  writer.request('hello', 1, { version: protocolVersion, name: `member ${process.pid}`, mounts: true });
  sendFrames(fd, writer);
  let reply: unknown[] | undefined;
  while (!reply) {
    if (!waitForSocket(fd, 'readable', leaderTimeoutMilliseconds)) {
      throw new LeaderError(
        new SyscallError('ETIMEDOUT', `no answer from the leader at ${path}`),
        noLeaderStatus,
      );
    }
    const received = receiveFrames(fd, reader);
    if (received <= 0 && received !== again) {
      throw new LeaderError(new SyscallError('ECONNRESET', `the leader at ${path} hung up`), noLeaderStatus);
    }
    reply = reader.next();
  }
  const [kind, , errno] = reply as [number, number, number];
  if (kind === FrameKind.goodbye) {
    const [, code, reason] = reply as [number, number, string];
    throw new LeaderError(
      new SyscallError(errnoName(code), `the leader at ${path}: ${reason}`),
      refusedStatus,
    );
  }
  if (errno !== 0) {
    throw new LeaderError(
      new SyscallError(errnoName(errno), `the leader at ${path}: ${reply[3] ?? ''}`),
      refusedStatus,
    );
  }
  const hello = checkReply('hello', reply);
  return new SocketLink(fd, writer, reader, hello.locks, mountsOf(hello, reader, path), path, log, now);
}

/** The mounts with the roots that came with them. */
function mountsOf(hello: Reply<'hello'>, reader: FrameReader, path: string): Mount[] {
  const roots = reader.descriptors.splice(0, hello.mounts.length);
  reader.closeDescriptors();
  return hello.mounts.map((mount, index) => {
    const descriptor = roots[index];
    if (descriptor !== undefined) return { ...mount, descriptor };
    const error = new SyscallError('EPROTO', `the leader at ${path} sends no root of ${mount.path}`);
    throw new LeaderError(error, refusedStatus);
  });
}
