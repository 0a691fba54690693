/** When the leader is asked: how much, how often, and what happens when it does not answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { type Asked, Poller } from '../../src/http/poller.js';
import { ProcessTree } from '../../src/http/tree.js';
import { firstChoice } from '../../src/http/view.js';
import type { ProcessDetails, Pulse, Scene, World } from '../../src/http/world.js';
import { until } from '../programs/support.js';

/** A leader whose answers take as long as the test says; member 10 has 30 processes below it. */
class Answers implements Asked {
  pulses = 0;
  /** When. */
  readonly pulsed: number[] = [];
  looks = 0;
  listings = 0;
  described: number[] = [];
  milliseconds = 0;
  broken = false;

  async pulse(): Promise<Pulse> {
    this.pulses++;
    this.pulsed.push(performance.now());
    return this.answer();
  }

  async scene(): Promise<Scene> {
    this.looks++;
    return this.answer();
  }

  async processes(): Promise<ProcessTree> {
    this.listings++;
    const none = { keeper: false, held: 0, waiting: 0, waitingFor: 0 };
    return new ProcessTree(Array.from({ length: 30 }, (_, n) => ({ pid: n + 100, ppid: 10, ...none })));
  }

  async describe(pids: readonly number[]): Promise<Map<number, ProcessDetails>> {
    this.described.push(...pids);
    return new Map(pids.map((pid) => [pid, { command: `program ${pid}`, state: 'S', rss: 0 }]));
  }

  private async answer(): Promise<Scene> {
    await sleep(this.milliseconds);
    if (this.broken) throw new Error('ETIMEDOUT: the leader does not answer');
    const asked = 10 * (this.pulses + this.looks);
    return {
      totals: { acquisitions: asked, waits: 0 },
      status: { waiting: 0 },
      longestWait: 7,
      members: [{ session: 1, pid: 10, name: 'member 10', wraps: true, held: 0, waiting: 0 }],
      deadlocks: [],
    } as unknown as Scene;
  }
}

describe('when the leader is asked', () => {
  let poller: Poller;
  let answers: Answers;

  beforeEach(() => {
    answers = new Answers();
    poller = new Poller(answers, { now: () => performance.now(), date: () => 1000 });
    poller.start();
  });
  afterEach(() => poller.stop());

  it('a little while nobody looks, all of it as soon as somebody does', async () => {
    await until(
      () => poller.samples.length === 1,
      () => `${answers.pulses} pulses`,
    );
    expect(answers.looks).to.equal(0);
    const seen: World[] = [];
    const stop = poller.watch(firstChoice, (world) => seen.push(world));
    // Before the next round would bring one: timers end in the order of their times, however busy the machine.
    expect(await sleep(500).then(() => seen.length)).to.be.above(0);
    await until(
      () => seen.length > 1,
      () => 'a second view',
    );
    stop();
    const { looks } = answers;
    await sleep(1_500);
    expect(answers.looks).to.be.at.most(looks + 1);
    expect(poller.samples[0]).to.include({ at: 1000, longest: 7, waits: 0 });
    const [first, second] = answers.pulsed as [number, number];
    expect(poller.samples[0]!.acquisitions).to.be.closeTo(10_000 / (second - first), 2);
  });

  it('many who look at once are answered by one question', async () => {
    answers.milliseconds = 50;
    await Promise.all(Array.from({ length: 20 }, () => poller.look(firstChoice)));
    await poller.look(firstChoice);
    expect(answers.looks).to.equal(1);
  });

  it('what a process is is asked of those that are shown, once for each list of processes', async () => {
    // In no time: nothing is asked for again.
    const poller = new Poller(answers, { now: () => 0, date: () => 1000 });
    const shown = await poller.look(firstChoice);
    expect(shown.processes.size).to.equal(30);
    expect(answers.described).to.deep.equal([100, 101, 102, 103, 104, 105, 106, 107]);
    expect([...shown.details.keys()]).to.deep.equal(answers.described);
    answers.described = [];
    const all = await poller.look({ ...firstChoice, member: 1 });
    expect(answers.described).to.deep.equal(Array.from({ length: 22 }, (_, n) => n + 108));
    expect(all.details.get(129)!.command).to.equal('program 129');
    await poller.look({ ...firstChoice, member: 1 });
    expect([answers.listings, answers.described.length]).to.deep.equal([1, 22]);
  });

  it('slow answers are asked for less often: a fiftieth of the time', async () => {
    poller.watch(firstChoice, () => {});
    await until(
      () => answers.looks > 0,
      () => 'a look',
    );
    answers.milliseconds = 120;
    await sleep(1_200);
    const { looks } = answers;
    await sleep(2_000);
    expect(answers.looks - looks).to.be.at.most(1);
  });

  it('without an answer there is trouble, what was known stays, and it passes', async () => {
    const seen: World[] = [];
    poller.watch(firstChoice, (world) => seen.push(world));
    await until(
      () => seen.length > 0,
      () => 'a view',
    );
    answers.broken = true;
    await until(
      () => poller.trouble !== '',
      () => 'trouble',
    );
    expect(poller.trouble).to.equal('ETIMEDOUT: the leader does not answer');
    const { length } = seen;
    await until(
      () => seen.length > length,
      () => 'the page to be told',
    );
    answers.broken = false;
    await until(
      () => poller.trouble === '',
      () => 'the end of it',
    );
  });
});
