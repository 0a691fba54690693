/**
 * Unix stream sockets with descriptors, called synchronously (native/socket.c). Every function but `connectUnix` and
 * `waitForSocket` returns at once. Functions that answer `number` give a count or -errno; the others throw SyscallError.
 */
import { checkResult } from '../errno.js';
import type { FrameReader, FrameWriter } from '../frames.js';
import { unclaimedDescriptorsMax } from '../limits.js';
import { lib } from './library.js';

const nativeListen = lib.func('int sward_socket_listen(const char *path, int backlog)');
const nativeConnect = lib.func('int sward_socket_connect(const char *path)');
const nativeSend = lib.func(
  'int sward_socket_send(int fd, void *bytes, int offset, int length, void *fds, int count)',
);
const nativeReceive = lib.func(
  'int sward_socket_receive(int fd, void *bytes, int offset, int capacity, void *fds)',
);
const nativeWait = lib.func('int sward_socket_wait(int fd, int events, int timeout)');
const nativeIdentity = lib.func('int sward_file_identity(int fd, void *out)');
const nativePin = lib.func('int sward_file_pin(int fd)');

/** Most descriptors that one message may carry (SCM_MAX_FD, unix(7)). */
const descriptorsReceivedMax = 253;
/** Bytes asked for by one receive. */
const receiveBytes = 64 * 1024;

const descriptorTable = new Int32Array(1 + descriptorsReceivedMax);
const identityTable = new BigUint64Array(2);

/** Listens at `path` with mode 0600, replacing a stale socket. EADDRINUSE: somebody listens there; ENOTSOCK: no socket. */
export function listenUnix(path: string, backlog: number): number {
  return checkResult(nativeListen(path, backlog), `cannot listen on ${path}`);
}

export function connectUnix(path: string): number {
  return checkResult(nativeConnect(path), `cannot connect to ${path}`);
}

/**
 * Sends what the writer holds, its descriptors with the first byte: 0 when all is gone, else -errno
 * (-EAGAIN: the rest stays in the writer; wait until the socket is writable). The descriptors are not closed.
 */
export function sendFrames(fd: number, writer: FrameWriter): number {
  while (writer.length > 0) {
    const { descriptors } = writer;
    const count = writer.descriptorsWithin(unclaimedDescriptorsMax);
    for (let i = 0; i < count; i++) descriptorTable[i] = descriptors[i]!;
    const length = writer.lengthWithin(count);
    const sent: number = nativeSend(fd, writer.bytes, writer.start, length, descriptorTable, count);
    if (sent < 0) return sent;
    writer.consume(sent, count);
  }
  return 0;
}

/**
 * Receives once into the reader, descriptors included: the bytes received, 0 when the peer has closed, or -errno
 * (-EAGAIN: nothing there now; -EMFILE: descriptors were lost, the stream is of no use any more).
 */
export function receiveFrames(fd: number, reader: FrameReader): number {
  const bytes = reader.reserve(receiveBytes);
  const received: number = nativeReceive(fd, bytes, reader.end, bytes.length - reader.end, descriptorTable);
  if (received > 0) {
    reader.commit(received);
    for (let i = 1; i <= descriptorTable[0]!; i++) reader.descriptors.push(descriptorTable[i]!);
  }
  return received;
}

/** Blocks until the socket is readable (or writable) or closed; false when the time (milliseconds, -1: none) is over. */
export function waitForSocket(fd: number, direction: 'readable' | 'writable', timeout: number): boolean {
  return checkResult(nativeWait(fd, direction === 'readable' ? 1 : 4, timeout), 'poll') !== 0;
}

/** `dev:ino` of what a descriptor refers to, in decimal, exact. */
export function fileIdentity(fd: number): string {
  checkResult(nativeIdentity(fd, identityTable), 'fstat');
  return `${identityTable[0]}:${identityTable[1]}`;
}

/** Takes over a descriptor and returns one (O_PATH where possible) that keeps the inode and nothing else. */
export function pinFile(fd: number): number {
  return checkResult(nativePin(fd), 'cannot pin');
}
