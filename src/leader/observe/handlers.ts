/** What the leader does for the messages that only look (src/shared/observe-messages.ts). */
import type { Handlers, Reply } from '../../shared/messages.js';
import type { Session } from '../session.js';
import { ContentionLists } from './contention.js';
import { type ObserveContext, seesSession } from './context.js';
import { DescriptorPages } from './descriptors.js';
import { LockPages } from './locks.js';
import { ProcessPages } from './processes.js';
import { Trees } from './trees.js';

export type Looking =
  | 'processesList'
  | 'descriptorsList'
  | 'sessionsList'
  | 'locksList'
  | 'waitGraph'
  | 'contentionList'
  | 'statistics';

/** Sessions that one reply tells, as one frame has room for. */
const sessionsMax = 50;

export function createObserveHandlers(context: ObserveContext): Pick<Handlers<Session>, Looking> {
  const trees = new Trees(context);
  const processes = new ProcessPages(context, trees);
  const descriptors = new DescriptorPages(context, trees);
  const locks = new LockPages(context);
  const contention = new ContentionLists(context);

  /** By number: the cursor is the last one told. */
  function sessions(cursor: number, limit: number, asker: Session): Reply<'sessionsList'> {
    const rows = [...context.sessions()]
      .filter((session) => session.number > cursor && session.greeted && seesSession(asker, session))
      .sort((a, b) => a.number - b.number);
    const told = rows.slice(0, Math.min(limit, sessionsMax)).map(describe);
    const last = told.at(-1);
    return { rows: told, next: last !== undefined && told.length < rows.length ? last.session : null };
  }

  function describe(session: Session): Reply<'sessionsList'>['rows'][number] {
    const { locks: held, acquisitions, waits, waitMilliseconds } = context.core.sessionActivity(session);
    return {
      session: session.number,
      pid: session.peerPid,
      uid: session.peerUid,
      name: session.name,
      wraps: session.wraps,
      age: Math.max(0, Math.round(context.now() - session.since)),
      calls: session.calls,
      files: session.files.size,
      owners: session.owners.size,
      held,
      waiting: session.waits.size,
      acquisitions,
      waits,
      waited: Math.round(waitMilliseconds),
    };
  }

  return {
    processesList: (request, session) => processes.page(request, session),
    descriptorsList: (request, session) => descriptors.page(request, session),
    sessionsList: ({ cursor, limit }, session) => sessions(cursor, limit, session),
    locksList: (request, session) => locks.page(request, session),
    waitGraph: (request, session) => locks.graph(request, session),
    contentionList: (request, session) => contention.list(request, session),
    statistics: () => contention.statistics(),
  };
}
