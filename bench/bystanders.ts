/** Programs that take no lock, in a member against natively, without the member's start. */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { makeFiles } from './files.js';
import { directory, embedded, memberProgram, native, run } from './programs.js';
import { median, milliseconds, type Row, ratioRow, rounds, type Subject } from './run.js';

const files = 3000;
const runsPerRound = '10';

/** A Git repository of small files. */
function makeRepository(): string {
  const tree = join(directory, 'tree');
  makeFiles(tree, files);
  const git = (...parameters: string[]) => execFileSync('git', ['-C', tree, ...parameters]);
  git('init', '--quiet');
  git('add', '.');
  git('-c', 'user.name=bench', '-c', 'user.email=bench@localhost', 'commit', '--quiet', '-m', 'files');
  return tree;
}

async function compare(what: string, command: readonly string[]): Promise<Row> {
  const measured = [native('spend'), runsPerRound, ...command] as const;
  const times = (output: string) => median(output.trim().split('\n').map(Number.parseFloat));
  const taken = await rounds(5, {
    native: async () => times(await run(measured[0], measured.slice(1))),
    member: async () => times(await run(memberProgram, [...embedded(), ...measured])),
  });
  const reference = `native ${milliseconds(taken.native)}`;
  return ratioRow(what, reference, milliseconds(taken.member), taken.member / taken.native);
}

export const bystanders: Subject = {
  name: 'bystanders',
  needs: ['git', 'tar'],
  async run() {
    const tree = makeRepository();
    return [
      await compare(`git status, ${files} files`, ['git', '-C', tree, 'status', '--short']),
      await compare(`tar c, ${files} files`, [
        'tar',
        '-c',
        '-f',
        join(directory, 'tree.tar'),
        '-C',
        tree,
        '.',
      ]),
    ];
  },
};
