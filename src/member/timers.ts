/** The hot loop's timers: a few at a time, so a sorted array does. Times are milliseconds of the given clock. */

interface Timer {
  readonly at: number;
  readonly action: () => void;
}

export class LoopTimers {
  readonly #now: () => number;
  readonly #timers: Timer[] = [];

  constructor(now: () => number) {
    this.#now = now;
  }

  after(milliseconds: number, action: () => void): void {
    const at = this.#now() + milliseconds;
    let index = this.#timers.length;
    while (index > 0 && this.#timers[index - 1]!.at > at) index--;
    this.#timers.splice(index, 0, { at, action });
  }

  /** When the next timer is due; Infinity when there is none. */
  get deadline(): number {
    return this.#timers[0]?.at ?? Number.POSITIVE_INFINITY;
  }

  run(): void {
    const now = this.#now();
    while (this.#timers.length > 0 && this.#timers[0]!.at <= now) this.#timers.shift()!.action();
  }
}
