/**
 * The locks of a file as bars over its bytes. What matters is told apart at any scale: the axis is linear between the
 * offsets where locks begin and end, and these pieces are as wide as their logarithms, so that SQLite's single bytes at
 * 1 GiB and a lock on all the rest are both to be seen. Pieces without any lock are narrow gaps. To the end of the
 * file is the last piece. More locks than can be told apart are drawn together, with their count.
 */
import { LockKind, LockType, type Offset } from '../shared/lock-types.js';
import { clean, nameOf, offsetText, rangeText } from './text.js';
import type { BarView, PictureView } from './view.js';

export interface PictureRow {
  readonly kind: LockKind;
  readonly type: LockType;
  readonly start: Offset;
  readonly end: Offset;
  readonly waiting: boolean;
  readonly deadlocked: boolean;
  readonly pid: number;
  readonly command: string;
}

/** Offsets that the axis tells apart. */
const knotsMax = 64;
const barsMax = 60;
/** Held and waiting ones each. */
const lanesMax = 6;
/** Pieces of the axis when locks are drawn together. */
const cells = 48;
const barWidthMin = 0.012;
const tickDistance = 0.19;

interface Axis {
  at(offset: Offset): number;
  readonly ticks: PictureView['ticks'];
  readonly gaps: readonly number[];
}

export function drawPicture(rows: readonly PictureRow[]): PictureView {
  if (rows.length === 0) return { lanes: 0, bars: [], ticks: [], gaps: [] };
  const axis = layAxis(rows);
  const held = rows.filter(({ waiting }) => !waiting);
  const waiting = rows.filter((row) => row.waiting);
  const above = drawLanes(held, axis, 0);
  const below = drawLanes(waiting, axis, above.lanes);
  return {
    lanes: below.lanes,
    bars: [...above.bars, ...below.bars],
    ticks: axis.ticks,
    gaps: axis.gaps,
  };
}

function layAxis(rows: readonly PictureRow[]): Axis {
  const offsets = new Set<number>([0]);
  for (const { start, end } of rows) {
    offsets.add(Number(start));
    if (end !== Infinity) offsets.add(Number(end));
  }
  let knots = [...offsets].sort((a, b) => a - b);
  if (knots.length > knotsMax) {
    const all = knots;
    knots = Array.from(
      { length: knotsMax },
      (_, n) => all[Math.round((n * (all.length - 1)) / (knotsMax - 1))]!,
    );
  }
  const open = rows.some(({ end }) => end === Infinity);
  const covered = coverage(rows, knots);
  const widths = knots.slice(1).map((to, n) => {
    const size = Math.log2(to - knots[n]! + 1);
    return covered[n] ? 3 + size : Math.min(3, 1 + size / 8);
  });
  if (open) widths.push(Math.max(4, widths.reduce((sum, width) => sum + width, 0) / 6));
  const total = widths.reduce((sum, width) => sum + width, 0);
  const places = [0];
  for (const width of widths) places.push(places.at(-1)! + width / total);
  return {
    at(offset) {
      if (offset === Infinity) return 1;
      const value = Number(offset);
      let low = 0;
      for (let high = knots.length - 1; low < high; ) {
        const middle = (low + high + 1) >> 1;
        if (knots[middle]! <= value) low = middle;
        else high = middle - 1;
      }
      const next = knots[low + 1];
      if (next === undefined) return places[low]!;
      return (
        places[low]! + ((places[low + 1]! - places[low]!) * (value - knots[low]!)) / (next - knots[low]!)
      );
    },
    ticks: chooseTicks(knots, places, open),
    gaps: covered.flatMap((is, n) =>
      is || n + 1 >= places.length ? [] : [(places[n]! + places[n + 1]!) / 2],
    ),
  };
}

