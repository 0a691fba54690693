/** What is left of the world when a leader, a member or a workload dies. */

import { once } from 'node:events';
import { connect as connectSocket } from 'node:net';
import { expect } from 'chai';
import { type Actor, type Answer, listLocks, lockKinds, monotonic, startActor, untilLocks } from './locks.js';
import { kill, type Program, type Scene, scene, untilState } from './support.js';

/** Named in the help of the leader's limits: 5 s; with slack for a busy machine. */
const timeoutSeconds = { least: 4.5, most: 20 };
/** Not after a timeout; on a busy machine a process may have to wait for its turn more than once. */
const atOnceSeconds = 4;

const inTime = (seconds: number) => expect(seconds).to.be.within(timeoutSeconds.least, timeoutSeconds.most);

interface World {
  readonly leader: Program;
  readonly holder: Actor;
  readonly waiter: Actor;
  readonly waiting: () => Promise<Answer>;
}

/** A holder and, in another member, a waiter. */
async function holderAndWaiter(scene: Scene, kind: string): Promise<World> {
  const leader = await scene.startLeader();
  const holder = startActor(scene, scene.path('file'));
  const waiter = startActor(scene, scene.path('file'));
  expect(await holder.do(`${kind} write`)).to.equal('ok');
  await waiter.pid();
  const waiting = waiter.order(`${kind} write`);
  await untilLocks(scene, 1, 1);
  return { leader, holder, waiter, waiting };
}

/** Later calls are refused at once; the programs run on and end as ever. */
async function refusedFromNowOn(actor: Actor, kind: string): Promise<void> {
  for (const type of ['read', 'write', 'write try']) {
    const { result, began, ended } = await actor.order(`${kind} ${type}`)();
    expect(result).to.equal('ENOLCK');
    expect(ended - began).to.be.below(atOnceSeconds);
  }
  await actor.end();
}

describe('the leader dies', () => {
  for (const kind of lockKinds) {
    scene(`${kind}: SIGKILL: ENOLCK after 5 s, then at once; programs end as ever`, async (scene) => {
      const { leader, holder, waiter, waiting } = await holderAndWaiter(scene, kind);
      const killed = monotonic();
      leader.child.kill('SIGKILL');
      await leader.result;
      const asking = holder.order(`${kind} read`);
      const [waited, asked] = [await waiting(), await asking()];
      expect([waited.result, asked.result]).to.deep.equal(['ENOLCK', 'ENOLCK']);
      inTime(waited.ended - killed);
      inTime(asked.ended - killed);
      await refusedFromNowOn(holder, kind);
      await refusedFromNowOn(waiter, kind);
    });

    scene(
      `${kind}: SIGSTOP: a call that asks gets ENOLCK after 5 s, so does one that waits`,
      async (scene) => {
        const { leader, holder, waiter, waiting } = await holderAndWaiter(scene, kind);
        const stopped = monotonic();
        leader.child.kill('SIGSTOP');
        await untilState(leader.pid, 'T');
        const asked = await holder.order(`${kind} read`)();
        expect(asked.result).to.equal('ENOLCK');
        inTime(asked.ended - stopped);
        await refusedFromNowOn(holder, kind);
        const waited = await waiting();
        expect(waited.result).to.equal('ENOLCK');
        inTime(waited.ended - stopped);
        await refusedFromNowOn(waiter, kind);
        leader.child.kill('SIGCONT');
        await untilLocks(scene, 0, 0);
      },
    );
  }

  scene('a clean end says goodbye: the same, and the socket is gone', async (scene) => {
    const { leader, holder, waiter, waiting } = await holderAndWaiter(scene, 'lockf');
    leader.child.kill('SIGTERM');
    expect((await leader.result).status).to.equal(0);
    expect((await waiting()).result).to.equal('ENOLCK');
    await refusedFromNowOn(waiter, 'lockf');
    expect(await holder.do('lockf read')).to.equal('ENOLCK');
    await holder.end();
    expect((await scene.runMember(['true'])).status).to.equal(3);
  });
});

