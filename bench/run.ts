/**
 * Rounds, medians and the table of results. A subject measures its object and its reference in turn within each round,
 * so that what else the machine does hits both alike; the ratio is that of the medians.
 */

export interface Row {
  readonly what: string;
  readonly reference: string;
  readonly measured: string;
  readonly ratio: string;
  readonly goal: string;
  /** Undefined: only reported. */
  readonly met?: boolean;
}

export interface Subject {
  readonly name: string;
  /** Programs that must be installed. */
  readonly needs: readonly string[];
  run(): Row[] | Promise<Row[]>;
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  if (sorted.length === 0) throw new Error('nothing was measured');
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

type Measurements = Readonly<Record<string, () => number | Promise<number>>>;

/** Takes each measurement once in every round; returns the medians. */
export async function rounds<M extends Measurements>(
  count: number,
  measurements: M,
): Promise<Record<keyof M, number>> {
  const names = Object.keys(measurements) as (keyof M)[];
  const taken = new Map<keyof M, number[]>(names.map((name) => [name, []]));
  for (let round = 0; round < count; round++) {
    for (const name of names) {
      taken.get(name)!.push(await measurements[name]!());
      process.stderr.write('.');
    }
  }
  process.stderr.write('\n');
  for (const name of names) process.stderr.write(`  ${String(name)}: ${spread(taken.get(name)!)}\n`);
  const medians = names.map((name) => [name, median(taken.get(name)!)]);
  return Object.fromEntries(medians) as Record<keyof M, number>;
}

const spread = (values: readonly number[]): string =>
  values
    .toSorted((a, b) => a - b)
    .map((value) => value.toPrecision(4))
    .join(' ');

export type Goal = { readonly atMost: number } | { readonly atLeast: number } | 'report';

/** A row whose result is a ratio. */
export function ratioRow(
  what: string,
  reference: string,
  measured: string,
  ratio: number,
  goal: Goal = 'report',
): Row {
  const row = { what, reference, measured, ratio: ratio.toFixed(2) };
  if (goal === 'report') return { ...row, goal: 'report' };
  return 'atMost' in goal
    ? { ...row, goal: `at most ${goal.atMost} x`, met: ratio <= goal.atMost }
    : { ...row, goal: `at least ${goal.atLeast.toFixed(2)} x`, met: ratio >= goal.atLeast };
}

/** A row about times whose ratio says how much faster than the reference it was. */
export function fasterRow(
  what: string,
  reference: string,
  measured: string,
  times: { readonly reference: number; readonly measured: number },
  atLeast: number,
): Row {
  const row = ratioRow(what, reference, measured, times.reference / times.measured, { atLeast });
  return { ...row, goal: atLeast === 1 ? 'faster' : `at least ${atLeast} x faster` };
}

export const microseconds = (nanoseconds: number): string => `${(nanoseconds / 1000).toFixed(1)} µs`;
export const milliseconds = (nanoseconds: number): string => `${(nanoseconds / 1e6).toFixed(1)} ms`;
export const perSecond = (count: number): string => `${Math.round(count).toLocaleString('en')} /s`;

export function table(rows: readonly Row[]): string {
  const verdict = ({ met }: Row) => (met === undefined ? '—' : met ? 'met' : 'missed');
  const cells = rows.map((row) => [row.what, row.reference, row.measured, row.ratio, row.goal, verdict(row)]);
  const head = ['what', 'reference', 'measured', 'ratio', 'goal', 'result'];
  const line = (columns: readonly string[]) => `| ${columns.join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...cells.map(line)].join('\n');
}
