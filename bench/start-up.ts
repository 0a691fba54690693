/** What a member costs that runs nothing: `member -- true` against `node -e 0`. */
import { embedded, memberProgram, native, run } from './programs.js';
import { median, milliseconds, ratioRow, rounds, type Subject } from './run.js';

const runsOfEach = 40;

export const startUp: Subject = {
  name: 'start-up',
  needs: [],
  async run() {
    const resident: Record<'node' | 'member', number[]> = { node: [], member: [] };
    const spend = async (who: 'node' | 'member', command: readonly string[]) => {
      const [time, kibibytes] = (await run(native('spend'), ['1', ...command])).split(' ');
      resident[who].push(Number(kibibytes));
      return Number(time);
    };
    const taken = await rounds(runsOfEach, {
      node: () => spend('node', [process.execPath, '-e', '0']),
      member: () => spend('member', [memberProgram, ...embedded(), 'true']),
    });
    const node = median(resident.node);
    const member = median(resident.member);
    const mebibytes = (kibibytes: number) => `${(kibibytes / 1024).toFixed(1)} MiB`;
    return [
      ratioRow(
        'member -- true: wall time',
        `node -e 0 ${milliseconds(taken.node)}`,
        milliseconds(taken.member),
        taken.member / taken.node,
        { atMost: 2 },
      ),
      ratioRow(
        'member -- true: peak resident memory',
        `node -e 0 ${mebibytes(node)}`,
        mebibytes(member),
        member / node,
        { atMost: 2 },
      ),
    ];
  },
};
