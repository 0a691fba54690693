/**
 * The leader: accepts members, serves their calls in batches, tells the lock core who holds what.
 * One turn of the loop takes in what has arrived from everybody, handles it session by session, and sends all answers.
 * A connection that ends takes its owners along at once; nothing a client does disturbs another client.
 * Blocks in native code: whoever runs `turn(-1)` serves nothing else on that thread.
 */
import { closeSync, lstatSync, unlinkSync } from 'node:fs';
import type { Core } from '../shared/core-types.js';
import { errnoName, errnoNumber } from '../shared/errno.js';
import { FrameWriter, FramingError } from '../shared/frames.js';
import { connectionsMax, unclaimedDescriptorsMax } from '../shared/limits.js';
import type { Log } from '../shared/log.js';
import { listenUnix, sendFrames } from '../shared/native/socket.js';
import { Spinning } from '../shared/spinning.js';
import { createDispatcher } from './dispatch.js';
import { createHandlers } from './handlers.js';
import type { OpenMount } from './mounts/open.js';
import { Outgoing } from './outgoing.js';
import { EventKind, Reactor } from './reactor.js';
import { Refresher } from './refresher.js';
import { Session } from './session.js';

export interface ServerOptions {
  readonly socketPath: string;
  readonly core: Core;
  readonly log: Log;
  /** Milliseconds; the clock that the core uses too. */
  readonly now: () => number;
  /** Tells this run of the leader from others. */
  readonly epoch: number;
  /** Directories whose locks the members shall bring here. */
  readonly locks: readonly string[];
  /** Outer before inner; they stay the caller's. */
  readonly mounts?: readonly OpenMount[];
  /** Descriptor of caught signals (native/signals.ts), when the loop shall end by one. */
  readonly signals?: number;
  /** Who may connect besides root. */
  readonly uid: number;
}

export interface Server {
  /** Waits at most `timeout` milliseconds (-1: for ever) and serves what has arrived; the signal number when one came. */
  turn(timeout: number): number | undefined;
  /** Says goodbye to all, removes the socket. */
  stop(reason: string): void;
}

const interrupted = -errnoNumber('EINTR');

