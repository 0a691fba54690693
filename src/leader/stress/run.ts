/** Plays the rounds of a plan, the sides in turn, and prints what came of it. */
import { complain, print } from '../../shared/output.js';
import { wasIgnored } from '../../shared/started.js';
import { Failure } from '../commands/ask.js';
import { Ended } from './group.js';
import type { Sample } from './memory.js';
import type { Plan, Side } from './plan.js';
import { asJson, asTable, progressText, type Results } from './report.js';
import { combine, isSound } from './result.js';
import { playRound, type Round, type RoundResult } from './round.js';
import { prepare } from './surroundings.js';

const soundStatus = 0;
const failedStatus = 1;
/** 128 + SIGINT, when it came twice. */
const abandonedStatus = 130;

/** Every second round begins with the other side: what changes on the machine meanwhile favours none. */
function order(plan: Plan): Round[] {
  return Array.from({ length: plan.rounds }, (_, number) => {
    const sides: readonly Side[] = number % 2 === 0 ? plan.sides : plan.sides.toReversed();
    return sides.map((side) => ({ side, number }));
  }).flat();
}

/** SIGINT, SIGTERM and SIGHUP end the run early; a second one at once. */
function interruption(): { signal: AbortSignal; end(): void } {
  const controller = new AbortController();
  const names = (['SIGINT', 'SIGTERM', 'SIGHUP'] as const).filter((name) => !wasIgnored(name));
  const interrupt = (): void => {
    if (controller.signal.aborted) process.exit(abandonedStatus);
    controller.abort();
  };
  for (const name of names) process.on(name, interrupt);
  return {
    signal: controller.signal,
    end() {
      for (const name of names) process.off(name, interrupt);
    },
  };
}

function showProgress(plan: Plan, round: Round): (sample: Sample) => void {
  if (!process.stderr.isTTY) return () => {};
  return (sample) => {
    if (sample.started !== 0n) complain(`\r${progressText(plan, round, sample)}\x1b[K`);
  };
}

async function playAll(plan: Plan, signal: AbortSignal): Promise<RoundResult[]> {
  const surroundings = await prepare(plan);
  const results: RoundResult[] = [];
  try {
    for (const round of order(plan)) {
      if (signal.aborted) break;
      results.push(await playRound(plan, round, surroundings, signal, showProgress(plan, round)));
    }
  } finally {
    if (process.stderr.isTTY) complain('\r\x1b[K');
    await surroundings.end();
  }
  return results;
}

/** Runs the test; gives the exit status. Errors: Failure, OutputError. */
export async function runStress(plan: Plan, json: boolean): Promise<number> {
  const { signal, end } = interruption();
  try {
    const rounds = await playAll(plan, signal);
    const results: Results = {
      kernel: combine(plan, 'kernel', rounds),
      sward: combine(plan, 'sward', rounds),
    };
    print((json ? asJson : asTable)(plan, results, signal.aborted));
    const sound = [results.kernel, results.sward].every((side) => side === undefined || isSound(side));
    return sound ? soundStatus : failedStatus;
  } catch (error) {
    throw error instanceof Ended ? new Failure(error.message, failedStatus) : error;
  } finally {
    end();
  }
}
