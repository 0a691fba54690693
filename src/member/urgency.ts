/**
 * How soon the hot loop runs when others want its CPU: before them, or, while traps come one after the other and CPUs
 * are free, only a little before. Then the answered thread takes the CPU from the loop at once, and has made its next
 * call when the loop goes on; a loop that comes first goes to sleep in between, at 1 µs more a trap. Only with an embedded
 * leader: behind a socket the loop waits for answers anyway.
 */
import { availableParallelism } from 'node:os';
import { Niceness, runAt } from '../shared/priority.js';
import { ProcFile } from '../shared/proc-file.js';
import type { LoopTimers } from './timers.js';

/** So many traps in a period are one after the other. */
const burst = 256;
const periodMilliseconds = 100;
/** Threads that want a CPU, besides one for each: the loop and the thread that it answers take turns. */
const takingTurns = 1;

export class Urgency {
  readonly #timers: LoopTimers;
  readonly #load = new ProcFile('/proc/loadavg');
  /** Without the privilege there is nothing to choose. */
  readonly #mayChoose = runAt(Niceness.first);
  #traps = 0;
  #inPeriod = false;
  #niceness: number = Niceness.first;

  constructor(timers: LoopTimers) {
    this.#timers = timers;
  }

  /** A trap has come. */
  trapped(): void {
    this.#traps += 1;
    if (this.#traps === burst && this.#mayChoose && !this.#inPeriod) this.#beginPeriod();
  }

  #beginPeriod(): void {
    this.#traps = 0;
    this.#inPeriod = true;
    this.#choose(this.#crowded() ? Niceness.first : Niceness.soon);
    this.#timers.after(periodMilliseconds, () => this.#endPeriod());
  }

  #endPeriod(): void {
    this.#inPeriod = false;
    if (this.#traps >= burst) return this.#beginPeriod();
    this.#traps = 0;
    this.#choose(Niceness.first);
  }

  #choose(niceness: number): void {
    if (niceness !== this.#niceness && runAt(niceness)) this.#niceness = niceness;
  }

  /** Whether more threads want a CPU than there are. proc_loadavg(5): the fourth field begins with those. */
  #crowded(): boolean {
    return this.#load.field(3) > availableParallelism() + takingTurns;
  }
}
