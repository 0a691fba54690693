/** Orders of events around a wait, callbacks that call the core again, dead holders, the life of an inode. */
import { expect } from 'chai';
import { createCore } from '../../src/leader/core/core.js';
import type { Owner } from '../../src/shared/core-types.js';
import { PENDING } from '../../src/shared/core-types.js';
import { errnoNumber } from '../../src/shared/errno.js';
import { LockKind, LockType } from '../../src/shared/lock-types.js';
import { World } from './table.js';

const busy = -errnoNumber('EAGAIN');

/** A world in which A holds bytes 0 to 9 and B waits for them; `whenGranted` runs in B's settle. */
function waiting(whenGranted?: (world: World) => void): World {
  const world = new World();
  world.prepare('A:w0-9');
  const { owner, process, kind } = world.actor('B');
  const { inode, type, range } = world.parse('w0-9');
  const settle = () => {
    world.granted.push('B');
    whenGranted?.(world);
  };
  const request = { inode, owner, process, kind, type, ...range, settle };
  world.requests.set('B', request);
  expect(world.core.lock(request)).to.equal(PENDING);
  return world;
}

function expectNothingLeft(world: World): void {
  world.finish();
  expect(world.state()).to.equal('');
  expect(world.core.deadlocks()).to.deep.equal([]);
}

describe('lock core: races', () => {
  it('cancel before grant', () => {
    const world = waiting();
    expect(world.call('B', 'cancel', '')).to.equal('true');
    world.call('A', 'unlock', '0-9');
    expect(world.granted).to.deep.equal([]);
    expect(world.state()).to.equal('');
    expectNothingLeft(world);
  });

  it('grant before cancel', () => {
    const world = waiting();
    world.call('A', 'unlock', '0-9');
    expect(world.call('B', 'cancel', '')).to.equal('false');
    expect(world.granted).to.deep.equal(['B']);
    expect(world.state()).to.equal('B:w0-9');
    expectNothingLeft(world);
  });

  it('cancel twice', () => {
    const world = waiting();
    expect(world.call('B', 'cancel', '')).to.equal('true');
    expect(world.call('B', 'cancel', '')).to.equal('false');
    expectNothingLeft(world);
  });

  it('owner released while waiting', () => {
    const world = waiting();
    world.call('B', 'exit', '');
    world.call('A', 'unlock', '0-9');
    expect(world.granted).to.deep.equal([]);
    expect(world.state()).to.equal('');
    expectNothingLeft(world);
  });

  it('process released while it waits through a description', () => {
    const world = new World();
    world.prepare('A=x:w ?B=y:w ?C=z:w');
    world.call('B', 'exit', '');
    world.call('A=x', 'unlock', '');
    expect(world.granted).to.deep.equal(['C=z']);
    expect(world.state()).to.equal('C=z:w');
    expectNothingLeft(world);
  });

  it('holder released while another waits', () => {
    const world = waiting();
    world.call('A', 'exit', '');
    expect(world.granted).to.deep.equal(['B']);
    expectNothingLeft(world);
  });

  it('unlock in settle', () => {
    const world = waiting(() => world.call('B', 'unlock', '0-9'));
    world.prepare('?C:w0-9');
    world.call('A', 'unlock', '0-9');
    expect(world.granted).to.deep.equal(['B', 'C']);
    expect(world.state()).to.equal('C:w0-9');
    expectNothingLeft(world);
  });

  it('waiting again in settle, and the grant of that wait', () => {
    const world = waiting(() => {
      expect(world.call('D', 'wait', 'w0-9')).to.equal('waits');
      world.call('B', 'exit', '');
    });
    world.call('A', 'unlock', '0-9');
    expect(world.granted).to.deep.equal(['B', 'D']);
    expect(world.state()).to.equal('D:w0-9');
    expectNothingLeft(world);
  });

  it('owner released after the grant, before its settle', () => {
    const world = waiting(() => world.call('C', 'exit', ''));
    world.prepare('A:w20-29 ?C:w20-29');
    world.call('A', 'exit', '');
    expect(world.granted).to.deep.equal(['B']);
    expect(world.state()).to.equal('B:w0-9');
    expectNothingLeft(world);
  });

  it('grant of a wait while lock has not returned: the result tells, settle is not called', () => {
    const world = new World();
    // C passes the queue when D closes the cycle; in its settle it lets go what D waits for.
    world.prepare('D:w0-4 C:w0-9@2 ?B:w0-9');
    const { owner, process, kind } = world.actor('C');
    const { inode, type, range } = world.parse('w5-9');
    const settle = () => void world.call('C', 'exit', '');
    expect(world.core.lock({ inode, owner, process, kind, type, ...range, settle })).to.equal(PENDING);
    expect(world.call('D', 'wait', 'w0-9@2')).to.equal('0');
    expect(world.granted).to.deep.equal([]);
    expect(world.state()).to.equal('D:w0-4 ?B:w0-9 D:w0-9@2');
    expectNothingLeft(world);
  });

  it('a settle that throws does not keep others from being called', () => {
    const world = waiting(() => {
      throw new Error('broken');
    });
    world.prepare('A:w20-29 ?C:w20-29');
    expect(() => world.call('A', 'exit', '')).to.throw('broken');
    expect(world.granted).to.deep.equal(['B', 'C']);
    expectNothingLeft(world);
  });
});

