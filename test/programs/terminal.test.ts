/** A member on a controlling terminal. */
import { constants } from 'node:os';
import { expect } from 'chai';
import {
  kill,
  memberPath,
  type Program,
  python,
  type Scene,
  scene,
  script,
  until,
  untilState,
} from './support.js';

const onTerminal = (scene: Scene, command: readonly string[]): Program =>
  scene.start([python, script('terminal.py'), ...command], {
    env: { PS1: '$ ', TERM: 'dumb', HISTFILE: '' },
  });

const interrupt = '\x03';
const suspend = '\x1a';
const endOfFile = '\x04';
const shell = ['bash', '--norc', '--noprofile', '-i'];

/** Types a line and waits for what it says. */
async function type(terminal: Program, line: string, answer: RegExp): Promise<void> {
  terminal.stdout = '';
  terminal.write(line);
  await terminal.said(answer);
}

/** Waits until the shell tells of a job, which it does with a prompt. */
function told(terminal: Program, pattern: RegExp): Promise<unknown> {
  return until(
    () => {
      terminal.write('\n');
      return pattern.test(terminal.stdout);
    },
    () => `${pattern}: ${terminal.stdout}`,
  );
}

describe('a member on a terminal', () => {
  scene('stty size', async (scene) => {
    const { status, stdout } = await onTerminal(scene, [memberPath, '--', 'stty', 'size']).result;
    expect(stdout.trim()).to.equal('33 101');
    expect(status).to.equal(0);
  });

  scene('the program has the terminal: tty and /dev/tty', async (scene) => {
    const ask = [memberPath, '--', 'sh', '-c', 'tty && echo opened >/dev/tty'];
    const { stdout } = await onTerminal(scene, ask).result;
    expect(stdout).to.match(/^\/dev\/pts\/\d+\r\nopened\r\n$/);
  });

  scene('what is typed is read, Ctrl-D ends', async (scene) => {
    const terminal = onTerminal(scene, [memberPath, '--', 'sh', '-c', 'echo go; cat; echo end']);
    await terminal.said(/go/);
    await type(terminal, 'abc\n', /abc\r\nabc\r\n/);
    terminal.write(endOfFile);
    expect((await terminal.result).status).to.equal(0);
    expect(terminal.stdout).to.match(/end/);
  });

  scene('what the program does to the terminal stays', async (scene) => {
    const change = `${memberPath} -- stty -echo -icanon; stty -a >after; stty sane; cat after`;
    const { stdout } = await onTerminal(scene, ['sh', '-c', change]).result;
    expect(stdout)
      .to.match(/-icanon/)
      .and.to.match(/-echo /);
  });

  scene('Ctrl-C ends the program and the member', async (scene) => {
    const terminal = onTerminal(scene, [memberPath, '--', 'sh', '-c', 'echo go; exec cat']);
    await terminal.said(/go/);
    await type(terminal, 'abc\n', /abc\r\nabc\r\n/);
    terminal.write(interrupt);
    expect((await terminal.result).status).to.equal(256 - constants.signals.SIGINT);
  });

  scene('Ctrl-C ends a loop of a shell script', async (scene) => {
    const loop = `for i in 1 2 3; do ${memberPath} -- sh -c 'echo go; exec cat'; echo status $?; done`;
    const terminal = onTerminal(scene, ['bash', '--norc', '-c', loop]);
    await terminal.said(/go/);
    await type(terminal, 'abc\n', /abc\r\nabc\r\n/);
    terminal.write(interrupt);
    // As natively: the shell dies of the signal, too.
    expect((await terminal.result).status).to.equal(256 - constants.signals.SIGINT);
    expect(terminal.stdout).not.to.match(/status|go/);
  });

  scene('Ctrl-C reaches the program once', async (scene) => {
    const terminal = onTerminal(scene, [memberPath, '--', python, script('signals.py')]);
    const program = Number((await terminal.said(/ready (\d+)\r/))[1]);
    await type(terminal, interrupt, /got SIGINT/);
    terminal.write('\x1c');
    await terminal.said(/got SIGQUIT/);
    expect(terminal.stdout.match(/got SIGINT/g)).to.have.lengthOf(1);
    for (let i = 0; i < 2; i++) {
      kill(program, 'SIGTERM');
      await terminal.said(new RegExp(`got SIGTERM ${i + 1}`));
    }
    expect((await terminal.result).status).to.equal(7);
  });

  scene('Ctrl-Z stops the job of the shell outside, fg continues it', async (scene) => {
    const terminal = onTerminal(scene, shell);
    await terminal.said(/\$ $/);
    await type(terminal, `${memberPath} -- sh -c 'echo go; exec cat'\n`, /^go/m);
    await type(terminal, 'abc\n', /abc\r\nabc\r\n/);
    await type(terminal, suspend, /Stopped/);
    await type(terminal, 'echo status $((100 + $?))\n', /status 248/);
    await type(terminal, 'fg\n', /exec cat/);
    await type(terminal, 'def\n', /def\r\ndef\r\n/);
    await type(terminal, interrupt, /\$ $/);
    await type(terminal, 'echo status $((100 + $?))\n', /status 230/);
    terminal.write('exit 0\n');
    expect((await terminal.result).status).to.equal(0);
  });

  /** Played natively, then in a member: what the shell says must be the same. */
  const both = (name: string, play: (terminal: Program, run: string) => Promise<void>): void =>
    scene(`as natively: ${name}`, async (scene) => {
      for (const run of ['env', `${memberPath} --`]) {
        const terminal = onTerminal(scene, shell);
        await terminal.said(/\$ $/);
        await play(terminal, run);
        await type(terminal, 'jobs; echo none left\n', /\nnone left/);
        expect(terminal.stdout).not.to.match(/Stopped|Running/);
        terminal.write('exit 0\n');
        expect((await terminal.result).status).to.equal(0);
      }
    });

  for (const signal of ['STOP', 'TSTP', 'TTIN', 'TTOU'] as const)
    both(`a program that stops itself by SIG${signal}`, async (terminal, run) => {
      const program = `sh -c 'kill -${signal} $$; echo ba''ck; kill -${signal} $$; exit 3'`;
      await type(terminal, `${run} ${program}\n`, /Stopped/);
      await type(
        terminal,
        'echo status $?\n',
        new RegExp(`status ${128 + constants.signals[`SIG${signal}`]}`),
      );
      await type(terminal, 'fg\n', /back[\s\S]*Stopped/);
      await type(terminal, 'fg; echo status $?\n', /status 3/);
    });

  both('a program that ignores SIGTSTP', async (terminal, run) => {
    const program = `sh -c 'trap "" TSTP; echo go; read -r line; echo got $line'`;
    await type(terminal, `${run} ${program}\n`, /^go/m);
    terminal.write(suspend);
    await type(terminal, 'word\n', /got word[\s\S]*\$ $/);
    expect(terminal.stdout).not.to.match(/Stopped/);
  });

  both('a program that does something before it stops', async (terminal, run) => {
    const text = `trap "echo cleaning; kill -STOP \\$\\$; echo back" TSTP; echo go; until read -r line; do :; done; echo got $line`;
    await type(terminal, `${run} bash --norc -c '${text}'\n`, /^go/m);
    await type(terminal, `${suspend}\n`, /cleaning[\s\S]*Stopped/);
    await type(terminal, 'fg\n', /back/);
    await type(terminal, 'word\n', /\$ $/);
  });

  both('in the background it wants to read', async (terminal, run) => {
    await type(terminal, `${run} sh -c 'read -r line; echo got $line' &\n`, /\[1\]/);
    await told(terminal, /Stopped/);
    await type(terminal, 'fg\n', /read/);
    await type(terminal, 'word\n', /got word[\s\S]*\$ $/);
  });

  both('continued in the background, then ended', async (terminal, run) => {
    await type(terminal, `${run} sh -c 'echo go; exec sleep 1000'\n`, /^go/m);
    await type(terminal, suspend, /Stopped/);
    await type(terminal, 'bg\n', /sleep/);
    await type(terminal, 'jobs; echo asked\n', /Running[\s\S]*\nasked/);
    terminal.write('kill %1\n');
    await told(terminal, /Terminated/);
  });

  both('a stopped program that is killed by its number', async (terminal, run) => {
    await type(terminal, `${run} sh -c 'echo pid=$$; kill -STOP $$'\n`, /Stopped/);
    const program = /pid=(\d+)\r/.exec(terminal.stdout)![1];
    terminal.write(`kill -KILL ${program}\n`);
    await told(terminal, /Killed/);
  });

  both('a shell that suspends itself', async (terminal, run) => {
    await type(terminal, `${run} bash --norc --noprofile -i\n`, /\$ $/);
    await type(terminal, 'echo inner=$((SHLVL + 100))\n', /inner=1\d\d/);
    await type(terminal, 'suspend\n', /Stopped/);
    await type(terminal, 'echo outer\n', /\nouter/);
    await type(terminal, 'fg\n', /bash/);
    await type(terminal, 'echo again; exit\n', /\nagain[\s\S]*\$ $/);
  });

  scene('the background processes of a program that has ended stop and go on', async (scene) => {
    const terminal = onTerminal(scene, shell);
    await terminal.said(/\$ $/);
    // $$ is the program, which has ended when the keeper has collected it.
    const left =
      'trap - INT; while kill -0 $$ 2>/dev/null; do sleep 0.01; done; echo go $BASHPID; exec sleep 1000';
    const text = `trap : INT; (${left}) & exit 5`;
    await type(terminal, `${memberPath} -- bash --norc -c '${text}'\n`, /^go \d+\r/m);
    const sleeper = Number(/^go (\d+)\r/m.exec(terminal.stdout)![1]);
    await type(terminal, suspend, /Stopped/);
    await untilState(sleeper, 'T');
    await type(terminal, 'fg; echo status $?\n', /trap/);
    // The shell tells the job, gives it the terminal, and then continues it.
    await untilState(sleeper, 'S');
    await type(terminal, interrupt, /status 5/);
    terminal.write('exit 0\n');
    expect((await terminal.result).status).to.equal(0);
  });

  scene('a shell inside the member controls its jobs', async (scene) => {
    const terminal = onTerminal(scene, [memberPath, '--', ...shell]);
    await terminal.said(/\$ $/);
    await type(terminal, "sh -c 'echo go; exec cat'\n", /^go/m);
    await type(terminal, 'abc\n', /abc\r\nabc\r\n/);
    await type(terminal, suspend, /Stopped/);
    await type(terminal, 'jobs\n', /Stopped .*cat/);
    await type(terminal, 'fg\n', /cat/);
    await type(terminal, 'def\n', /def\r\ndef\r\n/);
    await type(terminal, interrupt, /\$ $/);
    await type(terminal, 'echo status $((100 + $?))\n', /status 230/);
    terminal.write('exit 9\n');
    expect((await terminal.result).status).to.equal(9);
  });
});
