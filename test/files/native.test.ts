import { assert } from 'chai';
import { cases } from './cases.js';
import { describeNative } from './table.js';

describeNative('files: the kernel, in memory', cases, 'memory');
describeNative('files: the kernel, on disk', cases, 'disk');

describe('files: the table', () => {
  it('names each case once', () => {
    assert.equal(new Set(cases.map(({ name }) => name)).size, cases.length);
  });
});
