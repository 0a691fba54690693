/** Parts of long lists. */
import type { Part } from './view.js';

export function part<T>(all: readonly T[], from: number, size: number): Part<T> {
  // A list may have become shorter than where somebody looks.
  const begin = from < all.length ? from : Math.max(0, Math.floor((all.length - 1) / size) * size);
  return { rows: all.slice(begin, begin + size), from: begin, total: all.length };
}

export const mapPart = <T, U>({ rows, from, total }: Part<T>, map: (row: T) => U): Part<U> => ({
  rows: rows.map(map),
  from,
  total,
});
