/** Paths under signals, under changing links, and made by four members at once. */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { memberPath, type Scene, scene } from '../programs/support.js';
import { notRoot } from '../run/machine.js';
import { probe } from '../semantics/harness.js';
import { succeed, withLeader } from './scenes.js';

const stormMilliseconds = 2000;
const raceMilliseconds = 2000;
const names = 300;
const members = 4;

describe('files: a workload under 1,000 signals a second', () => {
  for (const kind of ['restart', 'interrupt']) {
    scene(`has no false EEXIST or ENOENT, ${kind}`, async (scene) => {
      const storm = [probe('path-storm'), '/shared', String(stormMilliseconds), kind];
      const said = await succeed(scene.start([memberPath, '--tmpfs', '/shared', '--', ...storm]));
      expect(said).to.match(/^operations \d{3,} signals \d{3,} faults 0\n$/);
    });
  }
});

/**
 * The host directory `backing/data` is mounted at guest/mount. Each directory on the way has a file x that says where it
 * is; the one in `backing` no guest path can name.
 */
function layOut(scene: Scene): string {
  const mount = scene.path('guest', 'mount');
  const files = {
    'backing/x': 'escaped',
    'backing/data/x': 'top',
    'backing/data/swap/x': 'inside',
    'backing/data/secret/x': 'secret',
    'guest/x': 'above',
    'guest/outer/x': 'outer',
    'guest/secret/x': 'secret',
    x: 'scene',
  };
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(scene.path(file.replace(/[^/]*$/, '')), { recursive: true });
    writeFileSync(scene.path(file), text);
  }
  chmodSync(scene.directory, 0o755);
  chmodSync(scene.path('backing/data'), 0o777);
  for (const secret of ['backing/data/secret', 'guest/secret']) chmodSync(scene.path(secret), 0o700);
  return mount;
}

interface Race {
  readonly name: string;
  readonly path: string;
  /** What the swapped directory is now and then; $G is the directory of the mount. */
  readonly links: readonly string[];
  readonly results: readonly string[];
  /** Who opens; else root. */
  readonly as?: string;
}

const races: readonly Race[] = [
  {
    name: 'a file below',
    path: 'swap/x',
    links: ['..', '.', '../..', '$G/outer', '../outer', '$G', '$G/mount/../mount'],
    results: ['inside', 'above', 'top', 'scene', 'outer'],
  },
  {
    name: 'a file above',
    path: 'swap/../x',
    links: ['..', '.', '$G/outer', '../outer', '$G/mount'],
    results: ['top', 'scene', 'above'],
  },
  {
    name: 'a long way up',
    path: 'swap/../../../../../../../../../../../../x',
    links: ['..', '$G/outer', '.'],
    results: ['ENOENT'],
  },
  {
    name: 'what its user may not read',
    path: 'swap/x',
    links: ['secret', '$G/secret', '../secret'],
    results: ['inside', 'EACCES'],
    as: '1001:1001',
  },
];

describe('files: a component that is now a directory, now a link', () => {
  for (const { name, path, links, results, as } of races) {
    const play = async (scene: Scene): Promise<void> => {
      const mount = layOut(scene);
      const texts = links.map((link) => link.replace('$G', scene.path('guest')));
      const race = [`${mount}/${path}`, `${mount}/swap`, String(raceMilliseconds), ...texts];
      const member = [memberPath, '--bind', `${scene.path('backing/data')}:${mount}`, '--'];
      const env = as === undefined ? {} : { SWARD_RACE_AS: as };
      const said = await succeed(scene.start([...member, probe('symlink-race'), ...race], { env }));
      const found = said.trim().split('\n');
      expect(found.map((line) => line.replace(/ .*/, ''))).to.satisfy(
        (list: string[]) => list.length > 0 && list.every((result) => results.includes(result)),
        said,
      );
    };
    scene(`leads only where it says: ${name}`, play, as === undefined ? undefined : notRoot);
  }
});

describe(`files: ${members} members that create the same names`, () => {
  for (const [kind, options] of [
    ['a tmpfs', () => ['--tmpfs', '/shared']],
    ['a host directory', (scene: Scene) => ['--bind', `${scene.directory}:/shared`]],
  ] as const) {
    scene(`one winner a name in ${kind}`, (scene) =>
      withLeader(scene, options(scene), async (leader) => {
        await leader.run(['mkdir', '/shared/names']);
        const command = [probe('exclusive'), '/shared/names', String(names)];
        const programs = Array.from({ length: members }, () => leader.start(command));
        for (const program of programs) await program.said(/ready/);
        for (const program of programs) program.write('go\n');
        const won = new Map<string, number>();
        for (const program of programs) {
          for (const [, way = '', count] of (await succeed(program)).matchAll(/^(\w+) (\d+)$/gm)) {
            won.set(way, (won.get(way) ?? 0) + Number(count));
          }
        }
        const ways = ['open', 'mkdir', 'symlink', 'link', 'rename', 'mknod'];
        expect([...won]).to.deep.equal(ways.map((way) => [way, names]));
      }),
    );
  }
});
