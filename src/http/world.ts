/**
 * What the leader has said at one moment, as far as the live page and the metrics want it: the contract between
 * source.ts, which asks, and those who show it.
 */
import type { LockKind, LockType, Offset } from '../shared/lock-types.js';
import type { Reply } from '../shared/messages.js';

export interface Process {
  readonly pid: number;
  readonly command: string;
}

export interface Lock extends Process {
  readonly path: string;
  readonly kind: LockKind;
  readonly type: LockType;
  readonly start: Offset;
  readonly end: Offset;
  readonly waiting: boolean;
  readonly age: number;
}

export interface Wait {
  readonly waiter: Process;
  readonly holder: Process;
  readonly path: string;
  readonly kind: LockKind;
  readonly type: LockType;
  readonly start: Offset;
  readonly end: Offset;
  readonly queued: boolean;
  readonly deadlocked: boolean;
  readonly age: number;
}

/** Since the leader's start. Milliseconds. */
export interface Totals {
  readonly acquisitions: number;
  readonly refusals: number;
  readonly waits: number;
  readonly abandoned: number;
  readonly waited: number;
  readonly longest: number;
  readonly deadlocks: number;
  /** Number n counts the waits below 2^n * 16 µs, the last one all that are longer. */
  readonly histogram: readonly number[];
  readonly rss: number;
}

export interface FileHistory {
  readonly path: string;
  readonly acquisitions: number;
  readonly refusals: number;
  readonly waits: number;
  readonly waited: number;
  readonly longest: number;
  readonly longestCause: Process | null;
}

export interface MemberFacts {
  readonly session: number;
  readonly pid: number;
  readonly name: string;
  /** It is a member with programs below it, not a tool. */
  readonly wraps: boolean;
  readonly age: number;
  readonly calls: number;
  readonly held: number;
  readonly waiting: number;
  readonly acquisitions: number;
}

export interface ProcessFacts extends Process {
  readonly ppid: number;
  readonly state: string;
  readonly rss: number;
  readonly held: number;
  readonly waiting: number;
  readonly waitingFor: number;
}

/** Cheap; asked for all the time. */
export interface Pulse {
  readonly status: Reply<'status'>;
  readonly totals: Totals;
  /** Of the waits that have not ended, the one that has lasted longest. */
  readonly longestWait: number;
  readonly held: number;
  readonly members: readonly MemberFacts[];
}

/** All of it; asked for while somebody looks. */
export interface World extends Pulse {
  readonly locks: readonly Lock[];
  /** There are more locks than were asked for. */
  readonly locksCut: boolean;
  /** Then: paths of the files of which all locks are told. */
  readonly whole: ReadonlySet<string>;
  readonly waits: readonly Wait[];
  readonly deadlocks: readonly (readonly Process[])[];
  readonly history: readonly FileHistory[];
  readonly processes: readonly ProcessFacts[];
  readonly mounts: Reply<'mountsList'>['mounts'];
}
