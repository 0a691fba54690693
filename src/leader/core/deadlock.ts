/**
 * Remembers which waits close a cycle, so that releases look for cycles only while there are some.
 *
 * Every cycle of the graph of waits runs through a `knot`: the wait (or the wait of the process that was granted
 * something) whose edge closed it. Cycles of hard edges are reported once, when they form; `onDeadlock` is
 * called later, from `takeReports`, when the core's state is consistent.
 */
import type { DeadlockReport } from '../../shared/core-types.js';
import type { OwnerState } from './owner-state.js';
import type { WaitGraph } from './wait-graph.js';
import type { Waiter } from './waiter.js';

export class DeadlockLog {
  readonly #graph: WaitGraph;
  readonly #knots = new Set<Waiter>();
  #unreported: Waiter[] = [];
  #reported: (readonly OwnerState[])[] = [];

  constructor(graph: WaitGraph) {
    this.#graph = graph;
  }

  get mayHaveCycles(): boolean {
    return this.#knots.size > 0;
  }

  /** New edges lead from this waiter or to its process or owner: remembers it when that closes a cycle. */
  noteEdges(waiter: Waiter): void {
    if (!this.#graph.leadsBack(waiter)) return;
    this.#knots.add(waiter);
    this.#unreported.push(waiter);
  }

  waitEnded(waiter: Waiter): void {
    if (this.#knots.size > 0) this.#knots.delete(waiter);
    if (this.#reported.length === 0) return;
    this.#reported = this.#reported.filter((cycle) => !cycle.includes(waiter.process));
  }

  /** Forgets the cycles that are gone. */
  prune(): void {
    for (const waiter of this.#knots) if (!this.#graph.leadsBack(waiter)) this.#knots.delete(waiter);
    if (this.#reported.length > 0) this.#reported = this.#reported.filter((cycle) => this.#exists(cycle));
  }

  /** The cycles that formed since it was asked last; none of them twice. */
  takeReports(): DeadlockReport[] {
    if (this.#unreported.length === 0) return [];
    const waiters = this.#unreported;
    this.#unreported = [];
    const reports: DeadlockReport[] = [];
    for (const waiter of waiters) {
      if (waiter.state !== 'waiting') continue;
      const cycle = this.#graph.cycle(waiter, false);
      if (cycle === undefined || includesCycle(this.#reported, cycle)) continue;
      this.#reported.push(cycle);
      reports.push({ processes: cycle });
    }
    return reports;
  }

  /** The cycles of hard edges that exist now. */
  current(): DeadlockReport[] {
    const cycles: OwnerState[][] = [];
    for (const waiter of this.#knots) {
      const cycle = this.#graph.cycle(waiter, false);
      if (cycle !== undefined && !includesCycle(cycles, cycle)) cycles.push(cycle);
    }
    return cycles.map((processes) => ({ processes }));
  }

  #exists(cycle: readonly OwnerState[]): boolean {
    return cycle.every((process, index) => this.#graph.waitsFor(process, cycle[(index + 1) % cycle.length]!));
  }
}

/** Whether one of the cycles is the same, wherever it begins. */
function includesCycle(cycles: readonly (readonly OwnerState[])[], cycle: readonly OwnerState[]): boolean {
  return cycles.some((known) => {
    if (known.length !== cycle.length) return false;
    const offset = known.indexOf(cycle[0]!);
    return offset >= 0 && cycle.every((process, index) => known[(offset + index) % known.length] === process);
  });
}
