/** The tables in a mount: one `it` per case, against what the native run answered. */
import { join } from 'node:path';
import { assert } from 'chai';
import { describeMounts, type Running } from './settings.js';
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
  readonly deviations?: ReadonlySet<string>;
  /** Where an append mount differs on purpose. */
  readonly append?: boolean;
  readonly start: () => Running | Promise<Running>;
}

/** What is right for a case: what it was natively, but for what an append mount is for. */
function right({ steps }: FileCase, native: readonly string[] = [], append = false): string[] {
  return steps.map((step, index) =>
    append && step.append !== undefined
      ? expand(step.append, { root: '$R', agent: '$A' })
      : (native[index] ?? 'no answer'),
  );
}

export function describeMount({ title, cases, kind, deviations, append, start }: MountTable): void {
  describeMounts(title, () => {
    const table = cases.filter(({ name }) => !deviations?.has(name));
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

    for (const entry of table) {
      it(entry.name, () => {
        const expected = told(entry, right(entry, oracle.get(entry.name), append));
        assert.deepEqual(told(entry, results.get(entry.name)), expected);
      });
    }
  });
}
