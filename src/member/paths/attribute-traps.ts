/** Calls that change what a path leads to: mode, owner, times, length; and watches on it. */
import { constants } from 'node:os';
import { errnoNumber } from '../../shared/errno.js';
import {
  descriptorTake,
  exceedsSizeLimit,
  memoryRead,
  objectAccess,
  objectChmod,
  objectChown,
  objectTimes,
  objectTruncate,
  objectWatch,
} from '../../shared/native/paths.js';
import { closeDescriptor, processGroupOf, threadSignal } from '../../shared/native/workload.js';
import { answer, letRun } from '../interceptor.js';
import {
  At,
  fileTypeOf,
  finish,
  finishValue,
  invalid,
  mountOfDescriptor,
  notPermitted,
  objectFlags,
  objectOf,
  type PathMember,
  queryOf,
  readonlyFileSystem,
  regularType,
} from './paths.js';
import { currentDirectory } from './resolver.js';

const writeAccess = 2;

// Mode and owner

export function chmodTrap(member: PathMember): void {
  chmod(member, currentDirectory, member.block.address(0), member.block.word(1), 0);
}

export function fchmodatTrap(member: PathMember): void {
  chmod(member, member.block.int(0), member.block.address(1), member.block.word(2), 0);
}

export function fchmodat2Trap(member: PathMember): void {
  const { block } = member;
  chmod(member, block.int(0), block.address(1), block.word(2), block.int(3));
}

function chmod(member: PathMember, directory: number, address: number, mode: number, flags: number): void {
  if (flags & ~objectFlags) return answer(member, invalid);
  const fd = objectOf(member, directory, address, queryOf(flags, true));
  if (fd >= 0) finish(member, fd, objectChmod(fd, mode));
}

export function chownTrap(member: PathMember): void {
  chown(member, currentDirectory, member.block.address(0), 1, 0);
}

export function lchownTrap(member: PathMember): void {
  chown(member, currentDirectory, member.block.address(0), 1, At.symlinkNoFollow);
}

export function fchownatTrap(member: PathMember): void {
  chown(member, member.block.int(0), member.block.address(1), 2, member.block.int(4));
}

/** The ids are the arguments from number `ids` on. */
function chown(member: PathMember, directory: number, address: number, ids: number, flags: number): void {
  if (flags & ~objectFlags) return answer(member, invalid);
  const fd = objectOf(member, directory, address, queryOf(flags, true));
  if (fd >= 0) finish(member, fd, objectChown(fd, member.block.word(ids), member.block.word(ids + 1)));
}

// Times

const times = Buffer.alloc(32);
const given = Buffer.alloc(32);

export function utimeTrap(member: PathMember): void {
  const { block } = member;
  setTimes(member, currentDirectory, block.address(0), block.address(1), 0, 'seconds');
}

export function utimesTrap(member: PathMember): void {
  const { block } = member;
  setTimes(member, currentDirectory, block.address(0), block.address(1), 0, 'microseconds');
}

export function futimesatTrap(member: PathMember): void {
  const { block } = member;
  if (block.address(1) === 0) return onDescriptor(member);
  setTimes(member, block.int(0), block.address(1), block.address(2), 0, 'microseconds');
}

export function utimensatTrap(member: PathMember): void {
  const { block } = member;
  // utimensat(2): "If pathname is NULL, then the call modifies the timestamps of the file referred to by dirfd".
  if (block.address(1) === 0) return onDescriptor(member);
  setTimes(member, block.int(0), block.address(1), block.address(2), block.int(3), 'nanoseconds');
}

/** UTIME_OMIT. */
const omitted = 0x3ffffffen;
const omits = (which: number): boolean => times.readBigInt64LE(16 * which + 8) === omitted;

type Unit = 'seconds' | 'microseconds' | 'nanoseconds';

function setTimes(
  member: PathMember,
  directory: number,
  address: number,
  timesAddress: number,
  flags: number,
  unit: Unit,
): void {
  if (flags & ~objectFlags) return answer(member, invalid);
  const read = timesAddress === 0 ? 0 : readTimes(member, timesAddress, unit);
  if (read < 0) return answer(member, read);
  // utimensat(2): with both times omitted "the underlying file" is not even looked for.
  if (timesAddress !== 0 && omits(0) && omits(1)) return answer(member, 0);
  const fd = objectOf(member, directory, address, queryOf(flags, true));
  if (fd >= 0) finish(member, fd, objectTimes(fd, timesAddress === 0 ? null : times));
}

function readTimes(member: PathMember, address: number, unit: Unit): number {
  const result = memoryRead(member.block.tid, address, given, unit === 'seconds' ? 16 : 32);
  if (result < 0) return result;
  if (unit === 'nanoseconds') {
    given.copy(times);
    return 0;
  }
  for (const i of [0, 1]) {
    const at = unit === 'seconds' ? 8 * i : 16 * i;
    const fraction = unit === 'seconds' ? 0n : given.readBigInt64LE(at + 8);
    if (fraction < 0n || fraction >= 1_000_000n) return invalid;
    times.writeBigInt64LE(given.readBigInt64LE(at), 16 * i);
    times.writeBigInt64LE(fraction * 1000n, 16 * i + 8);
  }
  return 0;
}

// Length

export function truncateTrap(member: PathMember): void {
  const length = member.block.long(1);
  const fd = objectOf(member, currentDirectory, member.block.address(0), { follow: true, changes: true });
  if (fd < 0) return;
  const { mount } = member.paths.resolver.first;
  const type = fileTypeOf(fd);
  const keeps = mount?.appends && length >= 0n && type === regularType && objectAccess(fd, writeAccess) === 0;
  if (keeps) return finish(member, fd, notPermitted);
  const { tid } = member.block;
  if (type === regularType && exceedsSizeLimit(tid, length) && objectAccess(fd, writeAccess) === 0) {
    // setrlimit(2): "Attempts to extend a file beyond this limit result in delivery of a SIGXFSZ signal."
    threadSignal(processGroupOf(tid), tid, constants.signals.SIGXFSZ);
    return finish(member, fd, -errnoNumber('EFBIG'));
  }
  finish(member, fd, objectTruncate(fd, length));
}

// Descriptors and watches

/** fchmod, fchown, fsetxattr, futimens: trapped where there are read-only mounts. */
export function onDescriptor(member: PathMember): void {
  const { hasReadonly } = member.paths.table;
  if (hasReadonly && mountOfDescriptor(member, member.block.int(0))?.readonly) {
    answer(member, readonlyFileSystem);
  } else letRun(member);
}

/** IN_DONT_FOLLOW. */
const dontFollow = 0x02000000;

export function inotifyAddWatchTrap(member: PathMember): void {
  const { block } = member;
  const mask = block.word(2);
  const fd = objectOf(member, currentDirectory, block.address(1), { follow: !(mask & dontFollow) });
  if (fd < 0) return;
  const inotify = descriptorTake(block.tid, block.int(0));
  if (inotify < 0) return finish(member, fd, inotify);
  const result = objectWatch(fd, inotify, mask);
  closeDescriptor(inotify);
  finishValue(member, fd, result);
}
