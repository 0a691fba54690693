/** The native run of the tables: one `it` per case; and what it answered, which is right by definition. */
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { assert } from 'chai';
import { unless } from '../run/skips.js';
import { playAll, type Results, told } from './stage.js';
import { expand, type FileCase } from './story.js';

/** Where the native run of the table is made: a file system of the kind that the mount has. */
export type Kind = 'memory' | 'disk';

export const tableMillisecondsMax = 600_000;
export const parents: Readonly<Record<Kind, string>> = { memory: '/dev/shm', disk: tmpdir() };

/** A directory for a test, open to all users, removed at its end. */
export function makeDirectory(kind: Kind): string {
  const directory = mkdtempSync(join(parents[kind], 'sward-files-'));
  chmodSync(directory, 0o755);
  return directory;
}

/** Also if it is deeper than a path can say, and what we may not enter is ours. */
export function removeDirectory(directory: string): void {
  execFileSync('sh', ['-c', 'chmod -R u+rwX "$0" 2>/dev/null; rm -rf "$0"', directory]);
}

const nativeRuns = new Map<Kind, Promise<Results>>();

async function playNatively(cases: readonly FileCase[], kind: Kind): Promise<Results> {
  const root = makeDirectory(kind);
  try {
    return await playAll(cases, { root, commands: [[]] });
  } finally {
    removeDirectory(root);
  }
}

export function native(cases: readonly FileCase[], kind: Kind): Promise<Results> {
  const run = nativeRuns.get(kind) ?? playNatively(cases, kind);
  nativeRuns.set(kind, run);
  return run;
}

/** The kernel does what the table says where it says something. */
export function describeNative(title: string, cases: readonly FileCase[], kind: Kind): void {
  describe(title, () => {
    let results: Results;

    before(async function () {
      this.timeout(tableMillisecondsMax);
      results = await native(cases, kind);
    });

    for (const entry of cases) {
      unless(entry.reason).it(entry.name, () => {
        const answers = results.get(entry.name) ?? [];
        const expected = entry.steps.map((step, index) =>
          step.expected === undefined
            ? (answers[index] ?? 'no answer')
            : expand(step.expected, { root: '$R', agent: '$A' }),
        );
        assert.deepEqual(told(entry, answers), told(entry, expected));
        assert.notInclude(answers, 'bad step');
        assert.notInclude(answers, 'timeout');
      });
    }
  });
}
