/** Rules of the code base that no compiler checks. */
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { assert } from 'chai';
import { repoRoot } from './semantics/harness.js';

const linesMax = 350;

function files(directory: string, endings: RegExp): string[] {
  return readdirSync(join(repoRoot, directory), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && endings.test(entry.name) && !entry.parentPath.includes('/build'))
    .map((entry) => relative(repoRoot, join(entry.parentPath, entry.name)));
}

const read = (file: string): string => readFileSync(join(repoRoot, file), 'utf8');
const offenders = (list: readonly string[], wrong: (file: string) => boolean): string[] => list.filter(wrong);

describe('style', () => {
  const sources = files('src', /\.tsx?$/);
  const native = files('native', /\.c$/);
  const bench = files('bench', /\.(ts|c)$/);

  it('koffi is spoken to by src/shared/native alone', () => {
    const wrong = offenders(
      sources,
      (file) => !file.startsWith('src/shared/native/') && /from 'koffi'/.test(read(file)),
    );
    assert.deepEqual(wrong, []);
  });

  it('dependencies point to shared: leader and member do not know each other', () => {
    const crossing: Record<string, RegExp> = {
      'src/leader/': /from '[./]*\/member\//,
      'src/member/': /from '[./]*\/leader\//,
      'src/shared/': /from '[./]*\/(leader|member)\//,
    };
    const wrong = offenders(sources, (file) =>
      Object.entries(crossing).some(
        ([prefix, pattern]) => file.startsWith(prefix) && pattern.test(read(file)),
      ),
    );
    assert.deepEqual(wrong, []);
  });

  it('the lock core has no clock, no chance and no promises of its own', () => {
    const core = sources.filter((file) => file.startsWith('src/leader/core/'));
    const wrong = offenders(core, (file) =>
      /Date\.now|performance\.now|Math\.random|\basync\b|\bPromise\b/.test(read(file)),
    );
    assert.isNotEmpty(core);
    assert.deepEqual(wrong, []);
  });

  it('every file says first what it is for', () => {
    const wrong = offenders([...sources, ...native], (file) => !/^\/\*/.test(read(file)));
    assert.deepEqual(wrong, []);
  });

  it(`no file has more than ${linesMax} lines`, () => {
    const wrong = offenders([...sources, ...native], (file) => read(file).split('\n').length > linesMax);
    assert.deepEqual(wrong, []);
  });

  it('the documents name files that exist', () => {
    const known = new Set([...sources, ...native, ...bench]);
    const wrong: string[] = [];
    for (const document of ['README.md', ...files('design', /\.md$/)]) {
      for (const [file] of read(document).matchAll(/(?<![\w/])(?:src|bench|native)\/[\w./-]+\.(?:ts|c)\b/g)) {
        if (!known.has(file)) wrong.push(`${document}: ${file}`);
      }
    }
    assert.deepEqual(wrong, []);
  });
});
