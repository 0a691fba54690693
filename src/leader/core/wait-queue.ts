/**
 * The requests that wait in one lock space, first come first served among those that conflict.
 *
 * Order is the sequence number; readers and writers are kept apart, because readers never wait for readers.
 * Who is blocked by what is in waiter.ts; when to grant is decided in core.ts.
 */
import { LockType } from '../../shared/lock-types.js';
import { RangeTree } from './range-tree.js';
import type { Waiter } from './waiter.js';

export class WaitQueue {
  readonly #readers = new RangeTree<Waiter>();
  readonly #writers = new RangeTree<Waiter>();
  count = 0;

  add(waiter: Waiter): void {
    this.#treeOf(waiter).insert(waiter);
    this.count += 1;
  }

  remove(waiter: Waiter): void {
    this.#treeOf(waiter).remove(waiter);
    this.count -= 1;
  }

  /** Somebody who came earlier and conflicts, if there is anybody. */
  earlier(waiter: Waiter): Waiter | null {
    if (this.count === 0) return null;
    const { start, end, owner, sequence } = waiter;
    const writer = this.#writers.earlier(start, end, owner, sequence);
    if (writer !== null || waiter.type === LockType.read) return writer;
    return this.#readers.earlier(start, end, owner, sequence);
  }

  /** Adds everybody who came earlier and conflicts. */
  collectEarlier(waiter: Waiter, found: Waiter[]): void {
    if (this.count === 0) return;
    const { start, end, owner, sequence } = waiter;
    this.#writers.collect(start, end, owner, sequence, found);
    if (waiter.type === LockType.write) this.#readers.collect(start, end, owner, sequence, found);
  }

  /** All waiters, first come first. */
  inOrder(): Waiter[] {
    return [...this.#readers, ...this.#writers].sort((a, b) => a.sequence - b.sequence);
  }

  #treeOf(waiter: Waiter): RangeTree<Waiter> {
    return waiter.type === LockType.read ? this.#readers : this.#writers;
  }
}
