/** Throughput of a file in a member's tmpfs against one in /dev/shm natively. */
import { join } from 'node:path';
import { directoryBelow, mounting, native, runIn } from './programs.js';
import { type Row, ratioRow, rounds, type Subject } from './run.js';

const patterns = [
  { what: '4 KiB random read', rw: 'randread', block: '4k' },
  { what: '4 KiB random write', rw: 'randwrite', block: '4k' },
  { what: '1 MiB sequential read', rw: 'read', block: '1m' },
  { what: '1 MiB sequential write', rw: 'write', block: '1m' },
] as const;

const engines = ['psync', 'mmap'] as const;

type Pattern = (typeof patterns)[number];
type Engine = (typeof engines)[number];

/** MiB per second. Each run writes a file of its own before, and removes it. */
async function throughput(
  wrap: readonly string[],
  file: string,
  pattern: Pattern,
  engine: Engine,
): Promise<number> {
  const said = await runIn(wrap, [
    'fio',
    '--name=data',
    `--filename=${file}`,
    '--size=64m',
    `--rw=${pattern.rw}`,
    `--bs=${pattern.block}`,
    `--ioengine=${engine}`,
    '--overwrite=1',
    '--fallocate=none',
    '--invalidate=0',
    '--norandommap',
    '--time_based',
    '--runtime=300ms',
    '--thread',
    '--unlink=1',
    '--output-format=json',
  ]);
  const { jobs } = JSON.parse(said.slice(said.indexOf('{')));
  return (jobs[0].read.bw_bytes + jobs[0].write.bw_bytes) / 2 ** 20;
}

const mebibytesPerSecond = (count: number): string => `${Math.round(count).toLocaleString('en')} MiB/s`;

async function compare(folder: string, pattern: Pattern, engine: Engine): Promise<Row[]> {
  const file = join(folder, 'data');
  const taken = await rounds(11, {
    native: () => throughput([], file, pattern, engine),
    filtered: () => throughput([native('filtered')], file, pattern, engine),
    member: () => throughput(mounting('--tmpfs', '/shared'), '/shared/data', pattern, engine),
  });
  const reference = `native ${mebibytesPerSecond(taken.native)}`;
  const row = (what: string, rate: number, goal?: { atLeast: number }) =>
    ratioRow(what, reference, mebibytesPerSecond(rate), rate / taken.native, goal);
  return [
    row(`fio ${pattern.what}, ${engine}, in /shared`, taken.member, { atLeast: 0.97 }),
    row('the same in /dev/shm, under a filter that lets all through', taken.filtered),
  ];
}

export const data: Subject = {
  name: 'data',
  needs: ['fio'],
  async run() {
    const folder = directoryBelow('/dev/shm');
    const rows: Row[] = [];
    for (const engine of engines) {
      for (const pattern of patterns) rows.push(...(await compare(folder, pattern, engine)));
    }
    return rows;
  },
};
