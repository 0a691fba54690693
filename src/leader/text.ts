/** Words and tables for people; what JSON needs of our numbers. */
import type { LockRange, Offset } from '../shared/lock-types.js';

export const nameOf = (values: Readonly<Record<string, number>>, value: number): string =>
  Object.keys(values).find((name) => values[name] === value) ?? '?';

/** JSON has no bigint: an offset beyond 2^53-1 is a string; the end of the file is null. */
export const jsonOffset = (value: Offset): number | string | null =>
  value === Infinity ? null : typeof value === 'bigint' ? String(value) : value;

export const json = (value: unknown): string => `${JSON.stringify(value, undefined, 2)}\n`;

/** Bytes as lslocks(8) numbers them: the last one included; open at the end of the file. */
export function rangeText({ start, end }: LockRange): string {
  if (end === Infinity) return start === 0 ? 'all' : `${start}-`;
  return `${start}-${BigInt(end as number | bigint) - 1n}`;
}

export function ageText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  if (seconds < 120) return `${Math.round(seconds)}s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)}m` : `${Math.round(seconds / 3600)}h`;
}

export function bytesText(bytes: number): string {
  const units = ['', 'K', 'M', 'G', 'T'];
  let value = bytes;
  let unit = 0;
  for (; value >= 1000 && unit < units.length - 1; unit++) value /= 1024;
  return unit === 0 ? String(value) : `${value < 10 ? value.toFixed(1) : Math.round(value)}${units[unit]}`;
}

/** Names come from other processes: no control characters into the terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
export const printable = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');

export interface Column {
  readonly title: string;
  readonly right?: boolean;
  /** May be cut to this width when the line is too long; the columns are tried in the order of `cutFirst`. */
  readonly least?: number;
  readonly cutFirst?: number;
  /** The end says most: the beginning is cut, as of a path. */
  readonly keepEnd?: boolean;
}

/** A table without lines, at most `width` wide. Where cutting columns does not suffice, the ends of lines are missing. */
export function table(
  columns: readonly Column[],
  lines: readonly (readonly string[])[],
  width: number,
): string {
  const widths = columns.map(({ title }, column) =>
    lines.reduce((most, line) => Math.max(most, line[column]!.length), title.length),
  );
  const excess = () => widths.reduce((sum, each) => sum + each + 1, -1) - width;
  const cuttable = columns
    .map((column, index) => ({ ...column, index }))
    .filter(({ least }) => least !== undefined)
    .sort((a, b) => (a.cutFirst ?? 0) - (b.cutFirst ?? 0));
  for (const { index, least = 0 } of cuttable) {
    const now = widths[index]!;
    widths[index] = Math.max(Math.min(now, least), now - Math.max(0, excess()));
  }
  const fit = (text: string, column: number): string => {
    const room = widths[column]!;
    const { right, keepEnd } = columns[column]!;
    if (text.length <= room) return right ? text.padStart(room) : text.padEnd(room);
    return keepEnd ? `…${text.slice(1 - room)}` : `${text.slice(0, room - 1)}…`;
  };
  const header = columns.map(({ title }) => title);
  return [header, ...lines].map((line) => `${line.map(fit).join(' ').slice(0, width).trimEnd()}\n`).join('');
}
