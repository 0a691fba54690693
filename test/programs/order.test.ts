/** Who waited first is served first; streams of others starve nobody. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { type Actor, lockKinds, startActor, untilLocks } from './locks.js';
import { python, type Scene, scene, script } from './support.js';

const writers = 8;
const members = 4;

/** Takes the lock and, with it, writes its name down. */
const named = (kind: string, type: string, name: string): string =>
  `${python} -SE ${script('named.py')} file ${kind} ${type} ${name} order &`;

/** Shells in members that start what they are told to. */
const startShells = (scene: Scene, count: number) =>
  Array.from({ length: count }, () =>
    scene.member(['bash', '--norc', '-c', 'while read -r line; do eval "$line"; done; wait']),
  );

const order = (scene: Scene): string[] => readFileSync(scene.path('order'), 'utf8').trim().split('\n');

async function held(scene: Scene, order: string): Promise<Actor> {
  await scene.startLeader();
  writeFileSync(scene.path('order'), '');
  const holder = startActor(scene, scene.path('file'));
  expect(await holder.do(order)).to.equal('ok');
  return holder;
}

describe('order of waiting', () => {
  for (const kind of lockKinds) {
    scene(
      `${kind}: ${writers} blocked writers in ${members} members get it in the order they asked`,
      async (scene) => {
        const holder = await held(scene, `${kind} write`);
        const shells = startShells(scene, members);
        const names = Array.from({ length: writers }, (_, index) => `writer${index}`);
        for (const [index, name] of names.entries()) {
          shells[index % members]!.write(`${named(kind, 'EX', name)}\n`);
          await untilLocks(scene, 1, index + 1);
        }
        await holder.end();
        for (const shell of shells) {
          shell.child.stdin.end();
          expect(await shell.result).to.include({ status: 0, stderr: '' });
        }
        expect(order(scene)).to.deep.equal(names);
        await untilLocks(scene, 0, 0);
      },
    );

    scene(`${kind}: behind a waiting writer a later reader queues, but may try`, async (scene) => {
      const holder = await held(scene, `${kind} read`);
      const [first, second] = startShells(scene, 2);
      first!.write(`${named(kind, 'EX', 'writer')}\n`);
      await untilLocks(scene, 1, 1);
      second!.write(`${named(kind, 'SH', 'reader')}\n`);
      await untilLocks(scene, 1, 2);
      // A non-blocking request looks only at held locks.
      const trying = startActor(scene, scene.path('file'));
      expect(await trying.do(`${kind} read try`)).to.equal('ok');
      expect(await trying.do(`${kind} write try`)).to.be.oneOf(['EAGAIN', 'EACCES']);
      await trying.end();
      await holder.end();
      for (const shell of [first!, second!]) {
        shell.child.stdin.end();
        expect(await shell.result).to.include({ status: 0, stderr: '' });
      }
      expect(order(scene)).to.deep.equal(['writer', 'reader']);
    });

    for (const [one, type, others, otherType] of [
      ['a writer', 'write', 'readers', 'SH'],
      ['a reader', 'read', 'writers', 'EX'],
    ] as const) {
      scene(`${kind}: ${one} gets it through a stream of ${others}, again and again`, async (scene) => {
        await scene.startLeader();
        const stream = Array.from({ length: 3 }, () =>
          scene.member([python, '-SE', script('stream.py'), scene.path('file'), kind, otherType]),
        );
        for (const program of stream) await program.said(/^streaming/);
        const actor = startActor(scene, scene.path('file'));
        const streamed = () => stream.every(({ stdout }) => /^streamed/m.test(stdout));
        for (let round = 0; round < 10 || !streamed(); round++) {
          const { result, began, ended } = await actor.order(`${kind} ${type}`)();
          expect(result).to.equal('ok');
          expect(ended - began).to.be.below(20);
          expect(await actor.do(`${kind} unlock`)).to.equal('ok');
        }
        await actor.end();
        for (const program of stream) {
          program.child.stdin.end();
          const { status, stdout } = await program.result;
          expect(status).to.equal(0);
          expect(Number(/turns (\d+)/.exec(stdout)![1])).to.be.above(10);
        }
        await untilLocks(scene, 0, 0);
      });
    }
  }
});
