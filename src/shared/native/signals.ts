/**
 * Signals for a main thread that blocks in native code (native/signals.c), where `process.on('SIGTERM')` never runs:
 * each caught signal is a record in a pipe that the hot loop watches.
 */
import { constants } from 'node:os';
import { checkResult } from '../errno.js';
import { lib } from './library.js';

const nativeOpen = lib.func('int sward_signals_open(void)');
const nativeCatch = lib.func('int sward_signals_catch(int signo)');
const nativeIgnore = lib.func('void sward_signals_ignore(uint64_t signals)');
const nativeTake = lib.func('int sward_signals_take(void *records, int max)');

export interface CaughtSignal {
  readonly signo: number;
  /** si_code: how it was sent (sigaction(2)). */
  readonly code: number;
  /** Who sent it, or the child that changed state. */
  readonly pid: number;
  readonly uid: number;
}

const recordsMax = 16;
const records = new Int32Array(4 * recordsMax);

/** Catches these signals; the descriptor (nonblocking) becomes readable when one has come. */
export function catchSignals(names: readonly NodeJS.Signals[]): number {
  const fd = checkResult(nativeOpen(), 'pipe2');
  for (const name of names) checkResult(nativeCatch(constants.signals[name]), `cannot catch ${name}`);
  return fd;
}

/** Ignores these signals, bit n-1 for signal n, until some are caught. */
export function ignoreSignals(signals: bigint): void {
  nativeIgnore(signals);
}

/** The signals caught since the last time, oldest first. */
export function takeSignals(): CaughtSignal[] {
  const count = checkResult(nativeTake(records, recordsMax), 'read');
  const taken: CaughtSignal[] = [];
  for (let i = 0; i < count; i++) {
    const [signo, code, pid, uid] = records.subarray(i * 4, i * 4 + 4) as unknown as [
      number,
      number,
      number,
      number,
    ];
    taken.push({ signo, code, pid, uid });
  }
  return taken;
}
