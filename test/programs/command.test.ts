/** The commands `member` and `leader` as a user of a shell sees them. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { listLocks, startActor, untilLocks } from './locks.js';
import { leaderPath, memberPath, type Scene, scene, until } from './support.js';

interface StatusCase {
  readonly name: string;
  readonly command: (scene: Scene) => string[];
  readonly status: number;
  /** What the one line on stderr says; absent: nothing is said. */
  readonly says?: RegExp;
}

const statuses: readonly StatusCase[] = [
  { name: 'success', command: () => [memberPath, '--', 'true'], status: 0 },
  { name: 'a status of the program', command: () => [memberPath, '--', 'sh', '-c', 'exit 3'], status: 3 },
  { name: 'status 255', command: () => [memberPath, '--', 'sh', '-c', 'exit 255'], status: 255 },
  { name: 'without --', command: () => [memberPath, 'sh', '-c', 'exit 4'], status: 4 },
  {
    name: 'no such program',
    command: () => [memberPath, '--', 'no-such-program'],
    status: 127,
    says: /no-such-program/,
  },
  {
    name: 'no such path',
    command: (scene) => [memberPath, '--', scene.path('absent')],
    status: 127,
    says: /absent/,
  },
  {
    name: 'not executable',
    command: (scene) => {
      writeFileSync(scene.path('plain'), '#!/bin/sh\n', { mode: 0o644 });
      return [memberPath, '--', scene.path('plain')];
    },
    status: 126,
    says: /plain/,
  },
  { name: 'a directory', command: () => [memberPath, '--', '/tmp'], status: 126, says: /\/tmp/ },
  { name: 'a bad option', command: () => [memberPath, '--bad', '--', 'true'], status: 2, says: /--bad/ },
  { name: 'no program', command: () => [memberPath], status: 2, says: /program/ },
  {
    name: 'a bad log level',
    command: () => [memberPath, '--log-level', 'loud', '--', 'true'],
    status: 2,
    says: /loud/,
  },
  {
    name: 'an empty socket',
    command: () => [memberPath, '--socket', '', '--', 'true'],
    status: 2,
    says: /^member: --socket is empty$/m,
  },
  {
    name: 'an absent socket',
    command: (scene) => [memberPath, '--socket', scene.socket, '--', 'true'],
    status: 3,
    says: /leader\.sock/,
  },
  {
    name: 'a file as the socket',
    command: (scene) => {
      writeFileSync(scene.socket, '');
      return [memberPath, '--socket', scene.socket, '--', 'true'];
    },
    status: 3,
    says: /leader\.sock/,
  },
  {
    name: 'a member inside a member',
    command: () => [memberPath, '--', memberPath, '--', 'true'],
    status: 7,
    says: /inside|within|another member/,
  },
  { name: 'leader: a bad option', command: () => [leaderPath, '--bad'], status: 2, says: /--bad/ },
  { name: 'leader: no socket', command: () => [leaderPath], status: 2, says: /socket/ },
  {
    name: 'leader: no such directory',
    command: (scene) => [leaderPath, '--socket', scene.socket, '--locks', scene.path('absent')],
    status: 2,
    says: /absent/,
  },
  {
    name: 'leader locks: an absent socket',
    command: (scene) => [leaderPath, 'locks', '--socket', scene.socket],
    status: 3,
    says: /leader\.sock/,
  },
  {
    name: 'leader locks: a bad option',
    command: () => [leaderPath, 'locks', '--bad'],
    status: 2,
    says: /--bad/,
  },
];

/** Programs that end in some way: the member ends in the same way. */
const ends: readonly string[] = [
  'kill -KILL $$',
  'kill -TERM $$',
  'kill -PIPE $$',
  'kill -34 $$',
  'ulimit -c 0; kill -ABRT $$',
  'ulimit -c unlimited; kill -SEGV $$',
  'trap "exit 143" TERM; kill -TERM $$',
  'sh -c "kill -TERM \\$\\$"',
  'exit 137',
];

const helps: readonly string[][] = [
  [memberPath, '--help'],
  [leaderPath, '--help'],
  [leaderPath, 'locks', '--help'],
  [leaderPath, 'status', '--help'],
];

const octal = 'od -An -c | tr -d " \\n"';

describe('commands: exit status', () => {
  for (const { name, command, status, says } of statuses) {
    scene(`${name}: ${status}`, async (scene) => {
      const result = await scene.run(command(scene));
      expect(result.status, result.stderr).to.equal(status);
      if (says) expect(result.stderr.trimEnd().split('\n'), result.stderr).to.have.lengthOf(1);
      expect(result.stderr).to.match(says ?? /^$/);
    });
  }

  for (const text of ends) {
    scene(`as natively, status or signal: ${text}`, async (scene) => {
      const command = ['bash', '--norc', '-c', text];
      const { status, signal } = await scene.run(command);
      expect(await scene.runMember(command)).to.include({ status, signal });
      await scene.startLeader();
      expect(await scene.runMember(command)).to.include({ status, signal });
    });
  }

  scene('a program that dumps core: the member itself does not', async (scene) => {
    const text = `ulimit -c unlimited; ${memberPath} -- sh -c 'kill -QUIT $$'; echo $?`;
    const { stdout, stderr } = await scene.run(['bash', '--norc', '-c', text]);
    expect(stdout).to.equal('131\n');
    expect(stderr).not.to.match(/core dumped/);
  });

  for (const [program = '', ...parameters] of helps) {
    const name = program.slice(program.lastIndexOf('/') + 1);
    scene(`${[name, ...parameters].join(' ')}: 0`, async (scene) => {
      const { status, stdout, stderr } = await scene.run([program, ...parameters]);
      expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
      expect(stdout).to.match(/^Usage: /);
    });
  }

  scene('member --version: 0', async (scene) => {
    const version = await scene.run([memberPath, '--version']);
    expect(version).to.include({ status: 0, stderr: '' });
    expect(version.stdout).to.match(/^sward \d+\.\d+\.\d+\n$/);
    expect((await scene.run([memberPath, '--', 'echo', '--version'])).stdout).to.match(/echo/);
  });

  scene('a second leader on the socket: 4, the first goes on', async (scene) => {
    await scene.startLeader();
    const second = await scene.run([leaderPath, '--socket', scene.socket]);
    expect(second.status).to.equal(4);
    expect(second.stderr).to.match(/^leader: .*leader\.sock.*\n$/);
    expect(await listLocks(scene)).to.deep.equal([]);
  });

  scene('the socket of a leader that was killed is taken over', async (scene) => {
    const first = await scene.startLeader();
    first.child.kill('SIGKILL');
    await first.result;
    await scene.startLeader();
    expect(await listLocks(scene)).to.deep.equal([]);
  });
});

