/**
 * What would overwrite records of an append mount through a descriptor: trapped by the calls' arguments, and refused as
 * for an append-only file (ioctl_iflags(2), FS_APPEND_FL). Descriptors that can write are O_APPEND from their opening on.
 */
import { descriptorFlags, descriptorSetFlags, descriptorTake } from '../../shared/native/paths.js';
import { closeDescriptor } from '../../shared/native/workload.js';
import { answer, letRun } from '../interceptor.js';
import {
  fileTypeOf,
  finish,
  mountOfDescriptor,
  notPermitted,
  type PathMember,
  regularType,
} from './paths.js';
import { Open } from './walk.js';

/** fallocate with more than FALLOC_FL_KEEP_SIZE, pwritev2 with RWF_NOAPPEND. */
export function overwritingTrap(member: PathMember): void {
  const fd = member.block.int(0);
  if (mountOfDescriptor(member, fd)?.appends && isWritableFile(member, fd)) answer(member, notPermitted);
  else letRun(member);
}

export function ftruncateTrap(member: PathMember): void {
  // ftruncate(2): EINVAL, which the kernel says.
  if (member.block.long(1) < 0n) letRun(member);
  else overwritingTrap(member);
}

/** Of what is no regular file or cannot be written to, the kernel knows the error. */
function isWritableFile(member: PathMember, fd: number): boolean {
  const copy = descriptorTake(member.block.tid, fd);
  if (copy < 0) return false;
  const flags = descriptorFlags(copy);
  const writes = (flags & Open.accessMode) !== 0 && !(flags & Open.path);
  const type = fileTypeOf(copy);
  closeDescriptor(copy);
  return writes && type === regularType;
}

/** mmap with MAP_SHARED: a mapping of a descriptor that can write could be made writable later. */
export function sharedMappingTrap(member: PathMember): void {
  const { block } = member;
  const fd = block.int(4);
  if (fd < 0 || !mountOfDescriptor(member, fd)?.appends) return letRun(member);
  const copy = descriptorTake(block.tid, fd);
  if (copy < 0) return letRun(member);
  const writes = (descriptorFlags(copy) & Open.accessMode) === Open.readWrite;
  closeDescriptor(copy);
  if (writes) answer(member, notPermitted);
  else letRun(member);
}

/** fcntl with F_SETFL and without O_APPEND: O_APPEND stays. */
export function setFlagsTrap(member: PathMember): void {
  const { block } = member;
  const fd = block.int(0);
  if (!mountOfDescriptor(member, fd)?.appends) return letRun(member);
  const copy = descriptorTake(block.tid, fd);
  if (copy < 0) return letRun(member);
  const keeps = descriptorFlags(copy) & Open.append;
  finish(member, copy, descriptorSetFlags(copy, block.int(2) | keeps));
}
