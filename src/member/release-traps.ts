/**
 * Calls that close descriptors: close, close_range, dup2, dup3, execve. They run in the kernel untouched; what they
 * release is released before they run (exec: right after, while the thread is still stopped), so that whoever sees
 * them return sees the locks gone.
 */
import { LockKind } from '../shared/lock-types.js';
import {
  descriptorOn,
  parkContinue,
  parkDetach,
  parkSeize,
  processDescriptors,
  trapInspect,
} from '../shared/native/workload.js';
import type { Description } from './descriptions.js';
import type { MemberFile } from './files.js';
import { letRun, type Member, pathOnly } from './interceptor.js';
import type { Process } from './processes.js';

const closeOnExec = 0o2000000;
const closeRangeCloexec = 4;
const cloneFiles = 0x400;
const descriptorMax = 2 ** 31 - 1;
/** When ptrace is refused, an exec's outcome is looked for after these. */
const execRecheckMilliseconds = [1, 5, 20, 100] as const;

/** The tracked process of the trapped thread. */
function tracked(member: Member): Process | undefined {
  const { processes, descriptions, block } = member;
  descriptions.locateFlying();
  const process = processes.size === 0 ? undefined : processes.tracked(block.tid);
  if (!process) processes.noteCloser(block.tid);
  return process;
}

/** What is released, and forgotten, when the trapped thread closes descriptors [low, high]. */
function closing(member: Member, low: number, high: number): void {
  const process = tracked(member);
  if (!process) return;
  process.closing(member.block.tid, low, high);
  if (!process.holdsSomething) return;
  const fds = low === high ? [low] : processDescriptors(process.pid, low, high, false);
  for (const fd of fds) releaseDescriptor(member, process, fd);
  replacePlaces(member, process, low, high);
}

export function closeTrap(member: Member): void {
  const fd = member.block.int(0);
  closing(member, fd, fd);
  letRun(member);
}

export function closeRangeTrap(member: Member): void {
  const { block } = member;
  const first = block.word(0);
  const last = Math.min(block.word(1), descriptorMax);
  const closes = (block.word(2) & closeRangeCloexec) === 0;
  if (closes && first <= last) closing(member, first, last);
  letRun(member);
}

/** dup2(2): "If the file descriptor newfd was previously open, it is closed before being reused." */
export function dup2Trap(member: Member): void {
  const { block } = member;
  duplicateOnto(member, block.int(0), block.int(1));
}

export function dup3Trap(member: Member): void {
  const { block } = member;
  // dup3(2): other flags, or equal descriptors, are EINVAL and close nothing.
  if ((block.word(2) & ~closeOnExec) !== 0) return letRun(member);
  duplicateOnto(member, block.int(0), block.int(1));
}

function duplicateOnto(member: Member, from: number, onto: number): void {
  const process = from === onto ? undefined : tracked(member);
  // dup2(2): "If oldfd is not a valid file descriptor, then the call fails, and newfd is not closed."
  if (process && look(member, process, from)) closing(member, onto, onto);
  letRun(member);
}

function look(member: Member, process: Process, fd: number): boolean {
  const { block } = member;
  return trapInspect(block.buffer, process.pidfd, process.pid, fd, 0) === 0;
}

/** fcntl(2): closing any descriptor of a file releases all record locks of the process on it. */
function releaseDescriptor(member: Member, process: Process, fd: number): void {
  if (process.files.size === 0 || !look(member, process, fd)) return;
  // open(2): an O_PATH descriptor is no open file; closing it releases nothing.
  if (member.block.flags & pathOnly) return;
  const file = member.files.find(member.block);
  if (file) releaseFile(member, process, file);
}

/** All record locks of the process on the file go. */
export function releaseFile(member: Member, process: Process, file: MemberFile): void {
  if (!process.files.has(file)) return;
  member.link.release(file.link, process.owner, LockKind.record);
  // A call that still waits for this file may be granted yet: then the process holds something again.
  if (process.waits.size > 0) return;
  process.letGo(file);
  member.files.settle(file);
}

