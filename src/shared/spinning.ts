/**
 * Whether to stay awake for the next message. Waking a thread on another, idle CPU takes tens of microseconds where that CPU
 * is a virtual one: longer than an answer. Staying awake pays when messages come one after the other, so the usual time until the next is
 * kept; when that is long, or there is one CPU only, nobody spins.
 */
import { availableParallelism } from 'node:os';

/** A wait that usually takes less than this is spent awake. */
const shortMicroseconds = 80;
/** So long at most. */
const spinMicrosecondsMax = 100;
/** A long wait counts as no longer than this: after some short ones it is forgotten. */
const longMicroseconds = 1_000;
const weight = 1 / 8;
const severalCpus = availableParallelism() > 1;

export class Spinning {
  /** The usual wait. */
  #usual = longMicroseconds;

  /** A wait took so long. */
  observe(milliseconds: number): void {
    const waited = Math.min(milliseconds * 1000, longMicroseconds);
    this.#usual += (waited - this.#usual) * weight;
  }

  get microseconds(): number {
    return severalCpus && this.#usual < shortMicroseconds ? spinMicrosecondsMax : 0;
  }
}
