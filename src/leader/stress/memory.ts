/**
 * The memory that the processes of a round share, as a file: its settings are written before they start, and what they
 * count is read while they run. Mirrors native/stress/stress.h, where every field is a 64-bit word.
 */
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs';
import { faults, kinds, type Plan, restarts } from './plan.js';

const magic = 0x3173736572747301n;
const processesMax = 1024;
const violationsMax = 8;
export const bucketCount = 608;

const settingNames = [
  ...[
    'magic',
    'processes',
    'files',
    'kinds',
    'ranges',
    'span',
    'readers',
    'tries',
    'closes',
    'hold',
    'think',
  ],
  ...['signal', 'restart', 'kill', 'seed', 'operations', 'duration', 'patience', 'fault'],
];
const stateNames = ['go', 'stop', 'started', 'stopped', 'violations'] as const;
const slotNames = [
  ...(['pid', 'doomed', 'wanted', 'operations', 'locks', 'refused', 'digest'] as const),
  ...(['interruptedWaits', 'interruptedOthers', 'interruptedRestarts', 'signals'] as const),
  ...(['kills', 'lost', 'stuck', 'errors', 'lastError', 'waitSum', 'waitMax'] as const),
] as const;

const violationsAt = settingNames.length + stateNames.length;
const holdsAt = violationsAt + 4 * violationsMax;
const slotsAt = holdsAt + 2 * processesMax;
const slotWords = slotNames.length + bucketCount;

export interface Held {
  readonly kind: (typeof kinds)[number];
  readonly type: 'read' | 'write';
  readonly file: number;
  readonly start: number;
  /** The first byte that is not locked. */
  readonly end: number;
}

export interface Violation {
  readonly pids: readonly [number, number];
  readonly locks: readonly [Held, Held];
}

export type Slot = Readonly<Record<(typeof slotNames)[number], bigint>> & { readonly waits: BigUint64Array };

/** What was counted so far. Times in nanoseconds of CLOCK_MONOTONIC, 0: not yet. */
export interface Sample {
  readonly started: bigint;
  readonly stopped: bigint;
  readonly violations: number;
  /** The first few of them. */
  readonly first: readonly Violation[];
  readonly slots: readonly Slot[];
}

/** word_of() of stress.h, taken apart. */
export function heldOf(word: bigint): Held {
  return {
    kind: kinds[Number((word >> 60n) & 3n)]!,
    type: (word >> 62n) & 1n ? 'write' : 'read',
    file: Number((word >> 48n) & 0xfffn),
    start: Number((word >> 24n) & 0xffffffn),
    end: Number(word & 0xffffffn),
  };
}

const perSecond = (rate: number, sharers = 1): bigint =>
  rate === 0 ? 0n : BigInt(Math.max(1, Math.round((1e9 * sharers) / rate)));

export class Memory {
  readonly #fd: number;
  readonly #words: BigUint64Array<ArrayBuffer>;
  readonly #processes: number;

  /** Writes the settings of a round. `duration` in seconds. */
  constructor(path: string, plan: Plan, round: number, duration: number) {
    const micro = (value: number): bigint => BigInt(Math.round(value * 1000));
    const settings: Record<string, bigint> = {
      magic,
      processes: BigInt(plan.processes),
      files: BigInt(plan.files),
      kinds: plan.kinds.reduce((mask, kind) => mask | (1n << BigInt(kinds.indexOf(kind))), 0n),
      ranges: BigInt(plan.ranges),
      span: BigInt(plan.span),
      readers: BigInt(plan.read),
      tries: BigInt(plan.try),
      closes: BigInt(plan.close),
      hold: micro(plan.holdMicroseconds),
      think: micro(plan.thinkMicroseconds),
      signal: perSecond(plan.signals),
      restart: BigInt(restarts.indexOf(plan.restart)),
      kill: perSecond(plan.kill, plan.members),
      // Rounds differ; both sides of one do the same.
      seed: BigInt(plan.seed) | (BigInt(round) << 53n),
      operations: BigInt(plan.operations ?? 0),
      duration: micro(duration * 1e6),
      patience: micro(plan.patienceSeconds * 1e6),
      fault: BigInt(faults.indexOf(plan.fault)),
    };
    this.#processes = plan.processes;
    this.#words = new BigUint64Array(slotsAt + plan.processes * slotWords);
    settingNames.forEach((name, index) => {
      this.#words[index] = settings[name]!;
    });
    writeFileSync(path, new Uint8Array(this.#words.buffer), { mode: 0o600 });
    this.#fd = openSync(path, 'r');
  }

  read(): Sample {
    const words = this.#words;
    readSync(this.#fd, new Uint8Array(words.buffer), 0, words.byteLength, 0);
    const state = (name: (typeof stateNames)[number]): bigint =>
      words[settingNames.length + stateNames.indexOf(name)]!;
    const violations = Number(state('violations'));
    const first = Array.from({ length: Math.min(violations, violationsMax) }, (_, index): Violation => {
      const [pid, word, otherPid, otherWord] = words.subarray(violationsAt + 4 * index);
      return { pids: [Number(pid), Number(otherPid)], locks: [heldOf(word!), heldOf(otherWord!)] };
    });
    const slots = Array.from({ length: this.#processes }, (_, index): Slot => {
      const slot = words.slice(slotsAt + index * slotWords, slotsAt + (index + 1) * slotWords);
      const counters = Object.fromEntries(slotNames.map((name, at) => [name, slot[at]!]));
      return {
        ...(counters as Record<(typeof slotNames)[number], bigint>),
        waits: slot.subarray(slotNames.length),
      };
    });
    return { started: state('started'), stopped: state('stopped'), violations, first, slots };
  }

  close(): void {
    closeSync(this.#fd);
  }
}
