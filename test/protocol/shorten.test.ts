/** Long texts are cut, and show it. */
import { expect } from 'chai';
import { shorten } from '../../src/shared/shorten.js';

describe('shortening', () => {
  const table: { text: string; max: number; told: string }[] = [
    { text: 'short', max: 5, told: 'short' },
    { text: 'longer', max: 5, told: 'long…' },
    { text: 'abc😀def', max: 5, told: 'abc…' },
    { text: 'ab😀cdef', max: 5, told: 'ab😀…' },
  ];
  for (const { text, max, told } of table) {
    it(`${text} in ${max}: ${told}`, () => {
      expect(shorten(text, max)).to.equal(told).and.have.length.at.most(max);
    });
  }
});
