/** A program that touches no path once it runs, in a member that has a mount against natively. */
import { mounting, native, runIn } from './programs.js';
import { microseconds, type Row, ratioRow, rounds, type Subject } from './run.js';

const kinds = [
  { what: 'mixing 64 KiB of memory', kind: 'compute', count: '30000' },
  { what: '4 KiB through a pipe', kind: 'pipe', count: '200000' },
  { what: '100 bytes there and back over TCP', kind: 'socket', count: '30000' },
] as const;

async function compare({ what, kind, count }: (typeof kinds)[number]): Promise<Row[]> {
  const time = async (wrap: readonly string[]) => Number(await runIn(wrap, [native('quiet'), kind, count]));
  const taken = await rounds(9, {
    native: () => time([]),
    filtered: () => time([native('filtered')]),
    member: () => time(mounting('--tmpfs', '/shared')),
  });
  // Of speeds, as the goal has it.
  const row = (name: string, nanoseconds: number, goal?: { atLeast: number }) =>
    ratioRow(
      name,
      `native ${microseconds(taken.native)}`,
      microseconds(nanoseconds),
      taken.native / nanoseconds,
      goal,
    );
  return [
    row(what, taken.member, { atLeast: 0.98 }),
    row('the same under a filter that lets all through', taken.filtered),
  ];
}

export const quiet: Subject = {
  name: 'quiet',
  needs: [],
  async run() {
    const rows: Row[] = [];
    for (const kind of kinds) rows.push(...(await compare(kind)));
    return rows;
  },
};
