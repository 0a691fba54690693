/** fcntl(2) lock commands and flock(2): from the trapped arguments to a call at the leader, and back. */
import { PENDING } from '../shared/core-types.js';
import { SyscallError } from '../shared/errno.js';
import { type ConflictingLock, LockKind, type LockRange, LockType } from '../shared/lock-types.js';
import { trapAnswer, trapInspect, trapValid, trapWriteLock } from '../shared/native/workload.js';
import type { Description } from './descriptions.js';
import { answer, inspect, isCoordinated, letRun, type Member, pathOnly, recall } from './interceptor.js';
import { queryOwn } from './link.js';
import { LockWait } from './lock-wait.js';
import type { Process, Slot } from './processes.js';
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

const accessMask = 3;
const readOnly = 0;
const writeOnly = 1;
const readWrite = 2;

const shareLock = 1;
const exclusiveLock = 2;
const dontBlock = 4;
const unlockFlock = 8;

/** A lock call on a coordinated file: who asks, for what, through which descriptor. */
interface Subject {
  readonly process: Process;
  readonly fd: number;
  readonly slot: Slot;
}

/** Who asks for what. Undefined when the call was answered: it is the kernel's own, or its thread is gone. */
function subject(member: Member, fd: number, address: number): Subject | undefined {
  const { block } = member;
  const recalled = recall(member, fd, address);
  if (recalled) return { process: recalled.process, fd, slot: recalled.slot! };
  const process = inspect(member, fd, address);
  if (!process) return undefined;
  // An O_PATH descriptor locks nothing: the kernel says so itself.
  if (block.flags & pathOnly || !isCoordinated(member)) {
    letRun(member);
    return undefined;
  }
  const slot: Slot = { file: member.files.open(block), flags: block.flags, description: undefined };
  process.remember(fd, slot);
  return { process, fd, slot };
}

export function fcntlTrap(member: Member): void {
  const { block } = member;
  const command = block.word(1);
  const address = block.address(2);
  if (command >= FcntlCommand.ofdGetLock && !member.descriptionsKnowable) return letRun(member);
  const asked = subject(member, block.int(0), address);
  if (!asked) return;
  if (address === 0) throw new SyscallError('EFAULT');
  switch (command) {
    case FcntlCommand.getLock:
      return getLock(member, asked, LockKind.record, address);
    case FcntlCommand.ofdGetLock:
      return getLock(member, asked, LockKind.ofd, address);
    case FcntlCommand.setLock:
      return setLock(member, asked, LockKind.record, false);
    case FcntlCommand.setLockWait:
      return setLock(member, asked, LockKind.record, true);
    case FcntlCommand.ofdSetLock:
      return setLock(member, asked, LockKind.ofd, false);
    case FcntlCommand.ofdSetLockWait:
      return setLock(member, asked, LockKind.ofd, true);
    default:
      return letRun(member);
  }
}

function setLock(member: Member, asked: Subject, kind: LockKind, wait: boolean): void {
  const { block } = member;
  const range = decodeRange(block);
  const type = block.lockType;
  if (type !== readLock && type !== writeLock && type !== unlock) throw new SyscallError('EINVAL', 'l_type');
  const access = asked.slot.flags & accessMask;
  // fcntl(2): a read lock needs a descriptor open for reading, a write lock one open for writing.
  if (type === readLock && access !== readOnly && access !== readWrite) throw new SyscallError('EBADF');
  if (type === writeLock && access !== writeOnly && access !== readWrite) throw new SyscallError('EBADF');
  // fcntl(2): for OFD locks l_pid must be 0.
  if (kind === LockKind.ofd && block.lockPid !== 0) throw new SyscallError('EINVAL', 'l_pid');
  if (type === unlock) release(member, asked, kind, range);
  else take(member, asked, kind, type === readLock ? LockType.read : LockType.write, range, wait);
}

export function flockTrap(member: Member): void {
  const { block } = member;
  const operation = block.word(1) & ~dontBlock;
  const wait = (block.word(1) & dontBlock) === 0;
  if (operation !== shareLock && operation !== exclusiveLock && operation !== unlockFlock)
    return letRun(member);
  if (!member.descriptionsKnowable) return letRun(member);
  const asked = subject(member, block.int(0), 0);
  if (!asked) return;
  if (operation === unlockFlock) return release(member, asked, LockKind.flock, wholeFile);
  if ((asked.slot.flags & accessMask) === 3) throw new SyscallError('EBADF');
  const type = operation === shareLock ? LockType.read : LockType.write;
  take(member, asked, LockKind.flock, type, wholeFile, wait);
}

