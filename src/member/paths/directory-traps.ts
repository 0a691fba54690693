/** Directories: chdir into a mount, getcwd, chroot, and mount points in the listings of the directories they are in. */
import { LRUCache } from 'lru-cache';
import { errnoNumber } from '../../shared/errno.js';
import {
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
import { withMemory } from './injections.js';
import type { MountPoint } from './mount-table.js';
import {
  directoryType,
  fileTypeOf,
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
  if (fileTypeOf(fd) !== directoryType) {
    return finish(member, fd, -errnoNumber('ENOTDIR'));
  }
  const refused = objectAccess(fd, execute);
  if (refused < 0) return finish(member, fd, refused);
  const directory = directoryReopen(fd);
  if (directory < 0) return changeBySearch(member, fd);
  closeDescriptor(fd);
  const { numbers } = paths;
  paths.injections.start([directory], function* ([number = -1]) {
    const result = yield { call: numbers.fchdir, parameters: [number], brief: true };
    yield { call: numbers.close, parameters: [number] };
    return Number(result);
  });
}

/** A directory that may be searched but not read cannot be handed over: the thread goes there by way of our descriptor. */
function changeBySearch(member: PathMember, fd: number): void {
  const { injections, numbers } = member.paths;
  const { tid } = member.block;
  const path = Buffer.from(`/proc/${process.pid}/fd/${fd}\0`);
  injections.start([], function* () {
    const result = yield* withMemory(
      tid,
      numbers,
      path.length,
      () => path,
      function* (address) {
        return Number(yield { call: numbers.chdir, parameters: [address] });
      },
    );
    closeDescriptor(fd);
    return result;
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

/** Layouts of directory entries: struct linux_dirent64, and struct linux_dirent with the type in its last byte. */
interface EntryLayout {
  readonly nameAt: number;
  readonly typeAtEnd: boolean;
}

const layout64: EntryLayout = { nameAt: 19, typeAtEnd: false };
const layoutOld: EntryLayout = { nameAt: 18, typeAtEnd: true };
const entries = Buffer.allocUnsafeSlow(64 * 1024);
const listingsMax = 64;

/** Listings whose buffer was too small for all mount points at once: how many were told, by process and descriptor. */
const begun = new LRUCache<string, number>({ max: listingsMax });

export const getdents64Trap = (member: PathMember): void => getdents(member, layout64);
export const getdentsTrap = (member: PathMember): void => getdents(member, layoutOld);

/**
 * Mount points that the directory does not have itself come before its first entries; the position stays the kernel's.
 * Their d_off is 0, where the directory begins.
 */
function getdents(member: PathMember, layout: EntryLayout): void {
  const { block, paths } = member;
  if (!paths.table.mayHoldNames(`/proc/${block.tid}/fd/${block.int(0)}`)) return letRun(member);
  const name = paths.resolver.nameOf(block.int(0));
  const points = name ? paths.table.namesIn(name.path) : [];
  if (points.length === 0) return letRun(member);
  const fd = descriptorTake(block.tid, block.int(0));
  if (fd < 0) return answer(member, fd);
  finishValue(member, fd, list(member, fd, points, layout));
}

function list(
  member: PathMember,
  fd: number,
  points: { name: string; mount: MountPoint }[],
  layout: EntryLayout,
): number {
  const { block } = member;
  const room = Math.min(block.word(2), entries.length);
  const key = `${block.tid} ${block.int(0)}`;
  let used = 0;
  if (descriptorPosition(fd) === 0) {
    const missing = points.filter(({ name }) => pathKind(fd, Buffer.from(`${name}\0`, 'latin1'), 0, 0) < 0);
    const from = begun.get(key) ?? 0;
    for (const [i, { name, mount }] of missing.entries()) {
      if (i < from) continue;
      const length = entryLength(name, layout);
      if (used + length > room) {
        if (used === 0) return invalid;
        begun.set(key, i);
        return copyOut(member, used);
      }
      addEntry(used, length, name, mount, layout);
      used += length;
    }
  }
  // Also when the position has moved: some file systems move it though no entry fitted.
  begun.delete(key);
  const count = directoryRead(fd, entries, used, room - used, layout.typeAtEnd ? 1 : 0);
  if (count === invalid && used > 0) {
    // No room for one of the directory's own: they come next, for the position has not moved.
    begun.set(key, points.length);
    return copyOut(member, used);
  }
  return count < 0 ? count : copyOut(member, used + count);
}

function copyOut(member: PathMember, length: number): number {
  const { tid } = member.block;
  const written = memoryWrite(tid, member.block.address(1), entries, 0, length);
  return written < 0 ? -errnoNumber('EFAULT') : length;
}

const entryLength = (name: string, { nameAt, typeAtEnd }: EntryLayout): number =>
  (nameAt + name.length + 1 + (typeAtEnd ? 1 : 0) + 7) & ~7;

function addEntry(at: number, length: number, name: string, mount: MountPoint, layout: EntryLayout): void {
  const type = mount.isDirectory ? 4 : 8;
  entries.fill(0, at, at + length);
  entries.writeBigUInt64LE(mount.inode, at);
  entries.writeUInt16LE(length, at + 16);
  entries[layout.typeAtEnd ? at + length - 1 : at + 18] = type;
  entries.write(name, at + layout.nameAt, 'latin1');
}