describe('commands: what passes through a member', () => {
  scene('standard input, output and error', async (scene) => {
    const input = `${'line of text\n'.repeat(20_000)}end`;
    const { status, stdout, stderr } = await scene.runMember(['sh', '-c', 'echo error >&2; cat'], { input });
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: 'error\n' });
    expect(stdout === input).to.equal(true);
  });

  scene('the end of the output: nothing of the member keeps the pipe', async (scene) => {
    const program = scene.member(['sh', '-c', 'echo first; exec >/dev/null; read line; exit 8']);
    await until(
      () => program.child.stdout.readableEnded,
      () => `the end of the output: ${program.stdout}`,
    );
    expect(program.running).to.equal(true);
    program.write('go\n');
    expect(await program.result).to.include({ status: 8, stdout: 'first\n' });
  });

  scene('descriptors: 3 to read, 9 and 25 to write', async (scene) => {
    writeFileSync(scene.path('in'), 'from three\n');
    const command = `exec 3<in 9>out; exec ${memberPath} -- bash -c 'cat <&3 >&9; echo 25 >&25' 25>more`;
    const { status, stderr } = await scene.run(['bash', '--norc', '-c', command]);
    expect({ status, stderr }).to.deep.equal({ status: 0, stderr: '' });
    expect(readFileSync(scene.path('out'), 'utf8')).to.equal('from three\n');
    expect(readFileSync(scene.path('more'), 'utf8')).to.equal('25\n');
  });

  scene('descriptors: none of the member itself', async (scene) => {
    const list = ['python3', '-c', 'import os; print(sorted(os.listdir("/proc/self/fd")))'];
    const native = await scene.run(list);
    const inMember = await scene.runMember(list);
    expect(inMember.stdout).to.equal(native.stdout);
    await scene.startLeader();
    expect((await scene.runMember(list)).stdout).to.equal(native.stdout);
  });

  scene('arguments byte for byte', async (scene) => {
    const bytes = '\\377\\200\\303( \\t\'\\"$\\\\';
    const wrapped = `exec ${memberPath} -- printf '%s|' "$(printf "${bytes}")" '' 'ä' -- --help | ${octal}`;
    const native = `exec printf '%s|' "$(printf "${bytes}")" '' 'ä' -- --help | ${octal}`;
    const { stdout, stderr } = await scene.run(['sh', '-c', wrapped]);
    expect(stderr).to.equal('');
    expect(stdout).to.equal((await scene.run(['sh', '-c', native])).stdout);
    expect(stdout).to.match(/^377200303\(/);
  });

  scene('working directory, umask, limits and environment', async (scene) => {
    mkdirSync(scene.path('below'));
    const ask = `pwd; umask; ulimit -n; ulimit -s; printf '%s' "$ODD" | ${octal}`;
    const set = `umask 027; ulimit -n 200; export ODD="$(printf 'a=b\\n\\303\\244')"`;
    const wrapped = `${set}; exec ${memberPath} -- sh -c '${ask.replaceAll("'", `'\\''`)}'`;
    const cwd = scene.path('below');
    const { stdout } = await scene.run(['sh', '-c', wrapped], { cwd });
    expect(stdout).to.equal((await scene.run(['sh', '-c', `${set}; ${ask}`], { cwd })).stdout);
  });

  scene('SWARD_SOCKET chooses the leader; the programs see it', async (scene) => {
    await scene.startLeader();
    const env = { SWARD_SOCKET: scene.socket };
    const inside = await scene.run([memberPath, '--', 'sh', '-c', 'echo $SWARD_SOCKET'], { env });
    expect(inside.stdout).to.equal(`${scene.socket}\n`);
    const wrong = await scene.run([memberPath, '--', 'true'], {
      env: { SWARD_SOCKET: scene.path('absent') },
    });
    expect(wrong.status).to.equal(3);
    const actor = startActor(scene, scene.path('file'));
    await actor.do('lockf write');
    const rows = await untilLocks(scene, 1, 0);
    expect(rows[0]).to.include({
      pid: await actor.pid(),
      file: scene.path('file'),
      kind: 'record',
      type: 'write',
    });
    const listed = await scene.run([leaderPath, 'locks'], { env });
    expect(listed.stdout).to.match(/^FILE .*\n.*record +write/);
    await actor.end();
  });
});
