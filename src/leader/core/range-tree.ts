/**
 * A balanced search tree (treap) of byte ranges that may overlap, ordered by start, then by sequence.
 *
 * Each subtree knows its largest end, its smallest sequence and its sole owner (null when it has several), so
 * that a search prunes what ends too early, came too late, or belongs to the asker alone. As one owner's ranges
 * are disjoint, finding another owner's overlapping range costs O(log n) even among 100,000 own ranges.
 * Offsets are only compared. Priorities come from a fixed xorshift sequence: no randomness.
 */
import type { Offset } from '../../shared/lock-types.js';

let priorityState = 0x9e3779b9;

function nextPriority(): number {
  priorityState ^= priorityState << 13;
  priorityState ^= priorityState >>> 17;
  priorityState ^= priorityState << 5;
  return priorityState;
}

/** What is kept in a tree; `start`, `end`, `owner` and `sequence` must not change while it is. */
export abstract class RangeNode<Self> {
  start: Offset;
  end: Offset;
  readonly sequence: number;
  readonly priority = nextPriority();
  left: Self | null = null;
  right: Self | null = null;
  maxEnd: Offset;
  minSequence: number;
  abstract readonly owner: object;
  sole: object | null = null;

  constructor(start: Offset, end: Offset, sequence: number) {
    this.start = start;
    this.end = end;
    this.sequence = sequence;
    this.maxEnd = end;
    this.minSequence = sequence;
  }
}

export class RangeTree<Node extends RangeNode<Node>> {
  #root: Node | null = null;
  #size = 0;

  get isEmpty(): boolean {
    return this.#root === null;
  }

  insert(node: Node): void {
    node.left = null;
    node.right = null;
    refresh(node);
    this.#root = this.#root === null ? node : insertInto(this.#root, node);
    this.#size += 1;
  }

  remove(node: Node): void {
    this.#root = this.#root === node ? merge(node.left, node.right) : removeFrom(this.#root, node);
    this.#size -= 1;
  }

