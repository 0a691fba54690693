/** `leader locks` and `leader status`: what the leader says, as text for people or as stable JSON. */
import { clean } from '../shared/clean.js';
import { locksPerReplyMax } from '../shared/limits.js';
import { LockKind, LockType, normalizeOffset } from '../shared/lock-types.js';
import type { Reply } from '../shared/messages.js';
import { MountLocks, MountType } from '../shared/mount-types.js';
import type { BlockingClient } from '../shared/protocol-call.js';
import {
  ageText,
  bytesText,
  type Column,
  fitted,
  json,
  jsonOffset,
  nameOf,
  rangeText,
  table,
} from './text.js';

export type LockRow = Reply<'locksList'>['rows'][number];

/** Those held and those that wait, or the latter alone. */
export function fetchLocks(client: BlockingClient, waiting: boolean): LockRow[] {
  const rows: LockRow[] = [];
  let cursor: number | null = 0;
  while (cursor !== null) {
    const request = { cursor, limit: locksPerReplyMax, file: '', waiting };
    const page: Reply<'locksList'> = client.call('locksList', request);
    rows.push(...page.rows);
    cursor = page.next;
  }
  return rows;
}

/** Of `device:inode`, as `leader fds --json` tells them. */
function identity(file: string): { device: number | null; inode: number | string | null } {
  const [, device, inode] = /^(\d+):(\d+)$/.exec(file) ?? [];
  if (device === undefined || inode === undefined) return { device: null, inode: null };
  return { device: Number(device), inode: jsonOffset(normalizeOffset(BigInt(inode))) };
}

export function locksAsJson(rows: readonly LockRow[]): string {
  const plain = rows.map((row) => ({
    file: row.path,
    ...identity(row.file),
    kind: nameOf(LockKind, row.kind),
    type: nameOf(LockType, row.type),
    start: jsonOffset(row.start),
    end: jsonOffset(row.end),
    pid: row.pid,
    member: row.member,
    command: row.command,
    waiting: row.waiting,
    ageMilliseconds: row.age,
  }));
  return json(plain);
}

const lockColumns: readonly Column[] = [
  { title: 'FILE', least: 16, cutFirst: 2, keepEnd: true },
  { title: 'KIND' },
  { title: 'TYPE' },
  { title: 'RANGE' },
  { title: 'PID', right: true },
  { title: 'MEMBER', right: true },
  { title: 'COMMAND', least: 7, cutFirst: 1 },
  { title: 'SINCE' },
  { title: '' },
];

export function locksAsTable(rows: readonly LockRow[], width: number): string {
  const lines = rows.map((row) => [
    clean(row.path),
    nameOf(LockKind, row.kind),
    nameOf(LockType, row.type),
    rangeText(row),
    String(row.pid),
    String(row.member),
    clean(row.command),
    ageText(row.age),
    row.waiting ? 'waits' : '',
  ]);
  return table(lockColumns, lines, width);
}

type MountRow = Reply<'mountsList'>['mounts'][number];

type Statistics = Reply<'statistics'>;

export function statusAsJson(
  status: Reply<'status'>,
  mounts: readonly MountRow[],
  { rss, limits, ...contention }: Statistics,
): string {
  const plain = mounts.map(({ path, type, backing, readonly, locks }) => ({
    path,
    type: nameOf(MountType, type),
    backing,
    readonly,
    locks: nameOf(MountLocks, locks),
  }));
  return json({ ...status, mounts: plain, rss, contention, limits });
}

/** `mount /data: host, /srv/data, read-only, locks kernel`. */
function mountText({ path, type, backing, readonly, locks }: MountRow): string {
  const words = [nameOf(MountType, type), clean(backing)];
  if (readonly) words.push('read-only');
  if (type !== MountType.path) words.push(`locks ${nameOf(MountLocks, locks)}`);
  return `mount ${clean(path)}: ${words.join(', ')}\n`;
}

/** `locks: 12 granted, 1 refused, 3 waits (1 given up) of 0.2s, the longest 0.1s`, and who waited then for whom. */
function contentionText(counted: Statistics): string {
  const { acquisitions, refusals, waits, abandoned, waited, longest, longestWaiter, longestCause } = counted;
  const first = `locks: ${acquisitions} granted, ${refusals} refused, ${waits} waits`;
  if (waits === 0) return `${first}\n`;
  const named = (who: typeof longestWaiter) =>
    who === null ? '?' : `${who.pid} ${fitted(clean(who.command), 18)}`;
  return (
    `${first} (${abandoned} given up) of ${ageText(waited)}\n` +
    `longest wait: ${ageText(longest)}, ${named(longestWaiter)} for ${named(longestCause)}\n`
  );
}

/** The limits that are used most, in percent. */
function limitsText(limits: Statistics['limits']): string {
  const shares = limits
    .filter(({ max, used }) => max > 0 && used > 0)
    .map(({ name, used, max }) => ({ text: `${name} ${used} of ${max}`, share: used / max }))
    .sort((a, b) => b.share - a.share);
  return shares
    .slice(0, 3)
    .map(({ text }) => `limit: ${text}\n`)
    .join('');
}

export function statusAsText(
  status: Reply<'status'>,
  mounts: readonly MountRow[],
  statistics: Statistics,
): string {
  const cycles = status.deadlocks.map(
    (cycle) => `deadlock: ${cycle.map(({ pid, command }) => `${pid} ${clean(command)}`).join(' → ')}\n`,
  );
  return (
    `leader ${status.pid}, epoch ${status.epoch}, up ${ageText(status.uptime)}\n` +
    `${status.sessions} sessions, ${status.owners} owners, ${status.files} files, ` +
    `${status.waiting} waiting, ${status.calls} calls, ${bytesText(statistics.rss)} memory\n` +
    `${contentionText(statistics)}${limitsText(statistics.limits)}` +
    `${mounts.map(mountText).join('')}${cycles.join('')}`
  );
}
