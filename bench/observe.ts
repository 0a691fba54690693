/**
 * Looking at members through the leader: processes against ps and against reading /proc in C, descriptors against
 * readdir in C and against ls; and what asking ten times a second, or an open live page, costs those who lock.
 */
import { join } from 'node:path';
import { recordsPerReplyMax } from '../src/shared/limits.js';
import { ContentionOrder, type Reply } from '../src/shared/messages.js';
import {
  allProcessGroups,
  decodeNumbers,
  decodeProcesses,
  ProcessGroup,
  ProcessScope,
} from '../src/shared/process-records.js';
import { BlockingClient } from '../src/shared/protocol-call.js';
import {
  connected,
  directory,
  memberProgram,
  native,
  run,
  type Server,
  startLeader,
  startLeaderWithPage,
  startServer,
} from './programs.js';
import { microseconds, milliseconds, perSecond, type Row, ratioRow, rounds, type Subject } from './run.js';
import { costRow, startHolders } from './watching.js';

const processes = 5000;
const descriptors = 20_000;
const pairsCount = '20000';
const askingsPerSecond = 10;

interface Crowd extends Server {
  readonly pid: number;
}

async function startCrowd(socket: string, ...parameters: number[]): Promise<Crowd> {
  const command = [...connected(socket), native('crowd'), ...parameters.map(String)];
  const member = await startServer(memberProgram, command, '', 'crowd ');
  const client = new BlockingClient(socket, 'bench');
  // The crowd is the process with the most children, or the only one below the keeper.
  const records = all(client, ProcessGroup.base);
  client.close();
  const crowd = records.filter(({ base }) => base?.comm === 'crowd');
  const pids = new Set(crowd.map(({ pid }) => pid));
  const pid = crowd.find(({ ppid }) => !pids.has(ppid))!.pid;
  return { ...member, pid };
}

function all(client: BlockingClient, groups: number) {
  const records = [];
  for (let cursor: number | null = 0; cursor !== null; ) {
    const request = { scope: ProcessScope.all, pid: -1, groups, cursor, limit: recordsPerReplyMax };
    const page: Reply<'processesList'> = client.call('processesList', request);
    for (const record of decodeProcesses(page.records)) records.push(record);
    cursor = page.next;
  }
  return records;
}

function timed(count: () => number, least: number): number {
  const before = performance.now();
  const found = count();
  const nanoseconds = (performance.now() - before) * 1e6;
  if (found < least) throw new Error(`${found} found, not ${least}`);
  return nanoseconds;
}

/** Wall time of a program, its output to nowhere. */
const spend = async (...command: string[]): Promise<number> =>
  Number.parseFloat(await run(native('spend'), ['1', ...command]));

/** Reply bytes, all on one connection. */
async function processRows(socket: string): Promise<Row[]> {
  const crowd = await startCrowd(socket, processes, 0);
  const client = new BlockingClient(socket, 'bench');
  const facts = ProcessGroup.base | ProcessGroup.cred | ProcessGroup.usage;
  const fresh = () => {
    const one = new BlockingClient(socket, 'bench');
    try {
      return all(one, facts).length;
    } finally {
      one.close();
    }
  };
  // A connection of its own each time: nothing is kept from the time before.
  const cold = await rounds(5, {
    pids: () => timed(() => onePage(socket), processes),
    facts: () => timed(fresh, processes),
    files: async () => Number(await run(native('procfs'), ['stat', String(crowd.pid)])),
  });
  const warm = await rounds(7, {
    ps: () => spend('ps', '-eo', 'pid,ppid'),
    pids: () => timed(() => decodeProcesses(page(client).records).length, processes),
    files: async () => Number(await run(native('procfs'), ['stat', String(crowd.pid)])),
    facts: () => timed(() => all(client, facts).length, processes),
  });
  client.close();
  await crowd.stop();
  const ps = `ps -eo pid,ppid ${milliseconds(warm.ps)}`;
  const files = (time: number) => `reading stat and status in C ${milliseconds(time)}`;
  const faster = (what: string, reference: string, time: number, ratio: number, atLeast?: number) =>
    ratioRow(what, reference, milliseconds(time), ratio, atLeast === undefined ? 'report' : { atLeast });
  return [
    faster(`pid and ppid of ${processes} processes, one request`, ps, warm.pids, warm.ps / warm.pids, 8),
    faster('the same on a new connection', ps, cold.pids, warm.ps / cold.pids),
    faster('base, cred and usage of the same', files(warm.files), warm.facts, warm.files / warm.facts, 1.5),
    faster('the same on a new connection', files(cold.files), cold.facts, cold.files / cold.facts),
  ];
}

