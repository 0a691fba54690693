/**
 * When the leader is asked: a small question every second, all of it only while somebody looks, and never so often that
 * the leader would spend more than a twenty-fifth of its time on answers (paced.ts): what happens to locks, and which processes
 * there are, each at its own pace. Keeps the samples of the charts.
 */
import { shownProcesses } from './members.js';
import { Paced } from './paced.js';
import type { ProcessTree } from './tree.js';
import type { Choice, SampleView } from './view.js';
import type { ProcessDetails, Pulse, Scene, World } from './world.js';

const periodMilliseconds = 1_000;
/** What somebody who asks once is content with. */
const freshMilliseconds = 500;
/** Five minutes. */
const samplesMax = 300;

export interface Asked {
  pulse(): Promise<Pulse>;
  /** `chosen`: files of which somebody wants to see all locks. */
  scene(chosen: ReadonlySet<string>): Promise<Scene>;
  processes(): Promise<ProcessTree>;
  /** Those that have ended are left out. */
  describe(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessDetails>>;
}

export interface Clock {
  /** Milliseconds; only differences count. */
  now(): number;
  /** Milliseconds since 1970. */
  date(): number;
}

type Watcher = (world: World) => void;

export class Poller {
  readonly samples: SampleView[] = [];
  /** Why the last round failed; empty when it did not. */
  trouble = '';
  readonly #source: Asked;
  readonly #clock: Clock;
  readonly #pulse: Paced<Pulse>;
  readonly #scene: Paced<Scene>;
  readonly #processes: Paced<ProcessTree>;
  readonly #watchers = new Map<Watcher, Choice>();
  /** What those look at who ask once. */
  readonly #lookers = new Set<Choice>();
  #described = {
    processes: undefined as ProcessTree | undefined,
    details: new Map<number, ProcessDetails>(),
  };
  #last: World | undefined;
  #before: { readonly pulse: Pulse; readonly at: number } | undefined;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(source: Asked, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
    const now = () => clock.now();
    this.#pulse = new Paced(() => source.pulse(), now, 0);
    this.#scene = new Paced(() => source.scene(this.#chosen()), now, freshMilliseconds);
    this.#processes = new Paced(() => source.processes(), now, freshMilliseconds);
  }

  start(): void {
    this.#timer ??= setTimeout(() => void this.#round(), 0);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Called with what is known now and with whatever comes, what the choice shows included. Returns how to stop it. */
  watch(choice: Choice, watcher: Watcher): () => void {
    this.#watchers.set(watcher, choice);
    const first = (world: World) => this.#watchers.has(watcher) && watcher(world);
    this.look(choice).then(first, () => {});
    return () => void this.#watchers.delete(watcher);
  }

  /** All of it, as it is now or was a moment ago, for somebody who looks at that. */
  async look(choice: Choice): Promise<World> {
    this.#lookers.add(choice);
    try {
      return await this.#answered(() => this.#world([choice]));
    } finally {
      this.#lookers.delete(choice);
    }
  }

  async #world(choices: readonly Choice[]): Promise<World> {
    const scene = await this.#scene.get();
    const processes = await this.#processes.get();
    this.#last = { ...scene, processes, details: await this.#describe(scene, processes, choices) };
    return this.#last;
  }

  #chosen(): ReadonlySet<string> {
    const files = [...this.#watchers.values(), ...this.#lookers].map(({ file }) => file);
    return new Set(files.filter((file) => file !== ''));
  }

  /** Of the processes that are shown; told again with every new list of processes. */
  async #describe(
    scene: Scene,
    processes: ProcessTree,
    choices: readonly Choice[],
  ): Promise<ReadonlyMap<number, ProcessDetails>> {
    if (this.#described.processes !== processes) this.#described = { processes, details: new Map() };
    const { details } = this.#described;
    const shown = new Set(choices.flatMap((choice) => shownProcesses({ ...scene, processes }, choice)));
    const unknown = [...shown].filter((pid) => !details.has(pid));
    if (unknown.length === 0) return details;
    const began = this.#clock.now();
    for (const [pid, facts] of await this.#source.describe(unknown)) details.set(pid, facts);
    this.#processes.spent(this.#clock.now() - began);
    return details;
  }

  async #round(): Promise<void> {
    const began = this.#clock.now();
    const watched = this.#watchers.size > 0;
    try {
      if (watched) {
        const world = await this.#answered(() => this.#world([...this.#watchers.values()]));
        this.#sample(world, began);
        const told = this.#clock.now();
        this.#tell(world);
        this.#scene.spent(this.#clock.now() - told);
      } else {
        this.#sample(await this.#answered(() => this.#pulse.get()), began);
      }
    } catch {
      // Said in `trouble`; those who look see it beside what was known last.
      if (this.#last !== undefined) this.#tell(this.#last);
    }
    if (this.#stopped) return;
    const due = Math.max(began + periodMilliseconds, (watched ? this.#scene : this.#pulse).due);
    this.#timer = setTimeout(() => void this.#round(), due - this.#clock.now());
  }

  #tell(world: World): void {
    for (const watcher of this.#watchers.keys()) watcher(world);
  }

  async #answered<T>(ask: () => Promise<T>): Promise<T> {
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
    // Somebody has asked a moment ago.
    if (before?.pulse.totals === pulse.totals) return;
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
