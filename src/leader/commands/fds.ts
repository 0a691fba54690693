/** `leader fds`: the open descriptors of a process. */

import { constants } from 'node:fs';
import { clean } from '../../shared/clean.js';
import { recordsPerReplyMax } from '../../shared/limits.js';
import { LockKind, LockType } from '../../shared/lock-types.js';
import type { Reply } from '../../shared/messages.js';
import { type DescriptorRecord, decodeDescriptors, decodeNumbers } from '../../shared/process-records.js';
import type { BlockingClient } from '../../shared/protocol-call.js';
import { type Column, json, jsonOffset, nameOf, rangeText, table } from '../text.js';

type Lock = Reply<'descriptorsList'>['locks'][number];
type Page = Reply<'descriptorsList'>;

interface DescriptorRow extends DescriptorRecord {
  readonly locks: readonly Lock[];
}

export function fetchNumbers(client: BlockingClient, pid: number, start: number): number[] {
  const numbers: number[] = [];
  for (let from: number | null = start; from !== null; ) {
    const page: Page = client.call('descriptorsList', { pid, start: from, details: false, limit: 0 });
    for (const number of decodeNumbers(page.packed, from)) numbers.push(number);
    from = page.next;
  }
  return numbers;
}

export function fetchDescriptors(client: BlockingClient, pid: number, start: number): DescriptorRow[] {
  const rows: DescriptorRow[] = [];
  for (let from: number | null = start; from !== null; ) {
    const request = { pid, start: from, details: true, limit: recordsPerReplyMax };
    const page: Page = client.call('descriptorsList', request);
    for (const record of decodeDescriptors(page.packed)) {
      const file = `${record.device}:${record.inode}`;
      const locks = page.locks.filter((lock) => lock.file === file && (lock.fd ?? record.fd) === record.fd);
      rows.push({ ...record, locks });
    }
    from = page.next;
  }
  return rows;
}

const types: Readonly<Record<number, string>> = {
  [constants.S_IFREG]: 'file',
  [constants.S_IFDIR]: 'directory',
  [constants.S_IFCHR]: 'character',
  [constants.S_IFBLK]: 'block',
  [constants.S_IFIFO]: 'fifo',
  [constants.S_IFSOCK]: 'socket',
  [constants.S_IFLNK]: 'link',
};
const typeOf = (mode: number): string => types[mode & constants.S_IFMT] ?? 'other';

/** open(2); node:fs does not know these. */
const openPath = 0o10000000;
const openAsync = 0o20000;
const openTmpfile = 0o20000000 | constants.O_DIRECTORY;
const openCloexec = 0o2000000;

/**
 * Those that a descriptor keeps, and for people in short. Of flags that contain others (O_SYNC has O_DSYNC, O_TMPFILE has
 * O_DIRECTORY) the first counts. O_LARGEFILE is on every descriptor: not told.
 */
const flagNames: readonly (readonly [flag: number, name: string, short: string])[] = [
  [constants.O_APPEND, 'append', 'append'],
  [constants.O_NONBLOCK, 'nonblock', 'nonblk'],
  [openTmpfile, 'tmpfile', 'tmp'],
  [constants.O_DIRECTORY, 'directory', 'dir'],
  [constants.O_SYNC, 'sync', 'sync'],
  [constants.O_DSYNC, 'dsync', 'dsync'],
  [constants.O_DIRECT, 'direct', 'direct'],
  [openAsync, 'async', 'async'],
  [constants.O_NOATIME, 'noatime', 'noatime'],
  [constants.O_NOFOLLOW, 'nofollow', 'nofollow'],
  [openCloexec, 'cloexec', 'cloexec'],
];

const accessNames: readonly (readonly [name: string, short: string])[] = [
  ['read', 'r'],
  ['write', 'w'],
  ['read-write', 'rw'],
  ['none', '-'],
];

/** How it was opened, each in full and in short; the access comes first. */
function flagsOf(flags: number): (readonly [name: string, short: string])[] {
  // open(2): O_PATH: neither reading nor writing, whatever the access mode says.
  const access = flags & openPath ? (['path', 'path'] as const) : accessNames[flags & 3]!;
  const told = [access];
  let left = flags;
  for (const [flag, name, short] of flagNames) {
    if ((left & flag) !== flag) continue;
    told.push([name, short]);
    left &= ~flag;
  }
  return told;
}

const plainLock = ({ kind, type, start, end, waiting }: Lock) => ({
  kind: nameOf(LockKind, kind),
  type: nameOf(LockType, type),
  start: jsonOffset(start),
  end: jsonOffset(end),
  waiting,
});

export function descriptorsAsJson(rows: readonly DescriptorRow[]): string {
  return json(
    rows.map(({ fd, mode, flags, offset, device, inode, mount, target, locks }) => ({
      fd,
      target,
      type: typeOf(mode),
      flags: flagsOf(flags).map(([name]) => name),
      offset,
      device,
      inode: jsonOffset(inode),
      mount,
      locks: locks.map(plainLock),
    })),
  );
}

const columns: readonly Column[] = [
  { title: 'FD', right: true },
  { title: 'FLAGS', least: 8, cutFirst: 2 },
  { title: 'OFFSET', right: true },
  { title: 'INODE', right: true },
  { title: 'LOCK', least: 12, cutFirst: 3 },
  { title: 'FILE', least: 20, cutFirst: 1, keepEnd: true },
];

function lockText(locks: readonly Lock[]): string {
  const [first, ...others] = locks;
  if (first === undefined) return '';
  const words = [nameOf(LockKind, first.kind), nameOf(LockType, first.type), rangeText(first)];
  if (first.waiting) words.push('waits');
  if (others.length > 0) words.push(`+${others.length}`);
  return words.join(' ');
}

export function descriptorsAsTable(rows: readonly DescriptorRow[], width: number): string {
  const lines = rows.map(({ fd, flags, offset, inode, target, locks }) => [
    String(fd),
    flagsOf(flags)
      .map(([, short]) => short)
      .join(','),
    String(offset),
    String(inode),
    lockText(locks),
    clean(target),
  ]);
  return table(columns, lines, width);
}

/** One number or range to a line. */
export function numbersAsText(numbers: readonly number[], asJson: boolean): string {
  if (asJson) return json(numbers);
  const runs: [number, number][] = [];
  for (const number of numbers) {
    const last = runs.at(-1);
    if (last !== undefined && last[1] === number - 1) last[1] = number;
    else runs.push([number, number]);
  }
  return runs.map(([first, last]) => `${first === last ? first : `${first}-${last}`}\n`).join('');
}
