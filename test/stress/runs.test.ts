/** `leader stress` with each of its settings: both sides do what was asked for, and soundly. */
import { assert, expect } from 'chai';
import { type Scene, scene } from '../programs/support.js';
import { sound } from './support.js';

const processes = 4;

/** Every process does its operations on both sides: taken or, if only tried, refused. */
async function completes(stage: Scene, operations: number, options: string): Promise<void> {
  const sides = await sound(stage, `--operations ${operations} ${options}`);
  for (const side of [sides.kernel, sides.sward]) {
    assert.equal(side.operations, processes * operations);
    assert.equal(side.locks + side.refused, processes * operations);
    assert.lengthOf(side.locksOfProcesses, processes);
  }
  assert.equal(sides.kernel.digest, sides.sward.digest);
  assert.match(sides.sward.digest!, /^[0-9a-f]{16}$/);
}

describe('stress: settings', () => {
  const runs: Record<string, string> = {
    'fcntl locks of a whole file': '--kinds fcntl --files 1 --ranges 1',
    'OFD locks of a whole file': '--kinds ofd --files 1 --ranges 1',
    'flock locks': '--kinds flock --files 1',
    'ranges that overlap, readers and writers': '--kinds fcntl,ofd --files 1 --ranges 8 --span 8 --read 50',
    'many ranges of many files': '--ranges 100000 --span 1000 --files 50',
    'locks that are only tried': '--try 70 --files 1',
    'locks that closes release': '--close 100 --files 1',
    'no rest': '--hold 0 --think 0',
  };
  for (const [name, options] of Object.entries(runs)) {
    scene(name, (stage) => completes(stage, 50, options));
  }

  scene('processes are killed and replaced, and nothing of them is left', async (stage) => {
    const { kernel, sward } = await sound(
      stage,
      '--seconds 1 --kill 40 --files 1 --ranges 2 --hold 1ms --close 20',
    );
    expect(kernel.kills).greaterThan(0);
    expect(sward.kills).greaterThan(0);
    expect(sward.locks).greaterThan(sward.kills);
    assert.isNull(sward.digest);
  });

  scene('signals without SA_RESTART interrupt waits', async (stage) => {
    const options = '--seconds 0.6 --signals 300 --restart no --files 1 --ranges 1 --hold 3ms';
    const { kernel, sward } = await sound(stage, options);
    for (const side of [kernel, sward]) {
      expect(side.signals).greaterThan(0);
      expect(side.interrupted.waits).greaterThan(0);
      expect(side.interrupted.despiteRestart).equals(0);
    }
  });

  scene('signals with SA_RESTART interrupt none', async (stage) => {
    const options = '--seconds 0.6 --signals 300 --restart yes --files 1 --ranges 1 --hold 3ms';
    const { kernel, sward } = await sound(stage, options);
    for (const side of [kernel, sward]) {
      expect(side.signals).greaterThan(0);
      expect(side.interrupted).deep.equals({ waits: 0, others: 0, despiteRestart: 0 });
    }
  });

  scene('rounds take turns, and the time is shared among them', async (stage) => {
    const { kernel, sward } = await sound(stage, '--seconds 0.6 --rounds 3');
    for (const side of [kernel, sward]) {
      assert.equal(side.rounds, 3);
      assert.isAtLeast(side.seconds, 0.6);
      assert.closeTo(side.locksPerSecond, side.locks / side.seconds, 1);
    }
  });
});
