/** `leader ps`: the processes of the members. */
import { clean } from '../../shared/clean.js';
import { recordsPerReplyMax } from '../../shared/limits.js';
import type { Reply, Request } from '../../shared/messages.js';
import {
  decodeProcesses,
  ProcessGroup,
  type ProcessRecord,
  ProcessScope,
} from '../../shared/process-records.js';
import type { BlockingClient } from '../../shared/protocol-call.js';
import { ageText, bytesText, type Column, json, table } from '../text.js';
import { fetchMembers } from './members.js';

type Choice = Pick<Request<'processesList'>, 'scope' | 'pid' | 'groups'>;

export interface ProcessListing {
  readonly choice: Choice;
  readonly records: readonly ProcessRecord[];
  /** Of the machine, milliseconds. */
  readonly uptime: number;
  /** Pids of the members. */
  readonly members: ReadonlySet<number>;
}

export function fetchProcesses(client: BlockingClient, choice: Choice): ProcessListing {
  const records: ProcessRecord[] = [];
  let cursor: number | null = 0;
  let uptime = 0;
  while (cursor !== null) {
    const page: Reply<'processesList'> = client.call('processesList', {
      ...choice,
      cursor,
      limit: recordsPerReplyMax,
    });
    records.push(...decodeProcesses(page.records));
    cursor = page.next;
    uptime = page.uptime;
  }
  return {
    choice,
    records,
    uptime,
    members: choice.scope === ProcessScope.all ? memberPids(client) : new Set(),
  };
}

/** Without 0: one that cannot be seen from here. */
const memberPids = (client: BlockingClient): Set<number> =>
  new Set(
    fetchMembers(client)
      .filter(({ wraps, pid }) => wraps && pid > 0)
      .map(({ pid }) => pid),
  );

/** The member that each process belongs to: the first one on the way up. */
function memberOf({ records, members }: ProcessListing): (pid: number) => number | null {
  const parents = new Map(records.map(({ pid, ppid }) => [pid, ppid]));
  return (pid) => {
    let at: number | undefined = pid;
    for (let depth = 0; at !== undefined && depth <= parents.size; depth++) {
      if (members.has(at)) return at;
      at = parents.get(at);
    }
    return null;
  };
}

export function processesAsJson(listing: ProcessListing): string {
  const member = memberOf(listing);
  const all = listing.choice.scope === ProcessScope.all;
  return json(listing.records.map((record) => (all ? { member: member(record.pid), ...record } : record)));
}

interface Shown extends Column {
  readonly group: number;
  text(record: ProcessRecord, uptime: number): string;
}

const none = '-';

const shown: readonly Shown[] = [
  { title: 'S', group: ProcessGroup.base, text: ({ base }) => base?.state ?? none },
  { title: 'UID', group: ProcessGroup.cred, right: true, text: ({ cred }) => String(cred?.euid ?? none) },
  {
    title: 'RSS',
    group: ProcessGroup.usage,
    right: true,
    text: ({ usage }) => (usage ? bytesText(usage.rss) : none),
  },
  {
    title: 'CPU',
    group: ProcessGroup.usage,
    right: true,
    text: ({ usage }) => (usage ? ageText(usage.user + usage.system) : none),
  },
  {
    title: 'READ',
    group: ProcessGroup.io,
    right: true,
    text: ({ io }) => (io ? bytesText(io.readChars) : none),
  },
  {
    title: 'WRITE',
    group: ProcessGroup.io,
    right: true,
    text: ({ io }) => (io ? bytesText(io.writtenChars) : none),
  },
  { title: 'HELD', group: ProcessGroup.locks, right: true, text: ({ locks }) => String(locks?.held ?? none) },
  {
    title: 'WAITS',
    group: ProcessGroup.locks,
    right: true,
    text: ({ locks }) => (locks == null ? none : locks.waiting ? ageText(locks.waitingFor) : ''),
  },
  {
    title: 'AGE',
    group: ProcessGroup.base,
    right: true,
    text: ({ base }, uptime) => (base ? ageText(Math.max(0, uptime - base.start)) : none),
  },
  {
    title: 'COMMAND',
    group: ProcessGroup.cmd | ProcessGroup.base,
    least: 7,
    text: ({ cmd, base }) => clean(cmd?.length ? cmd.join(' ') : `[${base?.comm ?? '?'}]`),
  },
];

export function processesAsTable({ choice, records, uptime }: ProcessListing, width: number): string {
  const threads = choice.scope === ProcessScope.threads;
  const columns = shown.filter(({ group }) => group & choice.groups);
  const ids: Column[] = [
    { title: threads ? 'TID' : 'PID', right: true },
    { title: 'PPID', right: true },
  ];
  const lines = records.map((record) => [
    String(record.pid),
    String(record.ppid),
    ...columns.map(({ text }) => text(record, uptime)),
  ]);
  return table([...ids, ...columns], lines, width);
}