/** Whether there is a lock between each knot and the next. */
function coverage(rows: readonly PictureRow[], knots: readonly number[]): boolean[] {
  const steps = new Array<number>(knots.length + 1).fill(0);
  const index = (offset: number): number => {
    const found = knots.findIndex((knot) => knot >= offset);
    return found < 0 ? knots.length : found;
  };
  for (const { start, end } of rows) {
    const from = knots.findLastIndex((knot) => knot <= Number(start));
    steps[from]! += 1;
    steps[Math.max(from + 1, index(Number(end)))]! -= 1;
  }
  let depth = 0;
  return steps.slice(0, knots.length - 1).map((step) => {
    depth += step;
    return depth > 0;
  });
}

function chooseTicks(
  knots: readonly number[],
  places: readonly number[],
  open: boolean,
): PictureView['ticks'] {
  const end = open ? { at: 1, label: 'end' } : { at: 1, label: offsetText(knots.at(-1)!) };
  const ticks: { at: number; label: string }[] = [];
  for (const [n, knot] of knots.entries()) {
    const at = places[n]!;
    const far = ticks.length === 0 || at - ticks.at(-1)!.at >= tickDistance;
    if (far && end.at - at >= tickDistance) ticks.push({ at, label: offsetText(knot) });
  }
  return [...ticks, end];
}

/** Finer than any screen; shorter than all digits. */
const rounded = (part: number): number => Math.round(part * 1e5) / 1e5;

/** Locks that overlap lie below one another, as far as there is room. */
function drawLanes(
  rows: readonly PictureRow[],
  axis: Axis,
  firstLane: number,
): { lanes: number; bars: BarView[] } {
  if (rows.length > barsMax) return drawTogether(rows, axis, firstLane);
  const ends: number[] = [];
  const bars: BarView[] = [];
  for (const row of [...rows].sort((a, b) => Number(a.start) - Number(b.start))) {
    const from = Math.min(axis.at(row.start), 1 - barWidthMin);
    const to = Math.max(axis.at(row.end), from + barWidthMin);
    let lane = ends.findIndex((end) => end <= from + 1e-9);
    if (lane < 0) lane = ends.length;
    if (lane >= lanesMax) return drawTogether(rows, axis, firstLane);
    ends[lane] = to;
    bars.push({
      from: rounded(from),
      to: rounded(to),
      lane: firstLane + lane,
      type: nameOf(LockType, row.type),
      kind: nameOf(LockKind, row.kind),
      waiting: row.waiting,
      deadlocked: row.deadlocked,
      open: row.end === Infinity,
      count: 1,
      label: `${row.pid} ${clean(row.command)}`,
      title: `${nameOf(LockKind, row.kind)} ${nameOf(LockType, row.type)} ${rangeText(row.start, row.end)}`,
    });
  }
  return { lanes: firstLane + ends.length, bars };
}

/** One lane for reads, one for writes; each cell says how many locks touch it, equal neighbours are one bar. */
function drawTogether(
  rows: readonly PictureRow[],
  axis: Axis,
  firstLane: number,
): { lanes: number; bars: BarView[] } {
  const bars: BarView[] = [];
  let lane = firstLane;
  for (const type of [LockType.write, LockType.read]) {
    const chosen = rows.filter((row) => row.type === type);
    if (chosen.length === 0) continue;
    const counts = new Array<number>(cells + 1).fill(0);
    for (const row of chosen) {
      const from = Math.min(cells - 1, Math.floor(axis.at(row.start) * cells));
      counts[from]! += 1;
      counts[Math.min(cells, Math.max(from + 1, Math.ceil(axis.at(row.end) * cells - 1e-9)))]! -= 1;
    }
    let depth = 0;
    const depths = counts.slice(0, cells).map((step) => (depth += step));
    const waiting = chosen[0]!.waiting;
    const deadlocked = chosen.some((row) => row.deadlocked);
    for (let from = 0; from < cells; ) {
      let to = from + 1;
      while (to < cells && depths[to] === depths[from]) to++;
      const count = depths[from]!;
      if (count > 0) {
        bars.push({
          from: from / cells,
          to: to / cells,
          lane,
          type: nameOf(LockType, type),
          kind: '',
          waiting,
          deadlocked,
          open: false,
          count,
          label: '',
          title: `${count} locks`,
        });
      }
      from = to;
    }
    lane++;
  }
  return { lanes: lane, bars };
}
