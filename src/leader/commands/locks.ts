/** `leader locks`: what is held and awaited, as a table for people or as stable JSON. */
import { clean } from '../../shared/clean.js';
import { locksPerReplyMax } from '../../shared/limits.js';
import { LockKind, LockType, normalizeOffset } from '../../shared/lock-types.js';
import type { Reply } from '../../shared/messages.js';
import type { BlockingClient } from '../../shared/protocol-call.js';
import { ageText, type Column, json, jsonOffset, nameOf, rangeText, table } from '../text.js';

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
