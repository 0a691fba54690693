/**
 * What all trap handlers share: the trap in hand, the tables, and how a trap is answered.
 * Handlers throw SyscallError for an errno; `dispatch` is the one place that turns it into an answer.
 */
import { errnoName, errnoNumber, SyscallError } from '../shared/errno.js';
import type { Log } from '../shared/log.js';
import {
  continueCall,
  descriptorPath,
  trapAnswer,
  trapInspect,
} from '../shared/native/workload.js';
import type { DescriptionTable } from './descriptions.js';
import type { FileTable } from './files.js';
import type { LeaderLink } from './link.js';
import type { Process, ProcessTable } from './processes.js';
import type { LoopTimers } from './timers.js';
import type { TrapBlock } from './trap-block.js';
import type { WaitTable } from './waits.js';

const noSuchProcess = -errnoNumber('ESRCH');
const trapGone = -errnoNumber('ENOENT');
const notPermitted = -errnoNumber('EPERM');

const fileTypeMask = 0o170000;
const regularFile = 0o100000;
const directory = 0o040000;
const blockDevice = 0o060000;
const deletedSuffix = ' (deleted)';

/** The state of one member; handlers are functions over it. */
export interface Member {
  readonly block: TrapBlock;
  readonly listener: number;
  readonly link: LeaderLink;
  readonly processes: ProcessTable;
  readonly files: FileTable;
  readonly descriptions: DescriptionTable;
  readonly waits: WaitTable;
  readonly timers: LoopTimers;
  readonly log: Log;
}

/** Lets the trapped call run. */
export function letRun(member: Member): void {
  const { block } = member;
  trapAnswer(block.buffer, member.listener, block.idLow, block.idHigh, 0, 0, continueCall);
}

/** Answers the trapped call with 0 or a negative errno. -ENOENT when its thread is gone. */
export function answer(member: Member, result: number): number {
  const { block } = member;
  return trapAnswer(block.buffer, member.listener, block.idLow, block.idHigh, 0, result, 0);
}

/**
 * Looks at descriptor `fd` of the trapped thread, and at the struct flock at `address` unless that is 0.
 * Undefined when the trap is gone. Errors: EBADF, EFAULT, ENOLCK when the process may not be looked at.
 */
export function inspect(member: Member, fd: number, address: number): Process | undefined {
  const { block, processes } = member;
  const { tid } = block;
  let process = processes.remembered(tid) ?? processes.track(tid);
  for (let attempt = 0; process && attempt < 2; attempt++) {
    const result = trapInspect(block.buffer, member.listener, process.pidfd, process.pid, fd, address);
    if (result === 0) return process;
    if (result === trapGone) return undefined;
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

export function syscallError(result: number): SyscallError {
  return new SyscallError(errnoName(result));
}

/** Whether the leader arbitrates the locks of the file in hand: regular files, directories and block devices below a --locks directory. */
export function isCoordinated(member: Member): boolean {
  const { block, link } = member;
  const type = block.mode & fileTypeMask;
  if (type !== regularFile && type !== directory && type !== blockDevice) return false;
  if (link.directories.includes('/')) return true;
  let path = descriptorPath(block.copy);
  if (path.endsWith(deletedSuffix)) path = path.slice(0, -deletedSuffix.length);
  return link.directories.some((prefix) => path === prefix || path.startsWith(`${prefix}/`));
}
