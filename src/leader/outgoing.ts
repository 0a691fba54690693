/**
 * Answers on their way to the clients: those of one turn leave in one native call; a socket that is full is watched
 * until it has room; who lets more than `outgoingBytesMax` pile up is given to `close`.
 */
import { errnoName, errnoNumber } from '../shared/errno.js';
import { outgoingBytesMax } from '../shared/limits.js';
import { sendFrames } from '../shared/native/socket.js';
import type { Reactor } from './reactor.js';
import type { Session } from './session.js';

const again = -errnoNumber('EAGAIN');
const interrupted = -errnoNumber('EINTR');

export class Outgoing {
  private readonly reactor: Reactor;
  private readonly lose: (session: Session) => void;
  private readonly close: (session: Session, reason: string) => void;
  private dirty: Session[] = [];

  /** `lose`: the connection does not exist any more. `close`: it must end for this reason. */
  constructor(
    reactor: Reactor,
    lose: (session: Session) => void,
    close: (session: Session, reason: string) => void,
  ) {
    this.reactor = reactor;
    this.lose = lose;
    this.close = close;
  }

  /** The session may have something to send at the end of the turn. */
  mark(session: Session): void {
    if (session.dirty) return;
    session.dirty = true;
    this.dirty.push(session);
  }

  /** Its socket has room again. */
  unblock(session: Session): void {
    session.blocked = false;
    this.reactor.watchWritable(session.fd, false);
    this.mark(session);
  }

  /** Sends what the session's socket takes now, when many answers have piled up within a turn. */
  relieve(session: Session): void {
    if (session.writer.length <= outgoingBytesMax / 2) return;
    this.finish(session, session.blocked ? again : sendFrames(session.fd, session.writer));
  }

  sendAll(): void {
    while (this.dirty.length > 0) {
      const { dirty, reactor } = this;
      this.dirty = [];
      const batch: Session[] = [];
      for (const session of dirty) {
        const { writer } = session;
        session.dirty = false;
        if (session.closed || writer.length === 0) continue;
        if (session.blocked) this.finish(session, again);
        else if (
          writer.descriptors.length === 0 &&
          reactor.queue(session.fd, writer.bytes, writer.start, writer.length)
        )
          batch.push(session);
        else this.finish(session, sendFrames(session.fd, writer));
      }
      reactor.send();
      for (let i = 0; i < batch.length; i++) {
        const session = batch[i]!;
        const sent = reactor.sent(i);
        if (sent > 0) session.writer.consume(sent);
        this.finish(session, sent);
      }
    }
  }

  private finish(session: Session, result: number): void {
    const { length } = session.writer;
    if (result < 0 && result !== again && result !== interrupted) {
      this.lose(session);
    } else if (length > outgoingBytesMax) {
      this.close(session, `does not read: ${errnoName(again)} with ${length} bytes waiting`);
    } else if (length > 0 !== session.blocked) {
      session.blocked = length > 0;
      this.reactor.watchWritable(session.fd, session.blocked);
    }
  }
}
