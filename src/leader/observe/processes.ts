/**
 * Packed records of processes, page by page. The list of processes is made for the first page and kept for the others,
 * so that nobody is told twice; who has ended meanwhile is left out.
 */
import { SyscallError } from '../../shared/errno.js';
import { observeMicroseconds } from '../../shared/limits.js';
import type { Reply, Request } from '../../shared/messages.js';
import { machineUptime, packRecords } from '../../shared/native/processes.js';
import { allProcessGroups, fillLocks, ProcessGroup } from '../../shared/process-records.js';
import type { Session } from '../session.js';
import { type ObserveContext, packedBytesMax } from './context.js';
import type { Listing, Trees } from './trees.js';

interface Kept extends Listing {
  /** The cursor of the next page. */
  readonly next: number;
}

export class ProcessPages {
  private readonly context: ObserveContext;
  private readonly trees: Trees;
  private readonly kept = new WeakMap<Session, Kept>();
  private readonly bytes = Buffer.allocUnsafeSlow(packedBytesMax);

  constructor(context: ObserveContext, trees: Trees) {
    this.context = context;
    this.trees = trees;
  }

  page(request: Request<'processesList'>, session: Session): Reply<'processesList'> {
    const { groups, cursor, limit } = request;
    const unknown = (groups & ~allProcessGroups) >>> 0;
    if (unknown !== 0) {
      throw new SyscallError('EINVAL', `unknown groups ${hex(unknown)}; known are ${hex(allProcessGroups)}`);
    }
    const { pairs, tgid } = cursor === 0 ? this.begin(request, session) : this.goOn(cursor, session);
    const chosen = pairs.subarray(0, 2 * Math.min(pairs.length / 2, cursor + limit));
    // Locks and waits are known of processes: of their threads nothing is told.
    const told = tgid === 0 ? groups : groups & ~ProcessGroup.locks;
    const packed = packRecords(chosen, cursor, tgid, told, observeMicroseconds, this.bytes);
    const records = this.bytes.subarray(0, packed.bytes);
    if (told & ProcessGroup.locks) this.tellLocks(records);
    const next = packed.next < pairs.length / 2 ? packed.next : null;
    if (next === null) this.kept.delete(session);
    else this.kept.set(session, { pairs, tgid, next });
    return { records, next, uptime: Math.round(machineUptime()) };
  }

  private begin({ scope, pid }: Request<'processesList'>, session: Session): Listing {
    return this.trees.list(session, scope, pid);
  }

  private goOn(cursor: number, session: Session): Listing {
    const kept = this.kept.get(session);
    if (kept?.next !== cursor) throw new SyscallError('EINVAL', `cursor ${cursor} is not the next one`);
    return kept;
  }

  private tellLocks(records: Buffer): void {
    const { core } = this.context;
    const now = this.context.now();
    const known = new Map<number, { held: number; waiting: number; waitingFor: number }>();
    for (const session of this.context.sessions()) {
      for (const { owner } of session.owners.values()) {
        const { held, waiting, since } = core.standing(owner);
        if (held === 0 && waiting === 0) continue;
        const { pid } = owner;
        const before = known.get(pid) ?? { held: 0, waiting: 0, waitingFor: 0 };
        const waitingFor = waiting === 0 ? 0 : Math.max(0, Math.round(now - since));
        known.set(pid, {
          held: before.held + held,
          waiting: before.waiting + waiting,
          waitingFor: Math.max(before.waitingFor, waitingFor),
        });
      }
    }
    fillLocks(records, (pid) => known.get(pid));
  }
}

const hex = (value: number): string => `0x${value.toString(16)}`;
