/**
 * The leader's side of the live page. Its main thread blocks in native code, so the page has a thread of its own, which
 * asks the leader over its socket as any client would. Needs nothing of the main thread's event loop but at the end.
 */
import { unlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { type ErrnoName, SyscallError } from '../shared/errno.js';
import type { Log, LogLevel } from '../shared/log.js';
import { listenUnix } from '../shared/native/socket.js';
import { builtFile } from '../shared/root.js';
import { type Address, describeAddress } from './address.js';
import type { Setting, Started } from './worker.js';

const startMillisecondsMax = 20_000;
const backlog = 64;

export interface Page {
  /** Where it is. */
  readonly address: string;
  /** Ends it; the process ends once it is gone. */
  close(): void;
}

/** Listens, or throws a SyscallError: EADDRINUSE, EADDRNOTAVAIL, ENOTFOUND, EACCES, … */
export function startPage(address: Address, socketPath: string, logLevel: LogLevel, log: Log): Page {
  const fd = address.path === undefined ? -1 : listenUnix(address.path, backlog);
  const { port1, port2 } = new MessageChannel();
  const listening = new Int32Array(new SharedArrayBuffer(4));
  const setting: Setting = { address, fd, socketPath, logLevel, port: port2, listening };
  const worker = new Worker(builtFile('bin/worker.js'), { workerData: setting, transferList: [port2] });
  // It says itself what goes wrong in it: nobody would hear it here before the end.
  worker.on('error', (error) => log.error(`live page: ${error.message}`));
  const close = () => {
    port1.close();
    worker.terminate().catch(() => {});
    if (address.path !== undefined) removeSocket(address.path);
  };
  Atomics.wait(listening, 0, 0, startMillisecondsMax);
  const started = receiveMessageOnPort(port1)?.message as Started | undefined;
  if (started === undefined || 'code' in started) {
    close();
    throw new SyscallError(started === undefined ? 'ETIMEDOUT' : errnoOf(started.code), 'live page');
  }
  const shown = address.path === undefined ? { ...address, port: started.port } : address;
  return { address: describeAddress(shown), close };
}

/** A name that cannot be looked up has no errno; it is an address that is not there. */
const errnoOf = (code: string): ErrnoName =>
  Object.hasOwn(constants.errno, code) ? (code as ErrnoName) : 'EADDRNOTAVAIL';

function removeSocket(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // Somebody removed it already.
  }
}
