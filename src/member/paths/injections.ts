/**
 * System calls that a trapped thread must make itself (native/inject.c): chdir, execve, opens that may block. A program
 * is a generator that yields calls and gets their results; the thread runs them under ptrace, and is then let go with
 * the program's outcome as the result of the call that was trapped.
 */
import { errnoNumber } from '../../shared/errno.js';
import type { Log } from '../../shared/log.js';
import {
  injectCall,
  injectCatch,
  injectFinish,
  injectPeek,
  injectResult,
  injectSeize,
  injectStateSize,
  memoryWrite,
  trapAddDescriptor,
} from '../../shared/native/paths.js';
import { closeDescriptor, trapAnswer } from '../../shared/native/workload.js';
import type { TrapBlock } from '../trap-block.js';

export interface InjectedCall {
  readonly call: number;
  readonly parameters: readonly (number | bigint)[];
  /** It cannot be trapped and cannot sleep: its result is waited for. */
  readonly brief?: boolean;
  /** The thread's signals may interrupt it. */
  readonly interruptible?: boolean;
}

/** Result of the trapped call; `replaced` when another program runs now. */
export type Outcome = number | 'replaced';

/** The descriptors that were put into the process are named by their numbers there. */
export type Program = (numbers: readonly number[]) => Generator<InjectedCall, Outcome, bigint>;

interface Injection {
  readonly tid: number;
  readonly number: number;
  readonly saved: Buffer;
  readonly steps: Generator<InjectedCall, Outcome, bigint>;
}

const notPermitted = -errnoNumber('EPERM');

/** ERESTARTSYS to ERESTART_RESTARTBLOCK, which only the kernel and its tracers see. */
const isRestart = (result: bigint): boolean => result <= -512n && result >= -516n;

export class Injections {
  readonly #block: TrapBlock;
  readonly #listener: number;
  readonly #log: Log;
  readonly #running = new Map<number, Injection>();
  readonly #parameters = new BigInt64Array(6);
  readonly #result = new BigInt64Array(1);

  constructor(block: TrapBlock, listener: number, log: Log) {
    this.#block = block;
    this.#listener = listener;
    this.#log = log;
  }

  /** Whether a trap of this thread is a call of ours. */
  expects(tid: number): boolean {
    return this.#running.size > 0 && this.#running.get(tid)?.tid === tid;
  }

  /**
   * Has the trapped thread run a program; takes our descriptors over, which get numbers in its process. When the thread
   * cannot be had (a debugger traces it), the call fails with EPERM.
   */
  start(descriptors: readonly number[], program: Program, processId = 0): void {
    const block = this.#block;
    const { tid, idLow, idHigh, call } = block;
    const answer = (error: number) => trapAnswer(block.buffer, this.#listener, idLow, idHigh, 0, error, 0);
    const seized = injectSeize(tid);
    if (seized < 0) {
      for (const fd of descriptors) closeDescriptor(fd);
      // A thread that is being killed cannot be had either: then nobody waits for the answer.
      if (answer(seized) >= 0 && seized === notPermitted) {
        this.#log.warn(
          `thread ${tid} cannot be made to run a call (a debugger has it, or ptrace is refused)`,
        );
      }
      return;
    }
    const numbers: number[] = [];
    let failed = 0;
    for (const fd of descriptors) {
      const number = trapAddDescriptor(this.#listener, idLow, idHigh, tid, fd, 1, 1, 0);
      if (number < 0) failed = number;
      numbers.push(number);
    }
    answer(0);
    const saved = Buffer.allocUnsafeSlow(injectStateSize());
    const caught = injectCatch(tid, saved);
    if (caught < 0) return;
    if (caught > 0 || failed < 0) {
      injectFinish(tid, saved, call, failed, caught > 0 ? 1 : 0, 0, Math.max(caught, 0));
      return;
    }
    const injection = { tid, number: call, saved, steps: program(numbers) };
    this.#running.set(tid, injection);
    // After execve the thread has its process's number.
    if (processId > 0) this.#running.set(processId, injection);
    this.#advance(injection, 0n, tid);
  }

  /** A thread of ours changed its state (waitpid). True when it runs a program. */
  notice(tid: number, status: number): boolean {
    const injection = this.#running.get(tid);
    if (!injection) return false;
    const progress = injectResult(tid, status, this.#result);
    if (progress === 1) this.#advance(injection, this.#result[0]!, tid);
    else if (progress < 0) this.#drop(injection);
    return true;
  }

  #advance(injection: Injection, first: bigint, tid: number): void {
    const { saved, steps } = injection;
    let value = first;
    for (;;) {
      const { done, value: step } = steps.next(value);
      if (done) return this.#finish(injection, step, tid);
      this.#parameters.fill(0n);
      for (const [i, parameter] of step.parameters.entries()) this.#parameters[i] = BigInt(parameter);
      const { brief, interruptible } = step;
      const error = injectCall(tid, saved, step.call, this.#parameters, interruptible ? 1 : 0, brief ? 1 : 0);
      if (error < 0) return this.#drop(injection);
      if (!brief) return;
      injectPeek(tid, this.#result);
      value = this.#result[0]!;
    }
  }

  #finish(injection: Injection, outcome: Outcome, tid: number): void {
    this.#drop(injection);
    const { saved, number } = injection;
    const replaced = outcome === 'replaced';
    const restart = !replaced && isRestart(BigInt(outcome));
    injectFinish(tid, saved, number, replaced || restart ? 0 : outcome, restart ? 1 : 0, replaced ? 1 : 0, 0);
  }

  #drop(injection: Injection): void {
    for (const [tid, each] of this.#running) if (each === injection) this.#running.delete(tid);
  }
}

/** Numbers of the calls that programs consist of. */
export interface CallNumbers {
  readonly close: number;
  readonly chdir: number;
  readonly fchdir: number;
  readonly mmap: number;
  readonly munmap: number;
  readonly openat: number;
  readonly connect: number;
  readonly execve: number;
  readonly execveat: number;
}

const pageBytes = 4096;
const readWrite = 3;
const privateAnonymous = 0x22;

/**
 * Gives the thread memory with these bytes for the time of `use` (its own stack may be too small, its own strings may
 * be read-only). `fill` gets the address and returns the bytes.
 */
export function* withMemory(
  tid: number,
  numbers: CallNumbers,
  size: number,
  fill: (address: number) => Buffer,
  use: (address: number) => Generator<InjectedCall, Outcome, bigint>,
): Generator<InjectedCall, Outcome, bigint> {
  const length = Math.ceil(size / pageBytes) * pageBytes;
  const mapped = yield {
    call: numbers.mmap,
    parameters: [0, length, readWrite, privateAnonymous, -1, 0],
    brief: true,
  };
  if (mapped < 0n) return Number(mapped);
  const address = Number(mapped);
  const bytes = fill(address);
  let outcome: Outcome = memoryWrite(tid, address, bytes, 0, bytes.length);
  if (outcome === 0) outcome = yield* use(address);
  if (outcome !== 'replaced') {
    yield { call: numbers.munmap, parameters: [address, length], brief: true };
  }
  return outcome;
}
