/**
 * What the leader has said at one moment, as far as the live page and the metrics want it: the contract between
 * source.ts, which asks, and those who show it.
 */
import type { LockKind, LockType, Offset } from '../shared/lock-types.js';
import type { Reply } from '../shared/messages.js';
import type { ProcessTree } from './tree.js';

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

export interface ProcessFacts {
  readonly pid: number;
  readonly ppid: number;
  /** It stands between a member and its programs: it is ours. */
  readonly keeper: boolean;
  readonly held: number;
  readonly waiting: number;
  readonly waitingFor: number;
}

/** What is asked about the processes that are shown only: reading it takes twenty times as long. */
export interface ProcessDetails {
  readonly command: string;
  readonly state: string;
  readonly rss: number;
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

/** What happens to locks; asked for while somebody looks. */
export interface Scene extends Pulse {
  readonly locks: readonly Lock[];
  /** There are more locks than were asked for: those of the files that matter most are told. */
  readonly locksCut: boolean;
  /** Then: paths of the files of which all are told. */
  readonly whole: ReadonlySet<string>;
  readonly waits: readonly Wait[];
  readonly deadlocks: readonly (readonly Process[])[];
  readonly history: readonly FileHistory[];
  readonly mounts: Reply<'mountsList'>['mounts'];
}

/** All of it. */
export interface World extends Scene {
  readonly processes: ProcessTree;
  /** By pid. */
  readonly details: ReadonlyMap<number, ProcessDetails>;
}
