/**
 * `leader top`: hottest files, longest waits, rates of the members; redrawn once a second in a terminal, else printed
 * once, with averages since the start. q, Ctrl-C and signals end it; the terminal is as it was before.
 */
import { clean } from '../../shared/clean.js';
import { ContentionOrder, type Reply } from '../../shared/messages.js';
import { complain, print } from '../../shared/output.js';
import type { BlockingClient } from '../../shared/protocol-call.js';
import { ageText, type Column, cut, rangeText, table } from '../text.js';
import { asFailure, connectTo, Failure, socketPath } from './ask.js';
import { outputWidth } from './width.js';

interface Sample {
  readonly at: number;
  readonly status: Reply<'status'>;
  readonly statistics: Reply<'statistics'>;
  readonly files: Reply<'contentionList'>['rows'];
  readonly edges: Reply<'waitGraph'>['edges'];
  readonly sessions: Reply<'sessionsList'>['rows'];
}

const filesMax = 200;

function take(client: BlockingClient): Sample {
  const busiest = client.call('contentionList', {
    order: ContentionOrder.acquisitions,
    limit: filesMax,
  }).rows;
  const waited = client.call('contentionList', { order: ContentionOrder.waited, limit: filesMax }).rows;
  const files = new Map([...waited, ...busiest].map((row) => [`${row.file} ${row.path}`, row]));
  const sessions: Reply<'sessionsList'>['rows'][number][] = [];
  for (let cursor: number | null = 0; cursor !== null; ) {
    const page: Reply<'sessionsList'> = client.call('sessionsList', { cursor, limit: 500 });
    sessions.push(...page.rows);
    cursor = page.next;
  }
  return {
    at: performance.now(),
    status: client.call('status', {}),
    statistics: client.call('statistics', {}),
    files: [...files.values()],
    edges: client.call('waitGraph', { cursor: 0, limit: 100 }).edges,
    sessions,
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
  const known = new Map(before?.sessions.map((row) => [row.session, row]));
  const lines = now.sessions
    .filter(({ wraps, owners }) => wraps || owners > 0)
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

function draw(now: Sample, before: Sample | undefined, width: number, height: number): string {
  const { status, statistics } = now;
  const milliseconds = Math.max(1, before ? now.at - before.at : status.uptime);
  const { locks, waits } = rates(statistics, before?.statistics, milliseconds);
  const calls = ((status.calls - (before?.status.calls ?? 0)) * 1000) / milliseconds;
  const room = Math.max(3, Math.floor((height - 8) / 3));
  const deadlocks = status.deadlocks.length === 0 ? '' : `, ${status.deadlocks.length} DEADLOCKS`;
  const head =
    `leader ${status.pid}, up ${ageText(status.uptime)}: ${perSecond(calls)} calls/s, ${perSecond(locks)} locks/s, ` +
    `${perSecond(waits)} waits/s, ${status.waiting} waiting${deadlocks}`;
  return [
    `${cut(head, width)}\n`,
    filesTable(now, before, width, room),
    waitsTable(now, width, room),
    membersTable(now, before, width, room),
  ].join('\n');
}

const redrawMilliseconds = 1000;
const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const clearLine = '\u001b[K';
const ctrlC = '\u0003';
const clearBelow = '\u001b[J';

export function top(socket: string | undefined): void {
  const client = connectTo(socket);
  const path = socketPath(socket);
  const sample = () => asFailure(`no answer from ${path}`, {}, () => take(client));
  const { stdin, stdout } = process;
  let last = sample();
  if (!stdout.isTTY || !stdin.isTTY) {
    client.close();
    print(draw(last, undefined, outputWidth(), 40));
    return;
  }
  const show = (now: Sample, before: Sample | undefined) => {
    const { columns = 80, rows = 24 } = stdout;
    const lines = draw(now, before, columns, rows)
      .split('\n')
      .slice(0, rows - 1);
    stdout.write(`${home}${lines.map((line) => `${line}${clearLine}\r\n`).join('')}${clearBelow}`);
  };
  const timer = setInterval(() => {
    try {
      const now = sample();
      show(now, last);
      last = now;
    } catch (error) {
      end();
      if (!(error instanceof Failure)) throw error;
      complain(`leader: ${error.message}\n`);
      process.exitCode = error.status;
    }
  }, redrawMilliseconds);
  let ended = false;
  const end = () => {
    if (ended) return;
    ended = true;
    clearInterval(timer);
    stdin.setRawMode(false);
    stdin.pause();
    stdout.write(leave);
    client.close();
  };
  const interrupted = () => end();
  stdin.setRawMode(true);
  stdin.on('data', (keys) => {
    // Ctrl-C is a key like any other now.
    if (['q', 'Q', ctrlC].some((key) => keys.includes(key))) end();
  });
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.once(signal, interrupted);
  stdout.write(enter);
  show(last, undefined);
}
