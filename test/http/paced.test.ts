/** What is asked for no more often than its time allows. */
import { expect } from 'chai';
import { Paced } from '../../src/http/paced.js';

describe('what rests between answers', () => {
  let clock = 0;
  let asked = 0;
  let takes = 0;
  let broken = false;
  let paced: Paced<number>;

  beforeEach(() => {
    clock = asked = takes = 0;
    broken = false;
    const ask = async () => {
      asked++;
      clock += takes;
      if (broken) throw new Error('no answer');
      return asked;
    };
    paced = new Paced(ask, () => clock, 500);
  });

  const table: { name: string; takes: number; spent: number; due: number }[] = [
    { name: 'a quick one rests for the least time', takes: 2, spent: 0, due: 502 },
    { name: 'a slow one for 49 times as long as it took', takes: 20, spent: 0, due: 20 + 980 },
    { name: 'but not for ever', takes: 2_000, spent: 0, due: 2_000 + 5_000 },
    { name: 'what came with it counts, too', takes: 20, spent: 3, due: 20 + 980 + 147 },
  ];
  for (const row of table) {
    it(row.name, async () => {
      takes = row.takes;
      expect(await paced.get()).to.equal(1);
      paced.spent(row.spent);
      expect(paced.due).to.equal(row.due);
      clock = row.due - 1;
      expect(await paced.get()).to.equal(1);
      clock = row.due;
      expect(await paced.get()).to.equal(2);
    });
  }

  it('all who ask at once get one answer', async () => {
    expect(await Promise.all([paced.get(), paced.get(), paced.get()])).to.deep.equal([1, 1, 1]);
  });

  it('without an answer nobody gets an old one', async () => {
    await paced.get();
    broken = true;
    clock = 1_000;
    let failed = 0;
    for (let n = 0; n < 2; n++) await paced.get().catch(() => failed++);
    expect([failed, asked]).to.deep.equal([2, 3]);
    broken = false;
    expect(await paced.get()).to.equal(4);
  });
});
