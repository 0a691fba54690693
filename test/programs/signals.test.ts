/** Signals to a member, and who dies with whom. */
import { expect } from 'chai';
import {
  kill,
  memberPath,
  processState,
  python,
  readProc,
  type Scene,
  scene,
  script,
  until,
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

const untilGone = (pid: number) =>
  until(
    () => ['', 'Z'].includes(processState(pid)),
    () => `the end of ${pid} ${readProc(pid, 'cmdline')}`,
  );

const untilState = (pid: number, states: string) =>
  until(
    () => states.includes(processState(pid)),
    () => `state ${states} of ${pid}, now ${processState(pid)}`,
  );

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

  scene('SIGTSTP stops the program and the member, SIGCONT continues both', async (scene) => {
    const group = scene.start([
      python,
      script('group.py'),
      memberPath,
      '--',
      'sh',
      '-c',
      'echo $$; exec cat',
    ]);
    const program = Number((await group.said(/^(\d+)\n/))[1]);
    const member = Number((await group.said(/^job (\d+)/m, 'stderr'))[1]);
    for (let round = 0; round < 3; round++) {
      kill(member, 'SIGTSTP');
      await untilState(program, 'T');
      await untilState(member, 'T');
      kill(member, 'SIGCONT');
      await untilState(member, 'RS');
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
      await until(
        () => sleepers().length === 4,
        () => JSON.stringify(scene.processes()),
      );
      program.child.kill('SIGKILL');
      for (const { pid } of sleepers()) await untilGone(pid);
    });
  }

  scene('the keeper is killed: the program dies, the member says so', async (scene) => {
    const program = scene.member(['sh', '-c', family]);
    await program.said(/ready/);
    const keeper = scene.processes().find(({ pid }) => readProc(pid, 'comm').trim() === 'sward-keeper');
    kill(keeper!.pid, 'SIGKILL');
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
    await untilGone(first);
    expect(program.running).to.equal(true);
    program.write('word\n');
    const { status, stdout } = await program.result;
    expect(status).to.equal(5);
    expect(stdout).to.equal(`${first}\nlate word\n`);
  });

  scene('a child that is left behind can still lock', async (scene) => {
    const late = '(read -r line <&3; flock file echo locked "$line") & exit 6';
    const program = scene.member(['bash', '--norc', '-c', `exec 3<&0; echo $$; ${late}`]);
    await untilGone(Number((await program.said(/^(\d+)\n/))[1]));
    program.write('word\n');
    const { status, stdout } = await program.result;
    expect(status).to.equal(6);
    expect(stdout).to.match(/locked word/);
  });

  scene('a signal reaches what the program left running', async (scene) => {
    const program = scene.member(['sh', '-c', 'sleep 1000 & echo $$; exit 0']);
    await untilGone(Number((await program.said(/^(\d+)\n/))[1]));
    program.child.kill('SIGTERM');
    expect((await program.result).status).to.equal(0);
  });

  scene('--kill-on-exit ends what is left', async (scene) => {
    const left = 'setsid sleep 1000 & trap "" TERM; sleep 1000 & exit 5';
    const { status } = await scene.run([memberPath, '--kill-on-exit', '--', 'sh', '-c', left]);
    expect(status).to.equal(5);
  });
});
