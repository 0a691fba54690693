/** fcntl(2) lock commands and flock(2): from the trapped arguments to a call at the leader, and back. */
import { PENDING } from '../shared/core-types.js';
import { SyscallError } from '../shared/errno.js';
import { type ConflictingLock, LockKind, type LockRange, LockType } from '../shared/lock-types.js';
import { trapAnswer, trapValid, trapWriteLock } from '../shared/native/workload.js';
import { answer, inspect, isCoordinated, letRun, type Member } from './interceptor.js';
import { queryOwn } from './link.js';
import { LockWait } from './lock-wait.js';
import type { Process } from './processes.js';
import { decodeRange, rangeLength, wholeFile } from './range.js';

/** fcntl(2) commands of 64-bit Linux. */
export const FcntlCommand = {
  getLock: 5,
  setLock: 6,
  setLockWait: 7,
  ofdGetLock: 36,
  ofdSetLock: 37,
  ofdSetLockWait: 38,
} as const;

const readLock = 0;
const writeLock = 1;
const unlock = 2;

const pathOnly = 0o10000000;
const accessMask = 3;
const readOnly = 0;
const writeOnly = 1;
const readWrite = 2;

const shareLock = 1;
const exclusiveLock = 2;
const dontBlock = 4;
const unlockFlock = 8;

export function fcntlTrap(member: Member): void {
  const { block } = member;
  const fd = block.int(0);
  const command = block.word(1);
  const address = block.address(2);
  const process = inspect(member, fd, address);
  if (!process) return;
  // An O_PATH descriptor locks nothing: the kernel says so itself.
  if (block.flags & pathOnly || !isCoordinated(member)) return letRun(member);
  if (address === 0) throw new SyscallError('EFAULT');
  switch (command) {
    case FcntlCommand.getLock:
      return getLock(member, process, LockKind.record, address);
    case FcntlCommand.ofdGetLock:
      return getLock(member, process, LockKind.ofd, address);
    case FcntlCommand.setLock:
      return setLock(member, process, fd, LockKind.record, false);
    case FcntlCommand.setLockWait:
      return setLock(member, process, fd, LockKind.record, true);
    case FcntlCommand.ofdSetLock:
      return setLock(member, process, fd, LockKind.ofd, false);
    case FcntlCommand.ofdSetLockWait:
      return setLock(member, process, fd, LockKind.ofd, true);
    default:
      return letRun(member);
  }
}

function setLock(member: Member, process: Process, fd: number, kind: LockKind, wait: boolean): void {
  const { block } = member;
  const range = decodeRange(block);
  const type = block.lockType;
  if (type !== readLock && type !== writeLock && type !== unlock) throw new SyscallError('EINVAL', 'l_type');
  const access = block.flags & accessMask;
  // fcntl(2): a read lock needs a descriptor open for reading, a write lock one open for writing.
  if (type === readLock && access !== readOnly && access !== readWrite) throw new SyscallError('EBADF');
  if (type === writeLock && access !== writeOnly && access !== readWrite) throw new SyscallError('EBADF');
  // fcntl(2): for OFD locks l_pid must be 0.
  if (kind === LockKind.ofd && block.lockPid !== 0) throw new SyscallError('EINVAL', 'l_pid');
  if (type === unlock) release(member, process, kind, range);
  else take(member, process, fd, kind, type === readLock ? LockType.read : LockType.write, range, wait);
}

export function flockTrap(member: Member): void {
  const { block } = member;
  const fd = block.int(0);
  const operation = block.word(1) & ~dontBlock;
  const wait = (block.word(1) & dontBlock) === 0;
  if (operation !== shareLock && operation !== exclusiveLock && operation !== unlockFlock) return letRun(member);
  const process = inspect(member, fd, 0);
  if (!process) return;
  if (block.flags & pathOnly || !isCoordinated(member)) return letRun(member);
  if (operation === unlockFlock) return release(member, process, LockKind.flock, wholeFile);
  if ((block.flags & accessMask) === 3) throw new SyscallError('EBADF');
  const type = operation === shareLock ? LockType.read : LockType.write;
  take(member, process, fd, LockKind.flock, type, wholeFile, wait);
}

