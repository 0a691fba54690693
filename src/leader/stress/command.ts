/** `leader stress`: its options, and the plan that they make. */
import { randomInt } from 'node:crypto';
import { realpathSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { bounds, faults, type Kind, kinds, type Plan, restarts } from './plan.js';
import { runStress } from './run.js';

interface Options extends Omit<Plan, 'sides' | 'seed' | 'holdMicroseconds' | 'thinkMicroseconds'> {
  readonly seed?: number;
  readonly hold: number;
  readonly think: number;
  readonly patience: number;
  readonly kernel: boolean;
  readonly json?: true;
}

/** A whole number within bounds. */
const count =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`A whole number from ${least} to ${most} is expected.`);
  };

/** A number that need not be whole. */
const amount =
  (least: number, most: number) =>
  (text: string): number => {
    const value = Number(text);
    if (/^\d*\.?\d+$/.test(text) && value >= least && value <= most) return value;
    throw new InvalidArgumentError(`A number from ${least} to ${most} is expected.`);
  };

const percent = count(0, 100);
const units = { us: 1, µs: 1, ms: 1000, s: 1e6 } as const;
const microsecondsMax = 60e6;

/** `50us`, `1.5ms`, `2s` or `0`, in microseconds. */
function duration(text: string): number {
  const [, digits, unit] = /^(\d*\.?\d+)(us|µs|ms|s)$/.exec(text) ?? [];
  const value = text === '0' ? 0 : Number(digits) * units[unit as keyof typeof units];
  if (value >= 0 && value <= microsecondsMax) return value;
  throw new InvalidArgumentError('A time up to 60s with its unit (us, ms, s) is expected, or 0.');
}

function kindList(text: string): readonly Kind[] {
  const names = text.split(',');
  if (names.every((name) => (kinds as readonly string[]).includes(name))) {
    return kinds.filter((kind) => names.includes(kind));
  }
  throw new InvalidArgumentError(`Some of ${kinds.join(',')} are expected.`);
}

function directory(path: string): string {
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return real;
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError(`${path} is no directory.`);
}

function planOf(options: Options, command: Command): Plan {
  const { seed, hold, think, patience, kernel, json: _, ...rest } = options;
  if (command.getOptionValueSource('socket') === 'cli' && !rest.socket) {
    command.error('error: --socket is empty');
  }
  if (rest.members > rest.processes) {
    command.error(`error: ${rest.members} members need as many processes`);
  }
  return {
    ...rest,
    socket: rest.socket ? resolve(rest.socket) : undefined,
    span: Math.min(rest.span, rest.ranges),
    sides: kernel ? ['kernel', 'sward'] : ['sward'],
    holdMicroseconds: hold,
    thinkMicroseconds: think,
    seed: seed ?? randomInt(2 ** 32),
    patienceSeconds: patience,
  };
}

export function addStress(program: Command): void {
  program
    .command('stress')
    .description('Tests locks under contention, and the plain kernel beside it (design/stress.md).')
    .addOption(
      new Option('--socket <path>', 'the leader to test (default: one of its own)').env('SWARD_SOCKET'),
    )
    .option('--processes <n>', 'processes that take locks', count(1, bounds.processes), 8)
    .option('--members <n>', 'members that they are in', count(1, bounds.processes), 2)
    .option('--files <n>', 'files', count(1, bounds.files), 2)
    .addOption(
      new Option('--kinds <list>', 'kinds of locks').argParser(kindList).default(kinds, kinds.join(',')),
    )
    .option('--ranges <n>', 'ranges of each file; 1: the whole file', count(1, bounds.ranges), 16)
    .option('--span <n>', 'most ranges that one lock takes', count(1, bounds.ranges), 4)
    .option('--read <percent>', 'share of read locks', percent, 20)
    .option('--try <percent>', 'share of locks that are only tried (F_SETLK, LOCK_NB)', percent, 0)
    .option('--close <percent>', 'share of locks that are released by close', percent, 0)
    .addOption(
      new Option('--hold <time>', 'how long a lock is held, on average')
        .argParser(duration)
        .default(50, '50us'),
    )
    .addOption(
      new Option('--think <time>', 'how long until the next one, on average')
        .argParser(duration)
        .default(100, '100us'),
    )
    .option('--signals <rate>', 'signals a second to each process', amount(0, 10_000), 0)
    .addOption(
      new Option('--restart <which>', 'processes whose handlers have SA_RESTART')
        .choices(restarts)
        .default('mixed'),
    )
    .option('--kill <rate>', 'processes killed and replaced a second', amount(0, 1000), 0)
    .option('--seconds <s>', 'how long each side is measured, in all', amount(0.1, 86_400), 6)
    .option('--rounds <n>', 'rounds in which the sides take turns', count(1, 1000), 3)
    .addOption(
      new Option('--operations <n>', 'operations of each process in a round, instead of a time')
        .argParser(count(1, 1e12))
        .conflicts('seconds'),
    )
    .option('--seed <n>', 'what the operations are drawn from (default: by chance)', count(0, 2 ** 53 - 1))
    .option('--patience <s>', 'how long a process may wait for nobody', amount(0.1, bounds.patience), 10)
    .option('--directory <dir>', 'where the files are made', directory)
    .option('--no-kernel', 'leave the plain kernel out')
    .option('--json', 'as JSON')
    .addOption(new Option('--fault <fault>').choices(faults).default('none').hideHelp())
    .action(async (options: Options, command: Command) => {
      process.exitCode = await runStress(planOf(options, command), options.json === true);
    });
}
