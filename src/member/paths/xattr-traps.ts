/** Extended attributes (xattr(7)) of what a path leads to: the older calls, and those with a directory (Linux 6.13). */
import { errnoNumber } from '../../shared/errno.js';
import {
  memoryRead,
  memoryWrite,
  objectGetAttribute,
  objectListAttributes,
  objectRemoveAttribute,
  objectSetAttribute,
  pathFetch,
} from '../../shared/native/paths.js';
import { answer } from '../interceptor.js';
import {
  finish,
  finishValue,
  invalid,
  type ObjectQuery,
  objectFlags,
  objectOf,
  type PathMember,
  queryOf,
} from './paths.js';
import { pathBytesMax } from './place.js';
import { currentDirectory } from './resolver.js';

const badAddress = -errnoNumber('EFAULT');

/** xattr(7): names of up to 255 bytes, values of up to 64 KiB. */
const nameBytesMax = 255;
const valueBytesMax = 65_536;
const attributeName = Buffer.allocUnsafeSlow(pathBytesMax + 16);
const value = Buffer.allocUnsafeSlow(valueBytesMax);

function readName(member: PathMember, address: number): number {
  const length = pathFetch(member.block.tid, address, attributeName);
  if (length === -errnoNumber('ENAMETOOLONG') || length === 0 || length > nameBytesMax) {
    return -errnoNumber('ERANGE');
  }
  return length;
}

/** Where a call has its arguments: setxattr(2) has them one after the other, setxattrat(2) partly in a structure. */
interface AttributeCall extends ObjectQuery {
  readonly directory: number;
  readonly path: number;
  /** Address of the name, or of the list to be filled. */
  readonly name: number;
  readonly value: number;
  readonly size: number;
  readonly flags: number;
}

type AttributeHandler = (member: PathMember, call: AttributeCall) => void;

const plain = (handler: AttributeHandler, follow: boolean) => (member: PathMember) => {
  const { block } = member;
  handler(member, {
    directory: currentDirectory,
    path: block.address(0),
    follow,
    name: block.address(1),
    value: block.address(2),
    size: Number(block.long(3)),
    flags: block.int(4),
  });
};

const argumentsBytes = 16;
const xattrArguments = Buffer.alloc(argumentsBytes);

/** setxattrat(2), getxattrat(2) with a struct xattr_args; listxattrat(2) and removexattrat(2) without. */
const relative = (handler: AttributeHandler, structured: boolean) => (member: PathMember) => {
  const { block } = member;
  const flags = block.word(2);
  if (flags & ~objectFlags) return answer(member, invalid);
  if (structured) {
    if (Number(block.long(5)) < argumentsBytes) return answer(member, invalid);
    if (memoryRead(block.tid, block.address(4), xattrArguments, argumentsBytes) < 0) {
      return answer(member, badAddress);
    }
  }
  handler(member, {
    directory: block.int(0),
    path: block.address(1),
    ...queryOf(flags),
    name: block.address(3),
    value: structured ? Number(xattrArguments.readBigUInt64LE(0)) : 0,
    size: structured ? xattrArguments.readUInt32LE(8) : Number(block.long(4)),
    flags: structured ? xattrArguments.readInt32LE(12) : 0,
  });
};

export const setxattrTrap = plain(setAttribute, true);
export const lsetxattrTrap = plain(setAttribute, false);
export const setxattratTrap = relative(setAttribute, true);
export const getxattrTrap = plain(getAttribute, true);
export const lgetxattrTrap = plain(getAttribute, false);
export const getxattratTrap = relative(getAttribute, true);
export const listxattrTrap = listing(true);
export const llistxattrTrap = listing(false);
export const listxattratTrap = relative(listAttributes, false);
export const removexattrTrap = plain(removeAttribute, true);
export const lremovexattrTrap = plain(removeAttribute, false);
export const removexattratTrap = relative(removeAttribute, false);

/** listxattr(2) has the size third, where the others have the value. */
function listing(follow: boolean): (member: PathMember) => void {
  return (member) =>
    plain((own, call) => listAttributes(own, { ...call, size: Number(own.block.long(2)) }), follow)(member);
}

function setAttribute(member: PathMember, call: AttributeCall): void {
  const { size, flags } = call;
  const fd = objectOf(member, call.directory, call.path, { ...call, changes: true });
  if (fd < 0) return;
  const name = readName(member, call.name);
  if (name < 0) return finish(member, fd, name);
  if (size < 0 || size > valueBytesMax) return finish(member, fd, -errnoNumber('E2BIG'));
  if (size > 0 && memoryRead(member.block.tid, call.value, value, size) < 0) {
    return finish(member, fd, badAddress);
  }
  finish(member, fd, objectSetAttribute(fd, attributeName, value, size, flags));
}

function getAttribute(member: PathMember, call: AttributeCall): void {
  const fd = objectOf(member, call.directory, call.path, call);
  if (fd < 0) return;
  const name = readName(member, call.name);
  if (name < 0) return finish(member, fd, name);
  const size = Math.min(call.size, valueBytesMax);
  finishValue(
    member,
    fd,
    copyOut(member, objectGetAttribute(fd, attributeName, value, size), size, call.value),
  );
}

function listAttributes(member: PathMember, call: AttributeCall): void {
  const fd = objectOf(member, call.directory, call.path, call);
  if (fd < 0) return;
  const size = Math.min(call.size, valueBytesMax);
  finishValue(member, fd, copyOut(member, objectListAttributes(fd, value, size), size, call.name));
}

function copyOut(member: PathMember, length: number, size: number, address: number): number {
  if (length <= 0 || size === 0) return length;
  return memoryWrite(member.block.tid, address, value, 0, length) < 0 ? badAddress : length;
}

function removeAttribute(member: PathMember, call: AttributeCall): void {
  const fd = objectOf(member, call.directory, call.path, { ...call, changes: true });
  if (fd < 0) return;
  const name = readName(member, call.name);
  finish(member, fd, name < 0 ? name : objectRemoveAttribute(fd, attributeName));
}
