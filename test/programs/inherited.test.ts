/** What a program inherits from whoever starts a member, and what a member and a leader do with it themselves. */
import { readFileSync, rmSync, symlinkSync } from 'node:fs';
import { expect } from 'chai';
import { leaderPath, memberPath, python, type Scene, scene, script } from './support.js';

/** Shell texts that run a command in some state. */
const starts: readonly { name: string; text: (command: string) => string }[] = [
  { name: 'nothing special', text: (command) => `exec ${command}` },
  { name: 'SIGHUP ignored', text: (command) => `trap "" HUP; exec ${command}` },
  {
    name: 'many ignored, real-time ones too',
    text: (command) => `trap "" INT QUIT PIPE CHLD TSTP TTIN TTOU XFSZ URG 34 64; exec ${command}`,
  },
  { name: 'nohup', text: (command) => `exec nohup ${command}` },
  { name: '& of a shell without job control', text: (command) => `${command} & wait` },
  {
    name: 'SIGUSR1, SIGTERM and SIGRTMIN blocked',
    text: (command) =>
      `exec ${python} -c 'import os, signal, sys; signal.pthread_sigmask(signal.SIG_BLOCK, [10, 15, 34]); os.execvp(sys.argv[1], sys.argv[1:])' ${command}`,
  },
  { name: 'few descriptors', text: (command) => `ulimit -Sn 333; exec ${command}` },
];

const look = `sh -c 'grep -E "Sig(Ign|Blk)|Max open" /proc/self/status /proc/self/limits'`;

const inShell = (scene: Scene, text: string) => scene.run(['bash', '--norc', '-c', text]);

describe('what a program inherits through a member', () => {
  for (const { name, text } of starts) {
    scene(`as natively: ${name}`, async (scene) => {
      const native = await inShell(scene, text(look));
      expect(native.stdout.split('\n')).to.have.lengthOf(4);
      expect((await inShell(scene, text(`${memberPath} -- ${look}`))).stdout).to.equal(native.stdout);
      await scene.startLeader();
      const linked = `${memberPath} --socket ${scene.socket} -- ${look}`;
      expect((await inShell(scene, text(linked))).stdout).to.equal(native.stdout);
    });
  }

  const listing = `${python} ${script('descriptors.py')} list`;
  for (const { name, text } of [
    { name: 'stdin closed', text: (command: string) => `exec ${command} <&-` },
    { name: 'stderr closed', text: (command: string) => `exec ${command} 2>&-` },
    { name: 'all standard streams closed', text: (command: string) => `exec ${command} <&- >&- 2>&-` },
    {
      name: 'what Node has too: /dev/null, pipes of both ends, anonymous inodes',
      text: (command: string) => `exec ${python} ${script('descriptors.py')} open ${command}`,
    },
  ]) {
    scene(`descriptors as natively: ${name}`, async (scene) => {
      const told = async (command: string) => {
        expect(await inShell(scene, text(command))).to.include({ status: 0, stderr: '' });
        const list = readFileSync(scene.path('descriptors'), 'utf8');
        rmSync(scene.path('descriptors'));
        return list;
      };
      const native = await told(listing);
      expect(await told(`${memberPath} -- ${listing}`)).to.equal(native);
      await scene.startLeader();
      expect(await told(`${memberPath} --socket ${scene.socket} -- ${listing}`)).to.equal(native);
    });
  }

  scene('its own shell may rely on it: SIGHUP does not end it', async (scene) => {
    const command = `sh -c 'kill -HUP $$; echo survived'`;
    const { status, stdout } = await inShell(scene, `trap "" HUP; exec ${memberPath} -- ${command}`);
    expect({ status, stdout }).to.deep.equal({ status: 0, stdout: 'survived\n' });
  });

  scene('the environment, variable for variable', async (scene) => {
    const text = (command: string) =>
      `f() { :; }; export -f f; exec env 'a-b=1' SWARD_STARTED=0 _=x ${command} ${python} -c 'import os; print(sorted(os.environb.items()))'`;
    const native = await inShell(scene, text('env -u SWARD_STARTED'));
    expect(native.stdout).to.match(/BASH_FUNC_f.*b'a-b'/);
    expect((await inShell(scene, text(`${memberPath} --`))).stdout).to.equal(native.stdout);
  });

  scene('a link to the command is the command', async (scene) => {
    symlinkSync(memberPath, scene.path('first'));
    symlinkSync('first', scene.path('other-name'));
    const result = await scene.run(['./other-name', '--', 'echo', 'here']);
    expect(result).to.include({ status: 0, stdout: 'here\n' });
    const PATH = `${scene.directory}:${process.env.PATH}`;
    expect(await scene.run(['other-name', '--', 'echo', 'there'], { env: { PATH } })).to.include({
      status: 0,
      stdout: 'there\n',
    });
  });
});

describe('signals that were ignored when a command was started', () => {
  scene('nohup: neither the member nor the program ends', async (scene) => {
    const program = scene.start(['nohup', memberPath, '--', 'sh', '-c', 'echo ready; read line; echo $line']);
    await program.said(/ready/);
    program.child.kill('SIGHUP');
    program.child.kill('SIGHUP');
    program.write('still here\n');
    expect(await program.result).to.include({ status: 0, stdout: 'ready\nstill here\n' });
  });

  scene('a signal that is not passed on and was ignored does not end a member', async (scene) => {
    const text = `trap "" ALRM; exec ${memberPath} -- sh -c 'echo ready; read line; echo $line'`;
    const program = scene.start(['bash', '--norc', '-c', text]);
    await program.said(/ready/);
    program.child.kill('SIGALRM');
    program.write('still here\n');
    expect(await program.result).to.include({ status: 0, stdout: 'ready\nstill here\n' });
  });

  scene('what was not ignored is passed on', async (scene) => {
    const text = `trap "" HUP; exec ${memberPath} -- ${python} ${script('signals.py')}`;
    const program = scene.start(['bash', '--norc', '-c', text]);
    await program.said(/^ready/m);
    program.child.kill('SIGINT');
    await program.said(/^got SIGINT/m);
    for (let sent = 1; sent <= 2; sent++) {
      program.child.kill('SIGTERM');
      await program.said(new RegExp(`^got SIGTERM ${sent}`, 'm'));
    }
    expect((await program.result).status).to.equal(7);
  });

  for (const { how, signal, text, ends } of [
    { how: 'nohup', signal: 'SIGHUP', text: 'exec nohup "$@"', ends: false },
    { how: '& of a shell without job control', signal: 'SIGINT', text: '"$@" & wait', ends: true },
  ] as const) {
    scene(`a leader under ${how} ${ends ? 'ends' : 'stays'} when ${signal} comes`, async (scene) => {
      const command = [leaderPath, '--socket', scene.socket];
      const program = scene.start(['sh', '-c', text, 'sh', ...command]);
      const leader = Number((await program.said(/ready .*pid (\d+)/, 'stderr'))[1]);
      process.kill(leader, signal);
      if (!ends) {
        const status = await scene.run([leaderPath, 'status', '--socket', scene.socket]);
        expect(status.status, status.stderr).to.equal(0);
        process.kill(leader, 'SIGTERM');
      }
      expect((await program.result).stderr).to.match(ends ? /stopping on signal 2/ : /stopping on signal 15/);
    });
  }
});