/** Descriptions known by a descriptor in [low, high] of this process need another place, or are gone. */
function replacePlaces(member: Member, process: Process, low: number, high: number): void {
  if (process.took.size > 0) member.descriptions.takers.closing(process, low, high);
  if (process.descriptions.size === 0) return;
  for (const description of [...process.descriptions]) {
    if (description.fd >= low && description.fd <= high) {
      member.descriptions.replace(description, process.pid, low, high);
    }
  }
}

/** Looks whether a process has lost descriptors without a trap (its exit has begun). True when locks went. */
export function refreshProcess(member: Member, process: Process): boolean {
  const [first] = process.files;
  if (!first || stillOn(process, first[0], first[1])) return false;
  for (const [file, fd] of [...process.files]) {
    if (!stillOn(process, file, fd)) releaseFile(member, process, file);
  }
  return true;
}

function stillOn(process: Process, file: MemberFile, fd: number): boolean {
  return descriptorOn(process.pidfd, process.pid, fd, file.link.device, file.link.inode) === 1;
}

/** clone(2) with CLONE_FILES but no thread, unshare(2): descriptor tables are not one to a process any more. */
export function tableTrap(member: Member): void {
  if (member.block.word(0) & cloneFiles) member.processes.forgetDescriptors();
  letRun(member);
}

// exec

export interface Exec {
  readonly process: Process;
  readonly files: readonly [MemberFile, number][];
  readonly descriptions: readonly Description[];
}

/** Threads that are in execve under ptrace, by thread and by process (exec changes the thread's id to the process's). */
export class ExecTable {
  readonly #member: Member;
  readonly #execs = new Map<number, Exec>();

  constructor(member: Member) {
    this.#member = member;
  }

  /** What the trapped thread's process would lose by an exec; undefined when nothing. */
  prepare(): Exec | undefined {
    const process = tracked(this.#member);
    process?.closing(this.#member.block.tid, 0, descriptorMax);
    return process?.holdsSomething ? this.#affected(process) : undefined;
  }

  /** The exec has succeeded. */
  settle(exec: Exec | undefined): void {
    if (exec) this.#check(exec);
  }

  /** execve and execveat: descriptors marked close-on-exec go, and their locks with them. */
  trap(): void {
    const member = this.#member;
    const exec = this.prepare();
    if (!exec) return letRun(member);
    const { process } = exec;
    const { tid } = member.block;
    if (parkSeize(tid) === 0) {
      this.#execs.set(tid, exec);
      this.#execs.set(process.pid, exec);
    } else {
      for (const delay of execRecheckMilliseconds) member.timers.after(delay, () => this.#check(exec));
    }
    letRun(member);
  }

  #affected(process: Process): Exec | undefined {
    const member = this.#member;
    const files: [MemberFile, number][] = [];
    const closing = processDescriptors(process.pid, 0, descriptorMax, true);
    for (const fd of closing) {
      if (!look(member, process, fd)) continue;
      const file = member.files.find(member.block);
      if (file && process.files.has(file)) files.push([file, fd]);
    }
    const descriptions = [
      ...[...process.descriptions].filter(({ fd }) => closing.includes(fd)),
      ...[...process.took].filter(({ takers }) => closing.includes(takers.get(process)!)),
    ];
    if (files.length === 0 && descriptions.length === 0) return undefined;
    return { process, files, descriptions };
  }

  /** A thread changed its state (waitpid). True when it was one in exec. */
  notice(tid: number, status: number): boolean {
    const exec = this.#execs.get(tid);
    if (!exec) return false;
    const stopped = (status & 0xff) === 0x7f;
    const signal = (status >> 8) & 0xff;
    if (stopped && status >> 16 === 0) {
      // A signal before the stop that was asked for: exec has ended either way.
      this.#check(exec);
      parkDetach(tid, signal);
    } else if (stopped) {
      this.#check(exec);
      if (parkDetach(tid, 0) < 0) parkContinue(tid);
    }
    for (const [key, value] of this.#execs) if (value === exec) this.#execs.delete(key);
    return true;
  }

  #check(exec: Exec): void {
    const { process } = exec;
    for (const [file, fd] of exec.files) {
      if (!stillOn(process, file, fd)) releaseFile(this.#member, process, file);
    }
    const { descriptions } = this.#member;
    for (const description of exec.descriptions) {
      if (description.takers.has(process)) descriptions.takers.look(description, process, 0, -1);
      else if (description.process === process) descriptions.refresh(description);
    }
  }
}
