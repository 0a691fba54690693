/**
 * What the commands say: results on standard output, trouble on standard error. Written to the end at once:
 * `process.stdout` tells of failures only when nobody answers for them any more, and makes a pipe non-blocking for all
 * who share it.
 */
import { writeSync } from 'node:fs';
import { waitForSocket } from './native/socket.js';

/** 128 + SIGPIPE: what a shell tells of other programs that go on writing to `head`. */
const unreadStatus = 141;
const failedStatus = 1;
const complainMillisecondsMax = 1000;

/** Standard output takes no more. The message is empty when its reader has had enough: that is no fault. */
export class OutputError extends Error {
  readonly exitStatus: number;

  constructor(code: string) {
    super(code === 'EPIPE' ? '' : `cannot write the output: ${code}`);
    this.exitStatus = code === 'EPIPE' ? unreadStatus : failedStatus;
  }
}

function write(fd: number, text: string): void {
  const bytes = Buffer.from(text);
  for (let done = 0; done < bytes.length; ) {
    try {
      done += writeSync(fd, bytes, done);
    } catch (error) {
      // Another process has made it non-blocking.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      waitForSocket(fd, 'writable', -1);
    }
  }
}

/** Errors: OutputError. */
export function print(text: string): void {
  try {
    write(1, text);
  } catch (error) {
    throw new OutputError((error as NodeJS.ErrnoException).code ?? 'EIO');
  }
}

/** Nobody can be told that this fails; a pipe that nobody reads stops nothing. */
export function complain(text: string): void {
  try {
    if (waitForSocket(2, 'writable', complainMillisecondsMax)) write(2, text);
  } catch {
    // See above.
  }
}
