import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cases } from './cases.js';
import { repoRoot } from './harness.js';
import { describeCases } from './table.js';

const member = join(repoRoot, 'bin/member');

describeCases('lock semantics: a member with its own leader', cases, 'no', [member, '--']);

describe('with a leader process', () => {
  const directory = mkdtempSync(join(tmpdir(), 'lock-leader-'));
  const socket = join(directory, 'leader.sock');
  let leader: ChildProcess;

  before(async () => {
    leader = await startLeader(socket);
  });

  after(async () => {
    if (leader?.exitCode === null && leader.signalCode === null) {
      leader.kill();
      await once(leader, 'exit');
    }
    rmSync(directory, { recursive: true, force: true });
  });

  describeCases('lock semantics: a member of that leader', cases, 'no', [member, '--socket', socket, '--']);
});

/** Resolves when the leader has printed its first line: it listens. */
async function startLeader(socket: string): Promise<ChildProcess> {
  const child = spawn(join(repoRoot, 'bin/leader'), ['--socket', socket, '--locks', '/'], {
    stdio: ['ignore', 'inherit', 'pipe'],
  });
  const lines = createInterface({ input: child.stderr });
  await Promise.race([
    once(lines, 'line'),
    once(child, 'exit').then(() => Promise.reject(new Error('no leader'))),
  ]);
  lines.on('line', () => {}); // keep reading what it logs
  return child;
}