function take(
  member: Member,
  process: Process,
  fd: number,
  kind: LockKind,
  type: LockType,
  range: LockRange,
  wait: boolean,
): void {
  const { block } = member;
  const file = member.files.open(block);
  const description =
    kind === LockKind.record
      ? undefined
      : (member.descriptions.find(file, block.copy) ??
        member.descriptions.add(file, block.claimCopy(), process, fd));
  const lock = new LockWait({ member, process, file, fd, kind, type, range, wait, description });
  const result = member.link.lock(lock.call);
  if (result === PENDING) return member.waits.hold(lock);
  lock.close(result);
  answer(member, result);
}

function release(member: Member, process: Process, kind: LockKind, range: LockRange): void {
  const { block } = member;
  const file = member.files.find(block);
  const whole = range.start === 0 && range.end === Number.POSITIVE_INFINITY;
  if (!file) {
    // Nobody here has locked it.
  } else if (kind === LockKind.record) {
    if (process.files.has(file)) {
      member.link.unlock(file.link, process.owner, kind, range);
      if (whole && process.waits.size === 0) {
        process.files.delete(file);
        file.holders.delete(process);
        member.files.settle(file);
      }
    }
  } else {
    const description = member.descriptions.find(file, block.copy);
    if (description?.kinds.has(kind)) {
      member.link.unlock(file.link, description.owner, kind, range);
      if (whole && description.waits === 0) description.kinds.delete(kind);
      member.descriptions.settle(description);
    }
  }
  answer(member, 0);
}

function getLock(member: Member, process: Process, kind: LockKind, address: number): void {
  const { block } = member;
  const type = block.lockType;
  // fcntl(2): F_GETLK asks for a read or a write lock. Linux 6.5: F_OFD_GETLK with F_UNLCK asks for one's own.
  const known = type === readLock || type === writeLock || (type === unlock && kind === LockKind.ofd);
  if (!known) throw new SyscallError('EINVAL', 'l_type');
  const range = decodeRange(block);
  if (kind === LockKind.ofd && block.lockPid !== 0) throw new SyscallError('EINVAL', 'l_pid');
  const file = member.files.open(block);
  const description =
    kind === LockKind.ofd
      ? (member.descriptions.find(file, block.copy) ??
        member.descriptions.add(file, block.claimCopy(), process, block.int(0)))
      : undefined;
  const { idLow, idHigh, tid } = block;
  file.calls++;
  if (description) description.waits++;
  member.link.query({
    file: file.link,
    owner: description?.owner ?? process.owner,
    kind,
    type: type === unlock ? queryOwn : type === readLock ? LockType.read : LockType.write,
    start: range.start,
    end: range.end,
    settle: (result, conflict) => {
      const written = result === 0 ? writeConflict(member, idLow, idHigh, tid, address, conflict) : result;
      trapAnswer(block.buffer, member.listener, idLow, idHigh, 0, written, 0);
      file.calls--;
      if (description) {
        description.waits--;
        member.descriptions.settle(description);
      }
      member.files.settle(file);
    },
  });
}

/** Puts F_GETLK's answer into the workload's struct flock. 0, EFAULT, or ENOENT when the thread is gone. */
function writeConflict(
  member: Member,
  idLow: number,
  idHigh: number,
  tid: number,
  address: number,
  conflict: ConflictingLock | undefined,
): number {
  const { block } = member;
  // fcntl(2): when the lock could be placed, l_type becomes F_UNLCK and "the other fields are left unchanged".
  block.lockType = unlock;
  if (conflict) {
    block.lockType = conflict.type === LockType.read ? readLock : writeLock;
    block.lockWhence = 0;
    block.lockStart = BigInt(conflict.start);
    block.lockLength = rangeLength(conflict);
    block.lockPid = conflict.pid;
  }
  const valid = trapValid(member.listener, idLow, idHigh);
  return valid < 0 ? valid : trapWriteLock(block.buffer, tid, address, conflict ? 0 : 1);
}
