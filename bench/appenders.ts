/** Lines a second of 8 processes that append to one file, in an append mount against O_APPEND natively. */
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { directory, mounting, native, runIn } from './programs.js';
import { perSecond, ratioRow, rounds, type Subject } from './run.js';

const processes = 8;
/** Of each process. */
const lines = '25000';
const mount = '/var/log/app';

export const appenders: Subject = {
  name: 'appenders',
  needs: [],
  async run() {
    const folder = join(directory, 'appenders');
    mkdirSync(folder);
    // The program itself fails when a line is torn or lost.
    const append = async (wrap: readonly string[], seen: string, how: 'append' | 'plain') => {
      rmSync(join(folder, 'log'), { force: true });
      const file = join(seen, 'log');
      return Number(await runIn(wrap, [native('appenders'), file, `${processes}`, lines, how]));
    };
    const taken = await rounds(15, {
      native: () => append([], folder, 'append'),
      member: () => append(mounting('--append', `${mount}=${folder}`), mount, 'plain'),
    });
    return [
      ratioRow(
        `lines of 100 bytes, ${processes} processes, append mount`,
        `native O_APPEND ${perSecond(taken.native)}`,
        perSecond(taken.member),
        taken.member / taken.native,
        { atLeast: 0.97 },
      ),
    ];
  },
};
