import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cases } from './cases.js';
import { repoRoot } from './harness.js';
import { describeCases } from './table.js';

/** Where a member differs from the kernel, on purpose or as a known limit: design/locks.md, "Differences". */
const deviations = new Set([
  // A signal without SA_RESTART that lands before the member has received the trap interrupts it.
  'signals: a blocking call without conflict is not interrupted by a pending storm',
  // A memory mapping alone does not keep an open file description.
  'descriptors: a mapping keeps description locks, not record locks',
  'descriptors: the mapping of a process that is gone keeps nothing',
  'exec: exec ends the mapping that kept the description',
  'waits: munmap of the last use wakes',
  // Processes that share their descriptor table (CLONE_FILES without CLONE_THREAD) are owners of their own.
  'shared table: processes that share their descriptors are one owner',
  'shared table: a close by one of them drops the locks of both',
  'shared table: the exit of one of them releases nothing',
]);

const member = join(repoRoot, 'bin/member');

describeCases('lock semantics: a member with its own leader', cases, 'no', [member, '--'], deviations);

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

  describeCases(
    'lock semantics: a member of that leader',
    cases,
    'no',
    [member, '--socket', socket, '--'],
    deviations,
  );
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
