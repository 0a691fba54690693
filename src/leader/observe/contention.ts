/** Which files were waited for and locked most, and how much of its limits the leader uses. */
import { readFileSync, statSync } from 'node:fs';
import type { Activity, ActivityNumber } from '../../shared/core-types.js';
import {
  callsInFlightMax,
  connectionsMax,
  filesPerSessionMax,
  locksPerSessionMax,
  ownersPerSessionMax,
} from '../../shared/limits.js';
import { ContentionOrder, type Reply, type Request } from '../../shared/messages.js';
import type { Session } from '../session.js';
import { ActivityHistory } from './activity-history.js';
import { type ObserveContext, pageBytesMax, seesAll } from './context.js';

type Row = Reply<'contentionList'>['rows'][number];

/** What a row needs at most, but for its path and causes; what each cause needs. */
const rowBytes = 2400;
const causeBytes = 800;
const rowsMax = Math.floor(pageBytesMax / rowBytes) + 1;

const numbers: Readonly<Record<ContentionOrder, ActivityNumber>> = {
  [ContentionOrder.waited]: 'waited',
  [ContentionOrder.longest]: 'longest',
  [ContentionOrder.waits]: 'waits',
  [ContentionOrder.acquisitions]: 'acquisitions',
  [ContentionOrder.refusals]: 'refusals',
};

export class ContentionLists {
  private readonly context: ObserveContext;
  private readonly history: ActivityHistory;

  constructor(context: ObserveContext) {
    this.context = context;
    this.history = new ActivityHistory(context.core, context.pathOf);
  }

  list({ order, limit }: Request<'contentionList'>, session: Session): Reply<'contentionList'> {
    if (!seesAll(session)) return { rows: [] };
    const rows: Row[] = [];
    const count = Math.min(limit, rowsMax);
    let bytes = 0;
    for (const { file, path, open, activity } of this.history.inOrder(numbers[order], count)) {
      if (rows.length >= count || bytes > pageBytesMax) break;
      const causes = causesOf(activity);
      rows.push({ path, file, open, ...told(activity), causes });
      bytes += Buffer.byteLength(path) + rowBytes + causeBytes * causes.length;
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

/** Descriptors that the leader has open, and may have. 0: this kernel does not tell (before Linux 6.2). */
function descriptors(): { used: number; max: number } {
  const max = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1];
  return { used: statSync('/proc/self/fd').size, max: Number(max ?? 0) };
}
