/**
 * Asks the leader, as an ordinary client over its socket. Connects when first asked and again after a loss.
 * Asks for bounded amounts: what is left out, is counted.
 */
import { SyscallError } from '../shared/errno.js';
import { commandCharactersMax, observedRowsMax, recordsPerReplyMax } from '../shared/limits.js';
import {
  ContentionOrder,
  type MessageName,
  protocolVersion,
  type Reply,
  type Request,
} from '../shared/messages.js';
import { connectUnix } from '../shared/native/socket.js';
import { decodeProcesses, ProcessGroup, ProcessScope } from '../shared/process-records.js';
import { Connection } from '../shared/protocol-connection.js';
import type { FileHistory, Lock, ProcessFacts, Pulse, Wait, World } from './world.js';

/** What one look asks for at most. */
const locksMax = 5_000;
/** Files whose locks are asked for one by one when there are more locks than that. */
const wholeFilesMax = 24;
const wholeFileLocksMax = 1_000;
const waitsMax = 2_000;
const processesMax = 20_000;
const sessionsMax = 5_000;
const historyMax = 50;
/** Rows of one page. */
const pageRows = 500;
/** A leader that has not answered for so long is not there. */
const answerMillisecondsMax = 10_000;

export class Source {
  readonly #socketPath: string;
  #connection: Promise<Connection> | undefined;

  constructor(socketPath: string) {
    this.#socketPath = socketPath;
  }

  pulse(): Promise<Pulse> {
    return this.#ask(askPulse);
  }

  /** What the metrics tell. */
  scrape(): Promise<Pulse & { readonly processes: number }> {
    return this.#ask(async (ask) => ({ ...(await askPulse(ask)), processes: await countProcesses(ask) }));
  }

  look(): Promise<World> {
    return this.#ask(async (ask) => {
      const pulse = await askPulse(ask);
      const { mounts } = await ask('mountsList', {});
      const waits = await askWaits(ask);
      const history = await askHistory(ask);
      return {
        ...pulse,
        ...waits,
        history,
        ...(await askLocks(ask, [...waits.waits, ...history])),
        processes: await askProcesses(ask),
        mounts,
      };
    });
  }

  close(): void {
    this.#connection?.then((connection) => connection.close()).catch(() => {});
    this.#connection = undefined;
  }

  async #ask<T>(run: (ask: Ask) => Promise<T>): Promise<T> {
    const late = AbortSignal.timeout(answerMillisecondsMax);
    this.#connection ??= connect(this.#socketPath);
    try {
      const connection = await this.#connection;
      return await run((name, request) => answered(connection.request(name, request).wait(), late));
    } catch (error) {
      // The leader is gone, or has closed the connection: the next one asks anew.
      this.close();
      throw error;
    }
  }
}

type Ask = <N extends MessageName>(name: N, request: Request<N>) => Promise<Reply<N>>;

async function connect(socketPath: string): Promise<Connection> {
  const connection = new Connection(connectUnix(socketPath));
  await connection.request('hello', { version: protocolVersion, name: 'live page', mounts: false }).wait();
  return connection;
}

function answered<T>(reply: Promise<T>, late: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const expired = () => reject(new SyscallError('ETIMEDOUT', 'the leader does not answer'));
    late.addEventListener('abort', expired);
    reply.then(resolve, reject).finally(() => late.removeEventListener('abort', expired));
  });
}

async function askPulse(ask: Ask): Promise<Pulse> {
  const status = await ask('status', {});
  const totals = await ask('statistics', {});
  const oldest = await ask('waitGraph', { cursor: 0, limit: 1 });
  const members = await pages(ask, 'sessionsList', {}, sessionsMax);
  return {
    status,
    totals,
    longestWait: oldest.edges[0]?.age ?? 0,
    held: members.rows.reduce((sum, { held }) => sum + held, 0),
    members: members.rows,
  };
}

