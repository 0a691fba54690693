/** Many at once, interrupted, killed in the midst: members lose nothing and keep nothing. */
import { readdirSync } from 'node:fs';
import { expect } from 'chai';
import { kill, processState, python, readProc, scene, until } from '../programs/support.js';
import { unless } from '../run/skips.js';
import { probe } from '../semantics/harness.js';
import { cases } from './cases.js';
import { faultOf } from './faults.js';
import { succeed, withLeader } from './scenes.js';
import { memberPath } from './settings.js';
import { Agent, playCase } from './stage.js';

const storms = 4;
const stormMilliseconds = 1500;
const killed = 6;
const rounds = 3;
const leak = 'a member keeps no descriptors of what is over';

/** Opens a FIFO that nobody else opens; a signal must get it out, the handler's exception or SIGTERM. */
const interruptedOpen = `
import os, signal
os.mkfifo('/shared/fifo')
class Enough(Exception): pass
def enough(*_): raise Enough
signal.signal(signal.SIGALRM, enough)
print('ready', flush=True)
try: open('/shared/fifo')
except Enough: print('interrupted', flush=True)
open('/shared/fifo')`;

/** x86-64's number of openat(2). */
const openCall = '257 ';

/** Resolves when the process sleeps in the open that is all it has left to do. */
const opens = (pid: number): Promise<unknown> => {
  const call = () => readProc(pid, 'syscall');
  return until(
    () => processState(pid) === 'S' && call().startsWith(openCall),
    () => `${pid} is in ${call()}`,
  );
};

const otherProcess = `
cd /shared; mkdir d; cd d; exec 3> f; sleep 1000 & cd /
for link in cwd fd/3; do readlink /proc/$!/$link; done
ls /proc/$!/cwd/; cat /proc/$!/cwd/f; kill $!`;

describe('files: endurance', () => {
  scene(`${storms} storms at once in two members`, (scene) =>
    withLeader(scene, ['--tmpfs', '/shared'], async (leader) => {
      await leader.sh('cd /shared; for i in 0 1 2 3; do mkdir s$i; done');
      const command = (index: number) => [
        probe('path-storm'),
        `/shared/s${index}`,
        String(stormMilliseconds),
        index % 2 === 0 ? 'restart' : 'interrupt',
      ];
      const both = (first: number) => [
        'sh',
        '-euc',
        `${command(first).join(' ')} & ${command(first + 1).join(' ')}; wait $!`,
      ];
      for (const program of [leader.start(both(0)), leader.start(both(2))]) {
        expect(await succeed(program)).to.match(/^(operations \d+ signals \d+ faults 0\n){2}$/);
      }
      expect(await leader.run(['find', '/shared', '-mindepth', '2'])).to.equal('');
    }),
  );

  scene('programs killed in the midst of calls', (scene) =>
    withLeader(scene, ['--tmpfs', '/shared'], async (leader) => {
      const storm = `${probe('path-storm')} /shared/s 100000 restart`;
      // It has names there from its first call on, but for moments.
      const begun = 'until [ -n "$(ls /shared/s)" ]; do sleep 0.01; done';
      const round = `rm -rf /shared/s; mkdir /shared/s; ${storm} & ${begun}; sleep 0.2; kill -KILL $!; wait $! 2>/dev/null || echo $?`;
      const text = `for i in $(seq ${killed}); do ${round}; done; ls /shared`;
      expect(await leader.sh(text)).to.equal(`${'137\n'.repeat(killed)}s\n`);
    }),
  );

  scene('a signal gets a program out of opening a FIFO', async (scene) => {
    const command = [python, '-SEc', interruptedOpen];
    const program = scene.start([memberPath, '--tmpfs', '/shared', '--', ...command]);
    await program.said(/ready/);
    const [worker] = scene.processes().filter(({ command }) => command.startsWith(python));
    await opens(worker!.pid);
    kill(worker!.pid, 'SIGALRM');
    await program.said(/interrupted/);
    await opens(worker!.pid);
    kill(worker!.pid, 'SIGTERM');
    expect((await program.result).signal).to.equal('SIGTERM');
  });

  scene('what /proc says of another process', async (scene) => {
    const said = await succeed(
      scene.start([memberPath, '--tmpfs', '/shared', '--', 'sh', '-euc', otherProcess]),
    );
    expect(said).to.equal('/shared/d\n/shared/d/f\nf\n');
  });

  unless(faultOf(leak)).it(leak, async () => {
    const agent = new Agent([memberPath, '--tmpfs', '/shared', '--']);
    const count = () => readdirSync(`/proc/${agent.child.pid}/fd`).length;
    const table = cases.filter(({ name, reason }) => (reason ?? faultOf(name)) === undefined);
    const counts: number[] = [];
    try {
      for (let round = 0; round < rounds; round++) {
        for (const [index, entry] of table.entries()) {
          const root = `/shared/r${round}c${index}`;
          await playCase(entry, [agent], { root, agent: probe('file-agent') }, true);
        }
        counts.push(await settled(count));
      }
      expect(counts.at(-1), counts.join(' ')).to.be.at.most(counts[0]!);
      expect(await agent.end()).to.equal(0);
    } finally {
      agent.child.kill('SIGKILL');
    }
  });
});

/** A number that has been the same for a while. */
async function settled(look: () => number): Promise<number> {
  let last = -1;
  let times = 0;
  await until(
    () => {
      times = look() === last ? times + 1 : 0;
      last = look();
      return times > 10;
    },
    () => `${last} goes on changing`,
  );
  return last;
}
