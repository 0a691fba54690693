/** Locks of many, and what it costs others who lock that the live page is open. */
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  connected,
  directory,
  type LeaderWithPage,
  memberProgram,
  native,
  type Server,
  startServer,
} from './programs.js';
import { microseconds, perSecond, type Row, ratioRow, rounds } from './run.js';

/** Several updates of the page. */
const phaseMilliseconds = 4_000;
/** The first answers are the longest. */
const settleMilliseconds = 1_000;
const members = 4;
const filesOfMember = 5;

/** Members whose processes hold locks, `locks` each. */
export async function startHolders(
  socket: string,
  processes: number,
  locks: number,
): Promise<readonly Server[]> {
  const start = (n: number) => {
    const counts = [processes / members, locks, filesOfMember].map(String);
    const command = [native('holders'), ...counts, join(directory, `held-${n}-`)];
    return startServer(memberProgram, [...connected(socket), ...command], '', 'holders ');
  };
  return Promise.all(Array.from({ length: members }, (_, n) => start(n)));
}

/** As a browser does; but reading is all: what drawing costs the machine is not counted. */
async function openStream({ url }: LeaderWithPage): Promise<() => void> {
  const request = get(new URL('events', url), { agent: false });
  const [response] = (await once(request, 'response')) as [IncomingMessage];
  response.on('error', () => {}).resume();
  return () => request.destroy();
}

/** One program locks all the time; it is the page that is opened and closed, so that only this differs. */
export async function costRow(leader: LeaderWithPage, what: string): Promise<Row> {
  const counts = join(directory, 'counts');
  const command = [...connected(leader.socket), native('meter'), join(directory, 'watched'), counts];
  const meter = await startServer(memberProgram, command, '', 'meter');
  const pairs = () => Number(readFileSync(counts).readBigUInt64LE());
  /** Nanoseconds of a pair. */
  const measure = async () => {
    await sleep(settleMilliseconds);
    const [count, began] = [pairs(), performance.now()];
    await sleep(phaseMilliseconds);
    return ((performance.now() - began) * 1e6) / (pairs() - count);
  };
  const watched = async () => {
    const close = await openStream(leader);
    try {
      return await measure();
    } finally {
      close();
    }
  };
  const taken = await rounds(15, { closed: measure, open: watched });
  await meter.stop();
  return ratioRow(
    `lock throughput, live page open, ${what}`,
    `not open ${perSecond(1e9 / taken.closed)} (${microseconds(taken.closed)} a pair)`,
    perSecond(1e9 / taken.open),
    taken.closed / taken.open,
    { atLeast: 0.95 },
  );
}
