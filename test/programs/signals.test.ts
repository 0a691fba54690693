/** Signals to a member, and who dies with whom. */
import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import {
  kill,
  memberPath,
  type Program,
  python,
  readProc,
  type Scene,
  scene,
  script,
  until,
  untilState,
} from './support.js';

/** Started members: with a leader of their own, and of the scene's leader. */
const modes = [
  { mode: 'embedded leader', prepare: async (_: Scene) => {} },
  {
    mode: 'leader behind a socket',
    prepare: async (scene: Scene) => {
      await scene.startLeader();
    },
  },
];

/** Its parent may not have noticed yet. */
const untilDead = (pid: number) => untilState(pid, 'Z', '');

/** Who collected it, the keeper, knows of its end. */
const untilCollected = (pid: number) => untilState(pid, '');

/** A member as a job of its own process group, whose program repeats what it is told. */
async function startJob(scene: Scene): Promise<{ group: Program; program: number; member: number }> {
  const command = [memberPath, '--', 'sh', '-c', 'echo $$; exec cat'];
  const group = scene.start([python, script('group.py'), ...command]);
  const program = Number((await group.said(/^(\d+)\n/))[1]);
  const member = Number((await group.said(/^job (\d+)/m, 'stderr'))[1]);
  return { group, program, member };
}

describe('signals to a member', () => {
  for (const { mode, prepare } of modes) {
    scene(`reach the program: ${mode}`, async (scene) => {
      await prepare(scene);
      const program = scene.member([python, script('signals.py')]);
      await program.said(/^ready/m);
      const sent = ['SIGHUP', 'SIGINT', 'SIGQUIT', 'SIGWINCH', 'SIGUSR1', 'SIGUSR2', 'SIGTERM'] as const;
      for (const signal of sent) {
        program.child.kill(signal);
        await program.said(new RegExp(`^got ${signal}`, 'm'));
      }
      program.child.kill('SIGTERM');
      const { status, stdout } = await program.result;
      expect(status).to.equal(7);
      expect(stdout.match(/^got \w+/gm)).to.have.lengthOf(sent.length + 1);
    });
  }

  for (const { mode, prepare } of modes) {
    scene(`reach the program while it locks all the time: ${mode}`, async (scene) => {
      await prepare(scene);
      const program = scene.member([python, script('locks_and_signals.py'), scene.path('busy')]);
      await program.said(/^ready/m);
      for (let sent = 1; sent <= 200; sent++) {
        program.child.kill('SIGUSR1');
        await program.said(new RegExp(`^usr1 ${sent}$`, 'm'));
      }
      program.child.kill('SIGTERM');
      expect((await program.result).status).to.equal(7);
    });
  }

  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
    scene(`${signal} ends a program that does not handle it, and the member`, async (scene) => {
      const program = scene.member(['sh', '-c', 'echo ready; exec sleep 1000']);
      await program.said(/ready/);
      program.child.kill(signal);
      expect(await program.result).to.include({ status: null, signal });
    });
  }

  for (const to of ['group', 'leader', 'inside']) {
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT', 'SIGCONT']) {
      const times = 20;
      scene(`${signal} reaches the program as often as natively: ${to}`, async (scene) => {
        const session = [python, script('session.py'), to, signal, String(times)];
        const program = [python, script('count_signals.py')];
        const all = new RegExp(`^all ${times + 1}$`, 'm');
        expect((await scene.run([...session, ...program])).stdout).to.match(all);
        const inMember = await scene.run([...session, memberPath, '--', ...program]);
        expect(inMember.stdout).to.match(all);
        expect(inMember.status).to.equal(0);
      });
    }
  }

  scene('the hang-up of the terminal of a session that the member leads', async (scene) => {
    const text = 'trap "echo hung up >word; exit 3" HUP; echo ready; sleep 1000 & wait';
    const open = `import os, pty, sys
pid, terminal = pty.fork()
if pid == 0: os.execv(sys.argv[1], sys.argv[1:])
while b"ready" not in os.read(terminal, 100): pass
os.close(terminal)
raise SystemExit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))`;
    const program = ['--kill-on-exit', '--', 'bash', '--norc', '-c', text];
    const { status, stderr } = await scene.run([python, '-c', open, memberPath, ...program]);
    expect(status, stderr).to.equal(3);
    expect(readFileSync(scene.path('word'), 'utf8')).to.equal('hung up\n');
  });

  scene('without a shell, other processes are served while the program is stopped', async (scene) => {
    const text = '(while read -r line; do flock file echo "locked $line"; done <&3) & kill -STOP $$; wait';
    const session = ['setsid', memberPath, '--', 'bash', '--norc', '-c', `exec 3<&0; echo $$; ${text}`];
    const program = scene.start(session);
    const first = Number((await program.said(/^(\d+)\n/))[1]);
    await untilState(first, 'T');
    program.write('one\n');
    await program.said(/locked one/);
    kill(first, 'SIGCONT');
    program.child.stdin.end('two\n');
    expect(await program.result).to.include({ status: 0, stdout: `${first}\nlocked one\nlocked two\n` });
  });

  scene('the program is stopped and continued by others: so is the member', async (scene) => {
    const { group, program, member } = await startJob(scene);
    for (let round = 0; round < 5; round++) {
      for (const signal of ['SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU'] as const) {
        kill(program, signal);
        await untilState(program, 'T');
        await untilState(member, 'T');
        kill(program, 'SIGCONT');
        await untilState(member, 'R', 'S');
        await untilState(program, 'R', 'S');
      }
    }
    // In quick succession: what counts is how it ends.
    for (let round = 0; round < 300; round++) {
      kill(program, round % 2 === 0 ? 'SIGTSTP' : 'SIGSTOP');
      kill(program, 'SIGCONT');
    }
    group.write('still there\n');
    await group.said(/^still there$/m);
    await untilState(member, 'R', 'S');
    kill(program, 'SIGKILL');
    expect((await group.result).status).to.equal(137);
  });

  scene('the whole group is stopped, the member alone continued', async (scene) => {
    const { group, program, member } = await startJob(scene);
    for (const signal of ['SIGSTOP', 'SIGTSTP'] as const) {
      kill(-member, signal);
      await untilState(program, 'T');
      await untilState(member, 'T');
      kill(member, 'SIGCONT');
      group.write(`after ${signal}\n`);
      await group.said(new RegExp(`^after ${signal}$`, 'm'));
    }
    group.child.stdin.end();
    expect((await group.result).status).to.equal(0);
  });

  scene('SIGTSTP stops the program and the member, SIGCONT continues both', async (scene) => {
    const { group, program, member } = await startJob(scene);
    for (let round = 0; round < 3; round++) {
      kill(member, 'SIGTSTP');
      await untilState(program, 'T');
      await untilState(member, 'T');
      kill(member, 'SIGCONT');
      await untilState(member, 'R', 'S');
      group.write(`round ${round}\n`);
      await group.said(new RegExp(`^round ${round}$`, 'm'));
    }
    group.child.stdin.end();
    expect((await group.result).status).to.equal(0);
  });
});