/** Where there are too many: those of the files that matter most, all that wait, and the first of the others. */
async function askLocks(
  ask: Ask,
  files: readonly { readonly file: string; readonly path: string }[],
): Promise<Pick<World, 'locks' | 'locksCut' | 'whole'>> {
  const first = await pages(ask, 'locksList', { file: '', waiting: false }, locksMax);
  if (!first.cut) return { locks: first.rows, locksCut: false, whole: new Set() };
  const paths = new Map(files.map(({ file, path }) => [file, path]));
  const whole = new Set<string>();
  const locks: Lock[] = [];
  for (const [file, path] of [...paths].slice(0, wholeFilesMax)) {
    const { rows, cut } = await pages(ask, 'locksList', { file, waiting: false }, wholeFileLocksMax);
    if (cut) continue;
    whole.add(path);
    locks.push(...rows);
  }
  const waiting = await pages(ask, 'locksList', { file: '', waiting: true }, locksMax);
  const others = [...first.rows.filter((lock) => !lock.waiting), ...waiting.rows];
  locks.push(...others.filter(({ path }) => !whole.has(path)));
  return { locks, locksCut: true, whole };
}

async function askWaits(ask: Ask) {
  const waits: (Wait & { readonly file: string })[] = [];
  for (let cursor: number | null = 0; cursor !== null; ) {
    const page: Reply<'waitGraph'> = await ask('waitGraph', { cursor, limit: observedRowsMax });
    waits.push(...page.edges);
    // The last page tells the deadlocks; `status` does so at any time.
    if (page.next === null) return { waits, deadlocks: page.deadlocks };
    cursor = waits.length < waitsMax ? page.next : null;
  }
  return { waits, deadlocks: (await ask('status', {})).deadlocks };
}

/** Of the files with the longest waits and of those locked most often. */
async function askHistory(ask: Ask): Promise<(FileHistory & { readonly file: string })[]> {
  const files = new Map<string, FileHistory & { readonly file: string }>();
  for (const order of [ContentionOrder.waited, ContentionOrder.acquisitions]) {
    const { rows } = await ask('contentionList', { order, limit: historyMax });
    for (const row of rows) files.set(row.path, row);
  }
  return [...files.values()];
}

/** Asks for no groups: numbers alone cost little. */
async function countProcesses(ask: Ask): Promise<number> {
  let count = 0;
  for (let cursor: number | null = 0; cursor !== null; ) {
    const request = { scope: ProcessScope.all, pid: 0, groups: 0, cursor, limit: recordsPerReplyMax };
    const page: Reply<'processesList'> = await ask('processesList', request);
    count += decodeProcesses(page.records).length;
    cursor = page.next;
  }
  return count;
}

async function askProcesses(ask: Ask): Promise<ProcessFacts[]> {
  const { base, usage, cmd, locks } = ProcessGroup;
  const groups = base | usage | cmd | locks;
  const processes: ProcessFacts[] = [];
  for (let cursor: number | null = 0; cursor !== null && processes.length < processesMax; ) {
    const page: Reply<'processesList'> = await ask('processesList', {
      scope: ProcessScope.all,
      pid: 0,
      groups,
      cursor,
      limit: recordsPerReplyMax,
    });
    for (const record of decodeProcesses(page.records)) {
      processes.push({
        pid: record.pid,
        ppid: record.ppid,
        command: record.cmd?.length
          ? record.cmd.join(' ').slice(0, commandCharactersMax)
          : (record.base?.comm ?? ''),
        state: record.base?.state ?? '',
        rss: record.usage?.rss ?? 0,
        held: record.locks?.held ?? 0,
        waiting: record.locks?.waiting ?? 0,
        waitingFor: record.locks?.waitingFor ?? 0,
      });
    }
    cursor = page.next;
  }
  return processes;
}

/** The rows of a list of pages, as many as are wanted; `cut`: there are more. */
async function pages<N extends 'locksList' | 'sessionsList'>(
  ask: Ask,
  name: N,
  request: Omit<Request<N>, 'cursor' | 'limit'>,
  max: number,
): Promise<{ rows: Reply<N>['rows'][number][]; cut: boolean }> {
  const rows: Reply<N>['rows'][number][] = [];
  for (let cursor = 0; rows.length < max; ) {
    const page = await ask(name, { ...request, cursor, limit: pageRows } as unknown as Request<N>);
    rows.push(...page.rows);
    if (page.next === null) return { rows, cut: false };
    cursor = page.next;
  }
  return { rows, cut: true };
}
