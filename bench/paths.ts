/** Calls with a path, in a mount and outside of all, against those of a program under `proot -b`. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { directory, mounting, native, runIn } from './programs.js';
import { fasterRow, microseconds, type Row, ratioRow, rounds, type Subject } from './run.js';

const count = '5000';

/** On the host, and where it is mounted. PRoot wants the mount point to exist. */
const host = join(directory, 'paths');
const mount = join(directory, 'mount');
/** Outside of the mount, with 20 files. */
const outside = join(directory, 'outside');

const nested = (depth: number): string =>
  join(...Array.from({ length: depth - 1 }, (_, level) => `level-${level}`), 'file');
const depths = [1, 2, 20] as const;

function makeTrees(): void {
  mkdirSync(mount);
  mkdirSync(outside);
  for (const depth of depths) {
    const file = join(host, nested(depth));
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(file, 'content\n');
  }
  for (let file = 0; file < 20; file++) writeFileSync(join(outside, `file-${file}`), 'content\n');
}

const inMember = mounting('--bind', `${host}:${mount}`);
const inProot = ['proot', '-b', `${host}:${mount}`];

type Calls = 'open-close-stat' | 'open-close' | 'stat' | 'getdents';

/** Nanoseconds of one round of the calls. */
const time = async (wrap: readonly string[], calls: Calls, path: string): Promise<number> =>
  Number(await runIn(wrap, [native('paths'), calls, path, count]));

/** `real` is where the file is found without a mount. */
async function compare(what: string, calls: Calls, path: string, real = path): Promise<Row[]> {
  const taken = await rounds(7, {
    native: () => time([], calls, real),
    proot: () => time(inProot, calls, path),
    member: () => time(inMember, calls, path),
  });
  const measured = microseconds(taken.member);
  const times = { reference: taken.proot, measured: taken.member };
  return [
    fasterRow(what, `proot -b ${microseconds(taken.proot)}`, measured, times, 4),
    ratioRow(
      'the same, against Linux itself',
      `native ${microseconds(taken.native)}`,
      measured,
      taken.member / taken.native,
    ),
  ];
}

async function compareDepths(): Promise<Row> {
  const at = (depth: number) => time(inMember, 'open-close-stat', join(mount, nested(depth)));
  const taken = await rounds(7, { shallow: () => at(2), deep: () => at(20) });
  return ratioRow(
    'open + close + stat in a mount, 20 levels deep',
    `2 levels deep ${microseconds(taken.shallow)}`,
    microseconds(taken.deep),
    taken.deep / taken.shallow,
    { atMost: 1.25 },
  );
}

export const paths: Subject = {
  name: 'paths',
  needs: ['proot'],
  async run() {
    makeTrees();
    const file = join(outside, 'file-0');
    return [
      ...(await compare(
        'open + close + stat in a mount',
        'open-close-stat',
        join(mount, 'file'),
        join(host, 'file'),
      )),
      await compareDepths(),
      ...(await compare('open + close outside the mounts', 'open-close', file)),
      ...(await compare('stat outside the mounts', 'stat', file)),
      ...(await compare('getdents outside the mounts, 20 files', 'getdents', outside)),
    ];
  },
};
