/**
 * What the live page is told, as JSON: the whole of what it shows at one moment. Made by project.ts, drawn by src/page/.
 * Texts from programs (paths, commands) are free of control characters; they are not HTML. Times are milliseconds.
 */

export interface Party {
  readonly pid: number;
  readonly command: string;
}

/** A part of a list: `rows` begins with number `from` of `total`. */
export interface Part<T> {
  readonly rows: readonly T[];
  readonly from: number;
  readonly total: number;
}

export interface LockView extends Party {
  readonly kind: string;
  readonly type: string;
  /** First to last byte, `all`, or open at the end of the file. */
  readonly range: string;
  readonly waiting: boolean;
  readonly deadlocked: boolean;
  readonly age: number;
}

/** A lock, or several that would be too small to tell apart, in a picture whose width is 1. */
export interface BarView {
  readonly from: number;
  readonly to: number;
  /** Rows from the top, held ones above those that wait. */
  readonly lane: number;
  readonly type: string;
  readonly kind: string;
  readonly waiting: boolean;
  readonly deadlocked: boolean;
  /** Goes on to the end of the file, wherever that will be. */
  readonly open: boolean;
  /** How many locks it stands for. */
  readonly count: number;
  /** Who holds or awaits it; empty for several. */
  readonly label: string;
  readonly title: string;
}

export interface PictureView {
  readonly lanes: number;
  readonly bars: readonly BarView[];
  readonly ticks: readonly { readonly at: number; readonly label: string }[];
  /** Where bytes without locks were left out. */
  readonly gaps: readonly number[];
}

export interface FileView {
  readonly path: string;
  readonly held: number;
  readonly waiting: number;
  /** The counts are of what was looked at: there are more locks. */
  readonly partial: boolean;
  readonly picture: PictureView;
  readonly locks: Part<LockView>;
  readonly history: ContentionView | null;
}

export interface ContentionView {
  readonly acquisitions: number;
  readonly refusals: number;
  readonly waits: number;
  /** Of all waits that have ended. */
  readonly waited: number;
  readonly longest: number;
  readonly longestCause: Party | null;
}

export interface ProcessView extends Party {
  /** Generations below the member's first process. */
  readonly depth: number;
  readonly state: string;
  readonly held: number;
  readonly waiting: number;
  readonly waitingFor: number;
  readonly deadlocked: boolean;
  readonly rss: number;
}

export interface MemberView {
  readonly session: number;
  readonly pid: number;
  readonly name: string;
  readonly age: number;
  readonly calls: number;
  readonly held: number;
  readonly waiting: number;
  readonly acquisitions: number;
  readonly processes: Part<ProcessView>;
}

export interface WaitView {
  readonly waiter: Party;
  readonly holder: Party;
  readonly path: string;
  readonly kind: string;
  readonly type: string;
  readonly range: string;
  /** The other one only came first. */
  readonly queued: boolean;
  readonly deadlocked: boolean;
  readonly age: number;
}

export interface GraphView {
  readonly nodes: readonly (Party & { readonly waiting: boolean; readonly deadlocked: boolean })[];
  /** Indexes of nodes: who waits, for whom. */
  readonly edges: readonly {
    readonly from: number;
    readonly to: number;
    readonly deadlocked: boolean;
    readonly queued: boolean;
  }[];
  /** Processes that were left out. */
  readonly more: number;
}

export interface MountView {
  readonly path: string;
  readonly type: string;
  readonly backing: string;
  readonly readonly: boolean;
  readonly locks: string;
}

/** One moment of the charts. */
export interface SampleView {
  readonly at: number;
  /** A second. */
  readonly acquisitions: number;
  readonly waits: number;
  /** The wait that has lasted longest among those that have not ended. */
  readonly longest: number;
  readonly waiting: number;
}

export interface View {
  readonly at: number;
  /** Empty; else why there is nothing newer. */
  readonly trouble: string;
  readonly leader: {
    readonly pid: number;
    readonly epoch: number;
    readonly uptime: number;
    readonly calls: number;
    readonly rss: number;
  };
  readonly totals: {
    readonly members: number;
    readonly clients: number;
    readonly processes: number;
    readonly files: number;
    /** There are more files, and more locks on those that are told: only what matters most was looked at. */
    readonly filesPartial: boolean;
    readonly held: number;
    readonly waiting: number;
    readonly deadlocks: number;
    readonly acquisitions: number;
    readonly waits: number;
    readonly longest: number;
  };
  readonly samples: readonly SampleView[];
  readonly members: Part<MemberView>;
  readonly files: Part<FileView>;
  readonly deadlocks: readonly (readonly Party[])[];
  readonly waits: Part<WaitView>;
  readonly graph: GraphView;
  readonly mounts: readonly MountView[];
}

/** What somebody looks at: which parts of the lists. In the query of /api/view and /events. */
export interface Choice {
  readonly members: number;
  readonly files: number;
  readonly waits: number;
  /** Path of the file whose locks are shown in pages, and where its page begins. */
  readonly file: string;
  readonly locks: number;
  /** Session of the member whose processes are shown in pages. */
  readonly member: number;
  readonly processes: number;
  /** Only files and members whose names contain it. */
  readonly find: string;
}

/** How the page is opened. */
export const firstChoice: Choice = {
  members: 0,
  files: 0,
  waits: 0,
  file: '',
  locks: 0,
  member: 0,
  processes: 0,
  find: '',
};
