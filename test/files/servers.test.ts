/** Databases with their files and their socket in a mount, their clients in other members. */
import { chmodSync, existsSync, mkdirSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import { type Program, python, type Scene, scene, script, until } from '../programs/support.js';
import { isRoot, notInstalled } from '../run/machine.js';
import { type Reason, unless } from '../run/skips.js';
import { type MountLeader, succeed, withLeader } from './scenes.js';

const mounts = {
  'in memory': () => ['--tmpfs', '/shared'],
  'on the host': (scene: Scene) => {
    mkdirSync(scene.path('host'));
    return ['--bind', `${scene.path('host')}:/shared`];
  },
};

function inBoth(name: string, play: (leader: MountLeader, scene: Scene) => Promise<void>): void {
  for (const [where, options] of Object.entries(mounts)) {
    scene(`${name}, ${where}`, (scene) => withLeader(scene, options(scene), (leader) => play(leader, scene)));
  }
}

const transactions = 150;
const writers = 2;

describe('sqlite3 in a mount', () => {
  for (const mode of ['delete', 'wal']) {
    inBoth(`${writers} members write, journal_mode=${mode}`, async (leader) => {
      const query = (sql: string) => leader.run(['sqlite3', '/shared/database', sql]);
      const tables =
        'create table sum (value); insert into sum values (0); create table log (writer, number);';
      expect(await query(`pragma journal_mode=${mode}; ${tables}`)).to.equal(`${mode}\n`);
      const programs = Array.from({ length: writers }, (_, index) =>
        leader.start([
          python,
          '-E',
          script('sqlite.py'),
          '/shared/database',
          String(transactions),
          String(index),
        ]),
      );
      for (const program of programs) await succeed(program);
      const total = writers * transactions;
      expect(await query('pragma integrity_check; select value from sum; select count(*) from log')).to.equal(
        `ok\n${total}\n${total}\n`,
      );
    });
  }
});

const redisServer = [
  ...['redis-server', '--port', '0', '--unixsocket', '/shared/redis.sock', '--dir', '/shared/data'],
  ...['--appendonly', 'yes', '--save', '', '--enable-debug-command', 'yes', '--set-proc-title', 'no'],
];
const keys = 2000;

unless(notInstalled('redis-server')).describe('Redis in a mount', () => {
  inBoth('keeps its data', async (leader) => {
    await leader.run(['mkdir', '/shared/data']);
    const client = (...words: string[]) => leader.run(['redis-cli', '-s', '/shared/redis.sock', ...words]);
    const start = async (): Promise<Program> => {
      const program = leader.start(redisServer);
      await program.said(/ready to accept connections/i);
      return program;
    };
    const first = await start();
    expect(await client('debug', 'populate', String(keys), 'key', '100')).to.equal('OK\n');
    expect(await client('set', 'one', '1')).to.equal('OK\n');
    expect(await client('bgrewriteaof')).to.match(/started/);
    await until(
      async () => /aof_rewrite_in_progress:0/.test(await client('info', 'persistence')),
      () => first.stdout,
    );
    expect(await client('incr', 'one')).to.equal('2\n');
    expect(await client('save')).to.equal('OK\n');
    await leader.run(['redis-cli', '-s', '/shared/redis.sock', 'shutdown']);
    await succeed(first);
    expect(await leader.sh('ls /shared /shared/data | sort')).to.equal(
      '\n/shared/data:\n/shared:\nappendonlydir\ndata\ndump.rdb\n',
    );
    const second = await start();
    expect(await client('dbsize')).to.equal(`${keys + 1}\n`);
    expect(await client('get', 'one')).to.equal('2\n');
    await client('shutdown');
    await succeed(second);
  });
});

/** PostgreSQL's programs, which Debian has in a directory for each version. */
function postgresDirectory(): string | undefined {
  const parent = '/usr/lib/postgresql';
  const versions = existsSync(parent) ? readdirSync(parent).sort((a, b) => Number(a) - Number(b)) : [];
  return versions.length > 0 ? `${parent}/${versions.at(-1)}/bin` : undefined;
}

const postgres = postgresDirectory();
const noPostgres: Reason = postgres === undefined ? 'not installed: postgresql' : undefined;
/** It refuses to run as root. */
const asUser = isRoot ? ['setpriv', '--reuid=nobody', '--regid=nogroup', '--clear-groups'] : [];
const rows = 500;

unless(noPostgres).describe('PostgreSQL in a mount', () => {
  inBoth('keeps its data', async (leader, scene) => {
    const env = { LC_ALL: 'C', HOME: '/', PGUSER: 'owner', PGHOST: '/shared/socket', PGDATABASE: 'postgres' };
    chmodSync(scene.path('tmp'), 0o777);
    const run = (...command: string[]) => leader.run([...asUser, ...command], { env });
    const query = (sql: string) => run(`${postgres}/psql`, '-XAtqc', sql);
    await leader.sh(
      `mkdir /shared/socket /shared/data; ${isRoot ? 'chown nobody:nogroup /shared/*' : 'true'}; chmod 700 /shared/data`,
    );
    await run(`${postgres}/initdb`, '-D', '/shared/data', '-U', 'owner', '-A', 'trust', '--no-sync');
    const serve = [
      '-D',
      '/shared/data',
      '-k',
      '/shared/socket',
      '-c',
      'listen_addresses=',
      '-c',
      'update_process_title=off',
    ];
    const start = async (): Promise<Program> => {
      const program = leader.start([...asUser, `${postgres}/postgres`, ...serve], { env });
      await program.said(/ready to accept connections/, 'stderr');
      return program;
    };
    const first = await start();
    await query(
      `create table t (a int primary key, b text); insert into t select i, md5(i::text) from generate_series(1, ${rows}) i`,
    );
    await Promise.all([
      query('update t set a = -a where a % 2 = 0'),
      query("update t set b = '' where a % 2 = 1"),
    ]);
    for (const sql of ['checkpoint', 'vacuum full t', 'reindex table t']) await query(sql);
    first.child.kill('SIGINT');
    await first.result;
    expect(
      await leader.sh('ls /shared/socket; test -e /shared/data/postmaster.pid && echo running || true'),
    ).to.equal('');
    const second = await start();
    expect(await query("select count(*), sum(a), count(*) filter (where b = '') from t")).to.equal(
      `${rows}|${-rows / 2}|${rows / 2}\n`,
    );
    second.child.kill('SIGINT');
    await second.result;
  });
});
