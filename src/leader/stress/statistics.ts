/** Numbers about what was counted: percentiles of log buckets, fairness. Pure. */

/** The middle of a bucket of waits, in nanoseconds (count_wait() in native/stress/worker.c). */
export function bucketMiddle(bucket: number): number {
  if (bucket < 16) return bucket;
  const exponent = Math.floor(bucket / 16) + 3;
  const width = 2 ** (exponent - 4);
  return (16 + (bucket % 16)) * width + (width - 1) / 2;
}

/** The length, in nanoseconds, that this share of the waits did not exceed; `longest` is exact. */
export function percentile(buckets: readonly number[], share: number, longest: number): number {
  const total = buckets.reduce((sum, count) => sum + count, 0);
  let seen = 0;
  for (const [bucket, count] of buckets.entries()) {
    seen += count;
    if (count > 0 && seen >= share * total) return Math.min(bucketMiddle(bucket), longest);
  }
  return 0;
}

/** Jain's index: 1 when all have the same, 1/n when one has everything. */
export function jain(shares: readonly number[]): number {
  const sum = shares.reduce((total, each) => total + each, 0);
  const squares = shares.reduce((total, each) => total + each * each, 0);
  return squares === 0 ? 1 : (sum * sum) / (shares.length * squares);
}
