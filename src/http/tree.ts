/**
 * The processes of the members at one moment, and what stands below whom. Made once for all who look; what takes long
 * is worked out when it is first wanted. Keepers are ours: what they keep is told as if it stood in their place.
 */
import type { ProcessFacts } from './world.js';

export interface Placed {
  readonly facts: ProcessFacts;
  /** Generations below the member's first process. */
  readonly depth: number;
}

/** Of a member that nobody has chosen. */
export const processesShown = 8;

const none: readonly ProcessFacts[] = [];

export class ProcessTree {
  /** Keepers and the members themselves included. */
  readonly size: number;
  readonly #children = new Map<number, ProcessFacts[]>();
  readonly #parents = new Map<number, number>();
  readonly #below = new Map<number, readonly Placed[]>();
  readonly #telling = new Map<number, readonly Placed[]>();

  constructor(processes: readonly ProcessFacts[]) {
    this.size = processes.length;
    for (const process of processes) {
      const { pid, ppid } = process;
      this.#parents.set(pid, ppid);
      const siblings = this.#children.get(ppid);
      if (siblings === undefined) this.#children.set(ppid, [process]);
      else siblings.push(process);
    }
  }

  /** All below a process, parents before their children, as a tree is read. */
  below(root: number): readonly Placed[] {
    const known = this.#below.get(root);
    if (known !== undefined) return known;
    const placed: Placed[] = [];
    const seen = new Set<number>([root]);
    const open: Placed[] = [];
    const add = (parent: number, depth: number) => {
      for (const facts of (this.#children.get(parent) ?? none).toReversed()) open.push({ facts, depth });
    };
    add(root, 0);
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      const { facts, depth } = next;
      // Pids are told one after another: a number used again must not lead in circles.
      if (seen.has(facts.pid)) continue;
      seen.add(facts.pid);
      if (!facts.keeper) placed.push(next);
      add(facts.pid, facts.keeper ? depth : depth + 1);
    }
    this.#below.set(root, placed);
    return placed;
  }

  /** The same; in front, as they stand in the tree, as many as are shown that have to do with locks. */
  telling(root: number): readonly Placed[] {
    const placed = this.below(root);
    if (placed.length <= processesShown) return placed;
    const known = this.#telling.get(root);
    if (known !== undefined) return known;
    const waiting = placed.filter(({ facts }) => facts.waiting > 0);
    const holding = placed.filter(({ facts }) => facts.waiting === 0 && facts.held > 0);
    const others = placed.filter(({ facts }) => facts.waiting === 0 && facts.held === 0);
    const chosen = new Set([...waiting, ...holding, ...others].slice(0, processesShown));
    const first = placed.filter((each) => chosen.has(each));
    const told = [...first, ...placed.filter((each) => !chosen.has(each))];
    this.#telling.set(root, told);
    return told;
  }

  /** A process and its ancestors. */
  above(pid: number): number[] {
    const found = new Set<number>();
    for (let at: number | undefined = pid; at !== undefined && !found.has(at); at = this.#parents.get(at))
      found.add(at);
    return [...found];
  }
}
