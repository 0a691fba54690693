/** Lock and unlock calls that one leader answers to 4 connections, against SET calls of Redis. */
import { join } from 'node:path';
import { directory, native, run, startLeader, startServer } from './programs.js';
import { perSecond, ratioRow, rounds, type Subject } from './run.js';

const connections = '4';
const inFlight = 16;
const answersMin = 150_000;

async function redisCalls(socket: string, depth: number, count: number): Promise<number> {
  const parameters = [
    '-c',
    connections,
    '-t',
    'set',
    '-s',
    socket,
    '-n',
    `${count}`,
    '-P',
    `${depth}`,
    '--csv',
  ];
  const rate = /^"SET","([\d.]+)"/m.exec(await run('redis-benchmark', parameters))?.[1];
  if (rate === undefined) throw new Error('redis-benchmark said no rate');
  return Number(rate);
}

export const calls: Subject = {
  name: 'calls',
  needs: ['redis-server', 'redis-benchmark'],
  async run() {
    const leader = await startLeader();
    const socket = join(directory, 'redis.sock');
    const options = ['--port', '0', '--save', '', '--dir', directory, '--unixsocket', socket];
    const redis = await startServer('redis-server', options, socket, 'eady to accept');
    const leaderCalls = async (depth: number, count: number) =>
      Number(
        await run(native('calls'), [
          leader.socket,
          join(directory, 'calls'),
          connections,
          `${depth}`,
          `${count}`,
        ]),
      );
    const taken = await rounds(7, {
      redis: () => redisCalls(socket, 1, 200_000),
      leader: () => leaderCalls(1, 200_000),
      redisDeep: () => redisCalls(socket, inFlight, 1_000_000),
      leaderDeep: () => leaderCalls(inFlight, 1_000_000),
    });
    await redis.stop();
    await leader.stop();
    const deep = ratioRow(
      `lock calls, 4 connections, ${inFlight} in flight each`,
      `redis-benchmark -P ${inFlight} ${perSecond(taken.redisDeep)}`,
      perSecond(taken.leaderDeep),
      taken.leaderDeep / taken.redisDeep,
    );
    return [
      ratioRow(
        'lock calls, 4 connections, 1 in flight each',
        `redis-benchmark SET ${perSecond(taken.redis)}`,
        perSecond(taken.leader),
        taken.leader / taken.redis,
        { atLeast: 1 },
      ),
      { ...deep, goal: `at least ${perSecond(answersMin)}`, met: taken.leaderDeep >= answersMin },
    ];
  },
};
