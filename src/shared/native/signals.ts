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
const nativeStopBegin = lib.func('void sward_stop_begin(int signo)');
const nativeStopEnd = lib.func('void sward_stop_end(int stop)');
const nativeTake = lib.func('int sward_signals_take(void *records, int max)');

export interface CaughtSignal {
  readonly signo: number;
  /** si_code: how it was sent (sigaction(2)). */
  readonly code: number;
  /** Who sent it, or the child that changed state. */
  readonly pid: number;
  /** When it was caught: nanoseconds of CLOCK_MONOTONIC, in two parts as native code has them. */
  readonly caught: readonly [low: number, high: number];
}

const recordsMax = 16;
const recordNumbers = 5;
const records = new Int32Array(recordNumbers * recordsMax);

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

/**
 * Prepares to stop this process by a signal other than SIGSTOP. The function that is returned stops it, until it is
 * continued; not if it is told otherwise, or if SIGCONT has come meanwhile.
 */
export function prepareStop(signo: number): (stop: boolean) => void {
  nativeStopBegin(signo);
  return (stop) => nativeStopEnd(stop ? 1 : 0);
}

/** The signals caught since the last time, oldest first. */
export function takeSignals(): CaughtSignal[] {
  const count = checkResult(nativeTake(records, recordsMax), 'read');
  const taken: CaughtSignal[] = [];
  for (let i = 0; i < count; i++) {
    const at = i * recordNumbers;
    taken.push({
      signo: records[at]!,
      code: records[at + 1]!,
      pid: records[at + 2]!,
      caught: [records[at + 3]!, records[at + 4]!],
    });
  }
  return taken;
}
