/** What `leader stress` prints: a table for people, JSON for programs, a line of progress. */
import type { Sample } from './memory.js';
import type { Plan, Side } from './plan.js';
import { isSound, type SideResult } from './result.js';
import type { Round } from './round.js';
import { countText, timeText, violationText } from './text.js';

export type Results = { readonly [side in Side]: SideResult | undefined };

const titles: Readonly<Record<Side, string>> = { kernel: 'plain kernel', sward: 'sward' };
const listedMax = 8;
const columns = 80;

type Row = readonly [
  title: string,
  value: (side: SideResult) => string,
  ratio?: (side: SideResult) => number,
];

function rowsOf(plan: Plan, shown: readonly SideResult[]): Row[] {
  const wait = (name: keyof SideResult['waitMicroseconds'], title: string): Row => [
    title,
    (side) => (side.waitMicroseconds.max === 0 ? '-' : timeText(side.waitMicroseconds[name])),
    (side) => side.waitMicroseconds[name],
  ];
  const some = (row: Row, worthwhile: boolean): Row[] => (worthwhile ? [row] : []);
  const any = (count: (side: SideResult) => number): boolean => shown.some((side) => count(side) > 0);
  return [
    ['locks a second', (side) => countText(side.locksPerSecond), (side) => side.locksPerSecond],
    wait('p50', 'wait, median'),
    wait('p95', 'wait, 95 %'),
    wait('p99', 'wait, 99 %'),
    wait('max', 'wait, longest'),
    ['fairness', (side) => side.fairness.toFixed(3)],
    ['locks of a process, fewest', (side) => countText(Math.min(...side.locksOfProcesses))],
    ['locks of a process, most', (side) => countText(Math.max(...side.locksOfProcesses))],
    ...some(['tries refused', (side) => countText(side.refused)], plan.try > 0),
    ...some(['signals', (side) => countText(side.signals)], plan.signals > 0),
    ...some(['EINTR of waits', (side) => countText(side.interrupted.waits)], plan.signals > 0),
    ...some(
      ['EINTR of other calls', (side) => countText(side.interrupted.others)],
      any(({ interrupted }) => interrupted.others),
    ),
    ...some(
      ['EINTR despite SA_RESTART', (side) => countText(side.interrupted.despiteRestart)],
      any(({ interrupted }) => interrupted.despiteRestart),
    ),
    ...some(['killed', (side) => countText(side.kills)], plan.kill > 0),
    ['exclusion violated', (side) => countText(side.violations)],
    ['left behind', (side) => countText(side.leftBehind.length)],
    ...some(
      ['other failures', (side) => countText(side.failures.length)],
      any(({ failures }) => failures.length),
    ),
  ];
}

const number = (count: number, one: string, many = `${one}s`): string =>
  `${countText(count)} ${count === 1 ? one : many}`;

/** Phrases on as few lines as they fit. */
function wrap(phrases: readonly string[]): string {
  return phrases.reduce((text, phrase) => {
    const fits = text.length - text.lastIndexOf('\n') + phrase.length + 2 < columns;
    return `${text},${fits ? ' ' : '\n'}${phrase}`;
  });
}

function settingsText(plan: Plan): string {
  const when = (value: number, phrase: string): string[] => (value > 0 ? [phrase] : []);
  const time = `${Number((plan.seconds / plan.rounds).toFixed(2))} s`;
  const length = plan.operations === undefined ? time : `${countText(plan.operations)} operations each`;
  return wrap([
    `${number(plan.processes, 'process', 'processes')} in ${number(plan.members, 'member')}`,
    `${number(plan.files, 'file')} of ${number(plan.ranges, 'range')}`,
    plan.kinds.join(' and '),
    `hold ${timeText(plan.holdMicroseconds)}`,
    `think ${timeText(plan.thinkMicroseconds)}`,
    ...when(plan.read, `${plan.read} % read`),
    ...when(plan.try, `${plan.try} % only tried`),
    ...when(plan.close, `${plan.close} % released by close`),
    ...when(plan.signals, `${number(plan.signals, 'signal')}/s each`),
    ...when(plan.kill, `${number(plan.kill, 'kill')}/s`),
    `${number(plan.rounds, 'round')} of ${length}`,
    `seed ${plan.seed}`,
  ]);
}

const widths = [28, 15, 15, 9];

const line = (cells: readonly string[]): string =>
  cells
    .map((cell, column) => (column === 0 ? cell.padEnd(widths[0]!) : cell.padStart(widths[column]!)))
    .join('')
    .trimEnd();

function troubles(side: Side, { violations, firstViolations, leftBehind, failures }: SideResult): string[] {
  const list = (title: string, texts: readonly string[], count: number): string[] => {
    if (texts.length === 0) return [];
    const shown = texts.slice(0, listedMax).map((text) => `  ${text}`);
    return [
      `${titles[side]}: ${title}`,
      ...shown,
      ...(count > shown.length ? [`  … ${countText(count)} in all`] : []),
    ];
  };
  return [
    ...list('held at once', firstViolations.map(violationText), violations),
    ...list('left behind', leftBehind, leftBehind.length),
    ...list('failures', failures, failures.length),
  ];
}

const ratioText = (ratio: number): string =>
  !Number.isFinite(ratio) ? '' : ratio < 100 ? ratio.toFixed(2) : countText(ratio);

export function asTable(plan: Plan, results: Results, interrupted: boolean): string {
  const sides = (['kernel', 'sward'] as const).filter((side) => results[side] !== undefined);
  const shown = sides.map((side) => results[side]!);
  const both = shown.length === 2;
  const rows = rowsOf(plan, shown).map(([title, value, ratio]) => {
    const [kernel, sward] = both && ratio ? shown.map(ratio) : [];
    const last = kernel ? ratioText(sward! / kernel) : '';
    return line([title, ...shown.map(value), last]);
  });
  return [
    settingsText(plan),
    ...(interrupted ? ['interrupted: what was measured until then'] : []),
    '',
    ...(shown.length === 0 ? ['nothing measured'] : []),
    ...(shown.length === 0
      ? []
      : [line(['', ...sides.map((side) => titles[side]), both ? 'ratio' : '']), ...rows]),
    ...sides.flatMap((side) => troubles(side, results[side]!)),
    '',
  ].join('\n');
}

/** The schema is in design/stress.md. */
export function asJson(plan: Plan, results: Results, interrupted: boolean): string {
  const { fault: _fault, socket, directory, operations, sides: _sides, ...rest } = plan;
  const value = {
    version: 1,
    settings: {
      ...rest,
      operations: operations ?? null,
      socket: socket ?? null,
      directory: directory ?? null,
    },
    interrupted,
    sound: Object.values(results).every((side) => side === undefined || isSound(side)),
    kernel: results.kernel ?? null,
    sward: results.sward ?? null,
  };
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

export function progressText(plan: Plan, round: Round, sample: Sample): string {
  const seconds = Number(process.hrtime.bigint() - sample.started) / 1e9;
  const locks = sample.slots.reduce((sum, slot) => sum + Number(slot.locks), 0);
  return (
    `round ${round.number + 1} of ${plan.rounds}, ${titles[round.side]}: ${seconds.toFixed(0)} s, ` +
    `${countText(locks / seconds)} locks/s, ${number(sample.violations, 'violation')}`
  );
}
