/**
 * Who asks from a pid namespace below the leader's names processes, and is told them, by the numbers that they have
 * there. What does not exist there is left out where processes are listed, and is 0 where it is named: as holder, waiter,
 * cause or parent. Causes and longest waits outlive processes, whose numbers go to others: 0, too, unless they are
 * registered now. All other askers get what the handlers say: the leader's numbers.
 */
import { SyscallError } from '../../shared/errno.js';
import type { Handlers } from '../../shared/messages.js';
import { type ProcessNumbers, ProcessScope, renumberProcesses } from '../../shared/process-records.js';
import { PidNamespace } from '../pid-namespace.js';
import { peerNumbers } from '../pids.js';
import type { Session } from '../session.js';
import type { Looking } from './handlers.js';
import { noProcess } from './trees.js';

type Answers = Pick<Handlers<Session>, Looking | 'status'>;
type Numbering = (pid: number) => number;

/** Processes of one page: before Linux 6.11 each costs some files of /proc more. */
const recordsMax = 256;

export function inAskersNamespace(answers: Answers, sessions: () => Iterable<Session>): Answers {
  function ofRegistered(namespace: PidNamespace): Numbering {
    const pids = new Set<number>();
    for (const session of sessions()) for (const { owner } of session.owners.values()) pids.add(owner.pid);
    const numberOf = numberingOf(namespace);
    return (pid) => (pids.has(pid) ? numberOf(pid) : 0);
  }

  return {
    processesList(request, session) {
      const namespace = namespaceOf(session);
      if (namespace === null) return answers.processesList(request, session);
      const list = (pid: number) =>
        answers.processesList({ ...request, pid, limit: Math.min(request.limit, recordsMax) }, session);
      const isNamed = request.scope !== ProcessScope.all && request.cursor === 0;
      const reply = isNamed ? withProcess(namespace, request.pid, list) : list(request.pid);
      const records = renumberProcesses(reply.records, processNumbers(namespace));
      return { ...reply, records };
    },

    descriptorsList(request, session) {
      const namespace = namespaceOf(session);
      if (namespace === null) return answers.descriptorsList(request, session);
      return withProcess(namespace, request.pid, (pid) =>
        answers.descriptorsList({ ...request, pid }, session),
      );
    },

    sessionsList: renumbered(answers.sessionsList),
    locksList: renumbered(answers.locksList),
    waitGraph: renumbered(answers.waitGraph),
    status: renumbered(answers.status),
    contentionList: renumbered(answers.contentionList, ofRegistered),
    statistics: renumbered(answers.statistics, ofRegistered),
  };
}

/** Null: the leader's own, or one that cannot be seen from there. */
function namespaceOf(session: Session): PidNamespace | null {
  if (session.namespace === undefined) {
    session.namespace = PidNamespace.of(session.peerPid, peerNumbers(session));
  }
  return session.namespace;
}

/** A handler whose reply names processes as `pid`. */
function renumbered<Q, R>(
  answer: (request: Q, session: Session) => R,
  numbering: (namespace: PidNamespace) => Numbering = numberingOf,
): (request: Q, session: Session) => R {
  return (request, session) => {
    const reply = answer(request, session);
    const namespace = namespaceOf(session);
    return namespace === null ? reply : renumber(reply, numbering(namespace));
  };
}

/** For one reply, in which many processes are named again and again. */
function numberingOf(namespace: PidNamespace): Numbering {
  const known = new Map<number, number>();
  return (pid) => (pid <= 0 ? pid : remembered(known, pid, () => namespace.numberOf(pid)));
}

function processNumbers(namespace: PidNamespace): ProcessNumbers {
  const numberOf = numberingOf(namespace);
  const withoutLeader = new Map<number, number>();
  return {
    of: numberOf,
    group: (id, pid, which) =>
      numberOf(id) || remembered(withoutLeader, id, () => namespace.groupOf(pid, which)),
  };
}

function remembered(numbers: Map<number, number>, pid: number, look: () => number): number {
  const known = numbers.get(pid);
  if (known !== undefined) return known;
  const found = look();
  numbers.set(pid, found);
  return found;
}

/** Answers about a process that the asker calls so, errors too. */
function withProcess<R>(namespace: PidNamespace, number: number, answer: (pid: number) => R): R {
  const pid = number > 0 ? namespace.pidOf(number) : 0;
  if (pid === 0) throw noProcess(number);
  try {
    return answer(pid);
  } catch (error) {
    throw error instanceof SyscallError && error.code === 'ESRCH' ? noProcess(number) : error;
  }
}

const pidNames: readonly string[] = ['pid', 'member'];

/** The same, with other numbers wherever it tells a pid. */
function renumber<T>(value: T, numberOf: Numbering): T {
  if (Array.isArray(value)) return value.map((item) => renumber(item, numberOf)) as T;
  if (typeof value !== 'object' || value === null) return value;
  const renumbered = Object.entries(value).map(([name, inner]) => [
    name,
    pidNames.includes(name) ? numberOf(inner) : renumber(inner, numberOf),
  ]);
  return Object.fromEntries(renumbered) as T;
}
