/**
 * Every message between a client (a member, a tool) and the leader, declared once. The types of requests and replies,
 * the handlers that the leader must have, the checks of what arrives and the table in design/protocol.md derive from here.
 */
import { errnoName, SyscallError } from './errno.js';
import { commandCharactersMax, locksPerReplyMax, mountBackingBytesMax, mountPathBytesMax } from './limits.js';
import { LockKind, LockType } from './lock-types.js';
import { MountLocks, MountType } from './mount-types.js';
import { observeMessages } from './observe-messages.js';
import { type AnyMessage, message } from './protocol-declare.js';
import {
  added,
  boolean,
  checkFields,
  choice,
  list,
  offset,
  optional,
  pid,
  rangeEnd,
  readFields,
  record,
  text,
  uint,
  type Values,
} from './schema.js';

/** Both sides must speak the same one: HELLO with another is refused with EPROTO. */
export const protocolVersion = 3;

/** First elements of frames that are no requests; requests have their message's id, 1 to 0x6f, there. */
export const FrameKind = { done: 0x70, pending: 0x71, goodbye: 0x72, cancel: 0x73 } as const;

/** Whether an owner is a process (record locks) or an open file description (OFD and flock locks). */
export const OwnerKind = { process: 0, description: 1 } as const;
export type OwnerKind = (typeof OwnerKind)[keyof typeof OwnerKind];

export { ContentionOrder } from './observe-messages.js';

/** What `lockGet` looks for: what would conflict with a read or a write lock, or (F_OFD_GETLK with F_UNLCK) an own lock. */
export const LockQuery = { ...LockType, own: 2 } as const;
export type LockQuery = (typeof LockQuery)[keyof typeof LockQuery];

/** A number that the client chose when it registered the file or owner. */
const handle = uint(0xffff_ffff, 'handle');
const kind = choice(LockKind);
const command = text(commandCharactersMax);
const range = { start: offset, end: rangeEnd };
const process = record({ pid, command });

const mount = {
  path: text(mountPathBytesMax),
  type: choice(MountType),
  readonly: boolean,
  locks: choice(MountLocks),
};

const lockRow = record({
  path: text(8192),
  kind,
  type: choice(LockType),
  ...range,
  pid,
  command: text(8192),
  waiting: boolean,
  age: uint(Number.MAX_SAFE_INTEGER, 'ms'),
  file: added(text(64), ''),
  member: added(pid, 0),
});

