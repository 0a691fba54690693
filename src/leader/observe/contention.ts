/**
 * Contention for each file since the start. The core counts for the inodes that it knows; what it forgets is kept here,
 * bounded: the files that were waited for or locked often. A file is an inode and its path: one that was removed and
 * another that got its number are two.
 */
import { readFileSync, statSync } from 'node:fs';
import { LRUCache } from 'lru-cache';
import {
  type Activity,
  type Contention,
  type Inode,
  type WaitCause,
  waitBuckets,
} from '../../shared/core-types.js';
import {
  callsInFlightMax,
  connectionsMax,
  contentionCausesMax,
  contentionHistoryMax,
  filesPerSessionMax,
  locksPerSessionMax,
  ownersPerSessionMax,
} from '../../shared/limits.js';
import { ContentionOrder, type Reply, type Request } from '../../shared/messages.js';
import type { Session } from '../session.js';
import { type ObserveContext, pageBytesMax, seesAll } from './context.js';

type Row = Reply<'contentionList'>['rows'][number];

/** Locks granted on a file that nobody waited for, above which it is remembered all the same. */
const rememberedAcquisitions = 100;

interface Entry {
  readonly file: string;
  readonly path: string;
  readonly open: boolean;
  readonly activity: Activity;
  /** Known to the core: its path is looked up when it is told. */
  readonly inode?: Inode;
}

const orders: Readonly<Record<ContentionOrder, (activity: Activity) => number>> = {
  [ContentionOrder.waited]: ({ contention }) => contention?.milliseconds ?? 0,
  [ContentionOrder.longest]: ({ contention }) => contention?.longest ?? 0,
  [ContentionOrder.waits]: ({ contention }) => contention?.waits ?? 0,
  [ContentionOrder.acquisitions]: ({ acquisitions }) => acquisitions,
  [ContentionOrder.refusals]: ({ refusals }) => refusals,
};

export class ContentionLists {
  private readonly context: ObserveContext;
  /** By inode and path. */
  private readonly history = new LRUCache<string, Entry>({ max: contentionHistoryMax });

  constructor(context: ObserveContext) {
    this.context = context;
    context.core.onForget = (inode, activity) => this.keep(inode, activity);
  }

  list({ order, limit }: Request<'contentionList'>, session: Session): Reply<'contentionList'> {
    if (!seesAll(session)) return { rows: [] };
    const value = orders[order];
    // The acquisitions decide between those that are alike.
    const rank = ({ activity }: Entry) => value(activity) + activity.acquisitions / Number.MAX_SAFE_INTEGER;
    const rows: Row[] = [];
    let bytes = 0;
    for (const entry of this.entries().sort((a, b) => rank(b) - rank(a))) {
      if (rows.length >= limit || bytes > pageBytesMax) break;
      const { file, open, activity } = entry;
      const path = entry.inode === undefined ? entry.path : this.context.pathOf(entry.inode);
      const causes = causesOf(activity);
      rows.push({ path, file, open, ...told(activity), causes });
      bytes += Buffer.byteLength(path) + 2400 + 800 * causes.length;
    }
    return { rows };
  }

  statistics(): Reply<'statistics'> {
    const sessions = [...this.context.sessions()];
    const most = (count: (session: Session) => number) => Math.max(0, ...sessions.map(count));
    const locks = (session: Session) => this.context.core.sessionActivity(session).locks;
    return {
      ...told(this.context.core.activity),
      deadlocks: this.context.core.activity.deadlocks,
      rss: process.memoryUsage.rss(),
      limits: [
        { name: 'connections', used: sessions.length, max: connectionsMax },
        { name: 'files of one connection', used: most(({ files }) => files.size), max: filesPerSessionMax },
        {
          name: 'owners of one connection',
          used: most(({ owners }) => owners.size),
          max: ownersPerSessionMax,
        },
        { name: 'locks of one connection', used: most(locks), max: locksPerSessionMax },
        { name: 'waits of one connection', used: most(({ waits }) => waits.size), max: callsInFlightMax },
        { name: 'descriptors', ...descriptors() },
      ],
    };
  }

  private entries(): Entry[] {
    const entries = new Map<string, Entry>();
    for (const entry of this.history.values()) entries.set(`${entry.file} ${entry.path}`, entry);
    const remembered = new Set([...entries.values()].map(({ file }) => file));
    for (const { inode, activity } of this.context.core.activities()) {
      if (activity.acquisitions === 0 && activity.refusals === 0 && activity.contention === null) continue;
      const file = inode.key;
      if (!remembered.has(file)) {
        entries.set(file, { file, path: '', open: true, activity, inode });
        continue;
      }
      const path = this.context.pathOf(inode);
      const before = entries.get(`${file} ${path}`);
      const all = before === undefined ? activity : sum(before.activity, activity);
      entries.set(`${file} ${path}`, { file, path, open: true, activity: all });
    }
    return [...entries.values()];
  }

  private keep(inode: Inode, activity: Activity): void {
    if (activity.contention === null && activity.acquisitions < rememberedAcquisitions) return;
    const file = inode.key;
    const path = this.context.pathOf(inode);
    const key = `${file} ${path}`;
    const before = this.history.get(key);
    const { acquisitions, refusals, contention } = activity;
    const all =
      before === undefined ? { acquisitions, refusals, contention } : sum(before.activity, activity);
    this.history.set(key, { file, path, open: false, activity: all });
  }
}

function told({ acquisitions, refusals, contention }: Activity) {
  const { waits = 0, abandoned = 0, longestWaiter = null, longestCause = null } = contention ?? {};
  return {
    acquisitions,
    refusals,
    waits,
    abandoned,
    waited: Math.round(contention?.milliseconds ?? 0),
    longest: Math.round(contention?.longest ?? 0),
    longestWaiter,
    longestCause,
    histogram: contention?.histogram ?? [],
  };
}

function causesOf({ contention }: Activity): Row['causes'] {
  const causes = contention?.causes().toSorted((a, b) => b.milliseconds - a.milliseconds) ?? [];
  return causes.map(({ pid, command, waits, milliseconds }) => ({
    pid,
    command,
    waits,
    waited: Math.round(milliseconds),
  }));
}

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

/** Descriptors that the leader has open, and may have. 0: this kernel does not tell (before Linux 6.2). */
function descriptors(): { used: number; max: number } {
  const max = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  return { used: statSync('/proc/self/fd').size, max: Number(max ?? 0) };
}
