/** The arithmetic of `leader stress`. */
import { assert } from 'chai';
import { bucketCount } from '../../src/leader/stress/memory.js';
import { bucketMiddle, jain, percentile } from '../../src/leader/stress/statistics.js';

/** As count_wait() in native/stress/worker.c has it. */
function bucketOf(nanoseconds: number): number {
  if (nanoseconds < 16) return nanoseconds;
  const exponent = Math.floor(Math.log2(nanoseconds));
  return (exponent - 3) * 16 + (Math.floor(nanoseconds / 2 ** (exponent - 4)) % 16);
}

describe('stress: statistics', () => {
  it('the middle of a bucket is in it, and at most 1/32 from all that is', () => {
    for (let bucket = 0; bucket < bucketCount; bucket++) {
      assert.equal(bucketOf(Math.floor(bucketMiddle(bucket))), bucket);
    }
    for (const nanoseconds of [1, 15, 16, 17, 1000, 123_456, 1e6 + 1, 987_654_321, 6e10]) {
      const middle = bucketMiddle(bucketOf(nanoseconds));
      assert.closeTo(middle / nanoseconds, 1, 1 / 32);
    }
  });

  it('percentiles', () => {
    const buckets = new Array<number>(bucketCount).fill(0);
    assert.equal(percentile(buckets, 0.5, 0), 0);
    buckets[3] = 90;
    buckets[10] = 9;
    buckets[bucketOf(1000)] = 1;
    assert.equal(percentile(buckets, 0.5, 990), 3);
    assert.equal(percentile(buckets, 0.9, 990), 3);
    assert.equal(percentile(buckets, 0.95, 990), 10);
    assert.equal(percentile(buckets, 1, 990), 990);
  });

  it("Jain's index", () => {
    assert.equal(jain([5, 5, 5, 5]), 1);
    assert.equal(jain([8, 0, 0, 0]), 0.25);
    assert.equal(jain([0, 0]), 1);
  });
});
