/** What the declaration of a message consists of (see messages.ts for the messages). */
import type { ErrnoName } from './errno.js';
import type { Fields } from './schema.js';

interface Declaration<Q extends Fields, R extends Fields, W extends boolean> {
  /** 1 to 0x6f: one byte of msgpack. */
  readonly id: number;
  readonly summary: string;
  readonly request: Q;
  readonly reply: R;
  /** May be answered PENDING and be cancelled. */
  readonly waits: W;
  /** What it may answer besides EINVAL (a field is wrong), EPROTO (framing, unknown message) and EIO (a bug). */
  readonly errors: readonly ErrnoName[];
  /** Descriptors that its frame carries; a name: one when that boolean field is true. */
  readonly descriptors: number | (keyof Q & string);
  /** A list of the reply with a descriptor for each of its items, which the reply's frame carries. */
  readonly replyDescriptors: (keyof R & string) | undefined;
  /** Releases locks: the leader applies it before it refuses another session because of them. */
  readonly releases: boolean;
}

export interface Message<Q extends Fields, R extends Fields, W extends boolean> extends Declaration<Q, R, W> {
  readonly requestNames: readonly string[];
  readonly replyNames: readonly string[];
}

type Optional = 'reply' | 'waits' | 'errors' | 'descriptors' | 'replyDescriptors' | 'releases';

/** Declares a message; what is left out is: no reply fields, never waits, no errors, no descriptors, no release. */
export function message<
  Q extends Fields,
  R extends Fields = Readonly<Record<never, never>>,
  W extends boolean = false,
>(
  declared: Omit<Declaration<Q, R, W>, Optional> & Partial<Pick<Declaration<Q, R, W>, Optional>>,
): Message<Q, R, W> {
  const complete = {
    reply: {} as R,
    waits: false as W,
    errors: [],
    descriptors: 0,
    replyDescriptors: undefined,
    releases: false,
    ...declared,
  };
  return {
    ...complete,
    requestNames: Object.keys(complete.request),
    replyNames: Object.keys(complete.reply),
  };
}

/** Any message, where its own types do not matter. */
export type AnyMessage = Message<Fields, Fields, boolean>;