export function startServer(options: ServerOptions): Server {
  const { core, log, socketPath } = options;
  const listener = listenUnix(socketPath, connectionsMax);
  const socketInode = lstatSync(socketPath, { bigint: true }).ino;
  const reactor = new Reactor(listener, options.signals ?? -1);
  const sessions = new Map<number, Session>();
  const startedAt = options.now();
  let sessionCount = 0;
  let accepting = true;
  let stopping = false;
  const arrived: Session[] = [];
  const spinning = new Spinning();
  const ended: { session: Session; reason: string }[] = [];

  const handlers = createHandlers({
    core,
    epoch: options.epoch,
    locks: options.locks,
    mounts: options.mounts ?? [],
    now: options.now,
    refresh: (session, owner) => refresher.refresh(session, owner),
    settle,
    sessions: () => sessions.values(),
    counters() {
      const total = (count: (session: Session) => number) =>
        [...sessions.values()].reduce((sum, session) => sum + count(session), 0);
      return {
        sessions: sessions.size,
        calls: dispatcher.calls,
        waiting: total((session) => session.waits.size),
        files: total((session) => session.files.size),
        owners: total((session) => session.owners.size),
        uptime: Math.round(options.now() - startedAt),
      };
    },
  });
  const dispatcher = createDispatcher(handlers, cancel, log);
  const refresher = new Refresher(core, {
    overtake: dispatcher.overtake,
    releaseAll,
    toServe: (session) => arrived.push(session),
    toSend: (session) => outgoing.mark(session),
  });
  const outgoing = new Outgoing(reactor, (session) => close(session, 'lost', 0), close);

  function settle(session: Session, id: number, result: number): void {
    const waiting = session.waits.get(id);
    if (waiting === undefined || stopping) return;
    session.waits.delete(id);
    for (const party of waiting.parties) party.waits.delete(id);
    session.writer.done(id, -result);
    outgoing.mark(session);
  }

  function cancel(session: Session, id: number): void {
    const waiting = session.waits.get(id);
    // Unknown or finished: its DONE is on the way or was sent.
    if (waiting === undefined) return;
    core.cancel(waiting.wait);
    settle(session, id, interrupted);
  }

  function accept(fd: number, pid: number, uid: number): void {
    const refusal =
      uid !== options.uid && uid !== 0
        ? { errno: errnoNumber('EACCES'), reason: `uid ${uid} may not use the leader of uid ${options.uid}` }
        : sessions.size >= connectionsMax
          ? { errno: errnoNumber('EAGAIN'), reason: 'too many connections' }
          : undefined;
    if (refusal === undefined) {
      const session = new Session(fd, ++sessionCount, pid, uid, options.now());
      sessions.set(fd, session);
      log.debug(`${session.describe()} connected`);
      return;
    }
    log.warn(`pid ${pid} refused: ${refusal.reason}`);
    const writer = new FrameWriter(256);
    writer.goodbye(refusal.errno, refusal.reason);
    sendFrames(fd, writer);
    closeSync(fd);
  }

  /** Releases everything the session holds; the rest goes when no call of the core is under way. */
  function releaseAll(session: Session): void {
    session.ended = true;
    for (const { owner } of session.owners.values()) core.releaseOwner(owner);
    session.waits.clear();
  }

  function close(session: Session, reason: string, errno = errnoNumber('EPROTO')): void {
    if (session.closed) return;
    session.closed = true;
    releaseAll(session);
    for (const { pidfd } of session.owners.values()) if (pidfd >= 0) closeSync(pidfd);
    for (const inode of session.files.values()) core.closeInode(inode);
    session.owners.clear();
    session.files.clear();
    session.reader.closeDescriptors();
    session.namespace?.close();
    sessions.delete(session.fd);
    if (errno !== 0) {
      // The live page is this process itself: that it ends with the leader is no news.
      const say = session.peerPid === process.pid ? log.debug : log.warn;
      say(`${session.describe()} disconnected: ${reason}`);
      session.writer.goodbye(errno, reason.slice(0, 200));
      sendFrames(session.fd, session.writer);
    } else {
      log.debug(`${session.describe()} ${reason}`);
    }
    closeSync(session.fd);
    if (accepting) return;
    accepting = true;
    reactor.setAccepting(true);
  }

  /** Handles the complete frames of a session. */
  function serve(session: Session): void {
    const { reader, overtaking } = session;
    refresher.current = session;
    outgoing.mark(session);
    try {
      while (!session.closed) {
        if (overtaking.takeApplied(reader.position)) {
          reader.skipFrame();
          continue;
        }
        const values = reader.next();
        if (values === undefined) break;
        const reason = dispatcher.dispatch(session, values);
        if (reason !== undefined) close(session, reason);
        outgoing.relieve(session);
      }
    } catch (error) {
      if (!(error instanceof FramingError)) throw error;
      close(session, error.message);
    } finally {
      refresher.current = undefined;
    }
    if (reader.descriptors.length > unclaimedDescriptorsMax)
      close(session, 'descriptors that no message claims');
  }

  function takeEvent(at: number): number | undefined {
    const { events } = reactor;
    const kind = events[at]!;
    const fd = events[at + 1]!;
    const a = events[at + 2]!;
    const b = events[at + 3]!;
    const session = sessions.get(fd);
    if (kind === EventKind.data && session !== undefined) {
      session.reader.push(reactor.input, a, a + b);
      const first = events[at + 4]!;
      for (let i = first; i < first + events[at + 5]!; i++)
        session.reader.descriptors.push(reactor.descriptors[i]!);
      arrived.push(session);
    } else if (kind === EventKind.accepted) {
      accept(fd, a, b);
    } else if (kind === EventKind.closed && session !== undefined) {
      const usual = a === 0 || a === errnoNumber('ECONNRESET');
      ended.push({ session, reason: usual ? 'closed' : `cannot be received from: ${errnoName(a)}` });
    } else if (kind === EventKind.writable && session !== undefined) {
      outgoing.unblock(session);
    } else if (kind === EventKind.acceptFailed) {
      log.error(`cannot accept: ${errnoName(a)}; trying again when a connection ends`);
      accepting = false;
      reactor.setAccepting(false);
    } else if (kind === EventKind.signal) {
      return a;
    }
    return undefined;
  }

  return {
    turn(timeout) {
      const from = options.now();
      const count = reactor.wait(timeout, timeout === 0 ? 0 : spinning.microseconds);
      spinning.observe(options.now() - from);
      let signal: number | undefined;
      // All of it is taken in before any of it is handled: what a session sent may matter to another's call.
      for (let i = 0; i < count; i++) signal = takeEvent(i * 6) ?? signal;
      for (const { session, reason } of ended.splice(0)) close(session, reason, 0);
      for (let i = 0; i < arrived.length; i++) {
        const session = arrived[i]!;
        if (!session.closed && !session.ended) serve(session);
      }
      arrived.length = 0;
      outgoing.sendAll();
      return signal;
    },

    stop(reason) {
      // What the closing of one session releases is granted to nobody: its holder goes on believing in it.
      stopping = true;
      for (const session of [...sessions.values()]) close(session, reason, errnoNumber('ECONNRESET'));
      reactor.close();
      closeSync(listener);
      try {
        // Only our own: another leader may have taken over the path.
        if (lstatSync(socketPath, { bigint: true }).ino === socketInode) unlinkSync(socketPath);
      } catch {
        // Somebody removed it already.
      }
    },
  };
}