export const messages = {
  hello: message({
    id: 1,
    summary:
      'Opens the session; the first message of a connection. With `mounts` the reply tells them, outer before inner, ' +
      'and its frame carries the root of each.',
    request: { version: uint(0xffff), name: command, mounts: boolean },
    reply: {
      epoch: uint(Number.MAX_SAFE_INTEGER, 'epoch'),
      session: uint(),
      locks: list(text(8192)),
      pid,
      mounts: list(record(mount)),
    },
    errors: ['EACCES', 'EPROTO'],
    replyDescriptors: 'mounts',
  }),
  fileOpen: message({
    id: 2,
    summary: 'Registers the inode of the descriptor under a handle; the leader keeps it pinned.',
    request: { file: handle },
    errors: ['EEXIST', 'ENFILE', 'EBADF'],
    descriptors: 1,
  }),
  fileClose: message({
    id: 3,
    summary: 'Forgets the handle. Locks on the file stay.',
    request: { file: handle },
    errors: ['EBADF'],
  }),
  ownerOpen: message({
    id: 4,
    summary:
      'Registers a process or an open file description that will hold locks; the descriptor is its pidfd. `copy`: a ' +
      "descriptor of the client's own that refers to the description, and does until the owner is closed.",
    request: {
      owner: handle,
      pid,
      command,
      kind: choice(OwnerKind),
      hasPidfd: boolean,
      copy: optional(uint(0x7fff_ffff, 'descriptor')),
    },
    errors: ['EEXIST', 'ENFILE', 'EBADF'],
    descriptors: 'hasPidfd',
  }),
  ownerClose: message({
    id: 5,
    summary: 'The owner is gone: its locks are released, its waits end with EINTR.',
    request: { owner: handle },
    errors: ['EBADF'],
    releases: true,
  }),
  ownerDescribe: message({
    id: 6,
    summary: 'Changes the process that reports name for an owner.',
    request: { owner: handle, pid, command },
    errors: ['EBADF'],
  }),
  ownerPass: message({
    id: 7,
    summary:
      "A description's locks that the process `from` took count for `process` from now on, since `from` does not share " +
      'it any more. Nil: those of processes that have ended. Handles that are gone: nothing is done.',
    request: { owner: handle, from: optional(handle), process: handle },
  }),
  lockSet: message({
    id: 10,
    summary: 'Takes or converts a lock; with `wait` once it can be had. `process` is the owner that waits.',
    request: {
      file: handle,
      owner: handle,
      process: handle,
      kind,
      type: choice(LockType),
      ...range,
      wait: boolean,
    },
    waits: true,
    errors: ['EAGAIN', 'EDEADLK', 'ENOLCK', 'EBADF', 'EINTR'],
  }),
  lockUnset: message({
    id: 11,
    summary: 'Releases a range.',
    request: { file: handle, owner: handle, kind, ...range },
    errors: ['EBADF', 'ENOLCK'],
    releases: true,
  }),
  lockGet: message({
    id: 12,
    summary: 'The first lock that conflicts, or the first own lock, in the range.',
    request: { file: handle, owner: handle, kind, type: choice(LockQuery), ...range },
    reply: { conflict: optional(record({ type: choice(LockType), ...range, pid })) },
    errors: ['EBADF'],
  }),
  lockRelease: message({
    id: 13,
    summary: "Releases all of an owner's locks of a kind on a file.",
    request: { file: handle, owner: handle, kind },
    errors: ['EBADF'],
    releases: true,
  }),
  locksList: message({
    id: 20,
    summary:
      'A page of the held and waiting locks; `next` is the cursor of the following page, to be asked for next. `file`: ' +
      'those of one file, `device:inode`; empty: of all. So it is told in each row. `member`: the process that connected.',
    request: {
      cursor: uint(Number.MAX_SAFE_INTEGER, 'cursor'),
      limit: uint(locksPerReplyMax),
      file: text(64),
      waiting: boolean,
    },
    reply: { rows: list(lockRow), next: optional(uint(Number.MAX_SAFE_INTEGER, 'cursor')) },
  }),
  mountsList: message({
    id: 23,
    summary: 'The mounts, and in words where their files are.',
    request: {},
    reply: { mounts: list(record({ ...mount, backing: text(mountBackingBytesMax) })) },
  }),
  ...observeMessages,
  ping: message({
    id: 22,
    summary: 'Answered at once: whether the leader is still there while calls wait.',
    request: {},
  }),
  status: message({
    id: 21,
    summary: 'Counters since the start, and the deadlocks that exist now.',
    request: {},
    reply: {
      epoch: uint(Number.MAX_SAFE_INTEGER, 'epoch'),
      pid,
      uptime: uint(Number.MAX_SAFE_INTEGER, 'ms'),
      sessions: uint(),
      calls: uint(Number.MAX_SAFE_INTEGER, 'count'),
      waiting: uint(),
      files: uint(),
      owners: uint(),
      deadlocks: list(list(process)),
    },
  }),
} as const;

type Messages = typeof messages;
export type MessageName = keyof Messages;
export type Request<N extends MessageName> = Values<Messages[N]['request']>;
export type Reply<N extends MessageName> = Values<Messages[N]['reply']>;
/** What a handler returns: nothing where the reply has no fields. */
type Answer<N extends MessageName> = keyof Messages[N]['reply'] extends never ? undefined : Reply<N>;

/**
 * The leader's handlers; a missing one does not compile. One that may wait answers 0, PENDING (it answers the call
 * `id` later) or -errno; the others return the reply or throw SyscallError.
 */
export type Handlers<C> = {
  readonly [N in MessageName]: Messages[N]['waits'] extends true
    ? (request: Request<N>, context: C, id: number) => number
    : (request: Request<N>, context: C) => Answer<N>;
};

export const messageNames = Object.keys(messages) as MessageName[];

/** Message names by id. */
export const messageNameOf: readonly (MessageName | undefined)[] = messageNames.reduce<
  (MessageName | undefined)[]
>((table, name) => {
  table[messages[name].id] = name;
  return table;
}, []);

/** The request in a frame's values [message id, request id, ...fields]. Throws EINVAL when a field is wrong. */
export function checkRequest<N extends MessageName>(name: N, values: readonly unknown[]): Request<N> {
  const spec = messages[name] as unknown as AnyMessage;
  return checkFields(spec.request, spec.requestNames, values, 2) as Request<N>;
}

/** The reply in a DONE frame's values [0x70, request id, errno, ...fields]; throws the error that it carries. */
export function checkReply<N extends MessageName>(name: N, values: readonly unknown[]): Reply<N> {
  const errno = values[2] as number;
  if (errno !== 0) throw new SyscallError(errnoName(errno), values[3] as string | undefined);
  const spec = messages[name] as unknown as AnyMessage;
  return readFields(spec.reply, spec.replyNames, values, 3) as Reply<N>;
}
