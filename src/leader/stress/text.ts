/** Locks, times and numbers in words. */
import { LockKind, LockType } from '../../shared/lock-types.js';
import type { Reply } from '../../shared/messages.js';
import { type Held, heldOf, type Violation } from './memory.js';

export type LockRow = Reply<'locksList'>['rows'][number];

const describe = ({ kind, type, file, start, end }: Held): string =>
  `${type} ${kind} lock ${kind === 'flock' ? 'of' : `${start}-${end - 1} of`} file-${file}`;

export const lockText = (word: bigint): string => describe(heldOf(word));

export const violationText = ({ pids, locks }: Violation): string =>
  `${pids[0]} (${describe(locks[0])}) and ${pids[1]} (${describe(locks[1])}) at once`;

/** A lock that the leader lists. */
export function rowText(row: LockRow): string {
  const kind = row.kind === LockKind.record ? 'fcntl' : row.kind === LockKind.ofd ? 'ofd' : 'flock';
  const type = row.type === LockType.read ? 'read' : 'write';
  const range = row.kind === LockKind.flock ? '' : ` ${row.start}-${row.end === Infinity ? '' : Number(row.end) - 1}`;
  const file = row.path.slice(row.path.lastIndexOf('/') + 1);
  return `${type} ${kind} lock${range} of ${file}: ${row.waiting ? 'awaited' : 'held'} by ${row.pid}`;
}

/** Three significant digits or so: `640 ns`, `12.3 µs`, `1.25 s`. */
export function timeText(microseconds: number): string {
  const [value, unit] =
    microseconds < 1
      ? [microseconds * 1000, 'ns']
      : microseconds < 1000
        ? [microseconds, 'µs']
        : microseconds < 1e6
          ? [microseconds / 1000, 'ms']
          : [microseconds / 1e6, 's'];
  return `${value < 10 ? value.toFixed(2) : value < 100 ? value.toFixed(1) : Math.round(value)} ${unit}`;
}

export const countText = (value: number): string => Math.round(value).toLocaleString('en-US');
