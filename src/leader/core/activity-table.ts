/**
 * The numbers by which files are ranked, a column for each: looking for the largest among 100,000 files passes over
 * arrays, not from object to object (8 ms). Rows are dense: the last one moves into a hole.
 */
import type { ActivityNumber } from '../../shared/core-types.js';
import type { WaitRecord } from './contention.js';
import type { InodeState } from './inode-state.js';

const rowsAtFirst = 64;

export class ActivityTable {
  acquisitions = new Float64Array(rowsAtFirst);
  refusals = new Float64Array(rowsAtFirst);
  waits = new Float64Array(rowsAtFirst);
  /** Milliseconds, as `longest`. */
  waited = new Float64Array(rowsAtFirst);
  longest = new Float64Array(rowsAtFirst);
  readonly #inodes: InodeState[] = [];

  /** Gives the inode a row of zeros. */
  add(inode: InodeState): void {
    const row = this.#inodes.push(inode) - 1;
    inode.row = row;
    if (row === this.waits.length) this.#eachColumn(grown);
    this.#eachColumn((column) => column.fill(0, row, row + 1));
  }

  remove(inode: InodeState): void {
    const last = this.#inodes.pop()!;
    if (last === inode) return;
    this.#eachColumn((column) => column.copyWithin(inode.row, last.row, last.row + 1));
    this.#inodes[inode.row] = last;
    last.row = inode.row;
  }

  noteWaits(row: number, { waits, milliseconds, longest }: WaitRecord): void {
    this.waits[row] = waits;
    this.waited[row] = milliseconds;
    this.longest[row] = longest;
  }

  /** The first `count` inodes that are not in `except`, largest first; where they are alike, those locked more often. */
  largest(by: ActivityNumber, count: number, except: { has(inode: InodeState): boolean }): InodeState[] {
    const values = this[by];
    const { acquisitions } = this;
    const before = (a: number, b: number) =>
      values[a]! - values[b]! || acquisitions[a]! - acquisitions[b]! || b - a;
    const chosen: number[] = [];
    let floor = Number.NEGATIVE_INFINITY;
    for (let row = 0; count > 0 && row < this.#inodes.length; row += 1) {
      if (values[row]! < floor || !this.#isUsed(row)) continue;
      const full = chosen.length === count;
      if ((full && before(row, chosen[0]!) < 0) || except.has(this.#inodes[row]!)) continue;
      if (full) chosen[0] = row;
      else chosen.push(row);
      sift(chosen, full ? 0 : chosen.length - 1, before);
      if (chosen.length === count) floor = values[chosen[0]!]!;
    }
    return chosen.sort((a, b) => before(b, a)).map((row) => this.#inodes[row]!);
  }

  #isUsed(row: number): boolean {
    return this.acquisitions[row]! > 0 || this.refusals[row]! > 0 || this.waits[row]! > 0;
  }

  #eachColumn(change: (column: Float64Array<ArrayBuffer>) => Float64Array<ArrayBuffer>): void {
    this.acquisitions = change(this.acquisitions);
    this.refusals = change(this.refusals);
    this.waits = change(this.waits);
    this.waited = change(this.waited);
    this.longest = change(this.longest);
  }
}

function grown(column: Float64Array): Float64Array<ArrayBuffer> {
  const longer = new Float64Array(2 * column.length);
  longer.set(column);
  return longer;
}

/** Puts the item at `at`, which is new there, where it belongs in a heap whose first item is the smallest. */
function sift(heap: number[], at: number, compare: (a: number, b: number) => number): void {
  const item = heap[at]!;
  let hole = at;
  for (let above = (hole - 1) >> 1; hole > 0 && compare(item, heap[above]!) < 0; above = (hole - 1) >> 1) {
    heap[hole] = heap[above]!;
    hole = above;
  }
  for (;;) {
    let below = 2 * hole + 1;
    if (below + 1 < heap.length && compare(heap[below + 1]!, heap[below]!) < 0) below += 1;
    if (below >= heap.length || compare(item, heap[below]!) <= 0) break;
    heap[hole] = heap[below]!;
    hole = below;
  }
  heap[hole] = item;
}
