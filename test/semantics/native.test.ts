import { assert } from 'chai';
import { kernelQueueCases } from './cases/kernel-queue.js';
import { cases } from './cases.js';
import { describeCases } from './table.js';

describeCases('lock semantics: the kernel', [...cases, ...kernelQueueCases], 'yes', []);

describe('lock semantics: the table', () => {
  it('names each case once', () => {
    assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length);
  });
});
