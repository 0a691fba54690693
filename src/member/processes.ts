/**
 * The processes of the workload that hold or held locks, found by the thread that is trapped.
 *
 * A process enters when it first asks for a lock and leaves when its pidfd says that it ended. Other threads and
 * processes are remembered only as "not tracked". A thread id can be reused, so what is remembered of one is
 * checked (tgkill with signal 0, in trapInspect or processHasThread) before it is believed.
 */
import { LRUCache } from 'lru-cache';
import {
  closeDescriptor,
  eventsAdd,
  eventsRemove,
  memoryOpen,
  processCommand,
  processGroupOf,
  processHasThread,
  processOpen,
} from '../shared/native/workload.js';
import type { Description } from './descriptions.js';
import type { MemberFile } from './files.js';
import type { LeaderLink, LinkOwner } from './link.js';
import type { Wait } from './waits.js';

const rememberedThreadsMax = 8192;
const recentClosersMax = 32;

/** What a descriptor of a process refers to; true until something closes or replaces it. */
export interface Slot {
  readonly file: MemberFile;
  /** F_GETFL; only its access mode is used, which never changes. */
  readonly flags: number;
  /** For OFD and flock locks. */
  description: Description | undefined;
}

/** Threads of one process whose rights are remembered. */
const identitiesMax = 64;
/** Descriptors of one process that are remembered. */
const slotsMax = 64;

export class Process {
  readonly pid: number;
  readonly pidfd: number;
  /** Files on which it may hold record locks, and the descriptor it last used for each. */
  readonly files = new Map<MemberFile, number>();
  /** Descriptions whose known place is in this process. */
  readonly descriptions = new Set<Description>();
  /** Descriptions with another place through which it took locks (takers.ts). */
  readonly took = new Set<Description>();
  readonly waits = new Set<Wait>();
  /** What its descriptors refer to, dropped by whatever closes or replaces them (all of that is trapped). */
  readonly slots = new Map<number, Slot>();
  /** Its memory (/proc/PID/mem) while slots are remembered, else negative. */
  memory = -1;
  /** Threads whose closing call was let run and may not have run yet: meanwhile nothing new is remembered. */
  readonly closers = new Set<number>();
  /** Whose rights its threads have (paths/identity.ts). */
  readonly identities = new LRUCache<number, Buffer>({ max: identitiesMax });
  /** It is not tracked any more. */
  ended = false;
  /** False once a descriptor table may be shared by processes, or a thread may have its own. */
  remembers = true;
  readonly #openOwner: (process: Process) => LinkOwner;
  #owner: LinkOwner | undefined;
  #command: string | undefined;

  constructor(pid: number, pidfd: number, openOwner: (process: Process) => LinkOwner) {
    this.pid = pid;
    this.pidfd = pidfd;
    this.#openOwner = openOwner;
  }

  /** What the leader knows it as; made when it first asks for a coordinated lock. */
  get owner(): LinkOwner {
    this.#owner ??= this.#openOwner(this);
    return this.#owner;
  }

  get knownOwner(): LinkOwner | undefined {
    return this.#owner;
  }

  get command(): string {
    this.#command ??= processCommand(this.pid);
    return this.#command;
  }

  /** Remembers a descriptor that was just looked at. */
  remember(fd: number, slot: Slot): void {
    if (this.closers.size > 0 || !this.remembers) return;
    if (this.memory < 0) this.memory = memoryOpen(this.pid);
    if (this.slots.size >= slotsMax) this.slots.clear();
    this.slots.set(fd, slot);
  }

  /** A thread closes or replaces descriptors [low, high]. */
  closing(tid: number, low: number, high: number): void {
    this.closers.add(tid);
    for (const wait of this.waits) if (wait.fd >= low && wait.fd <= high) wait.descriptorClosed = true;
    if (low === high) this.slots.delete(low);
    else this.forgetSlots();
  }

  /** What is remembered of its descriptors and its memory goes: it may be about to exec. */
  forgetSlots(): void {
    this.slots.clear();
    if (this.memory >= 0) closeDescriptor(this.memory);
    this.memory = -1;
  }

  /** It holds no record lock on the file any more. */
  letGo(file: MemberFile): void {
    this.files.delete(file);
    file.holders.delete(this);
  }

  get holdsSomething(): boolean {
    return this.files.size > 0 || this.descriptions.size > 0 || this.took.size > 0;
  }
}

