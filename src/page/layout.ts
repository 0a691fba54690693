/**
 * Where the processes of the wait-for graph are drawn: who waits stands below whom it waits for; those of a deadlock
 * stand side by side. As many in a row as there is room for. Pure.
 */
import type { GraphView } from '../http/view.js';

export interface Box {
  readonly x: number;
  readonly y: number;
}

export interface Layout {
  readonly boxes: readonly Box[];
  readonly paths: readonly string[];
  readonly boxWidth: number;
  readonly height: number;
}

const boxHeight = 34;
const boxWidthWanted = 176;
const boxWidthMin = 128;
const gap = 16;
/** Room above and below a row for the lines. */
const rowGap = 34;
const margin = 20;

export { boxHeight };

export function layOut({ nodes, edges }: GraphView, width: number): Layout {
  const perRow = Math.max(1, Math.floor((width + gap) / (boxWidthMin + gap)));
  const boxWidth = Math.min(boxWidthWanted, Math.floor((width + gap) / perRow) - gap - 2);
  const rows = rowsOf(nodes.length, edges, perRow);
  const boxes: Box[] = new Array(nodes.length);
  for (const [r, row] of rows.entries()) {
    const taken = row.length * (boxWidth + gap) - gap;
    for (const [n, node] of row.entries()) {
      const x = Math.max(1, (width - taken) / 2) + n * (boxWidth + gap);
      boxes[node] = { x, y: margin + r * (boxHeight + rowGap) };
    }
  }
  return {
    boxes,
    boxWidth,
    height: rows.length * (boxHeight + rowGap) - rowGap + 2 * margin,
    paths: edges.map(({ from, to }) => pathOf(boxes[from]!, boxes[to]!, boxWidth)),
  };
}

/** Nodes by rows: those who wait for nobody above those who wait for them. */
function rowsOf(count: number, edges: GraphView['edges'], perRow: number): number[][] {
  const depth = new Array<number>(count).fill(0);
  const downward = edges.filter(({ deadlocked }) => !deadlocked);
  // As many rounds as a chain can be long; a circle that is no deadlock of ours would go on for ever.
  for (let round = 0; round < count; round++) {
    let changed = false;
    for (const { from, to } of downward) {
      if (depth[from]! > depth[to]! || depth[to]! + 1 >= count) continue;
      depth[from] = depth[to]! + 1;
      changed = true;
    }
    if (!changed) break;
  }
  const rows: number[][] = [];
  const place = new Array<number>(count).fill(0);
  for (const level of [...new Set(depth)].sort((a, b) => a - b)) {
    const members = depth.flatMap((each, node) => (each === level ? [node] : []));
    const wish = (node: number): number => {
      const above = edges.filter(({ from }) => from === node).map(({ to }) => place[to]!);
      return above.length === 0 ? 0 : above.reduce((sum, each) => sum + each, 0) / above.length;
    };
    const wishes = new Map(members.map((node) => [node, wish(node)]));
    members.sort((a, b) => wishes.get(a)! - wishes.get(b)! || a - b);
    for (let at = 0; at < members.length; at += perRow) rows.push(members.slice(at, at + perRow));
    for (const [n, node] of members.entries()) place[node] = (n % perRow) + 0.5;
  }
  return rows;
}

function pathOf(from: Box, to: Box, boxWidth: number): string {
  const fromX = from.x + boxWidth / 2;
  const toX = to.x + boxWidth / 2;
  if (from.y === to.y) {
    // Side by side: to the right above, to the left below, so that two who wait for each other have two lines.
    const right = fromX < toX;
    const edge = right ? from.y : from.y + boxHeight;
    const bend = edge + (right ? -margin : margin);
    const shift = right ? boxWidth / 6 : -boxWidth / 6;
    return `M${fromX + shift} ${edge}C${fromX + 2 * shift} ${bend} ${toX - 2 * shift} ${bend} ${toX - shift} ${edge}`;
  }
  const up = from.y > to.y;
  const startY = up ? from.y : from.y + boxHeight;
  const endY = up ? to.y + boxHeight : to.y;
  const middle = (startY + endY) / 2;
  return `M${fromX} ${startY}C${fromX} ${middle} ${toX} ${middle} ${toX} ${endY}`;
}
