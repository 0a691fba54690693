/**
 * One connection at the leader: its byte streams, its handles for files and owners, its waiting calls.
 * Owns the descriptors it received until a handler takes them. Knows no messages: see handlers.ts.
 */
import { closeSync } from 'node:fs';
import type { Inode, LockRequest, Owner } from '../shared/core-types.js';
import { SyscallError } from '../shared/errno.js';
import { FrameReader, FrameWriter } from '../shared/frames.js';
import type { LockKind, LockType, Offset } from '../shared/lock-types.js';
import type { OwnerKind } from '../shared/messages.js';
import { Overtaking } from './overtaking.js';
import type { PidNamespace } from './pid-namespace.js';

export interface SessionOwner {
  readonly owner: Owner;
  readonly kind: OwnerKind;
  /** -1 when there is none. */
  readonly pidfd: number;
  /** Waiting calls that end with it, by request id. */
  readonly waits: Map<number, LockWait>;
  /** The process has ended and its locks were released. */
  ended: boolean;
}

/** A lock call that waits: the ticket that the core settles. */
export class LockWait implements LockRequest {
  readonly inode: Inode;
  readonly owner: Owner;
  readonly process: Owner;
  readonly kind: LockKind;
  readonly type: LockType;
  readonly start: Offset;
  readonly end: Offset;
  readonly settle: (result: number) => void;

  constructor(lock: LockRequest, settle: (result: number) => void) {
    this.inode = lock.inode;
    this.owner = lock.owner;
    this.process = lock.process;
    this.kind = lock.kind;
    this.type = lock.type;
    this.start = lock.start;
    this.end = lock.end;
    this.settle = settle;
  }
}

export class Session {
  readonly fd: number;
  readonly number: number;
  readonly peerPid: number;
  /** Taken when it connected: what the peer becomes later changes nothing. */
  readonly peerUid: number;
  /** Milliseconds of the leader's clock. */
  readonly since: number;
  readonly reader = new FrameReader();
  readonly writer = new FrameWriter();
  readonly overtaking = new Overtaking();
  readonly files = new Map<number, Inode>();
  readonly owners = new Map<number, SessionOwner>();
  /** Calls answered PENDING, by request id. */
  readonly waits = new Map<number, { readonly wait: LockWait; readonly parties: readonly SessionOwner[] }>();
  /** The peer's numbers in the pid namespaces from the leader's inward (pids.ts). */
  pidNumbers: readonly number[] | undefined;
  /** The peer's pid namespace, when it is another one that can be seen; undefined until it is asked for. */
  namespace: PidNamespace | null | undefined;
  /** As it called itself; empty before HELLO. */
  name = '';
  /** A member, with programs below it. */
  wraps = false;
  calls = 0;
  greeted = false;
  /** Its locks were released: the peer is gone. */
  ended = false;
  closed = false;
  /** Has replies that were not sent yet in this turn. */
  dirty = false;
  /** Its socket is full: the loop watches for room. */
  blocked = false;
  /** The descriptor of the message being handled, -1 when there is none or it was taken. */
  claimed = -1;
  /** Descriptors that go with the reply to the message being handled; they stay their owner's. */
  attached: readonly number[] = [];

  constructor(fd: number, number: number, peerPid: number, peerUid: number, since: number) {
    this.fd = fd;
    this.number = number;
    this.peerPid = peerPid;
    this.peerUid = peerUid;
    this.since = since;
  }

  file(handle: number): Inode {
    const inode = this.files.get(handle);
    if (inode === undefined) throw new SyscallError('EBADF', `no file ${handle}`);
    return inode;
  }

  owner(handle: number): SessionOwner {
    const owner = this.owners.get(handle);
    if (owner === undefined) throw new SyscallError('EBADF', `no owner ${handle}`);
    return owner;
  }

  /** The message's descriptor, which is the caller's from now on. */
  takeDescriptor(): number {
    const fd = this.claimed;
    this.claimed = -1;
    return fd;
  }

  closeClaimed(): void {
    if (this.claimed >= 0) closeSync(this.takeDescriptor());
  }

  describe(): string {
    return `session ${this.number} (${this.name === '' ? '' : `${this.name}, `}pid ${this.peerPid})`;
  }
}
