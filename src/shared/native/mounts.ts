/** File systems of our own (native/mounts.c) and directory trees of our own (native/tree.c). */
import { checkResult, errnoNumber } from '../errno.js';
import { lib } from './library.js';

const nativeTmpfs = lib.func('int sward_tmpfs_open(uint64_t bytes)');
const nativeTraits = lib.func('int sward_mount_traits(const char *path)');
const nativeLock = lib.func('int sward_tree_lock(int fd)');
const nativeRemove = lib.func('int sward_tree_remove(int parent, const char *name)');

const taken = -errnoNumber('EAGAIN');

/** The root of a new tmpfs that is mounted nowhere; 0 bytes: the kernel's default. Errors: EPERM, ENOSYS. */
export function openTmpfs(bytes: number): number {
  return checkResult(nativeTmpfs(bytes), 'tmpfs');
}

/** What the file system at a path is; undefined when there is nothing there. */
export function fileSystemAt(path: string): { inMemory: boolean; executes: boolean } | undefined {
  const traits: number = nativeTraits(path);
  return traits < 0 ? undefined : { inMemory: (traits & 1) !== 0, executes: (traits & 2) === 0 };
}

/** Takes the lock of an open directory; false when another has it. Errors: SyscallError where none can be locked (NFS). */
export function lockDirectory(fd: number): boolean {
  const result: number = nativeLock(fd);
  return result !== taken && checkResult(result, 'flock') === 0;
}

/** Removes a directory of an open directory and all that is in it, following no symbolic link. */
export function removeTree(parent: number, name: string): void {
  checkResult(nativeRemove(parent, name), `cannot remove ${name}`);
}
