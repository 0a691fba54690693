/** Words for people: ranges, offsets, names from other programs. */
import type { Offset } from '../shared/lock-types.js';

export { clean } from '../shared/clean.js';

/** The name of a value in a constant such as `LockKind`. */
export const nameOf = (values: Readonly<Record<string, number>>, value: number): string =>
  Object.keys(values).find((name) => values[name] === value) ?? '?';

/** Bytes as lslocks(8) numbers them: the last one included; open at the end of the file. */
export function rangeText(start: Offset, end: Offset): string {
  if (end === Infinity) return start === 0 ? 'all' : `${start}–`;
  const last = BigInt(end) - 1n;
  return last === BigInt(start) ? String(start) : `${start}–${last}`;
}

const units = ['', ' Ki', ' Mi', ' Gi', ' Ti', ' Pi', ' Ei'];

/** Short, and exact wherever that is short: 0, 511, 1 Gi, 1 Gi+2, 1.5 Mi, ≈ 3.2 Gi. */
export function offsetText(offset: number): string {
  if (offset < 10_000) return String(offset);
  const power = Math.min(units.length - 1, Math.floor(Math.log2(offset) / 10));
  const unit = 1024 ** power;
  const whole = Math.floor(offset / unit);
  const rest = offset - whole * unit;
  if (rest === 0) return `${whole}${units[power]}`;
  if (rest < 10_000 && offset <= Number.MAX_SAFE_INTEGER) return `${whole}${units[power]}+${rest}`;
  return `${(offset / unit).toFixed(1)}${units[power]}`;
}
