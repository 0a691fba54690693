/** The picture of a file's locks: what can be told apart, what is drawn together, where the axis has its marks. */
import { expect } from 'chai';
import { drawPicture, type PictureRow } from '../../src/http/picture.js';
import { offsetText, rangeText } from '../../src/http/text.js';
import { LockKind, LockType, type Offset } from '../../src/shared/lock-types.js';

function row(start: Offset, end: Offset, more: Partial<PictureRow> = {}): PictureRow {
  const lock = { kind: LockKind.record, type: LockType.write, pid: 1, command: 'program' };
  return { ...lock, start, end, waiting: false, deadlocked: false, ...more };
}
const waits = { waiting: true };
const read = { type: LockType.read };

describe('the picture of locks', () => {
  it('nothing is nothing', () => {
    expect(drawPicture([])).to.deep.equal({ lanes: 0, bars: [], ticks: [], gaps: [] });
  });

  it('a lock on all of the file is open and as wide as the picture', () => {
    const { bars, ticks } = drawPicture([row(0, Infinity)]);
    expect(bars).to.have.length(1);
    expect(bars[0]).to.include({ from: 0, to: 1, lane: 0, open: true, count: 1 });
    expect(ticks.map(({ label }) => label)).to.deep.equal(['0', 'end']);
  });

  it("SQLite's bytes at 1 GiB are told apart", () => {
    const pending = 0x4000_0000;
    const { bars, gaps } = drawPicture([
      row(pending, pending + 1),
      row(pending + 1, pending + 2),
      row(pending + 2, pending + 512, read),
    ]);
    expect(bars.map(({ lane }) => lane)).to.deep.equal([0, 0, 0]);
    for (const { from, to } of bars) expect(to - from).to.be.above(0.08);
    expect(gaps).to.have.length(1);
    expect(gaps[0]).to.be.below(bars[0]!.from);
  });

  it('overlapping locks lie below one another, waiting ones below those that are held', () => {
    const { bars, lanes } = drawPicture([
      row(0, 100, read),
      row(50, 150, read),
      row(100, 200, read),
      row(0, 200, waits),
    ]);
    expect(lanes).to.equal(3);
    expect(bars.map(({ lane, waiting }) => [lane, waiting])).to.deep.equal([
      [0, false],
      [1, false],
      [0, false],
      [2, true],
    ]);
  });

  it('ends beyond 2^53 do not matter', () => {
    const end = 2n ** 63n - 1n;
    const { bars } = drawPicture([row(end - 1n, end), row(0, 1)]);
    for (const { from, to } of bars) {
      expect(from).to.be.within(0, 1);
      expect(to).to.be.within(from, 1.02);
    }
  });

  it('more locks than can be told apart are drawn together with their counts', () => {
    const many = Array.from({ length: 10_000 }, (_, n) => row(2 * n, 2 * n + 1, n % 2 ? read : {}));
    const { bars, lanes, ticks } = drawPicture([...many, ...many.map((lock) => ({ ...lock, ...waits }))]);
    expect(lanes).to.equal(4);
    expect(bars.length).to.be.below(4 * 48 + 1);
    expect(ticks.length).to.be.below(8);
    expect(Math.max(...bars.map(({ count }) => count))).to.be.above(100);
  });

  it('many readers of all of the file are one bar', () => {
    const { bars } = drawPicture(Array.from({ length: 100 }, () => row(0, Infinity, read)));
    expect(bars.map(({ count, from, to }) => [count, from, to])).to.deep.equal([[100, 0, 1]]);
  });

  it('all is within the picture, whatever the ranges', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48_271) % 0x7fff_ffff;
      return seed % below;
    };
    for (let round = 0; round < 200; round++) {
      const rows = Array.from({ length: 1 + random(90) }, () => {
        const start = random(2 ** random(31));
        const end = random(9) === 0 ? Infinity : start + 1 + random(2 ** random(31));
        return row(start, end, { ...(random(2) ? read : {}), ...(random(3) ? {} : waits) });
      });
      const { bars, lanes, ticks, gaps } = drawPicture(rows);
      expect(bars).to.not.have.length(0);
      for (const bar of bars) {
        expect(bar.from).to.be.within(0, 1, `round ${round}`);
        expect(bar.to).to.be.within(bar.from, 1.02);
        expect(bar.lane).to.be.below(lanes);
      }
      for (const at of [...ticks.map((tick) => tick.at), ...gaps]) expect(at).to.be.within(0, 1);
    }
  });
});

describe('offsets as text', () => {
  const texts: [offset: number, text: string][] = [
    [0, '0'],
    [9_999, '9999'],
    [10_240, '10 Ki'],
    [2 ** 30, '1 Gi'],
    [2 ** 30 + 2, '1 Gi+2'],
    [1.5 * 2 ** 30, '1.5 Gi'],
    [2 ** 63, '8 Ei'],
  ];
  for (const [offset, text] of texts) it(text, () => expect(offsetText(offset)).to.equal(text));

  it('ranges name their last byte', () => {
    expect(rangeText(0, Infinity)).to.equal('all');
    expect(rangeText(5, Infinity)).to.equal('5–');
    expect(rangeText(5, 6)).to.equal('5');
    expect(rangeText(0, 2n ** 63n - 1n)).to.equal('0–9223372036854775806');
  });
});
