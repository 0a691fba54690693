/**
 * What has happened to the locks of each file since the start. The core counts for the inodes that it knows; what it
 * forgets is kept here, bounded: the files that were waited for or locked often. A file is an inode and its path: one
 * that was removed and another that got its number are two.
 */
import { LRUCache } from 'lru-cache';
import {
  type Activity,
  type ActivityNumber,
  type Contention,
  type Core,
  type Inode,
  type WaitCause,
  waitBuckets,
} from '../../shared/core-types.js';
import { contentionCausesMax, contentionHistoryMax } from '../../shared/limits.js';

/** Locks granted on a file that nobody waited for, above which it is remembered all the same. */
const rememberedAcquisitions = 100;
/** Paths that one list looks up to tell who came back, at 6 µs; what is beyond is told as another file. */
const looksMax = 200;

export interface FileActivity {
  readonly file: string;
  readonly path: string;
  /** Known to the core now. */
  readonly open: boolean;
  readonly activity: Activity;
}

/** Files whose rank is at most this. */
interface Candidate {
  readonly value: number;
  readonly acquisitions: number;
  readonly files: readonly FileActivity[];
  /** Perhaps one of these files: its path, which costs most of all, tells. */
  readonly inode: Inode | undefined;
}

const numberOf: Readonly<Record<ActivityNumber, (activity: Activity) => number>> = {
  waited: ({ contention }) => contention?.milliseconds ?? 0,
  longest: ({ contention }) => contention?.longest ?? 0,
  waits: ({ contention }) => contention?.waits ?? 0,
  acquisitions: ({ acquisitions }) => acquisitions,
  refusals: ({ refusals }) => refusals,
};

export class ActivityHistory {
  private readonly core: Core;
  private readonly pathOf: (inode: Inode) => string;
  /** By inode and path. */
  private readonly forgotten = new LRUCache<string, FileActivity>({ max: contentionHistoryMax });

  constructor(core: Core, pathOf: (inode: Inode) => string) {
    this.core = core;
    this.pathOf = pathOf;
    core.onForget = (inode, activity) => this.keep(inode, activity);
  }

  /** The first `count` files in that order, or more. The acquisitions decide between those that are alike. */
  *inOrder(by: ActivityNumber, count: number): Generator<FileActivity> {
    const candidates = this.candidates(by, count).sort(compare);
    let looked = 0;
    for (let next = candidates.pop(); next !== undefined; next = candidates.pop()) {
      const { files, inode } = next;
      if (inode === undefined) yield* files;
      else if (files.length === 0) yield this.known(inode);
      else if (looked++ < looksMax) {
        for (const file of this.toldApart(files, inode)) insert(candidates, remembered(by, file));
      } else {
        for (const file of files) insert(candidates, remembered(by, file));
        insert(candidates, this.either(by, [], inode));
      }
    }
  }

  private candidates(by: ActivityNumber, count: number): Candidate[] {
    const candidates: Candidate[] = [];
    const again = new Map<Inode, FileActivity[]>();
    for (const file of this.forgotten.values()) {
      const inode = this.core.find(file.file);
      if (inode === undefined) candidates.push(remembered(by, file));
      else if (again.has(inode)) again.get(inode)!.push(file);
      else again.set(inode, [file]);
    }
    for (const [inode, files] of again) candidates.push(this.either(by, files, inode));
    for (const inode of this.core.busiest(by, count, again)) candidates.push(this.either(by, [], inode));
    return candidates;
  }

  /** The inode and files one of which it may be: together no more than this has happened. */
  private either(by: ActivityNumber, files: readonly FileActivity[], inode: Inode): Candidate {
    const activity = this.core.activityOf(inode);
    let value = numberOf[by](activity);
    let { acquisitions } = activity;
    for (const file of files) {
      const more = numberOf[by](file.activity);
      value = by === 'longest' ? Math.max(value, more) : value + more;
      acquisitions += file.activity.acquisitions;
    }
    return { value, acquisitions, files, inode };
  }

  private known(inode: Inode): FileActivity {
    return { file: inode.key, path: this.pathOf(inode), open: true, activity: this.core.activityOf(inode) };
  }

  /** The inode is one of these remembered files, or another. */
  private toldApart(files: readonly FileActivity[], inode: Inode): FileActivity[] {
    const now = this.known(inode);
    if (!hasHappened(now.activity)) return [...files];
    const same = files.find(({ path }) => path === now.path);
    if (same === undefined) return [...files, now];
    const others = files.filter((file) => file !== same);
    return [...others, { ...now, activity: sum(same.activity, now.activity) }];
  }

  private keep(inode: Inode, activity: Activity): void {
    if (activity.contention === null && activity.acquisitions < rememberedAcquisitions) return;
    const file = inode.key;
    const path = this.pathOf(inode);
    const key = `${file} ${path}`;
    const before = this.forgotten.get(key);
    const { acquisitions, refusals, contention } = activity;
    const all =
      before === undefined ? { acquisitions, refusals, contention } : sum(before.activity, activity);
    this.forgotten.set(key, { file, path, open: false, activity: all });
  }
}

const remembered = (by: ActivityNumber, file: FileActivity): Candidate => ({
  value: numberOf[by](file.activity),
  acquisitions: file.activity.acquisitions,
  files: [file],
  inode: undefined,
});

const compare = (a: Candidate, b: Candidate): number => a.value - b.value || a.acquisitions - b.acquisitions;

/** Puts it where it belongs among those that are sorted, behind its like. */
function insert(sorted: Candidate[], item: Candidate): void {
  let low = 0;
  for (let high = sorted.length; low < high; ) {
    const middle = (low + high) >> 1;
    if (compare(sorted[middle]!, item) <= 0) low = middle + 1;
    else high = middle;
  }
  sorted.splice(low, 0, item);
}

const hasHappened = ({ acquisitions, refusals, contention }: Activity): boolean =>
  acquisitions > 0 || refusals > 0 || contention !== null;

function sum(before: Activity, now: Activity): Activity {
  return {
    acquisitions: before.acquisitions + now.acquisitions,
    refusals: before.refusals + now.refusals,
    contention:
      before.contention === null || now.contention === null
        ? (before.contention ?? now.contention)
        : sumWaits(before.contention, now.contention),
  };
}

function sumWaits(before: Contention, now: Contention): Contention {
  const { longest, longestWaiter, longestCause } = now.longest >= before.longest ? now : before;
  const causes = new Map<string, WaitCause>();
  for (const cause of [...before.causes(), ...now.causes()]) {
    const key = `${cause.pid} ${cause.command}`;
    const known = causes.get(key);
    causes.set(key, {
      ...cause,
      waits: cause.waits + (known?.waits ?? 0),
      milliseconds: cause.milliseconds + (known?.milliseconds ?? 0),
    });
  }
  const latest = [...causes.values()].slice(-contentionCausesMax);
  return {
    waits: before.waits + now.waits,
    abandoned: before.abandoned + now.abandoned,
    milliseconds: before.milliseconds + now.milliseconds,
    longest,
    longestWaiter,
    longestCause,
    histogram: Array.from({ length: waitBuckets }, (_, i) => before.histogram[i]! + now.histogram[i]!),
    causes: () => latest,
  };
}
