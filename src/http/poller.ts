/**
 * When the leader is asked: a small question every second, all of it only while somebody looks, and never so often that
 * the leader would spend more than a twentieth of its time on answers. Keeps the samples of the charts.
 */
import type { SampleView } from './view.js';
import type { Pulse, World } from './world.js';

const periodMilliseconds = 1_000;
/** Between two rounds, as a multiple of what the last one took: answers cost less than 1/20 of the leader's time. */
const restFactor = 19;
/** Five minutes. */
const samplesMax = 300;
/** What somebody who asks once is content with. */
const freshMilliseconds = 500;

export interface Asked {
  pulse(): Promise<Pulse>;
  look(): Promise<World>;
}

export interface Clock {
  /** Milliseconds; only differences count. */
  now(): number;
  /** Milliseconds since 1970. */
  date(): number;
}

export class Poller {
  readonly samples: SampleView[] = [];
  /** Why the last round failed; empty when it did not. */
  trouble = '';
  readonly #source: Asked;
  readonly #clock: Clock;
  readonly #watchers = new Set<(world: World) => void>();
  #world: World | undefined;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #looking: Promise<World> | undefined;
  #before: { readonly pulse: Pulse; readonly at: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(source: Asked, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  start(): void {
    this.#timer ??= setTimeout(() => void this.#round(), 0);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Called with what is known now, if anything is, and with whatever comes. Returns how to stop it. */
  watch(watcher: (world: World) => void): () => void {
    this.#watchers.add(watcher);
    if (this.#world !== undefined && this.#isFresh()) watcher(this.#world);
    else this.look().then(watcher, () => {});
    return () => void this.#watchers.delete(watcher);
  }

  /** All of it, as it is now or was a moment ago. */
  async look(): Promise<World> {
    if (this.#world !== undefined && this.#isFresh()) return this.#world;
    this.#looking ??= this.#take(() => this.#source.look()).finally(() => {
      this.#looking = undefined;
    });
    this.#world = await this.#looking;
    this.#lookedAt = this.#clock.now();
    return this.#world;
  }

  /** The last known state, for when there is trouble. */
  get last(): World | undefined {
    return this.#world;
  }

  #isFresh(): boolean {
    return this.#clock.now() - this.#lookedAt < freshMilliseconds;
  }

  async #round(): Promise<void> {
    const began = this.#clock.now();
    try {
      if (this.#watchers.size > 0) {
        const world = await this.look();
        this.#sample(world, began);
        for (const watcher of this.#watchers) watcher(world);
      } else {
        this.#sample(await this.#take(() => this.#source.pulse()), began);
      }
    } catch {
      // Said in `trouble`; those who look see it beside what was known last.
      const world = this.#world;
      if (world !== undefined) for (const watcher of this.#watchers) watcher(world);
    }
    if (this.#stopped) return;
    const took = this.#clock.now() - began;
    const rest = Math.max(periodMilliseconds - took, restFactor * took);
    this.#timer = setTimeout(() => void this.#round(), rest);
  }

  async #take<T>(ask: () => Promise<T>): Promise<T> {
    try {
      const answer = await ask();
      this.trouble = '';
      return answer;
    } catch (error) {
      this.trouble = (error as Error).message;
      throw error;
    }
  }

  #sample(pulse: Pulse, at: number): void {
    const before = this.#before;
    this.#before = { pulse, at };
    if (before === undefined || at <= before.at) return;
    const seconds = (at - before.at) / 1000;
    const rate = (what: 'acquisitions' | 'waits') =>
      Math.max(0, (pulse.totals[what] - before.pulse.totals[what]) / seconds);
    this.samples.push({
      at: this.#clock.date(),
      acquisitions: Math.round(rate('acquisitions') * 10) / 10,
      waits: Math.round(rate('waits') * 10) / 10,
      longest: pulse.longestWait,
      waiting: pulse.status.waiting,
    });
    if (this.samples.length > samplesMax) this.samples.shift();
  }
}
