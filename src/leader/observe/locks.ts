/**
 * Locks and waits, page by page. A list goes on where its last page ended (one list at a time for each session), so
 * that each page costs what it tells, whatever there is; locks that come and go meanwhile may be told or not.
 */
import type { LockRow } from '../../shared/core-types.js';
import { SyscallError } from '../../shared/errno.js';
import { deadlockCommandCharactersMax, observeMicroseconds } from '../../shared/limits.js';
import type { Reply, Request } from '../../shared/messages.js';
import { shorten } from '../../shared/shorten.js';
import type { Session } from '../session.js';
import { type ObserveContext, pageBytesMax, seesSession } from './context.js';

interface List {
  readonly rows: Generator<LockRow | null>;
  /** Taken, but did not fit into the last page. */
  readonly first: LockRow | null;
  readonly next: number;
}

/** Edges of one page; the deadlocks need room, too. */
const graphBytesMax = pageBytesMax / 2;

type Row = Reply<'locksList'>['rows'][number];

interface Named {
  readonly pid: number;
  readonly command: string;
}

const deadlocksMax = 20;
const deadlockProcessesMax = 10;

export class LockPages {
  private readonly context: ObserveContext;
  private readonly lists = new WeakMap<Session, List>();

  constructor(context: ObserveContext) {
    this.context = context;
  }

  page(request: Request<'locksList'>, session: Session): Reply<'locksList'> {
    const { cursor, limit, file, waiting } = request;
    const kept = cursor === 0 ? undefined : this.lists.get(session);
    if (kept?.next !== cursor && cursor !== 0) {
      throw new SyscallError('EINVAL', `cursor ${cursor} is not the next one`);
    }
    const rows =
      kept?.rows ?? this.context.core.walk({ ...(file === '' ? {} : { key: file }), waitingOnly: waiting });
    this.lists.delete(session);
    const page: Row[] = [];
    const end = this.context.now() + observeMicroseconds / 1000;
    let bytes = 0;
    for (let row = kept ? kept.first : take(rows); row !== undefined; row = take(rows)) {
      if (page.length >= limit || bytes > pageBytesMax || this.context.now() > end) {
        const next = cursor + Math.max(page.length, 1);
        this.lists.set(session, { rows, first: row, next });
        return { rows: page, next };
      }
      if (row === null || !seesSession(session, row.owner.session)) continue;
      const told = this.tell(row);
      bytes += Buffer.byteLength(told.path) + Buffer.byteLength(told.command) + 96;
      page.push(told);
    }
    return { rows: page, next: null };
  }

  graph({ cursor, limit }: Request<'waitGraph'>, session: Session): Reply<'waitGraph'> {
    const { core } = this.context;
    const now = this.context.now();
    const cycles = core.deadlocks().map(({ processes }) => processes);
    const edges: Reply<'waitGraph'>['edges'][number][] = [];
    let bytes = 0;
    let last = cursor;
    for (const edge of core.waits(cursor)) {
      if (edges.length >= limit || bytes > graphBytesMax) return { edges, deadlocks: [], next: last };
      const { process, blocker, kind, type, start, end, queued, inode } = edge;
      last = edge.sequence;
      if (!seesSession(session, process.session)) continue;
      const path = this.context.pathOf(inode);
      edges.push({
        waiter: named(process),
        holder: named(blocker),
        path,
        file: inode.key,
        kind,
        type,
        start,
        end,
        queued,
        deadlocked: cycles.some(
          (cycle) =>
            cycle[(cycle.indexOf(process) + 1) % cycle.length] === blocker && cycle.includes(process),
        ),
        age: Math.max(0, Math.round(now - edge.since)),
      });
      bytes += Buffer.byteLength(path) + Buffer.byteLength(process.command + blocker.command) + 150;
    }
    const seen = cycles.filter((cycle) => cycle.every((process) => seesSession(session, process.session)));
    const deadlocks = inBrief(seen);
    return { edges, deadlocks, next: null };
  }

  private tell(row: LockRow): Row {
    const { kind, type, start, end, waiting } = row;
    const { pid, command } = row.process;
    const age = Math.max(0, Math.round(this.context.now() - row.since));
    const path = this.context.pathOf(row.inode);
    const { peerPid: member } = row.owner.session as Session;
    return { path, kind, type, start, end, pid, command, waiting, age, file: row.inode.key, member };
  }
}

const take = (rows: Generator<LockRow | null>) => rows.next().value as LockRow | null | undefined;
const named = ({ pid, command }: Named) => ({ pid, command });

/** Some of the processes of some deadlocks: there may be many, and commands may be long. */
export const inBrief = (deadlocks: readonly (readonly Named[])[]): Named[][] =>
  deadlocks.slice(0, deadlocksMax).map((processes) =>
    processes.slice(0, deadlockProcessesMax).map(({ pid, command }) => ({
      pid,
      command: shorten(command, deadlockCommandCharactersMax),
    })),
  );
