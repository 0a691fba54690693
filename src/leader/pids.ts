/**
 * Process numbers of clients in other pid namespaces. A client names its processes as it sees them; here they get the
 * numbers that the leader sees, once, when they are registered. 0 is what cannot be seen from here, as for F_GETLK.
 */
import { readFileSync } from 'node:fs';
import type { Session } from './session.js';

const unseen = 0;

/** The number of a process that the session calls `pid`; its pidfd, if there is one, tells. */
export function pidSeenHere(session: Session, pid: number, pidfd: number): number {
  const numbers = peerNumbers(session);
  if (numbers.length === 1) return pid;
  if (pidfd >= 0) return pidBehind(pidfd);
  return numbers.at(-1) === pid ? session.peerPid : unseen;
}

/** Of the process that connected, looked at once. */
export function peerNumbers(session: Session): readonly number[] {
  session.pidNumbers ??= numbersOf(session.peerPid);
  return session.pidNumbers;
}

/** The numbers of a process in the namespaces from ours inward; none: it is not seen here. */
export function numbersOf(pid: number): readonly number[] {
  if (pid === unseen) return [];
  // It has ended: whatever it named can hold nothing for long.
  return statusNumbers(pid, 'NSpid') ?? [pid];
}

/** proc_pid_status(5): of a process, its group or its session, in the namespaces from ours inward. */
export function statusNumbers(
  pid: number,
  name: 'NSpid' | 'NSpgid' | 'NSsid',
): readonly number[] | undefined {
  return fieldOf(`/proc/${pid}/status`, name)?.split(/\s+/).map(Number);
}

/** pidfd_open(2): fdinfo tells the number; -1 when the process has ended. */
function pidBehind(pidfd: number): number {
  return Math.max(unseen, Number(fieldOf(`/proc/self/fdinfo/${pidfd}`, 'Pid') ?? unseen));
}

function fieldOf(path: string, name: string): string | undefined {
  try {
    return new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(readFileSync(path, 'latin1'))?.[1];
  } catch {
    return undefined;
  }
}
