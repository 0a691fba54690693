/** Words and tables for people; what JSON needs of our numbers. */
import { eastAsianWidth } from 'get-east-asian-width';
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

const ascii = /^[ -~]*$/;
const marks = /^[\p{Mn}\p{Me}\p{Default_Ignorable_Code_Point}]+$/u;
const emoji = /\p{Emoji_Presentation}|\ufe0f/u;

/** Made when it is needed: that takes longer than most tables. */
let segmenter: Intl.Segmenter | undefined;

function graphemes(text: string): string[] {
  segmenter ??= new Intl.Segmenter();
  return Array.from(segmenter.segment(text), ({ segment }) => segment);
}

function graphemeWidth(grapheme: string): number {
  if (marks.test(grapheme)) return 0;
  return emoji.test(grapheme) ? 2 : eastAsianWidth(grapheme.codePointAt(0)!);
}

/** Columns of a terminal: two for each ideograph and emoji, none for a combining mark. */
export const widthOf = (text: string): number =>
  ascii.test(text)
    ? text.length
    : graphemes(text).reduce((sum, grapheme) => sum + graphemeWidth(grapheme), 0);

/** As many of these graphemes, in this order, as are this wide together. */
function fitting(parts: readonly string[], width: number): string[] {
  let used = 0;
  const end = parts.findIndex((part) => {
    used += graphemeWidth(part);
    return used > width;
  });
  return end < 0 ? [...parts] : parts.slice(0, end);
}

/** What is left of a text that may be so wide. */
export const cut = (text: string, width: number): string =>
  ascii.test(text) ? text.slice(0, width) : fitting(graphemes(text), width).join('');

const cutStart = (text: string, width: number): string =>
  ascii.test(text)
    ? text.slice(Math.max(0, text.length - width))
    : fitting(graphemes(text).reverse(), width).reverse().join('');

/** At most so wide; what was cut ends with an ellipsis. */
export const fitted = (text: string, width: number): string =>
  widthOf(text) <= width ? text : `${cut(text, width - 1)}…`;

/** A line in lines at most so wide, broken at spaces, all but the first indented. A word that is wider stays whole. */
export function wrapped(line: string, width: number): string {
  const lines: string[] = [];
  let last = '';
  for (const word of line.split(' ')) {
    const longer = last === '' ? word : `${last} ${word}`;
    if (last === '' || widthOf(longer) <= width) {
      last = longer;
      continue;
    }
    lines.push(last);
    last = `  ${word}`;
  }
  return [...lines, last].join('\n');
}

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
    lines.reduce((most, line) => Math.max(most, widthOf(line[column]!)), title.length),
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
    const shown = keepEnd && widthOf(text) > room ? `…${cutStart(text, room - 1)}` : fitted(text, room);
    const padding = ' '.repeat(room - widthOf(shown));
    return right ? padding + shown : shown + padding;
  };
  const tooWide = excess() > 0;
  const header = columns.map(({ title }) => title);
  return [header, ...lines]
    .map((line) => line.map(fit).join(' '))
    .map((line) => `${(tooWide ? cut(line, width) : line).trimEnd()}\n`)
    .join('');
}
