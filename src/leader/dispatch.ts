/**
 * One frame of a session, from its values to its answer: names the message, checks the request, claims its
 * descriptor, calls the handler, writes exactly one DONE (or PENDING now and DONE later). A request id of 0 wants no
 * answer: its errors are only logged. Returns the reason when the connection must be closed.
 */
import { PENDING } from '../shared/core-types.js';
import { errnoName, errnoNumber, SyscallError } from '../shared/errno.js';
import type { Log } from '../shared/log.js';
import {
  checkRequest,
  FrameKind,
  type Handlers,
  type MessageName,
  messageNameOf,
  messages,
  protocolVersion,
} from '../shared/messages.js';
import type { AnyMessage } from '../shared/protocol-declare.js';
import type { Session } from './session.js';

type AnyHandler = (request: unknown, session: Session, id: number) => unknown;

export interface Dispatcher {
  /** Handles one frame; a text when the connection must be closed for it. */
  dispatch(session: Session, values: readonly unknown[]): string | undefined;
  /** Handles a release out of its turn; false when it must be answered in its turn. */
  overtake(session: Session, name: MessageName, id: number, request: unknown): boolean;
  readonly calls: number;
}

export function createDispatcher(
  handlers: Handlers<Session>,
  cancel: (session: Session, id: number) => void,
  log: Log,
): Dispatcher {
  let calls = 0;

  function fail(session: Session, id: number, error: unknown, name: string): void {
    const known = error instanceof SyscallError;
    if (!known) log.error(`${session.describe()}: ${name}: ${(error as Error).stack}`);
    const code = known ? error.code : 'EIO';
    if (id !== 0) session.writer.done(id, errnoNumber(code), known ? error.message : undefined);
    else if (known) log.warn(`${session.describe()}: ${name} without reply: ${error.message}`);
  }

  function claim(session: Session, spec: AnyMessage, request: unknown): void {
    const { descriptors } = spec;
    const wanted =
      typeof descriptors === 'string' ? (request as Record<string, boolean>)[descriptors] : descriptors > 0;
    if (!wanted) return;
    const fd = session.reader.descriptors.shift();
    if (fd === undefined) throw new SyscallError('EBADF', 'its descriptor is missing');
    session.claimed = fd;
  }

  function answer(session: Session, name: MessageName, id: number, request: unknown): void {
    const spec = messages[name] as unknown as AnyMessage;
    const result = (handlers[name] as AnyHandler)(request, session, id);
    if (spec.waits) {
      if (result === PENDING) session.writer.pending(id);
      else session.writer.done(id, -(result as number));
    } else if (id !== 0) {
      if (spec.replyNames.length === 0) session.writer.done(id, 0);
      else session.writer.reply(id, spec, result as Record<string, unknown>, session.attached);
      session.attached = [];
    }
  }

  return {
    get calls() {
      return calls;
    },

    dispatch(session, values) {
      const [kind, id] = values;
      if (typeof id !== 'number' || !Number.isInteger(id) || id < 0 || id > 0xffff_ffff)
        return 'no request id';
      if (kind === FrameKind.cancel) {
        cancel(session, id);
        return undefined;
      }
      const name = typeof kind === 'number' ? messageNameOf[kind] : undefined;
      if (name === undefined) {
        fail(session, id, new SyscallError('EPROTO', `unknown message ${String(kind)}`), 'a message');
        return undefined;
      }
      calls++;
      session.calls++;
      const spec = messages[name] as unknown as AnyMessage;
      try {
        if (!session.greeted && name !== 'hello') throw new SyscallError('EPROTO', 'hello comes first');
        if (session.waits.has(id)) return `request id ${id} used twice`;
        if (id === 0 && (spec.waits || spec.replyNames.length > 0))
          throw new SyscallError('EINVAL', 'no request id');
        if (name === 'hello') checkVersion(values[2]);
        const request = checkRequest(name, values);
        if (spec.descriptors !== 0) claim(session, spec, request);
        answer(session, name, id, request);
      } catch (error) {
        fail(session, id, error, name);
        // Whose descriptor is whose is not known any more.
        if (spec.descriptors !== 0 && error instanceof SyscallError && error.code === 'EINVAL') {
          return `${name}: ${error.message}`;
        }
        if (!session.greeted) return error instanceof Error ? error.message : 'hello failed';
      } finally {
        session.closeClaimed();
      }
      return undefined;
    },

    overtake(session, name, id, request) {
      if (!session.greeted || session.waits.has(id)) return false;
      try {
        answer(session, name, id, request);
      } catch (error) {
        if (!(error instanceof SyscallError)) log.error(`${name}: ${(error as Error).stack}`);
        else
          log.debug(
            `${session.describe()}: ${name} waits for its turn: ${errnoName(errnoNumber(error.code))}`,
          );
        return false;
      }
      calls++;
      session.calls++;
      return true;
    },
  };
}

/** Before the fields are looked at: another version may have others. */
function checkVersion(version: unknown): void {
  if (version === protocolVersion) return;
  throw new SyscallError('EPROTO', `version ${version}, this leader speaks ${protocolVersion}`);
}
