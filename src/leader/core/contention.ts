/**
 * What is remembered about waits: how many, how long, because of whom. One of these for each inode that was ever waited
 * for, and one for all. Bounded: the histogram has fixed buckets, only the latest causes are kept.
 */
import { LRUCache } from 'lru-cache';
import { type Contention, type WaitCause, waitBuckets } from '../../shared/core-types.js';
import { contentionCausesMax } from '../../shared/limits.js';
import type { OwnerState } from './owner-state.js';

export class WaitRecord implements Contention {
  waits = 0;
  abandoned = 0;
  milliseconds = 0;
  longest = 0;
  longestWaiter: WaitCause | null = null;
  longestCause: WaitCause | null = null;
  readonly histogram: number[] = new Array(waitBuckets).fill(0);
  readonly #causes = new LRUCache<number, WaitCause>({ max: contentionCausesMax });

  causes(): WaitCause[] {
    return [...this.#causes.values()];
  }

  /** A wait has ended after so many milliseconds. */
  add(waited: number, waiter: OwnerState, cause: OwnerState | null, granted: boolean): void {
    const milliseconds = Math.max(0, waited);
    this.waits += 1;
    if (!granted) this.abandoned += 1;
    this.milliseconds += milliseconds;
    this.histogram[bucketOf(milliseconds)]! += 1;
    if (milliseconds >= this.longest) {
      this.longest = milliseconds;
      this.longestWaiter = describe(waiter, milliseconds);
      this.longestCause = cause === null ? null : describe(cause, milliseconds);
    }
    if (cause === null) return;
    const known = this.#causes.get(cause.pid);
    if (known === undefined || known.command !== cause.command) {
      this.#causes.set(cause.pid, describe(cause, milliseconds));
    } else {
      known.waits += 1;
      known.milliseconds += milliseconds;
    }
  }
}

function describe({ pid, command }: OwnerState, milliseconds: number): WaitCause {
  return { pid, command, waits: 1, milliseconds };
}

/** Bucket n counts waits below 2^n * 16 µs; the last one all that are longer. */
function bucketOf(milliseconds: number): number {
  const sixteenths = (milliseconds * 1000) / 16;
  const bucket = sixteenths < 1 ? 0 : 32 - Math.clz32(Math.min(sixteenths, 0x7fff_ffff));
  return Math.min(bucket, waitBuckets - 1);
}
