/**
 * What would overwrite records of an append mount through a descriptor: trapped by the calls' arguments, and refused as
 * for an append-only file (ioctl_iflags(2), FS_APPEND_FL). Descriptors that can write are O_APPEND from their opening on.
 */
import { descriptorFlags, descriptorSetFlags, descriptorTake } from '../../shared/native/paths.js';
import { closeDescriptor } from '../../shared/native/workload.js';
import { answer, letRun } from '../interceptor.js';
import { finish, mountOfDescriptor, notPermitted, type PathMember } from './paths.js';
import { Open } from './walk.js';

/** ftruncate, fallocate with more than FALLOC_FL_KEEP_SIZE, pwritev2 with RWF_NOAPPEND. */
export function overwritingTrap(member: PathMember): void {
  if (mountOfDescriptor(member, member.block.int(0))?.appends) answer(member, notPermitted);
  else letRun(member);
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