/** A descriptor that was only remembered has no duplicate of ours in the block yet. Errors: EBADF. */
function ensureCopy(member: Member, { process, fd }: Subject): void {
  const { block } = member;
  if (block.copy >= 0) return;
  if (trapInspect(block.buffer, process.pidfd, process.pid, fd, 0) < 0) throw new SyscallError('EBADF');
}

/** The description behind the descriptor, if it is known. */
function findDescription(member: Member, asked: Subject): Description | undefined {
  const { slot, process, fd } = asked;
  if (slot.description?.known) return slot.description;
  slot.description = undefined;
  if (slot.file.descriptions.length === 0) return undefined;
  ensureCopy(member, asked);
  slot.description = member.descriptions.find(slot.file, member.block.copy);
  if (slot.description) member.descriptions.seen(slot.description, process, fd);
  return slot.description;
}

function description(member: Member, asked: Subject): Description {
  const found = findDescription(member, asked);
  if (found) return found;
  const { slot, process, fd } = asked;
  ensureCopy(member, asked);
  slot.description = member.descriptions.add(slot.file, member.block.claimCopy(), process, fd);
  return slot.description;
}

function take(
  member: Member,
  asked: Subject,
  kind: LockKind,
  type: LockType,
  range: LockRange,
  wait: boolean,
): void {
  const { process, fd, slot } = asked;
  const holder = kind === LockKind.record ? undefined : description(member, asked);
  const lock = new LockWait({
    member,
    process,
    file: slot.file,
    fd,
    kind,
    type,
    range,
    wait,
    description: holder,
  });
  const result = member.link.lock(lock.call);
  if (result === PENDING) return member.waits.hold(lock);
  lock.close(result);
  answer(member, result);
}

function release(member: Member, asked: Subject, kind: LockKind, range: LockRange): void {
  const { process, slot } = asked;
  const { file } = slot;
  const whole = range.start === 0 && range.end === Number.POSITIVE_INFINITY;
  if (kind === LockKind.record) {
    if (process.files.has(file)) {
      member.link.unlock(file.link, process.owner, kind, range);
      if (whole && process.waits.size === 0) process.letGo(file);
    }
  } else {
    const holder = findDescription(member, asked);
    if (holder?.kinds.has(kind)) {
      member.link.unlock(file.link, holder.owner, kind, range);
      if (whole && holder.waits === 0) holder.kinds.delete(kind);
      member.descriptions.settle(holder);
    }
  }
  member.files.settle(file);
  answer(member, 0);
}

function getLock(member: Member, asked: Subject, kind: LockKind, address: number): void {
  const { block } = member;
  const { process, slot } = asked;
  const { file } = slot;
  const type = block.lockType;
  // fcntl(2): F_GETLK asks for a read or a write lock. Linux 6.5: F_OFD_GETLK with F_UNLCK asks for one's own.
  const known = type === readLock || type === writeLock || (type === unlock && kind === LockKind.ofd);
  if (!known) throw new SyscallError('EINVAL', 'l_type');
  const range = decodeRange(block);
  if (kind === LockKind.ofd && block.lockPid !== 0) throw new SyscallError('EINVAL', 'l_pid');
  const holder = kind === LockKind.ofd ? description(member, asked) : undefined;
  const { idLow, idHigh, tid } = block;
  file.calls++;
  if (holder) holder.waits++;
  member.link.query({
    file: file.link,
    owner: holder?.owner ?? process.owner,
    kind,
    type: type === unlock ? queryOwn : type === readLock ? LockType.read : LockType.write,
    start: range.start,
    end: range.end,
    settle: (result, conflict) => {
      const written = result === 0 ? writeConflict(member, idLow, idHigh, tid, address, conflict) : result;
      trapAnswer(block.buffer, member.listener, idLow, idHigh, 0, written, 0);
      file.calls--;
      if (holder) {
        holder.waits--;
        member.descriptions.settle(holder);
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
