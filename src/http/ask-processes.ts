/**
 * What is asked about processes. Reading what a process is takes the leader some 30 µs, telling that there is one takes
 * 1 to 5: so all are listed, and what they are is asked of those that are shown.
 */
import { SyscallError } from '../shared/errno.js';
import { commandCharactersMax, recordsPerReplyMax } from '../shared/limits.js';
import type { Reply } from '../shared/messages.js';
import {
  decodeProcesses,
  ProcessGroup,
  type ProcessRecord,
  ProcessScope,
} from '../shared/process-records.js';
import { shorten } from '../shared/shorten.js';
import type { Ask } from './ask.js';
import { ProcessTree } from './tree.js';
import type { ProcessDetails } from './world.js';

const processesMax = 50_000;
/** Asked at once, so that lock calls that arrive meanwhile wait for no more than these. */
const describedAtOnce = 16;
/** In one listing; those left over are looked at in the next. */
const keepersMax = 256;

/** Which processes stand between members and their programs; each is asked once for what it is. */
export class KnownKeepers {
  #known = new Map<number, boolean>();

  /** Of these, which are children of members; those that are none any more are forgotten. */
  async among(ask: Ask, children: readonly number[]): Promise<ReadonlyMap<number, boolean>> {
    const kept = children.flatMap((pid) =>
      this.#known.has(pid) ? [[pid, this.#known.get(pid)!] as const] : [],
    );
    this.#known = new Map(kept);
    const unknown = children.filter((pid) => !this.#known.has(pid)).slice(0, keepersMax);
    for (const [pid, { command }] of await askDetails(ask, unknown)) {
      this.#known.set(pid, /^\S*\/sward-launcher \d/.test(command));
    }
    return this.#known;
  }
}

export async function askTree(ask: Ask, known: KnownKeepers): Promise<ProcessTree> {
  const records = await list(ask, ProcessGroup.locks);
  const parents = new Map(records.map(({ pid, ppid }) => [pid, ppid]));
  // Members are those whose parents are none of theirs.
  const isMember = (pid: number) => parents.has(pid) && !parents.has(parents.get(pid)!);
  const children = records.filter(({ ppid }) => isMember(ppid)).map(({ pid }) => pid);
  const keepers = await known.among(ask, children);
  return new ProcessTree(
    records.map(({ pid, ppid, locks }) => ({
      pid,
      ppid,
      keeper: keepers.get(pid) === true,
      held: locks?.held ?? 0,
      waiting: locks?.waiting ?? 0,
      waitingFor: locks?.waitingFor ?? 0,
    })),
  );
}

/** Asks for no groups: numbers alone cost little. */
export const countProcesses = async (ask: Ask): Promise<number> => (await list(ask, 0)).length;

export async function askDetails(ask: Ask, pids: readonly number[]): Promise<Map<number, ProcessDetails>> {
  const found = new Map<number, ProcessDetails>();
  for (let at = 0; at < pids.length; at += describedAtOnce) {
    const records = await Promise.all(pids.slice(at, at + describedAtOnce).map((pid) => askOne(ask, pid)));
    for (const record of records) if (record !== undefined) found.set(record.pid, detailsOf(record));
  }
  return found;
}

const { base, usage, cmd } = ProcessGroup;

/** Undefined: it has ended. */
async function askOne(ask: Ask, pid: number): Promise<ProcessRecord | undefined> {
  const request = { scope: ProcessScope.one, pid, groups: base | usage | cmd, cursor: 0, limit: 1 };
  try {
    return decodeProcesses((await ask('processesList', request)).records)[0];
  } catch (error) {
    if (error instanceof SyscallError && error.code === 'ESRCH') return undefined;
    throw error;
  }
}

const detailsOf = (record: ProcessRecord): ProcessDetails => ({
  command: record.cmd?.length
    ? shorten(record.cmd.join(' ').replace(/\s+/g, ' '), commandCharactersMax)
    : (record.base?.comm ?? ''),
  state: record.base?.state ?? '',
  rss: record.usage?.rss ?? 0,
});

async function list(ask: Ask, groups: number): Promise<ProcessRecord[]> {
  const records: ProcessRecord[] = [];
  for (let cursor: number | null = 0; cursor !== null && records.length < processesMax; ) {
    const request = { scope: ProcessScope.all, pid: 0, groups, cursor, limit: recordsPerReplyMax };
    const page: Reply<'processesList'> = await ask('processesList', request);
    for (const record of decodeProcesses(page.records)) records.push(record);
    cursor = page.next;
  }
  return records;
}
