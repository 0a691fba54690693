/** Calls that change what a path leads to: mode, owner, times, length, extended attributes; and watches on it. */
import { errnoNumber } from '../../shared/errno.js';
import {
  descriptorTake,
  memoryRead,
  memoryWrite,
  objectChmod,
  objectChown,
  objectGetAttribute,
  objectListAttributes,
  objectRemoveAttribute,
  objectSetAttribute,
  objectTimes,
  objectTruncate,
  objectWatch,
  pathFetch,
} from '../../shared/native/paths.js';
import { closeDescriptor } from '../../shared/native/workload.js';
import { answer, letRun } from '../interceptor.js';
import {
  At,
  finish,
  finishValue,
  invalid,
  mountOfDescriptor,
  notPermitted,
  objectOf,
  type PathMember,
  readonlyFileSystem,
} from './paths.js';
import { pathBytesMax } from './place.js';
import { currentDirectory } from './resolver.js';

const badAddress = -errnoNumber('EFAULT');

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
  const query = {
    follow: !(flags & At.symlinkNoFollow),
    empty: (flags & At.emptyPath) !== 0,
    changes: true,
  };
  const fd = objectOf(member, directory, address, query);
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
  const query = {
    follow: !(flags & At.symlinkNoFollow),
    empty: (flags & At.emptyPath) !== 0,
    changes: true,
  };
  const fd = objectOf(member, directory, address, query);
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

type Unit = 'seconds' | 'microseconds' | 'nanoseconds';

function setTimes(
  member: PathMember,
  directory: number,
  address: number,
  timesAddress: number,
  flags: number,
  unit: Unit,
): void {
  const read = timesAddress === 0 ? 0 : readTimes(member, timesAddress, unit);
  if (read < 0) return answer(member, read);
  const query = {
    follow: !(flags & At.symlinkNoFollow),
    empty: (flags & At.emptyPath) !== 0,
    changes: true,
  };
  const fd = objectOf(member, directory, address, query);
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
  const fd = objectOf(member, currentDirectory, member.block.address(0), { follow: true, changes: true });
  if (fd < 0) return;
  const { mount } = member.paths.resolver.first;
  finish(member, fd, mount?.appends ? notPermitted : objectTruncate(fd, member.block.long(1)));
}

// Extended attributes

/** xattr(7): names of up to 255 bytes, values of up to 64 KiB. */
const nameBytesMax = 255;
const valueBytesMax = 65_536;
const attributeName = Buffer.allocUnsafeSlow(pathBytesMax + 16);
const value = Buffer.allocUnsafeSlow(valueBytesMax);

function readName(member: PathMember, address: number): number {
  const { block, listener } = member;
  const length = pathFetch(listener, block.idLow, block.idHigh, block.tid, address, attributeName);
  if (length === -errnoNumber('ENAMETOOLONG') || length === 0 || length > nameBytesMax) {
    return -errnoNumber('ERANGE');
  }
  return length;
}

const attributeObject = (member: PathMember, follow: boolean, changes: boolean): number =>
  objectOf(member, currentDirectory, member.block.address(0), { follow, changes });

export const setxattrTrap = (member: PathMember): void => setAttribute(member, true);
export const lsetxattrTrap = (member: PathMember): void => setAttribute(member, false);
export const getxattrTrap = (member: PathMember): void => getAttribute(member, true);
export const lgetxattrTrap = (member: PathMember): void => getAttribute(member, false);
export const listxattrTrap = (member: PathMember): void => listAttributes(member, true);
export const llistxattrTrap = (member: PathMember): void => listAttributes(member, false);
export const removexattrTrap = (member: PathMember): void => removeAttribute(member, true);
export const lremovexattrTrap = (member: PathMember): void => removeAttribute(member, false);

function setAttribute(member: PathMember, follow: boolean): void {
  const { block } = member;
  const size = Number(block.long(3));
  const fd = attributeObject(member, follow, true);
  if (fd < 0) return;
  const name = readName(member, block.address(1));
  if (name < 0) return finish(member, fd, name);
  if (size < 0 || size > valueBytesMax) return finish(member, fd, -errnoNumber('E2BIG'));
  if (size > 0 && memoryRead(block.tid, block.address(2), value, size) < 0) {
    return finish(member, fd, badAddress);
  }
  finish(member, fd, objectSetAttribute(fd, attributeName, value, size, block.int(4)));
}

function getAttribute(member: PathMember, follow: boolean): void {
  const { block } = member;
  const fd = attributeObject(member, follow, false);
  if (fd < 0) return;
  const name = readName(member, block.address(1));
  if (name < 0) return finish(member, fd, name);
  const size = Math.min(Number(block.long(3)), valueBytesMax);
  finishValue(member, fd, copyOut(member, objectGetAttribute(fd, attributeName, value, size), size));
}

function listAttributes(member: PathMember, follow: boolean): void {
  const fd = attributeObject(member, follow, false);
  if (fd < 0) return;
  const size = Math.min(Number(member.block.long(2)), valueBytesMax);
  const result = objectListAttributes(fd, value, size);
  closeDescriptor(fd);
  const copied =
    size > 0 && result > 0 ? memoryWrite(member.block.tid, member.block.address(1), value, 0, result) : 0;
  if (result < 0 || copied < 0) answer(member, result < 0 ? result : copied);
  else member.block.answerValue(result);
}

function copyOut(member: PathMember, length: number, size: number): number {
  if (length <= 0 || size === 0) return length;
  const { block } = member;
  return memoryWrite(block.tid, block.address(2), value, 0, length) < 0 ? badAddress : length;
}

function removeAttribute(member: PathMember, follow: boolean): void {
  const fd = attributeObject(member, follow, true);
  if (fd < 0) return;
  const name = readName(member, member.block.address(1));
  finish(member, fd, name < 0 ? name : objectRemoveAttribute(fd, attributeName));
}

// Descriptors and watches

/** fchmod, fchown, fsetxattr, futimens: trapped where there are read-only mounts. */
export function onDescriptor(member: PathMember): void {
  if (mountOfDescriptor(member, member.block.int(0))?.readonly) answer(member, readonlyFileSystem);
  else letRun(member);
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
