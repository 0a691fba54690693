/** A whole run over a tree of small files in a mount, against natively and `proot -b`. */
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { makeFiles } from './files.js';
import { directory, directoryBelow, mounting, native, runIn } from './programs.js';
import { fasterRow, median, milliseconds, ratioRow, rounds, type Subject } from './run.js';

const files = 5000;
const phases = ['tar x', 'find', 'rm -r'] as const;

/** PRoot wants the mount point to exist. */
const mount = join(directory, 'tree-mount');

/** In memory: what a disk takes differs more between rounds than between the ways. */
function prepare(): { host: string; archive: string } {
  const memory = directoryBelow('/dev/shm');
  const host = join(memory, 'host');
  const archive = join(memory, 'tree.tar');
  const tree = join(directory, 'tree-files');
  makeFiles(tree, files);
  execFileSync('tar', ['-c', '-f', archive, '-C', tree, '.']);
  mkdirSync(host);
  mkdirSync(mount);
  return { host, archive };
}

/** Nanoseconds of each phase, without the start of what runs them. */
async function phaseTimes(wrap: readonly string[], archive: string, where: string): Promise<number[]> {
  const tree = join(where, 'tree');
  const spend = `'${native('spend')}' 1`;
  const steps = [
    `mkdir '${tree}'`,
    `${spend} tar -x -f '${archive}' -C '${tree}'`,
    `${spend} find '${tree}'`,
    `${spend} rm -r '${tree}'`,
  ];
  const said = await runIn(wrap, ['sh', '-e', '-c', steps.join('\n')]);
  return said.trim().split('\n').map(Number.parseFloat);
}

export const tree: Subject = {
  name: 'tree',
  needs: ['proot', 'tar', 'find'],
  async run() {
    const { host, archive } = prepare();
    const taken = { native: [] as number[][], proot: [] as number[][], member: [] as number[][] };
    const whole = async (who: keyof typeof taken, wrap: readonly string[], where: string) => {
      const times = await phaseTimes(wrap, archive, where);
      taken[who].push(times);
      return times.reduce((sum, time) => sum + time);
    };
    const wholes = await rounds(5, {
      native: () => whole('native', [], host),
      proot: () => whole('proot', ['proot', '-b', `${host}:${mount}`], mount),
      member: () => whole('member', mounting('--bind', `${host}:${mount}`), mount),
    });
    const row = (what: string, proot: number, member: number) =>
      fasterRow(
        what,
        `proot -b ${milliseconds(proot)}`,
        milliseconds(member),
        { reference: proot, measured: member },
        1,
      );
    const what = `tar x, find, rm -r of ${files} files in a mount`;
    return [
      row(what, wholes.proot, wholes.member),
      ratioRow(
        'the same, against Linux itself',
        `native ${milliseconds(wholes.native)}`,
        milliseconds(wholes.member),
        wholes.member / wholes.native,
      ),
      ...phases.map((phase, index) => {
        const of = (who: keyof typeof taken) => median(taken[who].map((times) => times[index]!));
        return row(`of it ${phase}, natively ${milliseconds(of('native'))}`, of('proot'), of('member'));
      }),
    ];
  },
};
