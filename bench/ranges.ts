/** A lock call among 100,000 ranges held on its inode against one among 10. */
import { join } from 'node:path';
import { directory, embedded, memberProgram, native, run } from './programs.js';
import { microseconds, ratioRow, rounds, type Subject } from './run.js';

const count = '20000';

export const ranges: Subject = {
  name: 'ranges',
  needs: [],
  async run() {
    const among = async (held: string) =>
      Number(
        await run(memberProgram, [...embedded(), native('pairs'), join(directory, 'ranges'), count, held]),
      );
    const taken = await rounds(5, { few: () => among('10'), many: () => among('100000') });
    return [
      ratioRow(
        'F_SETLK + F_UNLCK among 100,000 ranges of the inode',
        `among 10 ${microseconds(taken.few)}`,
        microseconds(taken.many),
        taken.many / taken.few,
        { atMost: 3 },
      ),
    ];
  },
};
