/**
 * One round on one side: its groups are started, let loose, watched and asked what is left; then they are ended.
 * Members are ended last of all: with them all their locks would go.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { SyscallError } from '../../shared/errno.js';
import { builtFile, nativeBuild } from '../../shared/root.js';
import { Failure } from '../commands/ask.js';
import { Program } from './group.js';
import { Memory, type Sample } from './memory.js';
import type { Plan, Side } from './plan.js';
import type { Surroundings } from './surroundings.js';
import { lockText, rowText } from './text.js';

const lookMilliseconds = 1000;
/** How long a leader may need to learn that processes have ended. */
const listMillisecondsMax = 3000;
/** Beyond its patience a group needs this to end its workers. */
const endMillisecondsMax = 15_000;

export interface Round {
  readonly side: Side;
  /** From 0; both sides of a round have the same operations. */
  readonly number: number;
}

export interface RoundResult extends Round {
  readonly seconds: number;
  readonly sample: Sample;
  /** Locks and waiters that are left although all have ended, in words. */
  readonly leftBehind: readonly string[];
  /** What else went wrong, in words. */
  readonly failures: readonly string[];
}

function startGroups(plan: Plan, side: Side, { memoryPath, directory, socket }: Surroundings): Program[] {
  const edge = (group: number): string => String(Math.floor((group * plan.processes) / plan.members));
  return Array.from({ length: plan.members }, (_, group) => {
    const workers = [
      nativeBuild('sward-stress'),
      'group',
      memoryPath,
      directory,
      edge(group),
      edge(group + 1),
    ];
    if (side === 'kernel') return new Program(`group ${group + 1}`, workers, process.env);
    const member = [process.execPath, builtFile('bin/member.js'), '--socket', socket, '--'];
    return new Program(`member ${group + 1}`, [...member, ...workers], process.env);
  });
}

/** Looks at the memory every second. When nothing happens any more, the round is stopped; `true` when that is no use. */
function watch(
  plan: Plan,
  memory: Memory,
  groups: readonly Program[],
  onLook: (sample: Sample) => void,
): { hung: Promise<true>; end(): void } {
  let timer: NodeJS.Timeout | undefined;
  const hung = new Promise<true>((resolve) => {
    const busy = (2 * (plan.holdMicroseconds + plan.thinkMicroseconds)) / 1000;
    const patience = plan.patienceSeconds * 1000 + busy;
    let done = -1n;
    let since = performance.now();
    timer = setInterval(() => {
      const sample = memory.read();
      onLook(sample);
      const now = sample.slots.reduce((sum, slot) => sum + slot.operations, 0n);
      if (now !== done) since = performance.now();
      done = now;
      const quiet = performance.now() - since;
      if (quiet > patience) for (const group of groups) group.tell('stop');
      if (quiet > 2 * patience + endMillisecondsMax) resolve(true);
    }, lookMilliseconds);
  });
  return { hung, end: () => clearInterval(timer) };
}

/** What the leader still lists, once it has had time to learn that the processes are gone. */
async function listed(surroundings: Surroundings): Promise<string[]> {
  const deadline = performance.now() + listMillisecondsMax;
  for (;;) {
    const rows = surroundings.locks();
    if (rows.length === 0 || performance.now() > deadline) return rows.map(rowText);
    await sleep(20);
  }
}

/** What cannot be had now, and what the leader still lists. */
async function findLeft(
  side: Side,
  groups: readonly Program[],
  surroundings: Surroundings,
): Promise<Pick<RoundResult, 'leftBehind' | 'failures'>> {
  groups[0]!.tell('probe');
  const held = Number((await groups[0]!.said(/held (\d+)/))[1]);
  const left =
    held === 0 ? [] : [`${held} ${held === 1 ? 'lock' : 'locks'} of whole files that nobody can have`];
  if (side === 'kernel') return { leftBehind: left, failures: [] };
  try {
    return { leftBehind: [...left, ...(await listed(surroundings))], failures: [] };
  } catch (error) {
    if (!(error instanceof SyscallError) && !(error instanceof Failure)) throw error;
    return { leftBehind: left, failures: [`the leader does not answer: ${error.message}`] };
  }
}

function stuck(sample: Sample): string[] {
  return sample.slots
    .filter((slot) => slot.stuck !== 0n)
    .map(({ stuck }) => (stuck === 1n ? 'a process' : `a process, waiting for ${lockText(stuck)}`));
}

/** Plays a round. `signal` stops it early. Errors: Ended when a group does not start or ends by itself. */
export async function playRound(
  plan: Plan,
  round: Round,
  surroundings: Surroundings,
  signal: AbortSignal,
  onLook: (sample: Sample) => void,
): Promise<RoundResult> {
  const memory = new Memory(surroundings.memoryPath, plan, round.number, plan.seconds / plan.rounds);
  const groups = startGroups(plan, round.side, surroundings);
  const stop = (): void => {
    for (const group of groups) group.tell('stop');
  };
  try {
    await Promise.all(groups.map((group) => group.said(/ready/)));
    for (const group of groups) group.tell('go');
    const watching = watch(plan, memory, groups, onLook);
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    const idle = Promise.all(groups.map((group) => group.said(/idle/)));
    const hung = (await Promise.race([idle, watching.hung]).finally(watching.end)) === true;
    const sample = memory.read();
    const left = hung
      ? { leftBehind: [], failures: ['a member does not answer'] }
      : await findLeft(round.side, groups, surroundings);
    const end = sample.stopped === 0n ? process.hrtime.bigint() : sample.stopped;
    return {
      ...round,
      seconds: Number(end - sample.started) / 1e9,
      sample,
      leftBehind: [...stuck(sample), ...left.leftBehind],
      failures: left.failures,
    };
  } finally {
    signal.removeEventListener('abort', stop);
    await endGroups(groups);
    memory.close();
  }
}

async function endGroups(groups: readonly Program[]): Promise<void> {
  for (const group of groups) group.closeInput();
  const kill = setTimeout(() => {
    for (const group of groups) group.kill('SIGKILL');
  }, endMillisecondsMax);
  await Promise.all(groups.map((group) => group.ended));
  clearTimeout(kill);
}
