/**
 * The same random operations natively and from two members of one leader, by turns: every answer is the same, and so is
 * the tree. SWARD_SEED plays one run again, SWARD_STEPS says how long it is.
 */
import { assert } from 'chai';
import { randomOf } from '../protocol/random.js';
import { probe } from '../semantics/harness.js';
import { guestPath } from './mount-table.js';
import { Actor } from './operations.js';
import { behindSocket, bind, type MountOptions, type Running, tmpfs } from './settings.js';
import { Agent, agentOf, beginCase, endCase } from './stage.js';
import { abstract, expand, type Places } from './story.js';
import { type Kind, makeDirectory, removeDirectory } from './table.js';

const seeds = process.env.SWARD_SEED === undefined ? [1, 2, 3] : [Number(process.env.SWARD_SEED)];
const steps = Number(process.env.SWARD_STEPS ?? 2000);
const stepsBetweenTrees = 100;
const stepsTold = 25;

/** One of the two worlds. */
interface World {
  readonly agents: readonly Agent[];
  readonly places: Places;
}

async function begin({ root, commands }: Pick<Running, 'root' | 'commands'>): Promise<World> {
  const agents = commands.map((command) => new Agent(command));
  const places = { root: `${root}/tree`, agent: probe('file-agent') };
  await beginCase(agents, places.root);
  return { agents, places };
}

async function ask({ agents, places }: World, actor: string, operation: string): Promise<string> {
  const answer = await agentOf(agents, actor).ask(`${actor} ${expand(operation, places)}`);
  return abstract(answer, places);
}

async function end({ agents }: World): Promise<void> {
  await endCase(agents);
  for (const agent of agents) assert.equal(await agent.end(), 0, agent.stderr);
}

async function compare(seed: number, native: World, guest: World): Promise<void> {
  const random = randomOf(seed);
  const actors = ['A', 'B'].map((name) => new Actor(name, random));
  const log: string[] = [];
  const both = async (actor: string, operation: string): Promise<string> => {
    const answers = await Promise.all([native, guest].map((world) => ask(world, actor, operation)));
    log.push(`${actor} ${operation} -> ${answers[0]}`);
    if (answers[0] !== answers[1]) {
      const last = log.slice(-stepsTold).join('\n  ');
      const replay = `SWARD_SEED=${seed} plays it again to step ${log.length}; the last steps, natively:`;
      assert.fail(`${replay}\n  ${last}\nin the mount: ${answers[1]}`);
    }
    return answers[0]!;
  };
  for (let step = 0; step < steps; step++) {
    const actor = actors[random(actors.length)]!;
    const operation = actor.next();
    actor.learn(operation, await both(actor.name, operation));
    if (step % stepsBetweenTrees === 0) await both('A', 'tree $R');
  }
  await both('B', 'tree $R');
}

async function run(seed: number, options: MountOptions, kind: Kind): Promise<void> {
  const directory = makeDirectory(kind);
  const running = await behindSocket(options, guestPath('random', kind), kind);
  const worlds: World[] = [];
  try {
    for (const place of [{ root: directory, commands: [[], []] }, running]) worlds.push(await begin(place));
    await compare(seed, worlds[0]!, worlds[1]!);
    for (const world of worlds) await end(world);
  } finally {
    for (const { agents } of worlds) for (const { child } of agents) child.kill('SIGKILL');
    await running.end();
    removeDirectory(directory);
  }
}

describe('files: random operations from two members', () => {
  for (const seed of seeds) {
    it(`in a tmpfs mount, seed ${seed}`, () => run(seed, tmpfs, 'memory'));
    it(`in a host mount, seed ${seed}`, () => run(seed, bind, 'disk'));
  }
});
