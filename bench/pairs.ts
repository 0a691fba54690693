/** Uncontended F_SETLK and F_UNLCK, against the floor: two traps answered at once by a loop in C. */
import { join } from 'node:path';
import { connected, directory, embedded, memberProgram, native, run, startLeader } from './programs.js';
import { microseconds, ratioRow, rounds, type Subject } from './run.js';

const count = '20000';

/** Nanoseconds of two trapped calls. */
export const twoFloors = async (): Promise<number> => Number(await run(native('floor'), [count]));

export const pairs: Subject = {
  name: 'pairs',
  needs: [],
  async run() {
    const leader = await startLeader();
    const pair = async (parameters: string[]) =>
      Number(await run(memberProgram, [...parameters, native('pairs'), join(directory, 'pairs'), count]));
    const taken = await rounds(7, {
      floors: twoFloors,
      embedded: () => pair(embedded()),
      connected: () => pair(connected(leader.socket)),
      linux: async () => Number(await run(native('pairs'), [join(directory, 'pairs'), count])),
    });
    await leader.stop();
    const reference = `two floors ${microseconds(taken.floors)}`;
    const row = (what: string, nanoseconds: number, atMost: number) =>
      ratioRow(what, reference, microseconds(nanoseconds), nanoseconds / taken.floors, { atMost });
    return [
      row('F_SETLK + F_UNLCK, embedded leader', taken.embedded, 1.6),
      row('F_SETLK + F_UNLCK, leader behind its socket', taken.connected, 3),
      ratioRow(
        'F_SETLK + F_UNLCK, Linux itself',
        reference,
        microseconds(taken.linux),
        taken.linux / taken.floors,
      ),
    ];
  },
};
