/**
 * Open file descriptions that hold OFD or flock locks, or wait for them.
 *
 * A description is known by a duplicate of our own (so that later calls can be compared with it) and by one place, a
 * descriptor in a process, that still refers to it. When that place goes, the kernel is asked for another one (kcmp
 * over the descriptors of the whole process tree); when there is none, and none is on its way through a socket
 * (SCM_RIGHTS), the description is gone and so are its locks. Nothing is counted by hand.
 */
import type { LockKind } from '../shared/lock-types.js';
import {
  closeDescriptor,
  descriptionAt,
  descriptionFind,
  descriptionSame,
  descriptorsInFlight,
  InFlight,
  processDescendants,
} from '../shared/native/workload.js';
import type { FileTable, MemberFile } from './files.js';
import type { LeaderLink, LinkOwner } from './link.js';
import type { Process, ProcessTable } from './processes.js';
import { Takers } from './takers.js';

/** A place found by searching may be about to vanish (its close was let through before): look again after these. */
const recheckMilliseconds = [1, 10, 100] as const;
/** How often a description that is only on its way through a socket is looked for. */
const flightMilliseconds = 5;

export class Description {
  readonly file: MemberFile;
  /** Our duplicate: closed when the description is forgotten. */
  readonly copy: number;
  readonly owner: LinkOwner;
  readonly kinds = new Set<LockKind>();
  /** Kept by takers.ts. */
  readonly takers = new Map<Process, number>();
  waits = 0;
  /** Until it is forgotten. */
  known = true;
  process: Process | undefined;
  fd: number;

  constructor(file: MemberFile, copy: number, owner: LinkOwner, fd: number) {
    this.file = file;
    this.copy = copy;
    this.owner = owner;
    this.fd = fd;
  }
}

export interface Timers {
  after(milliseconds: number, action: () => void): void;
}

export class DescriptionTable {
  readonly #link: LeaderLink;
  readonly #files: FileTable;
  readonly #processes: ProcessTable;
  readonly #timers: Timers;
  readonly takers: Takers;
  /** Known to be on their way through a socket; looked for again soon. */
  readonly #flying = new Set<Description>();
  /** The keeper: all of the workload is below it. */
  root = 0;

  constructor(link: LeaderLink, files: FileTable, processes: ProcessTable, timers: Timers) {
    this.#link = link;
    this.#files = files;
    this.#processes = processes;
    this.#timers = timers;
    this.takers = new Takers(link);
  }

  /** The known description behind a duplicate of a workload's descriptor. */
  find(file: MemberFile, copy: number): Description | undefined {
    for (const description of file.descriptions) {
      if (descriptionSame(copy, description.copy) === 1) return description;
    }
    return undefined;
  }

  /** Makes a description known; takes the duplicate over. */
  add(file: MemberFile, copy: number, process: Process, fd: number): Description {
    let description: Description | undefined;
    const owner = this.#link.openOwner({
      pid: process.pid,
      command: process.command,
      pidfd: -1,
      copy,
      refresh: () => description !== undefined && this.refresh(description),
    });
    description = new Description(file, copy, owner, fd);
    file.descriptions.push(description);
    this.#place(description, process, fd);
    return description;
  }

  #place(description: Description, process: Process | undefined, fd: number): void {
    const before = description.process;
    before?.descriptions.delete(description);
    description.process = process;
    description.fd = fd;
    process?.descriptions.add(description);
    this.takers.placed(description, before);
  }

  /** Forgets a description that neither holds nor waits for anything. */
  settle(description: Description): void {
    // The call that waited was the last to use it.
    if (description.waits === 0 && !description.process && !this.#flying.has(description))
      this.refresh(description);
    if (description.kinds.size === 0 && description.waits === 0) this.#forget(description);
  }

  #forget(description: Description): void {
    const { descriptions } = description.file;
    const at = descriptions.indexOf(description);
    if (at < 0) return;
    descriptions.splice(at, 1);
    description.known = false;
    description.process?.descriptions.delete(description);
    description.process = undefined;
    this.takers.dismiss(description);
    this.#link.closeOwner(description.owner);
    closeDescriptor(description.copy);
    this.#files.settle(description.file);
  }

  /** Checks that the known place still refers to the description. True when locks may have changed. */
  refresh(description: Description): boolean {
    const { process } = description;
    if (process && descriptionAt(description.copy, process.pid, description.fd) === 1) return false;
    return this.replace(description, -1, 0, -1);
  }

  /**
   * The known place is going (descriptors [low, high] of process `pid` are being closed): finds another one, or lets
   * the description's locks go. True when they went.
   */
  replace(description: Description, pid: number, low: number, high: number): boolean {
    if (!description.known) return false;
    const tree = this.#searchAll(description, pid, low, high);
    if (!tree) return false;
    // fcntl(2), flock(2): a call under way keeps its open file description.
    if (description.waits > 0) {
      this.#place(description, undefined, -1);
      return false;
    }
    const sockets = Math.max(...[...tree].map((candidate) => descriptorsInFlight(candidate)), 0);
    if (sockets === InFlight.some) {
      this.#place(description, undefined, -1);
      this.#follow(description);
      return false;
    }
    // It may have been received between the two looks.
    if (sockets === InFlight.none && !this.#searchAll(description, pid, low, high)) return false;
    this.#forget(description);
    return true;
  }

  /** Looks through all processes; those that were looked through, or undefined when one has the description. */
  #searchAll(description: Description, pid: number, low: number, high: number): Set<number> | undefined {
    const tree = new Set<number>();
    // proc(5): a list of children read while one of them ends may lack another. Only two looks that agree count.
    for (let before = -1; tree.size !== before; ) {
      before = tree.size;
      if (this.#search(description, tree, pid, low, high)) return undefined;
    }
    return tree;
  }

  /** Looks through the processes that `seen` lacks, and adds them; true when one has the description. */
  #search(description: Description, seen: Set<number>, pid: number, low: number, high: number): boolean {
    const usual = description.process?.pid;
    const tree = processDescendants(this.root).filter((candidate) => !seen.has(candidate));
    // Most likely where it was before.
    tree.sort((a, b) => Number(b === usual) - Number(a === usual));
    for (const candidate of tree) {
      seen.add(candidate);
      const closing = candidate === pid;
      const fd = descriptionFind(description.copy, candidate, closing ? low : 0, closing ? high : -1);
      const process = fd < 0 ? undefined : this.#processes.trackPid(candidate);
      if (!process) continue;
      this.#place(description, process, fd);
      for (const delay of recheckMilliseconds) this.#timers.after(delay, () => this.#recheck(description));
      return true;
    }
    return false;
  }

  /** Looks again soon, until it has arrived. */
  #follow(description: Description): void {
    if (this.#flying.has(description)) return;
    this.#flying.add(description);
    this.#timers.after(flightMilliseconds, () => {
      this.#flying.delete(description);
      this.#recheck(description);
    });
  }

  /** Some process is about to close descriptors: what was on its way may have arrived there. */
  locateFlying(): void {
    for (const description of this.#flying) this.refresh(description);
  }

  /** A call through this descriptor: a place, if none is known. */
  seen(description: Description, process: Process, fd: number): void {
    if (!description.process) this.#place(description, process, fd);
  }

  #recheck(description: Description): void {
    if (description.known) this.refresh(description);
  }
}
