/** From what the leader has said to what somebody looks at: chooses, orders, counts, cuts. Pure. */
import { LockKind, LockType } from '../shared/lock-types.js';
import { MountLocks, MountType } from '../shared/mount-types.js';
import { drawGraph } from './graph.js';
import { memberViews } from './members.js';
import { mapPart, part } from './parts.js';
import { drawPicture } from './picture.js';
import { clean, nameOf, rangeText } from './text.js';
import type { Choice, ContentionView, FileView, LockView, Part, Party, SampleView, View } from './view.js';
import type { FileHistory, Lock, Process, Wait, World } from './world.js';

const filesPerPage = 8;
const waitsPerPage = 20;
/** Locks of a file that is not chosen, and of the one that is. */
const locksShown = 6;
const locksPerPage = 50;

const party = ({ pid, command }: Process): Party => ({ pid, command: clean(command) });

export function project(
  world: World,
  choice: Choice,
  samples: readonly SampleView[],
  at: number,
  trouble: string,
): View {
  const { status, totals } = world;
  const stuck = new Set(world.deadlocks.flat().map(({ pid }) => pid));
  const newest = samples.at(-1);
  return {
    at,
    trouble,
    leader: {
      pid: status.pid,
      epoch: status.epoch,
      uptime: status.uptime,
      calls: status.calls,
      rss: totals.rss,
    },
    totals: {
      members: world.members.filter(({ wraps }) => wraps).length,
      clients: status.sessions,
      processes: world.processes.size,
      files: new Set(world.locks.map(({ path }) => path)).size,
      filesPartial: world.locksCut,
      held: world.held,
      waiting: status.waiting,
      deadlocks: world.deadlocks.length,
      acquisitions: newest?.acquisitions ?? 0,
      waits: newest?.waits ?? 0,
      longest: world.longestWait,
    },
    samples,
    members: memberViews(world, choice, stuck),
    files: fileViews(world, choice, stuck),
    deadlocks: deadlockViews(world),
    waits: mapPart(part(orderWaits(world.waits), choice.waits, waitsPerPage), waitView),
    graph: drawGraph(world.waits),
    mounts: world.mounts.map(({ path, type, backing, readonly, locks }) => ({
      path: clean(path),
      type: nameOf(MountType, type),
      backing: clean(backing),
      readonly,
      locks: nameOf(MountLocks, locks),
    })),
  };
}

/** The leader tells long commands in full with the waits only. */
function deadlockViews({ deadlocks, waits }: World): Party[][] {
  const commands = new Map(waits.map(({ waiter }) => [waiter.pid, waiter.command]));
  return deadlocks.map((cycle) =>
    cycle.map(({ pid, command }) => party({ pid, command: commands.get(pid) ?? command })),
  );
}

/** Deadlocks first, then what has lasted longest. */
const orderWaits = (waits: readonly Wait[]): Wait[] =>
  [...waits].sort((a, b) => Number(b.deadlocked) - Number(a.deadlocked) || b.age - a.age);

const waitView = (wait: Wait) => ({
  waiter: party(wait.waiter),
  holder: party(wait.holder),
  path: clean(wait.path),
  kind: nameOf(LockKind, wait.kind),
  type: nameOf(LockType, wait.type),
  range: rangeText(wait.start, wait.end),
  queued: wait.queued,
  deadlocked: wait.deadlocked,
  age: wait.age,
});

interface FileGroup {
  readonly path: string;
  readonly locks: Lock[];
  readonly history: FileHistory | undefined;
}

function fileViews(world: World, choice: Choice, stuck: ReadonlySet<number>): Part<FileView> {
  const history = new Map(world.history.map((file) => [file.path, file]));
  const groups = new Map<string, FileGroup>();
  for (const lock of world.locks) {
    const { path } = lock;
    const group = groups.get(path) ?? { path, locks: [], history: history.get(path) };
    group.locks.push(lock);
    groups.set(path, group);
  }
  for (const file of world.history) {
    const { path } = file;
    if (!groups.has(path)) groups.set(path, { path, locks: [], history: file });
  }
  const wanted = [...groups.values()].filter(({ path }) => path.includes(choice.find));
  const ordered = wanted
    .map((group) => {
      const waiting = group.locks.filter((lock) => lock.waiting);
      return { group, waiting: waiting.length, stuck: waiting.filter(({ pid }) => stuck.has(pid)).length };
    })
    .sort(
      (a, b) =>
        b.stuck - a.stuck ||
        b.waiting - a.waiting ||
        (b.group.history?.waited ?? 0) - (a.group.history?.waited ?? 0) ||
        b.group.locks.length - a.group.locks.length ||
        (a.group.path < b.group.path ? -1 : 1),
    );
  return mapPart(part(ordered, choice.files, filesPerPage), ({ group, waiting }) =>
    fileView(group, waiting, world.locksCut && !world.whole.has(group.path), choice, stuck),
  );
}

function fileView(
  { path, locks, history }: FileGroup,
  waiting: number,
  partial: boolean,
  choice: Choice,
  stuck: ReadonlySet<number>,
): FileView {
  const chosen = choice.file === clean(path);
  const isStuck = (lock: Lock) => lock.waiting && stuck.has(lock.pid);
  return {
    path: clean(path),
    held: locks.length - waiting,
    waiting,
    partial,
    picture: drawPicture(locks.map((lock) => ({ ...lock, deadlocked: isStuck(lock) }))),
    locks: mapPart(
      chosen ? part(locks, choice.locks, locksPerPage) : part(mostTelling(locks), 0, locksShown),
      (lock): LockView => ({
        ...party(lock),
        kind: nameOf(LockKind, lock.kind),
        type: nameOf(LockType, lock.type),
        range: rangeText(lock.start, lock.end),
        waiting: lock.waiting,
        deadlocked: isStuck(lock),
        age: lock.age,
      }),
    ),
    history: history === undefined ? null : historyView(history),
  };
}

/** Where only a few are shown: half of them held, so that who waits is not shown without a holder. */
function mostTelling(locks: readonly Lock[]): readonly Lock[] {
  if (locks.length <= locksShown) return locks;
  const held = locks.filter(({ waiting }) => !waiting);
  const waiting = locks.filter((lock) => lock.waiting);
  const first = held.slice(0, Math.max(locksShown / 2, locksShown - waiting.length));
  return [...first, ...waiting, ...held.slice(first.length)];
}

function historyView({ longestCause, ...history }: FileHistory): ContentionView {
  const { acquisitions, refusals, waits, waited, longest } = history;
  return {
    acquisitions,
    refusals,
    waits,
    waited,
    longest,
    longestCause: longestCause === null ? null : party(longestCause),
  };
}