const page = (client: BlockingClient): Reply<'processesList'> =>
  client.call('processesList', {
    scope: ProcessScope.all,
    pid: -1,
    groups: 0,
    cursor: 0,
    limit: recordsPerReplyMax,
  });

function onePage(socket: string): number {
  const client = new BlockingClient(socket, 'bench');
  const { length } = decodeProcesses(page(client).records);
  client.close();
  return length;
}

async function descriptorRows(socket: string, hole: number, what: string): Promise<Row[]> {
  const crowd = await startCrowd(socket, 0, descriptors, hole);
  const { pid } = crowd;
  const client = new BlockingClient(socket, 'bench');
  const numbers = () => {
    let found = 0;
    for (let start: number | null = 0; start !== null; ) {
      const page: Reply<'descriptorsList'> = client.call('descriptorsList', {
        pid,
        start,
        details: false,
        limit: 0,
      });
      found += decodeNumbers(page.packed, start).length;
      start = page.next;
    }
    return found;
  };
  const taken = await rounds(7, {
    readdir: async () => Number(await run(native('procfs'), ['fds', String(pid)])),
    ls: () => spend('ls', `/proc/${pid}/fd`),
    leader: () => timed(numbers, descriptors * 0.8),
  });
  client.close();
  await crowd.stop();
  const row = (reference: string, time: number, atLeast: number) =>
    ratioRow(what, `${reference} ${milliseconds(time)}`, milliseconds(taken.leader), time / taken.leader, {
      atLeast,
    });
  return [row('readdir in C', taken.readdir, 1), row('ls', taken.ls, 5)];
}

/** Asks for everything that a live page shows. */
function askAll(client: BlockingClient): void {
  all(client, allProcessGroups);
  client.call('sessionsList', { cursor: 0, limit: 100 });
  client.call('contentionList', { order: ContentionOrder.waited, limit: 100 });
  client.call('waitGraph', { cursor: 0, limit: 100 });
  client.call('locksList', { cursor: 0, limit: 500, file: '', waiting: false });
  client.call('statistics', {});
  client.call('status', {});
}

async function askedRow(socket: string): Promise<Row> {
  const client = new BlockingClient(socket, 'bench');
  const pair = async () =>
    Number(
      await run(memberProgram, [...connected(socket), native('pairs'), join(directory, 'asked'), pairsCount]),
    );
  const asked = async () => {
    const timer = setInterval(() => askAll(client), 1000 / askingsPerSecond);
    try {
      return await pair();
    } finally {
      clearInterval(timer);
    }
  };
  const taken = await rounds(9, { alone: pair, asked });
  client.close();
  return ratioRow(
    `lock throughput, asked for everything ${askingsPerSecond} times a second`,
    `not asked ${perSecond(1e9 / taken.alone)} (${microseconds(taken.alone)} a pair)`,
    perSecond(1e9 / taken.asked),
    taken.alone / taken.asked,
    { atLeast: 0.95 },
  );
}

async function pageRow(): Promise<Row> {
  const leader = await startLeaderWithPage();
  const holders = await startHolders(leader.socket, 100, 1000);
  const row = await costRow(leader, '100,000 locks are held');
  await Promise.all(holders.map((member) => member.stop()));
  await leader.stop();
  return row;
}

export const observe: Subject = {
  name: 'observe',
  needs: ['ps', 'ls'],
  async run() {
    const leader = await startLeader();
    const { socket } = leader;
    const rows = [
      ...(await processRows(socket)),
      ...(await descriptorRows(socket, 0, `numbers of ${descriptors} descriptors`)),
      ...(await descriptorRows(socket, 10, 'the same without every tenth')),
      await askedRow(socket),
    ];
    await leader.stop();
    return [...rows, await pageRow()];
  },
};
