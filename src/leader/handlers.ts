/**
 * What the leader does for each message: from handles to inodes and owners, then to the lock core.
 * Limits of a session are enforced here. Errors are thrown as SyscallError, except by `lockSet`, whose refusals are
 * too frequent for it: it answers -errno.
 */
import { closeSync } from 'node:fs';
import { type Core, type Inode, type LockRequest, PENDING } from '../shared/core-types.js';
import { errnoNumber, SyscallError } from '../shared/errno.js';
import { callsInFlightMax, filesPerSessionMax, ownersPerSessionMax } from '../shared/limits.js';
import { LockKind, type LockRange, type LockType } from '../shared/lock-types.js';
import { type Handlers, LockQuery, OwnerKind } from '../shared/messages.js';
import { fileIdentity, pinFile } from '../shared/native/socket.js';
import { GuestPaths } from './mounts/guest-paths.js';
import type { OpenMount } from './mounts/open.js';
import { createObserveHandlers } from './observe/handlers.js';
import { inBrief } from './observe/locks.js';
import { inAskersNamespace } from './observe/namespaces.js';
import { pidSeenHere } from './pids.js';
import { LockWait, type Session, type SessionOwner } from './session.js';

/** What the handlers need of the server. */
export interface LeaderContext {
  readonly core: Core;
  readonly epoch: number;
  /** Directories whose locks the members shall bring here. */
  readonly locks: readonly string[];
  readonly mounts: readonly OpenMount[];
  /** Milliseconds; the clock of the core. */
  now(): number;
  /** Asked by the core before somebody is refused because of this owner. */
  refresh(session: Session, owner: SessionOwner): boolean;
  /** Ends a waiting call with a reply. */
  settle(session: Session, id: number, result: number): void;
  sessions(): Iterable<Session>;
  counters(): {
    sessions: number;
    calls: number;
    waiting: number;
    files: number;
    owners: number;
    uptime: number;
  };
}

const interrupted = -errnoNumber('EINTR');
const tooMany = -errnoNumber('ENOLCK');

