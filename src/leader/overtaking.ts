/**
 * Releases that overtake: a client sends unlock and close without waiting for a reply, so before the leader refuses
 * anybody because of that client's locks it applies the releases that wait unread in the client's stream (design/
 * protocol.md, "Exactly then"). This file says which of them may be applied before the frames in front of them, and
 * remembers which were. A release does not overtake what it was meant to undo: a lock call of the same owner on the same
 * bytes, or the registration of a handle it names. Each frame is looked at once.
 */
import { SyscallError } from '../shared/errno.js';
import { type FrameReader, FramingError } from '../shared/frames.js';
import type { LockRange, Offset } from '../shared/lock-types.js';
import { checkRequest, type MessageName, messageNameOf, type Request } from '../shared/messages.js';

type ReleaseName = 'lockUnset' | 'lockRelease' | 'ownerClose';
/** Applies a release and answers it; false when it must be answered in its turn (an error). */
type Apply = <N extends ReleaseName>(name: N, id: number, request: Request<N>) => boolean;

interface Span {
  start: Offset;
  end: Offset;
}

export class Overtaking {
  /** Positions of applied frames that the reader has not reached, ascending. */
  private readonly applied: number[] = [];
  private scanned = 0;
  /** Bytes named by lock calls that were scanned and wait to be handled, by owner, file and kind. */
  private readonly locks = new Map<string, Span>();
  /** Handles whose meaning an unhandled frame will change. */
  private readonly changingFiles = new Set<number>();
  private readonly changingOwners = new Set<number>();

  /** True, once, when the frame at the reader's position was applied already; the caller skips it. */
  takeApplied(position: number): boolean {
    if (this.applied.length === 0 || this.applied[0] !== position) return false;
    this.applied.shift();
    return true;
  }

  /** Applies what may overtake among the reader's complete frames; true when anything was. */
  scan(reader: FrameReader, apply: Apply): boolean {
    if (reader.position >= this.scanned) this.forget(reader.position);
    let changed = false;
    for (;;) {
      const position = this.scanned;
      try {
        const frame = reader.peek(position);
        if (frame === undefined) return changed;
        this.scanned = frame.next;
        const name = messageNameOf[frame.kind];
        if (name !== undefined && this.look(name, frame.values, apply)) {
          this.applied.push(position);
          changed = true;
        }
      } catch (error) {
        // A wrong field is answered, and lost framing closes the connection, when the frame's turn comes.
        if (error instanceof FramingError) return changed;
        if (!(error instanceof SyscallError)) throw error;
      }
    }
  }

  private forget(position: number): void {
    this.scanned = position;
    this.locks.clear();
    this.changingFiles.clear();
    this.changingOwners.clear();
  }

  /** Looks at one frame; true when it was applied. */
  private look(name: MessageName, read: () => readonly unknown[], apply: Apply): boolean {
    switch (name) {
      case 'fileOpen':
      case 'fileClose':
        this.changingFiles.add(checkRequest(name, read()).file);
        return false;
      case 'ownerOpen':
        this.changingOwners.add(checkRequest(name, read()).owner);
        return false;
      case 'lockSet':
        this.noteLock(checkRequest(name, read()));
        return false;
      case 'ownerClose': {
        const [id, request] = idAndRequest(name, read());
        if (!this.changingOwners.has(request.owner) && apply(name, id, request)) return true;
        this.changingOwners.add(request.owner);
        return false;
      }
      case 'lockUnset': {
        const [id, request] = idAndRequest(name, read());
        return this.mayOvertake(request, request) && apply(name, id, request);
      }
      case 'lockRelease': {
        const [id, request] = idAndRequest(name, read());
        return this.mayOvertake(request, { start: 0, end: Infinity }) && apply(name, id, request);
      }
      default:
        return false;
    }
  }

  private noteLock(request: Request<'lockSet'>): void {
    const key = `${request.owner} ${request.file} ${request.kind}`;
    const span = this.locks.get(key);
    if (span === undefined) {
      this.locks.set(key, { start: request.start, end: request.end });
    } else {
      if (request.start < span.start) span.start = request.start;
      if (request.end > span.end) span.end = request.end;
    }
  }

  private mayOvertake(request: Request<'lockRelease'>, range: LockRange): boolean {
    if (this.changingOwners.has(request.owner) || this.changingFiles.has(request.file)) return false;
    const span = this.locks.get(`${request.owner} ${request.file} ${request.kind}`);
    return span === undefined || range.start >= span.end || span.start >= range.end;
  }
}

function idAndRequest<N extends ReleaseName>(name: N, values: readonly unknown[]): [number, Request<N>] {
  const id = values[1];
  if (typeof id !== 'number') throw new SyscallError('EPROTO', 'no request id');
  return [id, checkRequest(name, values)];
}
