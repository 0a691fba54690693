/** Signals that meet lock calls: exact answers, prompt EINTR, and nobody left waiting. */
import { renameSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { probe } from '../semantics/harness.js';
import { type Actor, listLocks, lockKinds, startActor, untilLocks } from './locks.js';
import { compile, kill, type Program, python, type Scene, scene, script, untilState } from './support.js';

const modes = [
  { mode: 'embedded leader', led: false },
  { mode: 'leader behind a socket', led: true },
];

interface ProbeCase {
  readonly probe: string;
  readonly parameters: readonly string[];
}

/** Exit status 0 says that every answer was right. */
const probes: readonly ProbeCase[] = [
  { probe: 'signal-storm', parameters: ['--restart', '--iterations', '1000'] },
  { probe: 'signal-storm', parameters: ['--restart', '--sibling', '--iterations', '500'] },
  { probe: 'interrupt-waits', parameters: ['fcntl', '--waits', '10000'] },
  { probe: 'interrupt-waits', parameters: ['ofd', '--waits', '1000'] },
  { probe: 'interrupt-waits', parameters: ['flock', '--waits', '1000'] },
  { probe: 'interrupt-waits', parameters: ['ofd', '--thread', '--waits', '1000'] },
  { probe: 'interrupt-waits', parameters: ['flock', '--thread', '--waits', '1000'] },
];

/** On a busy machine each of the processes that take part has to wait for its turn. */
const medianMicrosecondsMax = 200_000;
const worstMicrosecondsMax = 3_000_000;

/** Nothing is held and nobody waits. */
async function nothingLeft(scene: Scene): Promise<void> {
  await untilLocks(scene, 0, 0);
}

/** A lock that is held, and a program in another member that waits for it. */
async function waiter(
  scene: Scene,
  command: readonly string[],
): Promise<{ holder: Actor; program: Program; pid: number }> {
  await scene.startLeader();
  const holder = startActor(scene, scene.path('file'));
  expect(await holder.do('lockf write')).to.equal('ok');
  expect(await holder.do('flock write')).to.equal('ok');
  const program = scene.member(command);
  const rows = await untilLocks(scene, 2, 1);
  return { holder, program, pid: rows.find((row) => row.waiting)!.pid };
}

const lockOnce = (kind: string): string[] => [
  python,
  '-SEc',
  `import fcntl; fcntl.${kind}(open('file', 'r+'), fcntl.LOCK_EX); print('granted')`,
];

describe('signals while locking', () => {
  for (const { mode, led } of modes) {
    for (const { probe: name, parameters } of probes) {
      scene(`${name} ${parameters.join(' ')}: ${mode}`, async (scene) => {
        if (led) await scene.startLeader();
        const { status, stdout, stderr } = await scene.runMember([
          probe(name),
          ...parameters,
          '--file',
          'file',
        ]);
        expect(status, stdout + stderr).to.equal(0);
        expect(stderr).to.equal('');
        if (led) await nothingLeft(scene);
      });
    }

    // A signal that lands before the trap is received interrupts any lock call, also an unlock: design/locks.md.
    for (const kind of ['fcntl', 'ofd', 'flock']) {
      scene(
        `${kind}: 4 programs that try again count right, 1,000 signals a second: ${mode}`,
        async (scene) => {
          if (led) await scene.startLeader();
          writeFileSync(scene.path('count'), '0\n');
          const count = `${compile('counter', scene.directory)} ${kind} count 1000 1000`;
          const text = `p=; for i in 1 2 3 4; do ${count} & p="$p $!"; done; for i in $p; do wait $i; echo $?; done; cat count`;
          const { stdout, stderr } = await scene.runMember(['bash', '--norc', '-c', text]);
          expect({ stdout, stderr }).to.deep.equal({ stdout: '0\n0\n0\n0\n4000\n', stderr: '' });
          if (led) await nothingLeft(scene);
        },
      );
    }

    for (const kind of lockKinds) {
      scene(`${kind} returns EINTR soon after the signal: ${mode}`, async (scene) => {
        if (led) await scene.startLeader();
        const hold = `exec 9>file; ${holdFor(kind)} ${python} -SE ${script('interrupted.py')} file ${kind} 50`;
        const { status, stdout, stderr } = await scene.runMember(['sh', '-euc', hold]);
        expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
        const latencies = stdout.trim().split(' ').map(Number);
        expect(latencies[25], 'median').to.be.below(medianMicrosecondsMax);
        expect(latencies[49], 'worst').to.be.below(worstMicrosecondsMax);
        if (led) await nothingLeft(scene);
      });
    }

    scene(`timeout 1 flock and alarm: ${mode}`, async (scene) => {
      if (led) await scene.startLeader();
      const alarm = `import fcntl, signal; signal.alarm(1); fcntl.flock(open("f"), fcntl.LOCK_EX)`;
      const text = `exec 9>f; flock 9; timeout 1 flock f true; echo $?; flock -w 1 f true; echo $?; ${python} -SEc '${alarm}'; echo $?`;
      const { stdout } = await scene.runMember(['sh', '-c', text]);
      expect(stdout).to.equal('124\n1\n142\n');
      if (led) await nothingLeft(scene);
    });
  }
});

/** The shell locks `file` through descriptor 9 for as long as it runs. */
function holdFor(kind: string): string {
  if (kind === 'flock') return 'flock 9;';
  // A record lock needs a process that stays: it holds until the shell closes the pipe.
  const text = `import fcntl, sys; f = open("file", "r+"); fcntl.lockf(f, fcntl.LOCK_EX); open("go", "w").write("go"); sys.stdin.read()`;
  return `mkfifo go stay; ${python} -SEc '${text}' < stay & exec 8>stay; cat go >/dev/null;`;
}

describe('waiters that are killed, stopped and continued', () => {
  for (const kind of lockKinds) {
    scene(`${kind}: SIGKILL leaves no waiter`, async (scene) => {
      const { holder, program, pid } = await waiter(scene, lockOnce(kind));
      kill(pid, 'SIGKILL');
      expect((await program.result).signal).to.equal('SIGKILL');
      await untilLocks(scene, 2, 0);
      await holder.end();
      await nothingLeft(scene);
    });

    scene(`${kind}: a signal that ends the waiter leaves no waiter`, async (scene) => {
      const { holder, program, pid } = await waiter(scene, lockOnce(kind));
      kill(pid, 'SIGTERM');
      expect((await program.result).signal).to.equal('SIGTERM');
      expect((await listLocks(scene)).filter((row) => row.waiting)).to.deep.equal([]);
      await holder.end();
      await nothingLeft(scene);
    });

    scene(`${kind}: SIGSTOP and SIGCONT; the lock is granted afterwards`, async (scene) => {
      const { holder, program, pid } = await waiter(scene, lockOnce(kind));
      for (let round = 0; round < 3; round++) {
        kill(pid, 'SIGSTOP');
        // 't' is the stop of a tracer, who has yet to let it go.
        await untilState(pid, 'T');
        kill(pid, 'SIGCONT');
        await untilState(pid, 'S', 'R', 'D');
      }
      await untilLocks(scene, 2, 1);
      await holder.end();
      expect(await program.result).to.include({ status: 0, stdout: 'granted\n' });
      await nothingLeft(scene);
    });

    scene(`${kind}: killed while it is stopped`, async (scene) => {
      const { holder, program, pid } = await waiter(scene, lockOnce(kind));
      kill(pid, 'SIGSTOP');
      await untilState(pid, 'T');
      kill(pid, 'SIGKILL');
      expect((await program.result).signal).to.equal('SIGKILL');
      await untilLocks(scene, 2, 0);
      await holder.end();
    });
  }
});

describe('shells that do not look at what close returns', () => {
  for (const name of ['dash', 'busybox']) {
    scene(`${name}: no child that ends interrupts a close`, async (scene) => {
      const program = scene.path(name);
      renameSync(compile('children_end', scene.directory), program);
      const { stdout } = await scene.member([program, '500']).result;
      expect(stdout).to.equal('interrupted 0\n');
    });
  }

  scene('a pipeline in dash ends, again and again', async (scene) => {
    const loop =
      'i=0; while [ $i -lt 100 ]; do [ "$(echo a | tr a b | cat)" = b ] || exit 1; i=$((i+1)); done';
    expect((await scene.member(['dash', '-c', loop]).result).status).to.equal(0);
  });
});
