/**
 * `leader top`: hottest files, longest waits, rates of the members; redrawn once a second in a terminal, else printed
 * once, with averages since the start.
 */
import { clean } from '../../shared/clean.js';
import { ContentionOrder, type Reply } from '../../shared/messages.js';
import { print } from '../../shared/output.js';
import type { BlockingClient } from '../../shared/protocol-call.js';
import { ageText, type Column, cut, rangeText, table } from '../text.js';
import { asFailure, connectTo, socketPath } from './ask.js';
import { fetchMembers, type MemberRow } from './members.js';
import { Screen } from './screen.js';
import { outputWidth } from './width.js';

interface Sample {
  readonly at: number;
  readonly status: Reply<'status'>;
  readonly statistics: Reply<'statistics'>;
  readonly files: Reply<'contentionList'>['rows'];
  readonly edges: Reply<'waitGraph'>['edges'];
  readonly members: readonly MemberRow[];
}

const filesMax = 200;

function take(client: BlockingClient): Sample {
  const busiest = client.call('contentionList', {
    order: ContentionOrder.acquisitions,
    limit: filesMax,
  }).rows;
  const waited = client.call('contentionList', { order: ContentionOrder.waited, limit: filesMax }).rows;
  const files = new Map([...waited, ...busiest].map((row) => [`${row.file} ${row.path}`, row]));
  return {
    at: performance.now(),
    status: client.call('status', {}),
    statistics: client.call('statistics', {}),
    files: [...files.values()],
    edges: client.call('waitGraph', { cursor: 0, limit: 100 }).edges,
    members: fetchMembers(client),
  };
}

type Counted = { readonly acquisitions: number; readonly waits: number; readonly waited: number };

/** What was counted in a second since the sample before, or since the start `age` milliseconds ago. */
function rates<T extends Counted>(
  now: T,
  before: T | undefined,
  milliseconds: number,
): { locks: number; waits: number; waited: number } {
  const each = (name: keyof Counted) => ((now[name] - (before?.[name] ?? 0)) * 1000) / milliseconds;
  return { locks: each('acquisitions'), waits: each('waits'), waited: each('waited') };
}

const perSecond = (rate: number): string =>
  rate >= 100 || rate === 0 ? String(Math.round(rate)) : rate.toFixed(1);

const fileColumns: readonly Column[] = [
  { title: 'LOCKS/s', right: true },
  { title: 'WAITS/s', right: true },
  { title: 'WAITING', right: true },
  { title: 'LONGEST', right: true },
  { title: 'BECAUSE OF', least: 16, cutFirst: 1 },
  { title: 'FILE', least: 16, cutFirst: 2, keepEnd: true },
];
const waitColumns: readonly Column[] = [
  { title: 'SINCE', right: true },
  { title: 'PID', right: true },
  { title: 'COMMAND', least: 10, cutFirst: 1 },
  { title: 'FOR', right: true },
  { title: 'COMMAND', least: 10, cutFirst: 2 },
  { title: 'RANGE' },
  { title: 'FILE', least: 12, cutFirst: 3, keepEnd: true },
];
const memberColumns: readonly Column[] = [
  { title: 'PID', right: true },
  { title: 'CALLS/s', right: true },
  { title: 'LOCKS/s', right: true },
  { title: 'WAITS/s', right: true },
  { title: 'HELD', right: true },
  { title: 'WAITING', right: true },
  { title: 'UP', right: true },
  { title: 'NAME', least: 8 },
];

function filesTable(now: Sample, before: Sample | undefined, width: number, count: number): string {
  const known = new Map(before?.files.map((row) => [`${row.file} ${row.path}`, row]));
  const lines = now.files
    .map((row) => {
      if (before === undefined) return { row, rate: rates(row, undefined, Math.max(1, now.status.uptime)) };
      // One that was not among the first before has rates from the next time on.
      return { row, rate: rates(row, known.get(`${row.file} ${row.path}`) ?? row, now.at - before.at) };
    })
    .sort((a, b) => b.rate.waited - a.rate.waited || b.rate.locks - a.rate.locks)
    .slice(0, count)
    .map(({ row, rate }) => {
      const [cause] = row.causes;
      return [
        perSecond(rate.locks),
        perSecond(rate.waits),
        // Of ten waiting threads each second of the clock is ten of waiting.
        (rate.waited / 1000).toFixed(2),
        row.waits === 0 ? '' : ageText(row.longest),
        cause === undefined ? '' : `${cause.pid} ${clean(cause.command)}`,
        clean(row.path),
      ];
    });
  return table(fileColumns, lines, width);
}

