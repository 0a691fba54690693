/** `leader status`: how the leader is doing, its members and mounts, as text for people or as stable JSON. */
import type { Command } from 'commander';
import { clean } from '../../shared/clean.js';
import type { Reply } from '../../shared/messages.js';
import { MountLocks, MountType } from '../../shared/mount-types.js';
import type { BlockingClient } from '../../shared/protocol-call.js';
import { ageText, bytesText, fitted, json, nameOf, wrapped } from '../text.js';
import { ask, socketOption } from './ask.js';
import { fetchMembers, type MemberRow } from './members.js';
import { outputWidth } from './width.js';

type MountRow = Reply<'mountsList'>['mounts'][number];

type Statistics = Reply<'statistics'>;

interface Answers {
  readonly status: Reply<'status'>;
  readonly mounts: readonly MountRow[];
  readonly members: readonly MemberRow[];
  readonly statistics: Statistics;
}

const fetchAll = (client: BlockingClient): Answers => ({
  status: client.call('status', {}),
  mounts: client.call('mountsList', {}).mounts,
  members: fetchMembers(client),
  statistics: client.call('statistics', {}),
});

/** What people are told of many members. */
const membersTold = 20;

function statusAsJson({ status, mounts, members, statistics }: Answers): string {
  const { rss, limits, ...contention } = statistics;
  const plain = mounts.map(({ path, type, backing, readonly, locks }) => ({
    path,
    type: nameOf(MountType, type),
    backing,
    readonly,
    locks: nameOf(MountLocks, locks),
  }));
  const named = members.map(({ session: _, age, ...member }) => ({ ...member, uptime: age }));
  return json({ ...status, mounts: plain, members: named, rss, contention, limits });
}

/** `member 4711: up 2.0s, 1 held, 0 waiting, 12 calls`; a client of the library also has the name that it gave itself. */
function memberText({ pid, name, wraps, age, held, waiting, calls }: MemberRow): string {
  const who = wraps ? `member ${pid}` : `client ${pid} ${fitted(clean(name), 18)}`;
  return `${who}: up ${ageText(age)}, ${held} held, ${waiting} waiting, ${calls} calls\n`;
}

function membersText(members: readonly MemberRow[]): string {
  const told = members.slice(0, membersTold).map(memberText).join('');
  const left = members.length - membersTold;
  return left > 0 ? `${told}and ${left} more members and clients: see leader top\n` : told;
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

function statusAsText({ status, mounts, members, statistics }: Answers, width: number): string {
  const cycles = status.deadlocks.map(
    (cycle) => `deadlock: ${cycle.map(({ pid, command }) => `${pid} ${clean(command)}`).join(' → ')}\n`,
  );
  const text =
    `leader ${status.pid}, epoch ${status.epoch}, up ${ageText(status.uptime)}\n` +
    `${status.sessions} sessions, ${status.owners} owners, ${status.files} files, ` +
    `${status.waiting} waiting, ${status.calls} calls, ${bytesText(statistics.rss)} memory\n` +
    `${contentionText(statistics)}${limitsText(statistics.limits)}` +
    `${membersText(members)}${mounts.map(mountText).join('')}${cycles.join('')}`;
  return text
    .split('\n')
    .map((line) => wrapped(line, width))
    .join('\n');
}

export function addStatus(program: Command): void {
  program
    .command('status')
    .description('Tells how the leader is doing: members, mounts, limits, counters, deadlocks.')
    .addOption(socketOption())
    .option('--json', 'as JSON')
    .action(({ socket, json: asJson }: { socket?: string; json?: boolean }) =>
      ask(socket, (client) => {
        const answers = fetchAll(client);
        return asJson ? statusAsJson(answers) : statusAsText(answers, outputWidth());
      }),
    );
}
