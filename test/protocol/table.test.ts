/** design/protocol.md tells the messages as they are declared. SWARD_UPDATE=1 writes the table instead. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { messageNames, messages } from '../../src/shared/messages.js';
import { describeMessages } from '../../src/shared/protocol-table.js';

const page = new URL('../../../design/protocol.md', import.meta.url);
const begin = '<!-- messages: generated from src/shared/messages.ts -->\n';
const end = '<!-- end of messages -->\n';

describe('the declaration of messages', () => {
  it('is what design/protocol.md says', () => {
    const text = readFileSync(page, 'utf8');
    const [before, rest] = text.split(begin) as [string, string];
    const [table, after] = rest.split(end) as [string, string];
    if (process.env.SWARD_UPDATE) {
      writeFileSync(page, `${before}${begin}${describeMessages()}${end}${after}`);
    } else {
      expect(table).to.equal(describeMessages());
    }
  });

  it('numbers every message once, in one byte', () => {
    const ids = messageNames.map((name) => messages[name].id);
    expect(new Set(ids).size).to.equal(ids.length);
    for (const id of ids) expect(id).to.be.within(1, 0x6f);
  });
});
