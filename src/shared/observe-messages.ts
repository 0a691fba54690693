/**
 * The messages that only look: at processes, descriptors, locks, waits. A part of messages.ts. The binary values are
 * described in process-records.ts.
 */
import { waitBuckets } from './core-types.js';
import {
  commandCharactersMax,
  contentionCausesMax,
  frameBytesMax,
  observedRowsMax,
  recordsPerReplyMax,
} from './limits.js';
import { LockKind, LockType } from './lock-types.js';
import { ProcessScope } from './process-records.js';
import { message } from './protocol-declare.js';
import {
  binary,
  boolean,
  choice,
  list,
  offset,
  optional,
  pid,
  rangeEnd,
  record,
  text,
  uint,
} from './schema.js';

const long = (name: string) => uint(Number.MAX_SAFE_INTEGER, name);
const count = long('count');
const ms = long('ms');
const command = text(commandCharactersMax);
const process = record({ pid, command });
const path = text(8192);
const lock = { kind: choice(LockKind), type: choice(LockType), start: offset, end: rangeEnd };
const descriptor = uint(0xffff_ffff, 'descriptor');

/** Which of several orders a list has. */
export const ContentionOrder = { waited: 0, longest: 1, waits: 2, acquisitions: 3, refusals: 4 } as const;
export type ContentionOrder = (typeof ContentionOrder)[keyof typeof ContentionOrder];

const contention = {
  acquisitions: count,
  refusals: count,
  waits: count,
  abandoned: count,
  waited: ms,
  longest: ms,
  longestWaiter: optional(process),
  longestCause: optional(process),
  histogram: list(count),
};

export const observeMessages = {
  processesList: message({
    id: 30,
    summary:
      'Packed records of the processes of all members; of one process, its children or its threads. `groups`: bits of ' +
      '1 base, 2 cred, 4 usage, 8 cmd, 16 io, 32 locks; pid and parent are always told, locks of threads never. `next` is the cursor to ' +
      'go on with; a page ends when its frame is full or has taken its time. `uptime` is that of the machine.',
    request: {
      scope: choice(ProcessScope),
      pid,
      groups: uint(),
      cursor: uint(0xffff_ffff, 'cursor'),
      limit: uint(recordsPerReplyMax),
    },
    reply: { records: binary(frameBytesMax), next: optional(uint(0xffff_ffff, 'cursor')), uptime: ms },
    errors: ['ESRCH'],
  }),
  descriptorsList: message({
    id: 31,
    summary:
      'The open descriptors of a process of a member from `start` on: their numbers in runs or, with `details`, ' +
      'packed records of at most `limit` and the locks that the process has on their files; `fd`: by that descriptor.',
    request: { pid, start: descriptor, details: boolean, limit: uint(recordsPerReplyMax) },
    reply: {
      packed: binary(frameBytesMax),
      next: optional(descriptor),
      locks: list(record({ file: text(64), ...lock, waiting: boolean, fd: optional(descriptor) })),
    },
    errors: ['ESRCH', 'EACCES', 'EPERM'],
  }),
  sessionsList: message({
    id: 32,
    summary: 'The connections, what they hold and have done. `wraps`: it is a member with programs below it.',
    request: { cursor: uint(0xffff_ffff, 'cursor'), limit: uint(observedRowsMax) },
    reply: {
      rows: list(
        record({
          session: uint(),
          pid,
          uid: uint(),
          name: command,
          wraps: boolean,
          age: ms,
          calls: count,
          files: uint(),
          owners: uint(),
          held: uint(),
          waiting: uint(),
          acquisitions: count,
          waits: count,
          waited: ms,
        }),
      ),
      next: optional(uint(0xffff_ffff, 'cursor')),
    },
  }),
  contentionList: message({
    id: 33,
    summary:
      'The first files in an order, with what has happened to their locks since the start, also of some that nobody ' +
      `has open any more. The histogram has ${waitBuckets} buckets: the nth counts waits below 2^n * 16 µs. ` +
      `Causes: who held what others began to wait for, the latest ${contentionCausesMax}.`,
    request: { order: choice(ContentionOrder), limit: uint(observedRowsMax) },
    reply: {
      rows: list(
        record({
          path,
          file: text(64),
          open: boolean,
          ...contention,
          causes: list(record({ pid, command, waits: count, waited: ms })),
        }),
      ),
    },
  }),
  waitGraph: message({
    id: 34,
    summary:
      'Who waits for whom, one edge for each wait, first come first; `queued`: the other one only came first. ' +
      '`deadlocked`: the edge is part of a cycle.',
    request: { cursor: long('cursor'), limit: uint(observedRowsMax) },
    reply: {
      edges: list(
        record({
          waiter: process,
          holder: process,
          path,
          file: text(64),
          ...lock,
          queued: boolean,
          deadlocked: boolean,
          age: ms,
        }),
      ),
      deadlocks: list(list(process)),
      next: optional(long('cursor')),
    },
  }),
  statistics: message({
    id: 35,
    summary: 'What has happened to all locks since the start; how much of its limits the leader uses.',
    request: {},
    reply: {
      ...contention,
      deadlocks: count,
      rss: long('bytes'),
      limits: list(record({ name: text(64), used: count, max: count })),
    },
  }),
} as const;