export function createHandlers(context: LeaderContext): Handlers<Session> {
  const { core, mounts } = context;
  const guestPaths = new GuestPaths(mounts);
  const pins = new WeakMap<Inode, number>();
  const looking = createObserveHandlers({
    ...context,
    pathOf: (inode) => guestPaths.of(pins.get(inode)),
    guestPaths,
  });
  const status = () => ({
    ...context.counters(),
    epoch: context.epoch,
    pid: process.pid,
    deadlocks: inBrief(core.deadlocks().map(({ processes }) => processes)),
  });

  return {
    hello(request, session) {
      if (session.greeted) throw new SyscallError('EPROTO', 'a second hello');
      session.greeted = true;
      session.name = request.name;
      session.wraps = request.mounts;
      const told = request.mounts ? mounts : [];
      session.attached = told.map(({ descriptor }) => descriptor);
      const { epoch, locks } = context;
      return { epoch, session: session.number, locks, pid: process.pid, mounts: told };
    },

    fileOpen({ file }, session) {
      if (session.files.has(file)) throw new SyscallError('EEXIST', `file ${file}`);
      if (session.files.size >= filesPerSessionMax) throw new SyscallError('ENFILE', 'files');
      const pin = pinFile(session.claimed);
      session.takeDescriptor();
      let open = true;
      const closePin = () => {
        if (open) closeSync(pin);
        open = false;
      };
      const inode = core.openInode(fileIdentity(pin), closePin);
      // The first descriptor keeps the inode; later ones of the same inode are not needed.
      if (pins.has(inode)) closePin();
      else pins.set(inode, pin);
      session.files.set(file, inode);
      return undefined;
    },

    fileClose({ file }, session) {
      core.closeInode(session.file(file));
      session.files.delete(file);
      return undefined;
    },

    ownerOpen(request, session) {
      if (session.owners.has(request.owner)) throw new SyscallError('EEXIST', `owner ${request.owner}`);
      if (session.owners.size >= ownersPerSessionMax) throw new SyscallError('ENFILE', 'owners');
      const { claimed } = session;
      const opened: SessionOwner = {
        owner: core.createOwner({
          pid: pidSeenHere(session, request.pid, claimed),
          localPid: request.pid,
          command: request.command,
          session,
          ...(request.copy === null ? {} : { copy: request.copy }),
          refresh: () => context.refresh(session, opened),
        }),
        kind: request.kind,
        pidfd: session.takeDescriptor(),
        waits: new Map(),
        ended: false,
      };
      session.owners.set(request.owner, opened);
      return undefined;
    },

    ownerClose({ owner }, session) {
      const closed = session.owner(owner);
      session.owners.delete(owner);
      for (const [id, wait] of closed.waits) {
        core.cancel(wait);
        context.settle(session, id, interrupted);
      }
      core.releaseOwner(closed.owner);
      if (closed.pidfd >= 0) closeSync(closed.pidfd);
      return undefined;
    },

    ownerDescribe(request, session) {
      const { owner, pidfd } = session.owner(request.owner);
      owner.pid = pidSeenHere(session, request.pid, pidfd);
      owner.localPid = request.pid;
      owner.command = request.command;
      return undefined;
    },

    ownerPass(request, session) {
      // Releases overtake: who is named here may be gone already.
      const [passed, from, process] = [request.owner, request.from, request.process].map((handle) =>
        handle === null ? undefined : session.owners.get(handle),
      );
      if (passed === undefined || process === undefined || (from === undefined && request.from !== null)) {
        return undefined;
      }
      if (passed.kind !== OwnerKind.description || process.kind !== OwnerKind.process) {
        throw new SyscallError('EINVAL', 'locks of a description pass to a process');
      }
      core.passLocks(passed.owner, from?.owner, process.owner);
      return undefined;
    },

    lockSet(request, session, id) {
      checkRange(request.kind, request);
      const holder = ownerFor(session, request.owner, request.kind);
      const asking = session.owner(request.process);
      if (asking.kind !== OwnerKind.process) throw new SyscallError('EINVAL', 'process is no process');
      const lock: LockRequest = {
        inode: session.file(request.file),
        owner: holder.owner,
        process: asking.owner,
        kind: request.kind,
        type: request.type,
        start: request.start,
        end: request.end,
      };
      if (!request.wait) return core.lock(lock);
      if (session.waits.size >= callsInFlightMax) return tooMany;
      const wait = new LockWait(lock, (result) => context.settle(session, id, result));
      const result = core.lock(wait);
      if (result !== PENDING) return result;
      session.waits.set(id, { wait, parties: [holder, asking] });
      holder.waits.set(id, wait);
      asking.waits.set(id, wait);
      return PENDING;
    },

    lockUnset(request, session) {
      checkRange(request.kind, request);
      const { owner } = ownerFor(session, request.owner, request.kind);
      core.unlock(session.file(request.file), owner, request.kind, request);
      return undefined;
    },

    lockGet(request, session) {
      checkRange(request.kind, request);
      const { owner } = ownerFor(session, request.owner, request.kind);
      const inode = session.file(request.file);
      const conflict =
        request.type === LockQuery.own
          ? core.queryOwn(inode, owner, request.kind, request)
          : core.query(inode, owner, request.kind, request.type satisfies LockType, request);
      return { conflict: conflict ?? null };
    },

    lockRelease(request, session) {
      const { owner } = ownerFor(session, request.owner, request.kind);
      core.releaseInode(session.file(request.file), owner, request.kind);
      return undefined;
    },

    ...inAskersNamespace({ ...looking, status }, context.sessions),

    mountsList: () => ({ mounts }),

    ping: () => undefined,
  };
}

function checkRange(kind: LockKind, { start, end }: LockRange): void {
  if (start >= end) throw new SyscallError('EINVAL', `range ${start}..${end}`);
  if (kind === LockKind.flock && (start !== 0 || end !== Infinity)) {
    throw new SyscallError('EINVAL', 'a flock(2) lock covers the whole file');
  }
}

/** The owner, which must be of the sort that holds locks of this kind. */
function ownerFor(session: Session, handle: number, kind: LockKind): SessionOwner {
  const owner = session.owner(handle);
  if ((owner.kind === OwnerKind.process) !== (kind === LockKind.record)) {
    throw new SyscallError('EINVAL', `owner ${handle} cannot hold locks of kind ${kind}`);
  }
  return owner;
}
