/** Replies of an earlier and of a later leader. */
import { expect } from 'chai';
import { checkReply, checkRequest } from '../../src/shared/messages.js';

const row = ['/f', 2, 1, 0, Infinity, 7, 'c', false, 3];
const list = (...rows: unknown[][]) => [0x70, 1, 0, rows, null];

describe('messages between versions', () => {
  it('a row without a field that was added later has what that is taken for', () => {
    const { rows } = checkReply('locksList', list(row));
    expect(rows[0]).to.include({ path: '/f', pid: 7, age: 3, file: '', member: 0 });
    expect(checkReply('locksList', list([...row, '1:2'])).rows[0]!.file).to.equal('1:2');
  });

  it('what a later leader tells besides is passed over', () => {
    const values = [...list([...row, '1:2', 9, 'more', 5]), ['more']];
    expect(checkReply('locksList', values).rows[0]).to.include({ pid: 7, file: '1:2', member: 9 });
  });

  it('fields that always were there must be there, and be right', () => {
    expect(() => checkReply('locksList', list(row.slice(0, 8)))).to.throw('EINVAL: 8 fields, not 11');
    expect(() => checkReply('locksList', list([...row, 12]))).to.throw('EINVAL: wanted text');
    expect(() => checkReply('locksList', [0x70, 1, 0])).to.throw('EINVAL: 0 fields, not 2');
  });

  it('a request has exactly its fields', () => {
    expect(checkRequest('fileClose', [3, 1, 9])).to.deep.equal({ file: 9 });
    for (const values of [
      [3, 1],
      [3, 1, 9, 9],
    ]) {
      expect(() => checkRequest('fileClose', values)).to.throw(/EINVAL: \d fields, not 1/);
    }
  });
});
