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
      rows.push({ ...record, locks: page.locks.filter((lock) => lock.file === file) });
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

/** open(2); node:fs does not know all of them. */
const flagNames: readonly (readonly [number, string])[] = [
  [constants.O_APPEND, 'append'],
  [constants.O_NONBLOCK, 'nonblock'],
  [constants.O_DIRECTORY, 'directory'],
  [0o2000000, 'cloexec'],
  [0o10000000, 'path'],
];

function flagsOf(flags: number): string[] {
  const access = ['read', 'write', 'read-write'][flags & 3] ?? 'none';
  return [access, ...flagNames.filter(([flag]) => flags & flag).map(([, name]) => name)];
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
      flags: flagsOf(flags),
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

const shortAccess: Readonly<Record<string, string>> = {
  read: 'r',
  write: 'w',
  'read-write': 'rw',
  none: '-',
};

export function descriptorsAsTable(rows: readonly DescriptorRow[], width: number): string {
  const lines = rows.map(({ fd, flags, offset, inode, target, locks }) => {
    const [access, ...others] = flagsOf(flags);
    return [
      String(fd),
      [shortAccess[access!], ...others].join(','),
      String(offset),
      String(inode),
      lockText(locks),
      clean(target),
    ];
  });
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