describe('a member dies', () => {
  for (const kind of lockKinds) {
    scene(`${kind}: its locks go at once, who waits in another member gets them`, async (scene) => {
      const { holder, waiter, waiting } = await holderAndWaiter(scene, kind);
      const killed = monotonic();
      holder.program.child.kill('SIGKILL');
      const { result, ended } = await waiting();
      expect(result).to.equal('ok');
      expect(ended - killed).to.be.below(atOnceSeconds);
      expect((await untilLocks(scene, 1, 0))[0]!.pid).to.equal(await waiter.pid());
      await waiter.end();
    });

    scene(`${kind}: its wait goes, the next in the queue is served`, async (scene) => {
      const { holder, waiter, waiting } = await holderAndWaiter(scene, kind);
      const next = startActor(scene, scene.path('file'));
      const nextWaits = next.order(`${kind} write`);
      await untilLocks(scene, 1, 2);
      waiter.program.child.kill('SIGKILL');
      await untilLocks(scene, 1, 1);
      waiting().catch(() => {});
      expect(await holder.do(`${kind} unlock`)).to.equal('ok');
      expect((await nextWaits()).result).to.equal('ok');
      await holder.end();
      await next.end();
    });
  }
});

describe('a workload process dies', () => {
  for (const kind of lockKinds) {
    scene(`${kind}: killed while it holds: who waits gets the lock`, async (scene) => {
      const { holder, waiter, waiting } = await holderAndWaiter(scene, kind);
      kill(await holder.pid(), 'SIGKILL');
      expect((await waiting()).result).to.equal('ok');
      expect((await holder.program.result).signal).to.equal('SIGKILL');
      await waiter.end();
    });

    scene(`${kind}: killed while it waits: nothing is left of it`, async (scene) => {
      const { holder, waiter, waiting } = await holderAndWaiter(scene, kind);
      waiting().catch(() => {});
      kill(await waiter.pid(), 'SIGKILL');
      expect((await waiter.program.result).signal).to.equal('SIGKILL');
      await untilLocks(scene, 1, 0);
      await holder.end();
      await untilLocks(scene, 0, 0);
    });
  }
});

const garbage = [
  { name: 'text', bytes: Buffer.from('GET / HTTP/1.1\r\n\r\n'.repeat(100)) },
  { name: 'a frame of 4 GiB', bytes: Buffer.alloc(64, 0xff) },
  { name: 'an empty frame', bytes: Buffer.alloc(4) },
  { name: 'no msgpack', bytes: Buffer.from([4, 0, 0, 0, 0xc1, 0xc1, 0xc1, 0xc1]) },
  { name: 'not an array', bytes: Buffer.from([1, 0, 0, 0, 42]) },
  {
    name: 'random bytes',
    bytes: Buffer.from(Array.from({ length: 4096 }, (_, i) => (i * 7919 + (i >> 3)) & 0xff)),
  },
  { name: 'half a frame', bytes: Buffer.from([100, 0, 0, 0, 1, 2, 3]) },
];

describe('garbage for the leader', () => {
  scene('disturbs nobody', async (scene) => {
    const { holder, waiter, waiting } = await holderAndWaiter(scene, 'lockf');
    for (const { name, bytes } of garbage) {
      const socket = connectSocket(scene.socket);
      await once(socket, 'connect');
      const closed = new Promise((resolve) => socket.on('close', resolve));
      socket.on('error', () => {}); // the leader may close before it has read all
      socket.resume().end(bytes);
      await closed;
      expect(
        (await listLocks(scene)).map((row) => row.waiting),
        name,
      ).to.have.members([false, true]);
    }
    expect(await holder.do('lockf unlock')).to.equal('ok');
    expect((await waiting()).result).to.equal('ok');
    await holder.end();
    await waiter.end();
    await untilLocks(scene, 0, 0);
  });
});
