/** Real SQLite writers in several members keep one database right. */
import { expect } from 'chai';
import { listLocks } from './locks.js';
import { python, scene, script } from './support.js';

const members = 4;
const transactions = Number(process.env.SWARD_TRANSACTIONS ?? 500);
const total = members * 2 * transactions;

/** One of the two writers of each member: the sqlite3 shell. */
const shellWriter = (writer: number): string => {
  const lines = Array.from(
    { length: transactions },
    (_, number) =>
      `begin immediate; update sum set value = value + 1; insert into log values (${writer}, ${number}); commit;`,
  );
  return ['.bail on', '.timeout 30000', 'pragma synchronous=off;', ...lines, ''].join('\n');
};

describe(`sqlite3: ${members} members, 2 writers each, ${transactions} transactions a writer`, () => {
  for (const mode of ['delete', 'wal']) {
    scene(`journal_mode=${mode}`, async (scene) => {
      await scene.startLeader();
      const database = scene.path('database');
      const tables =
        'create table sum (value); insert into sum values (0); create table log (writer, number);';
      const query = async (sql: string) => (await scene.run(['sqlite3', database, sql])).stdout.trim();
      expect(await query(`pragma journal_mode=${mode}; ${tables}`)).to.equal(mode);
      const writers = Array.from({ length: members }, (_, index) => {
        const other = `${python} -E ${script('sqlite.py')} database ${transactions} ${members + index}`;
        const both = `exec 3<&0; sqlite3 database <&3 & first=$!; ${other} & wait $first; a=$?; wait $!; echo $a $?`;
        return scene.member(['bash', '--norc', '-c', both], { input: shellWriter(index) });
      });
      for (const { result } of writers) {
        const { status, stdout, stderr } = await result;
        expect({ status, stdout, stderr }).to.deep.equal({ status: 0, stdout: '0 0\n', stderr: '' });
      }
      expect(await listLocks(scene)).to.deep.equal([]);
      expect(await query('pragma integrity_check')).to.equal('ok');
      expect(await query('select value from sum')).to.equal(String(total));
      expect(await query('select count(*) from (select distinct * from log)')).to.equal(String(total));
    });
  }
});