  /** Removes all `count` ranges of an owner in one walk; false (and nothing done) when that would not pay. */
  removeOwner(owner: object, count: number): boolean {
    if (count * 8 < this.#size) return false;
    this.#root = this.#without(this.#root, owner);
    return true;
  }

  /** The first range of another owner that overlaps [start, end): lowest start, then lowest sequence. */
  first(start: Offset, end: Offset, owner: object): Node | null {
    return this.#root === null ? null : firstIn(this.#root, start, end, owner);
  }

  /** A range of another owner with a lower sequence that overlaps; the highest start is tried first. */
  earlier(start: Offset, end: Offset, owner: object, sequence: number): Node | null {
    return earlierIn(this.#root, start, end, owner, sequence);
  }

  /** Adds to `found` all ranges of other owners that overlap [start, end) and have a lower sequence. */
  collect(start: Offset, end: Offset, owner: object, sequence: number, found: Node[]): void {
    collectIn(this.#root, start, end, owner, sequence, found);
  }

  /** The first node behind that place in the order. */
  after(start: Offset, sequence: number): Node | null {
    let found: Node | null = null;
    for (let node = this.#root; node !== null; ) {
      if (node.start > start || (node.start >= start && node.sequence > sequence)) {
        found = node;
        node = node.left;
      } else {
        node = node.right;
      }
    }
    return found;
  }

  /** All nodes in order. */
  *[Symbol.iterator](): Generator<Node> {
    const path: Node[] = [];
    let node = this.#root;
    while (node !== null || path.length > 0) {
      for (; node !== null; node = node.left) path.push(node);
      const next: Node = path.pop()!;
      yield next;
      node = next.right;
    }
  }

  #without(node: Node | null, owner: object): Node | null {
    if (node === null) return null;
    if (node.sole !== null) {
      if (node.sole === owner) this.#size -= sizeOf(node);
      return node.sole === owner ? null : node;
    }
    const left = this.#without(node.left, owner);
    const right = this.#without(node.right, owner);
    if (node.owner === owner) {
      this.#size -= 1;
      return merge(left, right);
    }
    node.left = left;
    node.right = right;
    refresh(node);
    return node;
  }
}

function sizeOf<Node extends RangeNode<Node>>(node: Node | null): number {
  return node === null ? 0 : 1 + sizeOf(node.left) + sizeOf(node.right);
}

function before<Node extends RangeNode<Node>>(a: Node, b: Node): boolean {
  return a.start < b.start || (a.start <= b.start && a.sequence < b.sequence);
}

/** Computes again what a node knows of its subtree. */
function refresh<Node extends RangeNode<Node>>(node: Node): void {
  const { left, right } = node;
  let maxEnd = node.end;
  let minSequence = node.sequence;
  let sole: object | null = node.owner;
  if (left !== null) {
    if (left.maxEnd > maxEnd) maxEnd = left.maxEnd;
    if (left.minSequence < minSequence) minSequence = left.minSequence;
    if (left.sole !== sole) sole = null;
  }
  if (right !== null) {
    if (right.maxEnd > maxEnd) maxEnd = right.maxEnd;
    if (right.minSequence < minSequence) minSequence = right.minSequence;
    if (right.sole !== sole) sole = null;
  }
  node.maxEnd = maxEnd;
  node.minSequence = minSequence;
  node.sole = sole;
}

function insertInto<Node extends RangeNode<Node>>(root: Node | null, node: Node): Node {
  if (root === null) return node;
  if (node.priority > root.priority) {
    splitAround(root, node, node);
    refresh(node);
    return node;
  }
  if (before(node, root)) root.left = insertInto(root.left, node);
  else root.right = insertInto(root.right, node);
  refresh(root);
  return root;
}

/** Splits `root` into what is before `key` (stored in `into.left`) and after it (`into.right`). */
function splitAround<Node extends RangeNode<Node>>(root: Node | null, key: Node, into: Node): void {
  if (root === null) {
    into.left = null;
    into.right = null;
  } else if (before(root, key)) {
    splitAround(root.right, key, into);
    root.right = into.left;
    refresh(root);
    into.left = root;
  } else {
    splitAround(root.left, key, into);
    root.left = into.right;
    refresh(root);
    into.right = root;
  }
}

function merge<Node extends RangeNode<Node>>(low: Node | null, high: Node | null): Node | null {
  if (low === null) return high;
  if (high === null) return low;
  if (low.priority > high.priority) {
    low.right = merge(low.right, high);
    refresh(low);
    return low;
  }
  high.left = merge(low, high.left);
  refresh(high);
  return high;
}

function removeFrom<Node extends RangeNode<Node>>(root: Node | null, node: Node): Node | null {
  if (root === null) throw new Error('range tree: the node is not in the tree');
  if (root === node) return merge(node.left, node.right);
  if (before(node, root)) root.left = removeFrom(root.left, node);
  else root.right = removeFrom(root.right, node);
  refresh(root);
  return root;
}

function firstIn<Node extends RangeNode<Node>>(
  root: Node | null,
  start: Offset,
  end: Offset,
  owner: object,
): Node | null {
  for (let node = root; node !== null && node.sole !== owner && node.maxEnd > start; node = node.right) {
    if (node.left !== null) {
      const found = firstIn(node.left, start, end, owner);
      if (found !== null) return found;
    }
    if (node.start >= end) return null;
    if (node.owner !== owner && node.end > start) return node;
  }
  return null;
}

function earlierIn<Node extends RangeNode<Node>>(
  root: Node | null,
  start: Offset,
  end: Offset,
  owner: object,
  sequence: number,
): Node | null {
  let node = root;
  while (node !== null && node.sole !== owner && node.minSequence < sequence && node.maxEnd > start) {
    if (node.start < end) {
      const found = earlierIn(node.right, start, end, owner, sequence);
      if (found !== null) return found;
      if (node.owner !== owner && node.sequence < sequence && node.end > start) return node;
    }
    node = node.left;
  }
  return null;
}

function collectIn<Node extends RangeNode<Node>>(
  root: Node | null,
  start: Offset,
  end: Offset,
  owner: object,
  sequence: number,
  found: Node[],
): void {
  let node = root;
  while (node !== null && node.sole !== owner && node.minSequence < sequence && node.maxEnd > start) {
    collectIn(node.left, start, end, owner, sequence, found);
    if (node.start >= end) return;
    if (node.owner !== owner && node.sequence < sequence && node.end > start) found.push(node);
    node = node.right;
  }
}
