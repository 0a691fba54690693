/** What tables make of names that other programs have chosen. */
import { expect } from 'chai';
import { cut, table, widthOf, wrapped } from '../../src/leader/text.js';
import { clean } from '../../src/shared/clean.js';

const family = '👩‍👩‍👧';

describe('text of other programs', () => {
  const hidden = [
    ...['\0', '\t', '\n', '\u001b', '\u007f', '\u0085', '\u009b'],
    ...['\u200b', '\u200c', '\u200d', '\u200e', '\u200f', '\u202a', '\u202b', '\u202c', '\u202d', '\u202e'],
    ...[
      '\u2066',
      '\u2067',
      '\u2068',
      '\u2069',
      '\u2028',
      '\u2029',
      '\ufeff',
      '\u061c',
      '\ud83d',
      '\u{e0041}',
    ],
  ];
  it('what nobody would see is shown as U+FFFD', () => {
    for (const character of hidden) expect(clean(`a${character}b`), escape(character)).to.equal('a\ufffdb');
  });

  it('what can be seen stays', () => {
    for (const text of ['/tmp/ä ö', 'e\u0301', '日本語', '👍🏽', '❤\ufe0f', 'עברית', '\ufffd'])
      expect(clean(text)).to.equal(text);
  });

  const widths: [string, number][] = [
    ['', 0],
    ['abc', 3],
    ['\ufffd…', 2],
    ['e\u0301', 1],
    ['日本', 4],
    ['ｱ', 1],
    ['👍🏽', 2],
    [family, 2],
    ['🇩🇪', 2],
    ['한국', 4],
  ];
  for (const [text, width] of widths)
    it(`'${text}' is ${width} wide`, () => {
      expect(widthOf(text)).to.equal(width);
    });

  const cuts: [string, number, string][] = [
    ['abc', 2, 'ab'],
    ['日本', 3, '日'],
    ['日本', 1, ''],
    ['a👍🏽b', 2, 'a'],
    ['a👍🏽b', 3, 'a👍🏽'],
    [`${family}${family}`, 3, family],
    ['e\u0301e\u0301', 1, 'e\u0301'],
  ];
  for (const [text, width, left] of cuts)
    it(`of '${text}' '${left}' fits in ${width}`, () => {
      expect(cut(text, width)).to.equal(left);
    });
});

describe('tables', () => {
  const columns = [
    { title: 'FILE', least: 6, cutFirst: 2, keepEnd: true },
    { title: 'N', right: true },
    { title: 'COMMAND', least: 7, cutFirst: 1 },
    { title: 'LAST' },
  ];
  const lines = [
    ['/tmp/日本語日本語日本語', '1', '👍🏽 👍🏽 👍🏽 👍🏽 👍🏽', 'end'],
    ['/tmp/plain', '23', 'command', 'end'],
    ['e\u0301'.repeat(20), '4', family.repeat(9), 'end'],
  ];
  const rowsOf = (width: number) => table(columns, lines, width).trimEnd().split('\n');

  it('columns are in line, whatever is in them', () => {
    for (const width of [Infinity, 60, 45, 32]) {
      const rows = rowsOf(width);
      const starts = rows.map((row) => widthOf(row.slice(0, row.search(/LAST|end/))));
      expect(new Set(starts).size, rows.join('\n')).to.equal(1);
      for (const row of rows) expect(widthOf(row)).to.be.at.most(width);
    }
  });

  it('nothing is cut within a character, at no width', () => {
    const whole = rowsOf(Infinity).join('');
    for (let width = 1; width < 80; width++) {
      for (const row of rowsOf(width)) {
        expect(widthOf(row)).to.be.at.most(width);
        expect(row, String(width)).to.not.match(/\p{Cs}/u);
        for (const { segment } of new Intl.Segmenter().segment(row)) expect(`${whole}…`).to.include(segment);
      }
    }
  });
});

describe('lines that are too long', () => {
  for (const { name, line, lines } of [
    { name: 'a short one', line: 'mount /a: b', lines: ['mount /a: b'] },
    {
      name: 'broken at spaces',
      line: 'mount /a: one, two, three',
      lines: ['mount /a:', '  one, two,', '  three'],
    },
    { name: 'a long word', line: 'mount /a-long-path: b c', lines: ['mount', '  /a-long-path:', '  b c'] },
    { name: 'ideographs', line: '日本 日本 日本', lines: ['日本 日本', '  日本'] },
    { name: 'nothing', line: '', lines: [''] },
  ]) {
    it(name, () => expect(wrapped(line, 12).split('\n')).to.deep.equal(lines));
  }

  it('are left alone where there is room for all', () => {
    expect(wrapped('a '.repeat(1000), Infinity)).to.equal('a '.repeat(1000));
  });
});
