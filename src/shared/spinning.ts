/**
 * Whether to stay awake for the next message. Waking a thread on another, idle CPU takes tens of microseconds where that
 * CPU is a virtual one: longer than an answer. Staying awake pays when messages come one after the other and nobody
 * else wants the CPU, so the usual time until the next message is kept, and now and then the kernel is asked how long
 * this thread has waited for a CPU (proc_pid_schedstat(5)).
 */
import { availableParallelism } from 'node:os';
import { ProcFile } from './proc-file.js';

/** A wait that usually takes less than this is spent awake. */
const shortMicroseconds = 80;
/** So long at most. */
const spinMicrosecondsMax = 100;
/** A long wait counts as no longer than this: after some short ones it is forgotten. */
const longMicroseconds = 1_000;
const weight = 1 / 8;
/** Whoever stays awake and waits for a CPU for more than this part of the time shares it with others that are busy. */
const crowdedShare = 0.4;
/** So many looks in a row must say so: a kernel thread now and then is no crowd. */
const crowdedLooks = 3;
/** Waits between two looks at that. */
const lookEvery = 64;
/** Waits for which it then sleeps before it tries again: so many at first, twice as many each time, so many at most. */
const sleepsMin = 128;
const sleepsMax = 16_384;
/** After so many looks that found no crowd the first number counts again. */
const calmLooks = 16;
const severalCpus = availableParallelism() > 1;

/** Belongs to the thread that makes it. */
export class Spinning {
  /** The usual wait. */
  #usual = longMicroseconds;
  /** Waits that are to be slept through, since others want the CPU. */
  #sleeps = 0;
  #untilLook = lookEvery;
  #crowdedLooks = 0;
  #calmLooks = 0;
  #sleepsNext = sleepsMin;
  /** Nanoseconds of waiting for a CPU, and the time, at the last look. */
  #delay = 0;
  #lookedAt = 0;
  readonly #schedule = new ProcFile('/proc/thread-self/schedstat');

  /** A wait took so long. */
  observe(milliseconds: number): void {
    const waited = Math.min(milliseconds * 1000, longMicroseconds);
    this.#usual += (waited - this.#usual) * weight;
    if (this.#sleeps > 0) this.#sleeps--;
    else if (--this.#untilLook === 0) this.#look();
  }

  get microseconds(): number {
    return severalCpus && this.#sleeps === 0 && this.#usual < shortMicroseconds ? spinMicrosecondsMax : 0;
  }

  #look(): void {
    this.#untilLook = lookEvery;
    if (!this.#schedule.exists || this.#usual >= shortMicroseconds) return;
    const delay = this.#schedule.field(1);
    const now = performance.now();
    const share = (delay - this.#delay) / ((now - this.#lookedAt) * 1_000_000);
    this.#delay = delay;
    this.#lookedAt = now;
    if (share <= crowdedShare) {
      this.#crowdedLooks = 0;
      if (++this.#calmLooks >= calmLooks) this.#sleepsNext = sleepsMin;
      return;
    }
    this.#calmLooks = 0;
    if (++this.#crowdedLooks < crowdedLooks) return;
    this.#crowdedLooks = 0;
    this.#sleeps = this.#sleepsNext;
    this.#sleepsNext = Math.min(2 * this.#sleepsNext, sleepsMax);
  }
}
