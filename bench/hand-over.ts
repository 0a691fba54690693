/** From the unlock in one member to the return of the blocked F_SETLKW in another. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { twoFloors } from './pairs.js';
import { connected, directory, memberProgram, native, runIn, startLeader } from './programs.js';
import { median, microseconds, ratioRow, rounds, type Subject } from './run.js';

/** Half of them only warm up: V8 compiles a member's wait path after a few thousand waits. */
const turns = '8000';
const holdMicroseconds = '200';

/** Median nanoseconds of a hand-over between two processes; `wrap` says what runs each. */
async function handOvers(wrap: readonly string[], holding: 'sleep' | 'spin'): Promise<number> {
  const file = join(directory, 'hand-over');
  const shared = join(directory, 'hand-over.shared');
  writeFileSync(file, '');
  writeFileSync(shared, Buffer.alloc(4096));
  const each = ['0', '1'].map((index) =>
    runIn(wrap, [native('handover'), file, shared, index, turns, holdMicroseconds, holding]),
  );
  const lines = (await Promise.all(each)).join('').trim().split('\n');
  return median(lines.map(Number));
}

export const handOver: Subject = {
  name: 'hand-over',
  needs: [],
  async run() {
    const leader = await startLeader();
    const member = [memberProgram, ...connected(leader.socket)];
    const taken = await rounds(5, {
      floors: twoFloors,
      sleeping: () => handOvers(member, 'sleep'),
      spinning: () => handOvers(member, 'spin'),
      linuxSleeping: () => handOvers([], 'sleep'),
      linuxSpinning: () => handOvers([], 'spin'),
    });
    await leader.stop();
    const floor = taken.floors / 2;
    const reference = `one floor ${microseconds(floor)}`;
    const row = (what: string, nanoseconds: number, goal?: { atMost: number }) =>
      ratioRow(what, reference, microseconds(nanoseconds), nanoseconds / floor, goal);
    return [
      row('hand-over, two members, one leader; the holder works', taken.spinning, { atMost: 4 }),
      row('the same; the holder sleeps', taken.sleeping, { atMost: 4 }),
      row('hand-over, Linux itself; the holder works', taken.linuxSpinning),
      row('the same; the holder sleeps', taken.linuxSleeping),
    ];
  },
};
