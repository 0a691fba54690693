/** The rounds of one side, put together. */
import { errnoName } from '../../shared/errno.js';
import { bucketCount, type Slot, type Violation } from './memory.js';
import type { Plan, Side } from './plan.js';
import type { RoundResult } from './round.js';
import { jain, percentile } from './statistics.js';

export interface Waits {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly mean: number;
}

export interface SideResult {
  readonly rounds: number;
  readonly seconds: number;
  readonly operations: number;
  readonly locks: number;
  readonly locksPerSecond: number;
  readonly refused: number;
  readonly waitMicroseconds: Waits;
  /** Jain's index of the locks that each process got in a round; the mean of the rounds. */
  readonly fairness: number;
  /** What each process got, all rounds together. */
  readonly locksOfProcesses: readonly number[];
  readonly signals: number;
  readonly interrupted: { readonly waits: number; readonly others: number; readonly despiteRestart: number };
  readonly kills: number;
  readonly violations: number;
  readonly firstViolations: readonly Violation[];
  readonly leftBehind: readonly string[];
  readonly failures: readonly string[];
  /** The same for the same operations; null where no other run can repeat them. */
  readonly digest: string | null;
}

const listedMax = 8;

function failuresOf(slots: readonly Slot[]): string[] {
  const refused = slots.filter((slot) => slot.errors > 0n);
  const names = new Set(refused.map((slot) => errnoName(Number(slot.lastError))));
  const errors = refused.reduce((sum, slot) => sum + slot.errors, 0n);
  const lost = slots.filter((slot) => slot.lost > 0n).length;
  return [
    ...(errors > 0n ? [`${errors} lock calls failed: ${[...names].join(', ')}`] : []),
    ...(lost > 0 ? [`${lost} ${lost === 1 ? 'process' : 'processes'} ended unexpectedly`] : []),
  ];
}

/** undefined: no round was played on this side. */
export function combine(plan: Plan, side: Side, all: readonly RoundResult[]): SideResult | undefined {
  const rounds = all.filter((round) => round.side === side);
  if (rounds.length === 0) return undefined;
  const slots = rounds.flatMap(({ sample }) => sample.slots);
  const sum = (name: Exclude<keyof Slot, 'waits'>): number =>
    slots.reduce((total, slot) => total + Number(slot[name]), 0);
  const buckets = Array.from({ length: bucketCount }, (_, bucket) =>
    slots.reduce((total, slot) => total + Number(slot.waits[bucket]), 0),
  );
  const longest = slots.reduce((most, slot) => Math.max(most, Number(slot.waitMax)), 0);
  const waits = buckets.reduce((total, count) => total + count, 0);
  const microseconds = (share: number): number => percentile(buckets, share, longest) / 1000;
  const seconds = rounds.reduce((total, round) => total + round.seconds, 0);
  const fairness = rounds.map(({ sample }) => jain(sample.slots.map(({ locks }) => Number(locks))));
  const digest = slots.reduce(
    (total, slot) => BigInt.asUintN(64, (total ^ slot.digest) * 0x100000001b3n),
    0n,
  );
  const wanted = (plan.operations ?? 0) * plan.processes * rounds.length;
  return {
    rounds: rounds.length,
    seconds,
    operations: sum('operations'),
    locks: sum('locks'),
    locksPerSecond: seconds > 0 ? sum('locks') / seconds : 0,
    refused: sum('refused'),
    waitMicroseconds: {
      p50: microseconds(0.5),
      p95: microseconds(0.95),
      p99: microseconds(0.99),
      max: longest / 1000,
      mean: waits === 0 ? 0 : sum('waitSum') / waits / 1000,
    },
    fairness: fairness.reduce((total, each) => total + each, 0) / fairness.length,
    locksOfProcesses: Array.from({ length: plan.processes }, (_, own) =>
      rounds.reduce((total, { sample }) => total + Number(sample.slots[own]!.locks), 0),
    ),
    signals: sum('signals'),
    interrupted: {
      waits: sum('interruptedWaits'),
      others: sum('interruptedOthers'),
      despiteRestart: sum('interruptedRestarts'),
    },
    kills: sum('kills'),
    violations: rounds.reduce((total, { sample }) => total + sample.violations, 0),
    firstViolations: rounds.flatMap(({ sample }) => sample.first).slice(0, listedMax),
    leftBehind: rounds.flatMap(({ leftBehind }) => leftBehind),
    failures: rounds.flatMap(({ sample, failures }) => [...failures, ...failuresOf(sample.slots)]),
    digest: sum('operations') === wanted && plan.kill === 0 ? digest.toString(16).padStart(16, '0') : null,
  };
}

export function isSound(side: SideResult): boolean {
  return side.violations === 0 && side.leftBehind.length === 0 && side.failures.length === 0;
}
