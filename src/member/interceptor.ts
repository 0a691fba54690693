/**
 * What all trap handlers share: the trap in hand, the tables, and how a trap is answered.
 * Handlers throw SyscallError for an errno; `dispatch` is the one place that turns it into an answer.
 */
import { errnoName, errnoNumber, SyscallError } from '../shared/errno.js';
import type { Log } from '../shared/log.js';
import { MountLocks } from '../shared/mount-types.js';
import { continueCall, descriptorPath, trapInspect, trapReadLock } from '../shared/native/workload.js';
import type { DescriptionTable } from './descriptions.js';
import type { FileTable } from './files.js';
import type { LeaderLink } from './link.js';
import type { Paths } from './paths/paths.js';
import type { Process, ProcessTable, Slot } from './processes.js';
import type { LoopTimers } from './timers.js';
import type { TrapBlock } from './trap-block.js';
import type { WaitTable } from './waits.js';

const noSuchProcess = -errnoNumber('ESRCH');
const notPermitted = -errnoNumber('EPERM');

/** O_PATH. */
export const pathOnly = 0o10000000;

const fileTypeMask = 0o170000;
const regularFile = 0o100000;
const directory = 0o040000;
const blockDevice = 0o060000;
const deletedSuffix = ' (deleted)';

/** The state of one member; handlers are functions over it. */
export interface Member {
  /** Whether flock and OFD locks can be coordinated here. */
  readonly descriptionsKnowable: boolean;
  readonly block: TrapBlock;
  readonly listener: number;
  readonly link: LeaderLink;
  readonly processes: ProcessTable;
  readonly files: FileTable;
  readonly descriptions: DescriptionTable;
  readonly waits: WaitTable;
  readonly timers: LoopTimers;
  readonly log: Log;
  /** Undefined where there are no mounts. */
  readonly paths: Paths | undefined;
}

/** Lets the trapped call run. */
export function letRun(member: Member): void {
  member.block.answer(0, continueCall);
}

/** Answers the trapped call with 0 or a negative errno. */
export function answer(member: Member, result: number): void {
  member.block.answer(result, 0);
}

/** A descriptor of the trapped thread, looked at or remembered. */
export interface Looked {
  readonly process: Process;
  /** What is remembered of it; undefined when the block says more (trapInspect). */
  readonly slot: Slot | undefined;
}

const whenceSet = 0;

/**
 * What descriptor `fd` of the trapped thread refers to, as remembered, and the struct flock at `address` (unless that
 * is 0) in the block. Undefined when nothing is remembered, or l_whence needs more than that.
 */
export function recall(member: Member, fd: number, address: number): Looked | undefined {
  const { block, processes } = member;
  const process = processes.remembered(block.tid);
  const slot = process?.slots.get(fd);
  if (!process || !slot?.file.known) return undefined;
  slot.file.stale = false;
  if (address === 0) return block.tid === process.pid ? { process, slot } : undefined;
  if (trapReadLock(block.buffer, process.pid, process.memory, address) < 0 || block.lockWhence !== whenceSet)
    return undefined;
  return { process, slot };
}

/**
 * Looks at descriptor `fd` of the trapped thread, and at the struct flock at `address` unless that is 0.
 * Undefined when the thread is gone. Errors: EBADF, EFAULT, ENOLCK when the process may not be looked at.
 */
export function inspect(member: Member, fd: number, address: number): Process | undefined {
  const { block, processes } = member;
  const { tid } = block;
  let process = processes.remembered(tid) ?? processes.track(tid);
  for (let attempt = 0; process && attempt < 2; attempt++) {
    const result = trapInspect(block.buffer, process.pidfd, process.pid, fd, address);
    if (result === 0) {
      // Whatever this thread had let run before has run.
      process.closers.delete(tid);
      return process;
    }
    if (result === notPermitted) {
      member.log.warn(`process ${process.pid} may not be looked at (EPERM): its lock call fails with ENOLCK`);
      throw new SyscallError('ENOLCK');
    }
    if (result !== noSuchProcess) throw syscallError(result);
    processes.forgetThread(tid);
    process = processes.track(tid);
  }
  return undefined;
}

function syscallError(result: number): SyscallError {
  return new SyscallError(errnoName(result));
}

/**
 * Whether the leader arbitrates the locks of the file in hand: regular files, directories and block devices, in a mount
 * as that says, elsewhere below a --locks directory.
 */
export function isCoordinated(member: Member): boolean {
  const { block, link, paths } = member;
  const type = block.mode & fileTypeMask;
  if (type !== regularFile && type !== directory && type !== blockDevice) return false;
  const everywhere = link.directories.includes('/');
  if (paths && !(everywhere && paths.table.locksEverywhere)) {
    const mount = paths.table.mountOf(block.copy);
    if (mount) return mount.locks === MountLocks.leader;
  }
  if (everywhere) return true;
  let path = descriptorPath(block.copy);
  if (path.endsWith(deletedSuffix)) path = path.slice(0, -deletedSuffix.length);
  return link.directories.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}