describe('the end of a member', () => {
  const family = `setsid sh -c 'sleep 1000 & exec sleep 1000' & (setsid sleep 1000 &) ; trap '' TERM HUP INT; echo ready; sleep 1000 & wait`;

  for (const { mode, prepare } of modes) {
    scene(`SIGKILL: all its processes die, orphans too: ${mode}`, async (scene) => {
      await prepare(scene);
      const program = scene.member(['sh', '-c', family]);
      await program.said(/ready/);
      const sleepers = () => scene.processes().filter(({ command }) => command.startsWith('sleep 1000'));
      const asleep = await until(
        () => (sleepers().length === 4 ? sleepers() : undefined),
        () => JSON.stringify(scene.processes()),
      );
      program.child.kill('SIGKILL');
      for (const { pid } of asleep) await untilDead(pid);
    });
  }

  scene('the keeper is killed: the program dies, the member says so', async (scene) => {
    const program = scene.member(['sh', '-c', family]);
    await program.said(/ready/);
    // It may get its name after the program has begun.
    const keeper = await until(
      () => scene.processes().find(({ pid }) => readProc(pid, 'comm').trim() === 'sward-keeper'),
      () => JSON.stringify(scene.processes()),
    );
    kill(keeper.pid, 'SIGKILL');
    const { status, stderr } = await program.result;
    expect(status).to.equal(125);
    expect(stderr).to.match(/keeper/);
  });

  scene('it stays while a child of the program runs, with the status of the program', async (scene) => {
    const program = scene.member([
      'bash',
      '-c',
      'exec 3<&0; (read -r line <&3; echo "late $line") & echo $$; exit 5',
    ]);
    const first = Number((await program.said(/^(\d+)\n/))[1]);
    await untilCollected(first);
    expect(program.running).to.equal(true);
    program.write('word\n');
    const { status, stdout } = await program.result;
    expect(status).to.equal(5);
    expect(stdout).to.equal(`${first}\nlate word\n`);
  });

  scene('a child that is left behind can still lock', async (scene) => {
    const late = '(read -r line <&3; flock file echo locked "$line") & exit 6';
    const program = scene.member(['bash', '--norc', '-c', `exec 3<&0; echo $$; ${late}`]);
    await untilCollected(Number((await program.said(/^(\d+)\n/))[1]));
    program.write('word\n');
    const { status, stdout } = await program.result;
    expect(status).to.equal(6);
    expect(stdout).to.match(/locked word/);
  });

  scene('a signal reaches what the program left running', async (scene) => {
    const program = scene.member(['sh', '-c', 'sleep 1000 & echo $$; exit 0']);
    await untilCollected(Number((await program.said(/^(\d+)\n/))[1]));
    program.child.kill('SIGTERM');
    expect((await program.result).status).to.equal(0);
  });

  scene('--kill-on-exit ends what is left', async (scene) => {
    const left = 'setsid sleep 1000 & trap "" TERM; sleep 1000 & exit 5';
    const { status } = await scene.run([memberPath, '--kill-on-exit', '--', 'sh', '-c', left]);
    expect(status).to.equal(5);
  });
});
