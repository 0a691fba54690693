/** File systems of our own (native/mounts.c) and directory trees of our own (native/tree.c). */
import { checkResult } from '../errno.js';
import { lib } from './library.js';

const nativeTmpfs = lib.func('int sward_tmpfs_open(uint64_t bytes)');
const nativeLock = lib.func('int sward_tree_lock(int fd)');
const nativeRemove = lib.func('int sward_tree_remove(int parent, const char *name)');

/** The root of a new tmpfs that is mounted nowhere; 0 bytes: the kernel's default. Errors: EPERM, ENOSYS. */
export function openTmpfs(bytes: number): number {
  return checkResult(nativeTmpfs(bytes), 'tmpfs');
}

/** Takes the lock of an open directory; false when another has it. */
export function lockDirectory(fd: number): boolean {
  return (nativeLock(fd) as number) === 0;
}

/** Removes a directory of an open directory and all that is in it, following no symbolic link. */
export function removeTree(parent: number, name: string): void {
  checkResult(nativeRemove(parent, name), `cannot remove ${name}`);
}