function waitsTable({ edges }: Sample, width: number, count: number): string {
  const lines = [...edges]
    .sort((a, b) => b.age - a.age)
    .slice(0, count)
    .map((edge) => [
      ageText(edge.age),
      String(edge.waiter.pid),
      clean(edge.waiter.command),
      `${edge.deadlocked ? 'DEADLOCK ' : ''}${edge.holder.pid}`,
      clean(edge.holder.command),
      rangeText(edge),
      clean(edge.path),
    ]);
  return table(waitColumns, lines, width);
}

function membersTable(now: Sample, before: Sample | undefined, width: number, count: number): string {
  const known = new Map(before?.members.map((row) => [row.session, row]));
  const lines = now.members
    .map((row) => {
      const last = known.get(row.session);
      const milliseconds = Math.max(1, before && last ? now.at - before.at : row.age);
      return {
        row,
        rate: rates(row, last, milliseconds),
        calls: ((row.calls - (last?.calls ?? 0)) * 1000) / milliseconds,
      };
    })
    .sort((a, b) => b.calls - a.calls || a.row.pid - b.row.pid)
    .slice(0, count)
    .map(({ row, rate, calls }) => [
      String(row.pid),
      perSecond(calls),
      perSecond(rate.locks),
      perSecond(rate.waits),
      String(row.held),
      String(row.waiting),
      ageText(row.age),
      clean(row.name),
    ]);
  return table(memberColumns, lines, width);
}

/** Shares lines out one by one: nobody gets more than it can use, and what one leaves others get. */
function share(lines: number, useful: readonly number[]): number[] {
  const given = useful.map(() => 0);
  let left = lines;
  for (let served = true; served && left > 0; ) {
    served = false;
    for (const [index, most] of useful.entries()) {
      if (left === 0 || given[index]! >= most) continue;
      given[index]!++;
      left--;
      served = true;
    }
  }
  return given;
}

interface Part {
  /** Lines below the title. */
  readonly useful: number;
  table(count: number): string;
}

/** Below this height there are no empty lines, nor titles of empty tables. */
const spaciousRows = 16;

/** At most `height` lines. */
function draw(now: Sample, before: Sample | undefined, width: number, height: number): string[] {
  const { status, statistics } = now;
  const milliseconds = Math.max(1, before ? now.at - before.at : status.uptime);
  const { locks, waits } = rates(statistics, before?.statistics, milliseconds);
  const calls = ((status.calls - (before?.status.calls ?? 0)) * 1000) / milliseconds;
  const deadlocks = status.deadlocks.length === 0 ? '' : `, ${status.deadlocks.length} DEADLOCKS`;
  const head =
    `leader ${status.pid}, up ${ageText(status.uptime)}: ${perSecond(calls)} calls/s, ${perSecond(locks)} locks/s, ` +
    `${perSecond(waits)} waits/s, ${status.waiting} waiting${deadlocks}`;
  const spacious = height >= spaciousRows;
  const all: Part[] = [
    { useful: now.files.length, table: (count) => filesTable(now, before, width, count) },
    { useful: now.edges.length, table: (count) => waitsTable(now, width, count) },
    { useful: now.members.length, table: (count) => membersTable(now, before, width, count) },
  ];
  const parts = all.filter(({ useful }) => spacious || useful > 0);
  const titleRows = spacious ? 2 : 1;
  // Each with a title and a line at least; what comes last goes first.
  const shown = parts.slice(0, Math.floor((height - 1) / (titleRows + 1)));
  const counts = share(
    height - 1 - shown.length * titleRows,
    shown.map(({ useful }) => useful),
  );
  const tables = shown.flatMap(({ table }, index) => [
    ...(spacious ? [''] : []),
    ...table(counts[index]!).split('\n').slice(0, -1),
  ]);
  return [cut(head, width), ...tables];
}

const redrawMilliseconds = 1000;
const snapshotRows = 40;

/** Errors: Failure, OutputError. */
export async function top(socket: string | undefined): Promise<void> {
  const client = connectTo(socket);
  const sample = () => asFailure(`no answer from ${socketPath(socket)}`, {}, () => take(client));
  let now = sample();
  let before: Sample | undefined;
  if (!process.stdout.isTTY || !process.stdin.isTTY) {
    client.close();
    print(`${draw(now, before, outputWidth(), snapshotRows).join('\n')}\n`);
    return;
  }
  const screen = new Screen((width, height) => draw(now, before, width, height));
  try {
    while (await screen.shown(redrawMilliseconds)) {
      before = now;
      now = sample();
    }
  } finally {
    screen.close();
    client.close();
  }
}
