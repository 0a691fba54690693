/**
 * Before the core refuses somebody because of an owner, that owner is looked at again (Owner.refresh): the releases that
 * its session has sent but that were not read yet are applied, and a process that has ended loses its locks.
 * Thereby "unlocked, then asked" never fails, although clients send releases without waiting for a reply.
 * Does not recurse: releases grant waiters, which asks nobody.
 */
import type { Core } from '../shared/core-types.js';
import { errnoNumber } from '../shared/errno.js';
import { frameBytesMax } from '../shared/limits.js';
import { OwnerKind } from '../shared/messages.js';
import { receiveFrames, waitForSocket } from '../shared/native/socket.js';
import type { Dispatcher } from './dispatch.js';
import type { Session, SessionOwner } from './session.js';

const again = -errnoNumber('EAGAIN');
const interrupted = -errnoNumber('EINTR');
/** Unhandled bytes of a session at which its socket is not drained further. */
const unhandledBytesMax = 64 * frameBytesMax;

interface Hooks {
  readonly overtake: Dispatcher['overtake'];
  /** The peer is gone: its locks go now, the rest when the loop learns of it. */
  releaseAll(session: Session): void;
  /** It has unhandled bytes. */
  toServe(session: Session): void;
  /** It has unsent answers. */
  toSend(session: Session): void;
}

export class Refresher {
  /** The session whose frames are being handled: what it has sent so far comes in order anyway. */
  current: Session | undefined;
  private readonly core: Core;
  private readonly hooks: Hooks;
  private busy = false;

  constructor(core: Core, hooks: Hooks) {
    this.core = core;
    this.hooks = hooks;
  }

  /** True when the owner may hold less than before. */
  refresh(session: Session, owner: SessionOwner): boolean {
    if (this.busy || session.closed) return false;
    this.busy = true;
    try {
      const drained = session !== this.current && this.drain(session);
      return this.releaseEnded(owner) || drained;
    } finally {
      this.busy = false;
    }
  }

  /** Reads what the session has sent so far and applies the releases in it (see overtaking.ts). */
  private drain(session: Session): boolean {
    const { reader } = session;
    let received = 0;
    do received = receiveFrames(session.fd, reader);
    while (received > 0 && reader.length < unhandledBytesMax);
    const changed = session.overtaking.scan(reader, (name, id, request) =>
      this.hooks.overtake(session, name, id, request),
    );
    if (changed) this.hooks.toSend(session);
    if (received > 0 || received === again || received === interrupted) {
      if (reader.length > 0) this.hooks.toServe(session);
      return changed;
    }
    this.hooks.releaseAll(session);
    return true;
  }

  private releaseEnded(owner: SessionOwner): boolean {
    if (owner.kind !== OwnerKind.process || owner.pidfd < 0 || owner.ended) return false;
    // pidfd_open(2): readable once the process has ended.
    if (!waitForSocket(owner.pidfd, 'readable', 0)) return false;
    owner.ended = true;
    this.core.releaseOwner(owner.owner);
    return true;
  }
}
