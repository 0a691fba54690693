/** What `leader stress` is for: it finds what is wrong. Faults are made on purpose by --fault, or by kill. */
import { mkdirSync, readdirSync } from 'node:fs';
import { assert, expect } from 'chai';
import {
  kill,
  leaderPath,
  type Program,
  readProc,
  type Scene,
  scene,
  until,
  untilState,
} from '../programs/support.js';
import { measure, sound, startStress, stress } from './support.js';

/** Waits until the run's locks are being taken; gives the processes whose command line matches. */
async function running(stage: Scene, pattern: RegExp): Promise<number[]> {
  const find = (): number[] | undefined => {
    const all = stage.processes();
    const matching = (like: RegExp) => all.flatMap(({ pid, command }) => (like.test(command) ? [pid] : []));
    // Two groups and four workers.
    return matching(/^\S+sward-stress group/).length >= 6 ? matching(pattern) : undefined;
  };
  return until(find, () => 'no workers');
}

async function failed(run: Program): Promise<string> {
  const { status, stdout, stderr } = await run.result;
  assert.equal(status, 1, stdout + stderr);
  return stdout + stderr;
}

describe('stress: faults', () => {
  scene('locks that do not exclude are found, on either side', async (stage) => {
    const { status, report } = await measure(
      stage,
      '--fault unlocked --files 1 --ranges 1 --hold 2ms --seconds 0.4',
    );
    assert.equal(status, 1);
    assert.isFalse(report.sound);
    for (const side of [report.kernel!, report.sward!]) {
      expect(side.violations).greaterThan(0);
      const { pids, locks } = side.firstViolations[0]!;
      assert.notEqual(pids[0], pids[1]);
      assert.include(
        locks.map(({ type }) => type),
        'write',
      );
    }
    const { stdout } = await stress(stage, '--fault unlocked --hold 2ms --seconds 0.4');
    assert.match(stdout, /held at once\n {2}\d+ has (read|write) .* of file-\d/);
    assert.isEmpty(stdout.split('\n').filter((line) => line.length > 80));
  });

  scene('a lock that is left is found, on either side', async (stage) => {
    const { status, stdout } = await stress(stage, '--fault left --operations 10');
    assert.equal(status, 1);
    assert.match(stdout, /plain kernel: left behind\n {2}1 lock of whole files that nobody can have\n/);
    assert.match(stdout, /sward: left behind\n.*\n {2}\d+ has write ofd of file-0\n/);
  });

  scene('waiters that nobody wakes are found, on either side', async (stage) => {
    const { status, stdout } = await stress(
      stage,
      '--fault stuck --kinds ofd --files 1 --seconds 0.2 --patience 1',
    );
    assert.equal(status, 1);
    assert.match(stdout, /plain kernel: left behind\n {2}a process, waiting for (read|write) ofd/);
    assert.match(stdout, /sward: left behind\n {2}a process, waiting for (read|write) ofd/);
  });

  scene('a round of so many operations that does not go on is ended', async (stage) => {
    const { status, report } = await measure(
      stage,
      '--no-kernel --fault stuck --kinds flock,ofd --files 1 --operations 10 --patience 0.3',
    );
    assert.equal(status, 1);
    assert.isNull(report.sward!.digest);
    assert.include(report.sward!.leftBehind.join('\n'), 'a process, waiting for');
  });

  scene('a process that ends for another reason is told', async (stage) => {
    const run = startStress(stage, '--no-kernel --seconds 60');
    const parentOf = (pid: number) => /^PPid:\t(\d+)/m.exec(readProc(pid, 'status'))?.[1] ?? 0;
    const workers = (await running(stage, /sward-stress group/)).filter((pid) =>
      /sward-stress/.test(readProc(parentOf(pid), 'comm')),
    );
    const worker = workers.find((pid) => readProc(pid, 'comm').startsWith('sward-stress'))!;
    kill(worker, 'SIGKILL');
    // Once the group has noticed, the run may end.
    await untilState(worker, '');
    run.child.kill('SIGINT');
    assert.include(await failed(run), '1 process ended unexpectedly');
  });

  scene('a member that ends ends the run', async (stage) => {
    const run = startStress(stage, '--no-kernel --seconds 60');
    const members = await running(stage, /^\S*node \S+bin\/member\.js /);
    kill(members[0]!, 'SIGKILL');
    assert.match(await failed(run), /^leader: member \d ended with SIGKILL\n$/);
  });

  scene('a leader that ends is told', async (stage) => {
    const run = startStress(stage, '--no-kernel --seconds 60 --patience 0.5');
    const leaders = await running(stage, /^\S*node \S+bin\/leader\.js --socket/);
    kill(leaders[0]!, 'SIGKILL');
    await untilState(leaders[0]!, '');
    run.child.kill('SIGINT');
    assert.include(await failed(run), 'the leader does not answer');
  });

  scene('a directory that cannot be written, a temporary one that is not there: one line', async (stage) => {
    const command = [leaderPath, 'stress', '--directory', '/proc'];
    const run = await stage.run(command, { env: { XDG_RUNTIME_DIR: '' } });
    expect(run).to.include({
      status: 1,
      stdout: '',
      stderr: 'leader: cannot make a directory in /proc: ENOENT\n',
    });
    const absent = stage.path('absent');
    const other = await stage.run([leaderPath, 'stress'], { env: { XDG_RUNTIME_DIR: absent } });
    expect(other).to.include({
      status: 1,
      stdout: '',
      stderr: `leader: cannot make a directory in ${absent}: ENOENT\n`,
    });
  });

  scene(
    'the command is killed: all that it started ends, and the next run removes what it left',
    async (stage) => {
      const places = [stage.path('tmp'), stage.path('files')];
      mkdirSync(places[1]!);
      const run = startStress(stage, `--no-kernel --seconds 60 --directory ${places[1]}`);
      await running(stage, /sward-stress group/);
      kill(run.pid, 'SIGKILL');
      await until(
        () => stage.processes().length === 0,
        () => JSON.stringify(stage.processes()),
      );
      const left = () => places.map((place) => readdirSync(place).length);
      assert.deepEqual(left(), [1, 1]);
      // The next one removes them.
      await sound(stage, `--operations 10 --directory ${places[1]}`);
      assert.deepEqual(left(), [0, 0]);
    },
  );
});
