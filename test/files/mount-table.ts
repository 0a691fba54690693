/** The tables in a mount: one `it` per case, against what the native run answered. */
import { join } from 'node:path';
import { assert } from 'chai';
import { type Reason, unless } from '../run/skips.js';
import { appendFaultOf, faultOf } from './faults.js';
import type { Running } from './settings.js';
import { playAll, type Results, told } from './stage.js';
import { expand, type FileCase } from './story.js';
import { type Kind, native, parents, tableMillisecondsMax } from './table.js';

/** As long as the native directory: sizes of absolute links and the limits of paths are then the same. */
export const guestPath = (name: string, kind: Kind): string =>
  `/${name}`.padEnd(join(parents[kind], 'sward-files-XXXXXX').length, '-');

interface MountTable {
  readonly title: string;
  readonly cases: readonly FileCase[];
  readonly kind: Kind;
  /** Where an append mount differs on purpose. */
  readonly append?: boolean;
  readonly start: () => Running | Promise<Running>;
}

/** What is right for a case: what it was natively, but for what an append mount is for. */
function right({ steps }: FileCase, native: readonly string[] = [], append = false): string[] {
  return steps.map((step, index) => {
    const other = (append ? step.append : undefined) ?? step.member;
    return other === undefined ? (native[index] ?? 'no answer') : expand(other, { root: '$R', agent: '$A' });
  });
}

export function describeMount({ title, cases, kind, append, start }: MountTable): void {
  describe(title, () => {
    const reasonOf = (entry: FileCase): Reason =>
      entry.reason ?? faultOf(entry.name) ?? (append ? appendFaultOf(entry.name) : undefined);
    const table = cases.filter((entry) => reasonOf(entry) === undefined);
    let results: Results;
    let oracle: Results;

    before(async function () {
      this.timeout(tableMillisecondsMax);
      oracle = await native(cases, kind);
      const running = await start();
      try {
        results = await playAll(table, running);
      } finally {
        await running.end();
      }
    });

    for (const entry of cases) {
      unless(reasonOf(entry)).it(entry.name, () => {
        const expected = told(entry, right(entry, oracle.get(entry.name), append));
        assert.deepEqual(told(entry, results.get(entry.name)), expected);
      });
    }
  });
}
