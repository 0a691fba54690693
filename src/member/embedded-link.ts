/** The leader's core in the member's own process: no socket, no messages. */

import { type Core, type Inode, type LockRequest, type Owner, PENDING } from '../shared/core-types.js';
import { errnoNumber } from '../shared/errno.js';
import type { LockKind, LockRange } from '../shared/lock-types.js';
import type { Mount } from '../shared/mount-types.js';
import { closeDescriptor, pinDescriptor } from '../shared/native/workload.js';
import type { LeaderLink, LinkFile, LinkOwner, LockCall, LockQuery, OwnerFacts } from './link.js';
import { queryOwn } from './link.js';

interface EmbeddedFile extends LinkFile {
  readonly entry: Inode;
}

interface EmbeddedCall extends LockCall {
  request?: LockRequest;
}

const inode = (file: LinkFile): Inode => (file as EmbeddedFile).entry;
const owner = (handle: LinkOwner): Owner => handle as Owner;
const interrupted = -errnoNumber('EINTR');

/** The mounts stay the caller's. */
export function createEmbeddedLink(
  core: Core,
  directories: readonly string[],
  mounts: readonly Mount[],
): LeaderLink {
  const session = {};
  return {
    directories,
    mounts,
    openFile(device, inodeNumber, descriptor) {
      const pin = pinDescriptor(descriptor);
      const entry = core.openInode(`${device}:${inodeNumber}`, () => {
        if (pin >= 0) closeDescriptor(pin);
      });
      return { device, inode: inodeNumber, entry } satisfies EmbeddedFile;
    },
    closeFile: (file) => core.closeInode(inode(file)),
    openOwner: (facts: OwnerFacts) =>
      core.createOwner({ pid: facts.pid, command: facts.command, session, refresh: facts.refresh }),
    passLocks: (description, from, process) =>
      core.passLocks(owner(description), from && owner(from), owner(process)),
    closeOwner: (handle) => core.releaseOwner(owner(handle)),
    lock(call) {
      const base = {
        inode: inode(call.file),
        owner: owner(call.owner),
        process: owner(call.process),
        kind: call.kind,
        type: call.type,
        start: call.start,
        end: call.end,
      };
      if (!call.wait) return core.lock(base);
      const request: LockRequest = { ...base, settle: (result) => call.settle(result) };
      const result = core.lock(request);
      if (result === PENDING) (call as EmbeddedCall).request = request;
      return result;
    },
    cancel(call) {
      const { request } = call as EmbeddedCall;
      if (request && core.cancel(request)) call.settle(interrupted);
    },
    unlock: (file, handle, kind: LockKind, range: LockRange) =>
      core.unlock(inode(file), owner(handle), kind, range),
    release: (file, handle, kind) => core.releaseInode(inode(file), owner(handle), kind),
    query(query: LockQuery) {
      const entry = inode(query.file);
      const found =
        query.type === queryOwn
          ? core.queryOwn(entry, owner(query.owner), query.kind, query)
          : core.query(entry, owner(query.owner), query.kind, query.type, query);
      query.settle(0, found);
    },
    descriptor: -1,
    events: 0,
    spinMicroseconds: 0,
    receive() {},
    deadline: Number.POSITIVE_INFINITY,
    expire() {},
    close() {},
  };
}
