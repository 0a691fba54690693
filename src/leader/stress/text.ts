/** Locks, times and numbers in words. */
import { LockKind, LockType } from '../../shared/lock-types.js';
import type { LockRow } from '../commands/locks.js';
import { type Held, heldOf, type Violation } from './memory.js';

/** Bytes as lslocks(8) numbers them: the last one included. */
const bytes = (start: number, end: number): string =>
  end === start + 1 ? `${start}` : `${start}-${end - 1}`;

const describe = ({ kind, type, start, end }: Held): string =>
  kind === 'flock' ? `${type} flock` : `${type} ${kind} ${bytes(start, end)}`;

export function lockText(word: bigint): string {
  const held = heldOf(word);
  return `${describe(held)} of file-${held.file}`;
}

export const violationText = ({ pids, locks }: Violation): string =>
  `${pids[0]} has ${describe(locks[0])}, ${pids[1]} ${describe(locks[1])} of file-${locks[0].file}`;

/** A lock that the leader lists. */
export function rowText(row: LockRow): string {
  const kind = row.kind === LockKind.record ? 'fcntl' : row.kind === LockKind.ofd ? 'ofd' : 'flock';
  const type = row.type === LockType.read ? 'read' : 'write';
  const range =
    row.kind === LockKind.flock || row.end === Infinity
      ? ''
      : ` ${bytes(Number(row.start), Number(row.end))}`;
  const file = row.path.slice(row.path.lastIndexOf('/') + 1);
  return `${row.pid} ${row.waiting ? 'waits for' : 'has'} ${type} ${kind}${range} of ${file}`;
}

/** Three significant digits: `640 ns`, `12.3 µs`, `1.25 s`. */
export function timeText(microseconds: number): string {
  const [value, unit] =
    microseconds < 1
      ? [microseconds * 1000, 'ns']
      : microseconds < 1000
        ? [microseconds, 'µs']
        : microseconds < 1e6
          ? [microseconds / 1000, 'ms']
          : [microseconds / 1e6, 's'];
  // 9.996 is not 10.00.
  const digits = value < 9.995 ? 2 : value < 99.95 ? 1 : 0;
  return `${value.toFixed(digits)} ${unit}`;
}

export const countText = (value: number): string => Math.round(value).toLocaleString('en-US');
