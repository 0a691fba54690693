/**
 * What a tmpfs mount consists of: a file system of its own that is mounted nowhere, where this process may make one;
 * else a directory in /dev/shm (or, failing that, in the runtime directory), whose size nobody limits. Containers often
 * have a /dev/shm in which nothing may be executed: then rather a place where programs run than one in memory.
 */
import { chmodSync, constants, mkdirSync, openSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SyscallError } from '../../shared/errno.js';
import { fileSystemAt, openTmpfs } from '../../shared/native/mounts.js';

/** `private`: a file system of its own; `directory`: one of /dev/shm. */
export type TmpfsKind = 'private' | 'directory';

/** Where directories that belong to a running leader may be, the best first. */
export function runtimeBases(): string[] {
  return [process.env.XDG_RUNTIME_DIR ?? '', tmpdir()].filter((path) => path.startsWith('/'));
}

/** Places for a tmpfs, the best first. */
export function memoryBases(): string[] {
  const bases = [...new Set(['/dev/shm', ...runtimeBases()])];
  const executes = (base: string) => fileSystemAt(base)?.executes !== false;
  return [...bases.filter(executes), ...bases.filter((base) => !executes(base))];
}

export interface Tmpfs {
  readonly descriptor: number;
  readonly backing: string;
  /** What it lacks that a file system of its own has; its size first. */
  readonly lacks: readonly string[];
}

/** A private one; undefined when this process may not make it (no CAP_SYS_ADMIN, seccomp). Other errors: SyscallError. */
export function privateTmpfs(size: number | undefined): Tmpfs | undefined {
  try {
    const descriptor = openTmpfs(size ?? 0);
    const limit = size === undefined ? "size half of the machine's memory" : `size ${sizeText(size)}`;
    return { descriptor, backing: `private mount, ${limit} enforced`, lacks: [] };
  } catch (error) {
    const { code } = error as SyscallError;
    if (error instanceof SyscallError && ['EPERM', 'EACCES', 'ENOSYS', 'ENODEV'].includes(code))
      return undefined;
    throw error;
  }
}

/** A directory in `parent`, which is ours; for all users, as the root of a tmpfs is. */
export function directoryTmpfs(parent: string, name: string): Tmpfs {
  const path = join(parent, name);
  mkdirSync(path, 0o700);
  chmodSync(path, 0o1777);
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY);
  const lacks = lacksOf(path);
  return { descriptor, backing: [`directory ${path}`, ...lacks].join(', '), lacks };
}

function lacksOf(path: string): string[] {
  const { inMemory = false, executes = true } = fileSystemAt(path) ?? {};
  return [
    'size not enforced',
    ...(inMemory ? [] : ['not in memory']),
    ...(executes ? [] : ['programs in it cannot be executed']),
  ];
}

function sizeText(bytes: number): string {
  for (const [unit, factor] of [
    ['G', 2 ** 30],
    ['M', 2 ** 20],
    ['K', 2 ** 10],
  ] as const) {
    if (bytes % factor === 0) return `${bytes / factor}${unit}`;
  }
  return `${bytes}`;
}