export interface ProcessHooks {
  /** The process may have lost descriptors unseen (exec, exit under way): true when locks changed. */
  refresh(process: Process): boolean;
}

export class ProcessTable {
  readonly #link: LeaderLink;
  readonly #events: number;
  readonly #hooks: ProcessHooks;
  readonly #byPid = new Map<number, Process>();
  /** The thread that was asked for last, and its process. */
  #lastTid = 0;
  #lastProcess: Process | undefined;
  readonly #groups = new LRUCache<number, number>({ max: rememberedThreadsMax });

  /** Threads of unknown processes whose closing call was let run last. */
  readonly #recentClosers = new Int32Array(recentClosersMax);
  #nextCloser = 0;
  #remembers = true;

  constructor(link: LeaderLink, events: number, hooks: ProcessHooks) {
    this.#link = link;
    this.#events = events;
    this.#hooks = hooks;
  }

  /** A thread of a process that is not tracked closes a descriptor. */
  noteCloser(tid: number): void {
    this.#recentClosers[this.#nextCloser] = tid;
    this.#nextCloser = (this.#nextCloser + 1) % recentClosersMax;
  }

  get size(): number {
    return this.#byPid.size;
  }

  all(): Iterable<Process> {
    return this.#byPid.values();
  }

  byPid(pid: number): Process | undefined {
    return this.#byPid.get(pid);
  }

  /** The tracked process of a thread, as remembered; the caller checks it (trapInspect) or calls `forgetThread`. */
  remembered(tid: number): Process | undefined {
    if (tid === this.#lastTid) return this.#lastProcess;
    const group = this.#groups.get(tid);
    const process = group === undefined ? undefined : this.#byPid.get(group);
    if (process) {
      this.#lastTid = tid;
      this.#lastProcess = process;
    }
    return process;
  }

  forgetThread(tid: number): void {
    this.#lastTid = 0;
    this.#groups.delete(tid);
  }

  /** The tracked process of a thread, or undefined when its process is not tracked. */
  tracked(tid: number): Process | undefined {
    const group = this.#groupOf(tid);
    return group < 0 ? undefined : this.#byPid.get(group);
  }

  #groupOf(tid: number): number {
    const known = this.#groups.get(tid);
    // A leading thread's number is its process's for as long as that lives, and its end is an event.
    if (known === tid && this.#byPid.has(tid)) return known;
    if (known !== undefined && processHasThread(known, tid) === 1) return known;
    const group = processGroupOf(tid);
    if (group > 0) this.#groups.set(tid, group);
    return group;
  }

  /** Tracks the process of a thread. Undefined when it is gone or may not be looked at. */
  track(tid: number): Process | undefined {
    const group = this.#groupOf(tid);
    return group < 0 ? undefined : this.trackPid(group, tid);
  }

  trackPid(pid: number, caller = 0): Process | undefined {
    const known = this.#byPid.get(pid);
    if (known) return known;
    const pidfd = processOpen(pid);
    if (pidfd < 0) return undefined;
    const process = new Process(pid, pidfd, (self) =>
      this.#link.openOwner({
        pid,
        command: self.command,
        pidfd,
        copy: -1,
        refresh: () => this.#hooks.refresh(self),
      }),
    );
    process.remembers = this.#remembers;
    // Closing calls that were let run before the process was known may still be on their way.
    for (const tid of this.#recentClosers) {
      if (tid !== 0 && tid !== caller && processHasThread(pid, tid) === 1) process.closers.add(tid);
    }
    this.#byPid.set(pid, process);
    eventsAdd(this.#events, pidfd, pid);
    return process;
  }

  /** From now on descriptors are looked at each time. */
  forgetDescriptors(): void {
    this.#remembers = false;
    for (const process of this.#byPid.values()) {
      process.remembers = false;
      process.forgetSlots();
    }
  }

  /** Drops a process that ended; its record locks go with it. */
  drop(process: Process): void {
    if (this.#byPid.get(process.pid) !== process) return;
    this.#byPid.delete(process.pid);
    process.ended = true;
    this.#lastTid = 0;
    this.#lastProcess = undefined;
    for (const file of process.files.keys()) file.holders.delete(process);
    process.files.clear();
    if (process.knownOwner) this.#link.closeOwner(process.knownOwner);
    process.forgetSlots();
    eventsRemove(this.#events, process.pidfd);
    closeDescriptor(process.pidfd);
  }
}
