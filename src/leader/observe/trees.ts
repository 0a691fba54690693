/**
 * Which processes are the members': the tree below each member, itself included; of a client that wraps no programs
 * but holds locks, the client alone. Pids are those of the leader's namespace; what is not visible in it is left out.
 */
import { SyscallError } from '../../shared/errno.js';
import { parentOf, processThreads, processTree } from '../../shared/native/processes.js';
import { ProcessScope } from '../../shared/process-records.js';
import type { Session } from '../session.js';
import { type ObserveContext, seesProcess } from './context.js';

/** (pid, parent) pairs; of threads of `tgid`, when that is not 0. */
export interface Listing {
  readonly pairs: Int32Array;
  readonly tgid: number;
}

export class Trees {
  private readonly context: ObserveContext;
  /** Processes of the last listing: the next one is hardly much longer. */
  private expected = 64;

  constructor(context: ObserveContext) {
    this.context = context;
  }

  list(asker: Session, scope: ProcessScope, pid: number): Listing {
    if (scope === ProcessScope.all) return { pairs: this.all(asker), tgid: 0 };
    this.check(asker, pid);
    if (scope === ProcessScope.one) return { pairs: Int32Array.of(pid, found(parentOf(pid))), tgid: 0 };
    if (scope === ProcessScope.threads) return { pairs: found(processThreads(pid)), tgid: pid };
    return { pairs: filterPairs(this.all(asker), (_, parent) => parent === pid), tgid: 0 };
  }

  /** Whether the asker may know of that process, which is one of a member's: ESRCH when not, whatever the reason. */
  check(asker: Session, pid: number): void {
    const { wrapping, alone } = this.roots();
    let member = wrapping.has(pid) || alone.has(pid);
    let above = pid;
    // The tree may change while it is climbed; nobody is so deep.
    for (let depth = 0; !member && above > 1 && depth < 10_000; depth++) {
      above = parentOf(above);
      member = wrapping.has(above);
    }
    if (!member || parentOf(pid) < 0 || !seesProcess(asker, pid)) throw noProcess(pid);
  }

  private all(asker: Session): Int32Array {
    const { wrapping, alone } = this.roots();
    const tree = wrapping.size === 0 ? new Int32Array(0) : found(processTree([...wrapping], this.expected));
    this.expected = tree.length / 2 + 64;
    const missing = alone.size === 0 ? [] : notIn(tree, alone);
    const pairs = missing.length === 0 ? tree : Int32Array.of(...tree, ...missing.flatMap(withParent));
    return filterPairs(pairs, (pid) => seesProcess(asker, pid));
  }

  private roots(): { wrapping: Set<number>; alone: Set<number> } {
    const wrapping = new Set<number>();
    const alone = new Set<number>();
    for (const session of this.context.sessions()) {
      if (session.peerPid <= 0 || session.ended) continue;
      if (session.wraps) wrapping.add(session.peerPid);
      else if (session.owners.size > 0) alone.add(session.peerPid);
    }
    return { wrapping, alone };
  }
}

export const noProcess = (pid: number): SyscallError => new SyscallError('ESRCH', `no process ${pid}`);

/** The result of a native listing; a process that has ended meanwhile is none. */
function found<T extends Int32Array | number>(result: T | number): T {
  if (typeof result === 'number' && result < 0) throw new SyscallError('ESRCH', 'it has ended');
  return result as T;
}

function filterPairs(pairs: Int32Array, keep: (pid: number, parent: number) => boolean): Int32Array {
  let kept = 0;
  for (let i = 0; i < pairs.length; i += 2) {
    if (!keep(pairs[i]!, pairs[i + 1]!)) continue;
    pairs[kept++] = pairs[i]!;
    pairs[kept++] = pairs[i + 1]!;
  }
  return kept === pairs.length ? pairs : pairs.slice(0, kept);
}

function notIn(tree: Int32Array, pids: ReadonlySet<number>): number[] {
  const missing = new Set(pids);
  for (let i = 0; i < tree.length; i += 2) missing.delete(tree[i]!);
  return [...missing].sort((a, b) => a - b);
}

function withParent(pid: number): number[] {
  const parent = parentOf(pid);
  return parent < 0 ? [] : [pid, parent];
}
