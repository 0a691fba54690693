/** When the leader is asked: how much, how often, and what happens when it does not answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'chai';
import { Poller } from '../../src/http/poller.js';
import type { Pulse, World } from '../../src/http/world.js';
import { until } from '../programs/support.js';

/** A leader whose answers take as long as the test says. */
class Answers {
  pulses = 0;
  looks = 0;
  milliseconds = 0;
  broken = false;

  async pulse(): Promise<Pulse> {
    this.pulses++;
    return this.answer();
  }

  async look(): Promise<World> {
    this.looks++;
    return this.answer();
  }

  private async answer(): Promise<World> {
    await sleep(this.milliseconds);
    if (this.broken) throw new Error('ETIMEDOUT: the leader does not answer');
    const asked = 10 * (this.pulses + this.looks);
    return {
      totals: { acquisitions: asked, waits: 0 },
      status: { waiting: 0 },
      longestWait: 7,
    } as unknown as World;
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
      () => answers.pulses === 2,
      () => `${answers.pulses} pulses`,
    );
    expect(answers.looks).to.equal(0);
    const seen: World[] = [];
    const stop = poller.watch((world) => seen.push(world));
    await until(
      () => seen.length > 0,
      () => 'a first view',
      500,
    );
    await until(
      () => seen.length > 1,
      () => 'a second view',
      3_000,
    );
    stop();
    const { looks } = answers;
    await sleep(1_500);
    expect(answers.looks).to.be.at.most(looks + 1);
    expect(poller.samples[0]).to.include({ at: 1000, longest: 7, waits: 0 });
    expect(poller.samples[0]!.acquisitions).to.be.within(5, 11);
  });

  it('many who look at once are answered by one question', async () => {
    answers.milliseconds = 50;
    await Promise.all(Array.from({ length: 20 }, () => poller.look()));
    await poller.look();
    expect(answers.looks).to.equal(1);
  });

  it('slow answers are asked for less often: a twentieth of the time', async () => {
    poller.watch(() => {});
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
    poller.watch((world) => seen.push(world));
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
