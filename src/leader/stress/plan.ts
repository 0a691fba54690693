/** What a run of `leader stress` shall do, and the terms that all of it uses. */

/** In the order of `enum kind` in native/stress/stress.h. */
export const kinds = ['fcntl', 'ofd', 'flock'] as const;
export type Kind = (typeof kinds)[number];
/** In the order of `enum restart`: do handlers of signals have SA_RESTART? */
export const restarts = ['no', 'yes', 'mixed'] as const;
/** In the order of `enum fault`: faults on purpose, to see that they are found. */
export const faults = ['none', 'unlocked', 'left', 'stuck'] as const;

export type Side = 'kernel' | 'sward';

/** Bounds of native/stress/stress.h. */
export const bounds = { processes: 1024, files: 4096, ranges: 1 << 20, patience: 3600 } as const;

export interface Plan {
  /** The leader under test; undefined: one of our own. */
  readonly socket: string | undefined;
  readonly sides: readonly Side[];
  readonly processes: number;
  readonly members: number;
  readonly files: number;
  readonly kinds: readonly Kind[];
  readonly ranges: number;
  readonly span: number;
  /** Percent of the locks that are read locks, that are only tried, that a close releases. */
  readonly read: number;
  readonly try: number;
  readonly close: number;
  readonly holdMicroseconds: number;
  readonly thinkMicroseconds: number;
  /** Signals per second to each process. */
  readonly signals: number;
  readonly restart: (typeof restarts)[number];
  /** Processes killed per second. */
  readonly kill: number;
  readonly seconds: number;
  readonly rounds: number;
  /** Operations of each process in a round; undefined: rounds last for their time. */
  readonly operations: number | undefined;
  readonly seed: number;
  readonly patienceSeconds: number;
  /** Where the files are made; undefined: in the runtime directory. A real path. */
  readonly directory: string | undefined;
  readonly fault: (typeof faults)[number];
}
