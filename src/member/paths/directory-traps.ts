/** Directories: chdir into a mount, getcwd, chroot, and mount points in the listings of the directories they are in. */
import { errnoNumber } from '../../shared/errno.js';
import {
  descriptorFacts,
  descriptorPosition,
  descriptorTake,
  directoryRead,
  directoryReopen,
  memoryWrite,
  objectAccess,
  ownFacts,
  pathKind,
} from '../../shared/native/paths.js';
import { closeDescriptor } from '../../shared/native/workload.js';
import { answer, letRun } from '../interceptor.js';
import type { MountPoint } from './mount-table.js';
import {
  directoryType,
  fileTypeMask,
  finish,
  finishValue,
  invalid,
  notPermitted,
  objectOf,
  type PathMember,
} from './paths.js';
import { currentDirectory } from './resolver.js';

const execute = 1;

/** The thread itself must change its directory: it is given a descriptor for fchdir(2). */
export function chdirTrap(member: PathMember): void {
  const { block, paths } = member;
  const fd = objectOf(member, currentDirectory, block.address(0), { follow: true });
  if (fd < 0) return;
  if (((descriptorFacts(fd)?.mode ?? 0) & fileTypeMask) !== directoryType) {
    return finish(member, fd, -errnoNumber('ENOTDIR'));
  }
  const refused = objectAccess(fd, execute);
  const directory = refused < 0 ? refused : directoryReopen(fd);
  closeDescriptor(fd);
  if (directory < 0) return answer(member, directory);
  const { numbers } = paths;
  paths.injections.start([directory], function* ([number = -1]) {
    const result = yield { call: numbers.fchdir, parameters: [number], brief: true };
    yield { call: numbers.close, parameters: [number] };
    return Number(result);
  });
}

/** chroot(2): the guest's root is that of the host, with the mounts in it. */
export function chrootTrap(member: PathMember): void {
  answer(member, notPermitted);
}

/** getcwd(2) of the kernel: the length with the zero byte; ERANGE. */
export function getcwdTrap(member: PathMember): void {
  const { block, paths } = member;
  const link = `/proc/${block.tid}/cwd`;
  const name = paths.table.nameOf(link);
  if (!name?.mount) return letRun(member);
  if (ownFacts(link)?.links === 0) return answer(member, -errnoNumber('ENOENT'));
  const bytes = Buffer.from(`${name.path}\0`, 'latin1');
  if (bytes.length > Number(block.long(1))) return answer(member, -errnoNumber('ERANGE'));
  const result = memoryWrite(block.tid, block.address(0), bytes, 0, bytes.length);
  if (result < 0) answer(member, result);
  else block.answerValue(bytes.length);
}

const entryHeaderBytes = 19;
const entries = Buffer.allocUnsafeSlow(64 * 1024);

/**
 * getdents64(2). Mount points that the directory does not have itself come with its first entries; the position stays
 * the kernel's. Their d_off is 0, where the directory begins.
 */
export function getdentsTrap(member: PathMember): void {
  const { block, paths } = member;
  const name = paths.resolver.nameOf(block.int(0));
  const points = name ? paths.table.namesIn(name.path) : [];
  if (points.length === 0) return letRun(member);
  const fd = descriptorTake(block.tid, block.int(0));
  if (fd < 0) return answer(member, fd);
  finishValue(member, fd, list(member, fd, points));
}

function list(member: PathMember, fd: number, points: { name: string; mount: MountPoint }[]): number {
  const { block } = member;
  const room = Math.min(block.word(2), entries.length);
  const position = descriptorPosition(fd);
  let used = 0;
  if (position === 0) {
    for (const { name, mount } of points) {
      const bytes = Buffer.from(`${name}\0`, 'latin1');
      if (pathKind(fd, bytes, 0, 0) < 0) used = addEntry(used, bytes, mount);
    }
  }
  if (used > room) return invalid;
  const count = directoryRead(fd, entries, used, room - used);
  if (count < 0) return count;
  const length = used + count;
  return memoryWrite(block.tid, block.address(1), entries, 0, length) < 0 ? -errnoNumber('EFAULT') : length;
}

/** struct linux_dirent64: d_ino, d_off, d_reclen, d_type, d_name, padded to 8 bytes. */
function addEntry(at: number, name: Buffer, mount: MountPoint): number {
  const length = (entryHeaderBytes + name.length + 7) & ~7;
  entries.fill(0, at, at + length);
  entries.writeBigUInt64LE(mount.inode, at);
  entries.writeUInt16LE(length, at + 16);
  entries[at + 18] = mount.isDirectory ? 4 : 8;
  name.copy(entries, at + entryHeaderBytes);
  return at + length;
}
