/** Who waits for whom, cut to what can be drawn: whole deadlocks first, then those whom most others wait for. Pure. */
import { clean } from './text.js';
import type { GraphView } from './view.js';
import type { Process, Wait } from './world.js';

/** Processes in the drawing. */
const nodesMax = 36;

interface Node extends Process {
  /** Waits that it takes part in; those of a deadlock count more than all others. */
  weight: number;
  waiting: boolean;
  deadlocked: boolean;
}

export function drawGraph(waits: readonly Wait[]): GraphView {
  const nodes = new Map<number, Node>();
  const nodeOf = ({ pid, command }: Process): Node => {
    const known = nodes.get(pid) ?? {
      pid,
      command: clean(command),
      weight: 0,
      waiting: false,
      deadlocked: false,
    };
    nodes.set(pid, known);
    return known;
  };
  for (const { waiter, holder, deadlocked } of waits) {
    const from = nodeOf(waiter);
    const to = nodeOf(holder);
    from.waiting = true;
    if (deadlocked) from.deadlocked = to.deadlocked = true;
    from.weight += deadlocked ? 1e6 : 0.001;
    to.weight += deadlocked ? 1e6 : 1;
  }
  const chosen = [...nodes.values()].sort((a, b) => b.weight - a.weight).slice(0, nodesMax);
  const index = new Map(chosen.map(({ pid }, n) => [pid, n]));
  const edges = new Map<string, GraphView['edges'][number]>();
  for (const { waiter, holder, deadlocked, queued } of waits) {
    const from = index.get(waiter.pid);
    const to = index.get(holder.pid);
    if (from === undefined || to === undefined) continue;
    const name = `${from}-${to}`;
    const known = edges.get(name);
    edges.set(name, {
      from,
      to,
      deadlocked: deadlocked || known?.deadlocked === true,
      queued: queued && known?.queued !== false,
    });
  }
  return {
    nodes: chosen.map(({ pid, command, waiting, deadlocked }) => ({ pid, command, waiting, deadlocked })),
    edges: [...edges.values()],
    more: nodes.size - chosen.length,
  };
}