describe('lock core: asking holders before refusing', () => {
  const range = { start: 0, end: 10 };
  const kind = LockKind.record;

  function holderAndOther(refresh: (release: () => void) => boolean) {
    let asked = 0;
    const core = createCore({ now: () => 0 });
    const inode = core.openInode('1', () => {});
    const holder: Owner = core.createOwner({
      pid: 1,
      command: 'holder',
      session: undefined,
      refresh: () => {
        asked += 1;
        return refresh(() => core.releaseOwner(holder));
      },
    });
    const other = core.createOwner({ pid: 2, command: 'other', session: undefined });
    const lock = (owner: Owner, settle?: (result: number) => void) => {
      const request = { inode, owner, process: owner, kind, type: LockType.write, ...range };
      return core.lock(settle === undefined ? request : { ...request, settle });
    };
    expect(lock(holder)).to.equal(0);
    expect(lock(holder), 'never asked for itself').to.equal(0);
    return { core, inode, other, lock, asked: () => asked };
  }

  it('a dead holder makes way', () => {
    const { lock, other, asked } = holderAndOther((release) => {
      release();
      return true;
    });
    expect(lock(other)).to.equal(0);
    expect(asked()).to.equal(1);
  });

  it('a living holder is asked once', () => {
    const { lock, other, asked, core, inode } = holderAndOther(() => true);
    expect(lock(other)).to.equal(busy);
    expect(asked()).to.equal(1);
    expect(lock(other, () => {})).to.equal(PENDING);
    expect(asked()).to.equal(2);
    expect(core.query(inode, other, kind, LockType.read, range)?.pid).to.equal(1);
    expect(asked()).to.equal(3);
  });

  it('a dead holder on a file that nobody has open any more', () => {
    const { lock, other, core, inode } = holderAndOther((release) => {
      release();
      return true;
    });
    core.closeInode(inode);
    expect(lock(other)).to.equal(0);
    expect([...core.rows()].map((row) => row.owner)).to.deep.equal([other]);
  });
});

describe('lock core: the life of an inode', () => {
  it('is pinned while open, held or awaited, then forgotten', () => {
    const core = createCore({ now: () => 0 });
    const closed: string[] = [];
    const inode = core.openInode('1', () => closed.push('first'));
    expect(core.openInode('1', () => closed.push('second'))).to.equal(inode);
    expect(closed).to.deep.equal(['second']);
    const owner = core.createOwner({ pid: 1, command: '', session: undefined });
    const range = { start: 0, end: 10 };
    core.lock({ inode, owner, process: owner, kind: LockKind.record, type: LockType.read, ...range });
    core.closeInode(inode);
    core.closeInode(inode);
    expect(closed).to.deep.equal(['second']);
    core.unlock(inode, owner, LockKind.record, range);
    expect(closed).to.deep.equal(['second', 'first']);
    expect(core.openInode('1', () => {})).to.not.equal(inode);
  });
});
