/** `leader locks` and `leader status`: what the leader says, as text for people or as stable JSON. */
import { locksPerReplyMax } from '../shared/limits.js';
import { LockKind, LockType, type Offset } from '../shared/lock-types.js';
import type { Reply } from '../shared/messages.js';
import { MountLocks, MountType } from '../shared/mount-types.js';
import type { BlockingClient } from '../shared/protocol-call.js';

type Row = Reply<'locksList'>['rows'][number];

export function fetchLocks(client: BlockingClient): Row[] {
  const rows: Row[] = [];
  let cursor: number | null = 0;
  while (cursor !== null) {
    const page: Reply<'locksList'> = client.call('locksList', { cursor, limit: locksPerReplyMax });
    rows.push(...page.rows);
    cursor = page.next;
  }
  return rows;
}

const nameOf = (values: Readonly<Record<string, number>>, value: number): string =>
  Object.keys(values).find((name) => values[name] === value) ?? '?';

/** JSON has no bigint: an offset beyond 2^53-1 is a string; the end of the file is null. */
const jsonOffset = (value: Offset): number | string | null =>
  value === Infinity ? null : typeof value === 'bigint' ? String(value) : value;

export function locksAsJson(rows: readonly Row[]): string {
  const plain = rows.map((row) => ({
    file: row.path,
    kind: nameOf(LockKind, row.kind),
    type: nameOf(LockType, row.type),
    start: jsonOffset(row.start),
    end: jsonOffset(row.end),
    pid: row.pid,
    command: row.command,
    waiting: row.waiting,
    ageMilliseconds: row.age,
  }));
  return `${JSON.stringify(plain, undefined, 2)}\n`;
}

/** Bytes as lslocks(8) numbers them: the last one included; open at the end of the file. */
function rangeText({ start, end }: Row): string {
  if (end === Infinity) return start === 0 ? 'all' : `${start}-`;
  return `${start}-${BigInt(end as number | bigint) - 1n}`;
}

function ageText(milliseconds: number): string {
  const seconds = milliseconds / 1000;
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  if (seconds < 120) return `${Math.round(seconds)}s`;
  return seconds < 7200 ? `${Math.round(seconds / 60)}m` : `${Math.round(seconds / 3600)}h`;
}

/** Names come from other processes: no control characters into the terminal. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const printable = (text: string): string => text.replace(/[\u0000-\u001f\u007f-\u009f]/g, '?');

const fileWidthMin = 16;
const commandWidthMin = 7;

export function locksAsTable(rows: readonly Row[], width: number): string {
  const header = ['FILE', 'KIND', 'TYPE', 'RANGE', 'PID', 'COMMAND', 'SINCE', ''];
  const lines = rows.map((row) => [
    printable(row.path),
    nameOf(LockKind, row.kind),
    nameOf(LockType, row.type),
    rangeText(row),
    String(row.pid),
    printable(row.command),
    ageText(row.age),
    row.waiting ? 'waits' : '',
  ]);
  const widths = header.map((title, column) =>
    Math.max(title.length, ...lines.map((line) => line[column]!.length)),
  );
  const excess = () => widths.reduce((sum, each) => sum + each + 1, -1) - width;
  const shrink = (column: number, least: number) => {
    widths[column] = Math.max(Math.min(widths[column]!, least), widths[column]! - Math.max(0, excess()));
  };
  shrink(5, commandWidthMin);
  shrink(0, fileWidthMin);
  const fit = (text: string, column: number): string => {
    const room = widths[column]!;
    if (text.length <= room) return column === 4 ? text.padStart(room) : text.padEnd(room);
    // The end of a path says most, of a command the beginning.
    return column === 0 ? `…${text.slice(1 - room)}` : `${text.slice(0, room - 1)}…`;
  };
  return [header, ...lines].map((line) => `${line.map(fit).join(' ').trimEnd()}\n`).join('');
}

type MountRow = Reply<'mountsList'>['mounts'][number];

export function statusAsJson(status: Reply<'status'>, mounts: readonly MountRow[]): string {
  const plain = mounts.map(({ path, type, backing, readonly, locks }) => ({
    path,
    type: nameOf(MountType, type),
    backing,
    readonly,
    locks: nameOf(MountLocks, locks),
  }));
  return `${JSON.stringify({ ...status, mounts: plain }, undefined, 2)}\n`;
}

/** `mount /data: host, /srv/data, read-only, locks kernel`. */
function mountText({ path, type, backing, readonly, locks }: MountRow): string {
  const words = [nameOf(MountType, type), printable(backing)];
  if (readonly) words.push('read-only');
  if (type !== MountType.path) words.push(`locks ${nameOf(MountLocks, locks)}`);
  return `mount ${printable(path)}: ${words.join(', ')}\n`;
}

export function statusAsText(status: Reply<'status'>, mounts: readonly MountRow[]): string {
  const cycles = status.deadlocks.map(
    (cycle) => `deadlock: ${cycle.map(({ pid, command }) => `${pid} ${printable(command)}`).join(' → ')}\n`,
  );
  return (
    `leader ${status.pid}, epoch ${status.epoch}, up ${ageText(status.uptime)}\n` +
    `${status.sessions} sessions, ${status.owners} owners, ${status.files} files, ` +
    `${status.waiting} waiting, ${status.calls} calls\n${mounts.map(mountText).join('')}${cycles.join('')}`
  );
}
