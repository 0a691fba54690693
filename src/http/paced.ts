/**
 * Something that costs the leader time to tell, asked for no more often than its time allows: after each answer it rests
 * for a multiple of what the answer took. Whoever asks meanwhile gets what was told last; all who ask at once get one answer.
 */

/** What is asked takes less than 1/50 of the time. */
const restFactor = 49;
/** But no longer: where all CPUs are busy, answers take long and cost little. */
const restMillisecondsMax = 5_000;

const rest = (milliseconds: number): number => Math.min(restMillisecondsMax, restFactor * milliseconds);

export class Paced<T> {
  readonly #ask: () => Promise<T>;
  readonly #now: () => number;
  readonly #leastMilliseconds: number;
  #told: { readonly value: T } | undefined;
  #asking: Promise<T> | undefined;
  #due = Number.NEGATIVE_INFINITY;

  /** Rests for `leastMilliseconds` at least. */
  constructor(ask: () => Promise<T>, now: () => number, leastMilliseconds: number) {
    this.#ask = ask;
    this.#now = now;
    this.#leastMilliseconds = leastMilliseconds;
  }

  /** When it may be asked for again. */
  get due(): number {
    return this.#due;
  }

  get(): Promise<T> {
    if (this.#told !== undefined && this.#now() < this.#due) return Promise.resolve(this.#told.value);
    this.#asking ??= this.#take().finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  /** Other work that came with it counts, too. */
  spent(milliseconds: number): void {
    this.#due += rest(milliseconds);
  }

  async #take(): Promise<T> {
    const began = this.#now();
    try {
      const value = await this.#ask();
      this.#told = { value };
      return value;
    } catch (error) {
      this.#told = undefined;
      throw error;
    } finally {
      const now = this.#now();
      this.#due = now + Math.max(this.#leastMilliseconds, rest(now - began));
    }
  }
}
