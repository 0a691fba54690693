import { assert } from 'chai';
import { noMounts } from '../run/machine.js';
import { unless } from '../run/skips.js';
import { crossingCases } from './cases/mount-crossings.js';
import { mountCases } from './cases/mounts.js';
import { readonlyCases } from './cases/readonly.js';
import { faultOf } from './faults.js';
import { playInKernel, playInMember } from './landscape.js';
import { told } from './stage.js';
import { expand, type FileCase } from './story.js';

const cases = [...mountCases, ...crossingCases, ...readonlyCases];
const places = { root: '$R', agent: '$A' };

/** What the table says; where it says nothing, what the kernel answered. */
function right({ steps }: FileCase, kernel: readonly string[], inMember: boolean): string[] {
  return steps.map(({ expected, append }, index) => {
    const text = (inMember ? append : undefined) ?? expected;
    return text === undefined ? (kernel[index] ?? 'no answer') : expand(text, places);
  });
}

unless(noMounts).describe('mounts: the kernel', () => {
  for (const entry of cases) {
    it(entry.name, async () => {
      const answers = await playInKernel(entry);
      assert.deepEqual(told(entry, answers), told(entry, right(entry, answers, false)));
    });
  }
});

describe('mounts: a member', () => {
  for (const entry of cases) {
    unless(faultOf(entry.name)).it(entry.name, async () => {
      const answers = await playInMember(entry);
      const kernel = noMounts === undefined ? await playInKernel(entry) : answers;
      assert.deepEqual(told(entry, answers), told(entry, right(entry, kernel, true)));
    });
  }
});
