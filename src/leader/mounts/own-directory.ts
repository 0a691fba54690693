/**
 * Directories of this process in places that all processes share: mode 0700, locked (flock) while we live, removed at
 * our end. One that is not locked belonged to a process that was killed: whoever starts next, of the same uid, removes
 * it. Where directories cannot be locked (NFS), what is left stays.
 */
import { randomBytes } from 'node:crypto';
import { closeSync, constants, fstatSync, mkdirSync, openSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { SyscallError } from '../../shared/errno.js';
import { lockDirectory, removeTree } from '../../shared/native/mounts.js';

const namePattern = /^sward-\d+-[0-9a-f]{12}$/;
const openFlags = constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW;
const triesMax = 10;

export class OwnDirectory {
  readonly path: string;
  private readonly base: string;
  private readonly name: string;
  private readonly lock: number;

  private constructor(base: string, name: string, lock: number) {
    this.base = base;
    this.name = name;
    this.path = join(base, name);
    this.lock = lock;
  }

  /** In the first of these places that takes it. Errors: SyscallError of the last place. */
  static create(bases: readonly string[]): OwnDirectory {
    let refusal: unknown;
    for (const base of bases) {
      try {
        for (let tries = 0; tries < triesMax; tries++) {
          const made = OwnDirectory.make(base);
          if (made !== undefined) return made;
        }
      } catch (error) {
        refusal = error;
      }
    }
    const code = (refusal as NodeJS.ErrnoException | undefined)?.code ?? 'EEXIST';
    throw new SyscallError(code as SyscallError['code'], `no directory can be made in ${bases.join(', ')}`);
  }

  /** Undefined when somebody took it for a dead leader's before we had locked it. */
  private static make(base: string): OwnDirectory | undefined {
    const name = `sward-${process.pid}-${randomBytes(6).toString('hex')}`;
    const path = join(base, name);
    mkdirSync(path, 0o700);
    try {
      const fd = openSync(path, openFlags);
      if (lockedOrNeverIs(fd) && statSync(path).ino === fstatSync(fd).ino)
        return new OwnDirectory(base, name, fd);
      closeSync(fd);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    return undefined;
  }

  /** Removes it with all that is in it. Errors: SyscallError. */
  remove(): void {
    try {
      removeFrom(this.base, this.name);
    } finally {
      closeSync(this.lock);
    }
  }
}

/** Whether nobody will take the directory for one that was left. */
function lockedOrNeverIs(fd: number): boolean {
  try {
    return lockDirectory(fd);
  } catch {
    return true;
  }
}

/** Removes what dead leaders of this uid have left behind; what cannot be removed is told. */
export function removeStale(bases: readonly string[], tell: (text: string) => void): void {
  for (const base of bases) {
    let names: string[] = [];
    try {
      names = readdirSync(base).filter((name) => namePattern.test(name));
    } catch {
      // No such place: nothing was left there.
    }
    for (const name of names) removeIfStale(base, name, tell);
  }
}

function removeIfStale(base: string, name: string, tell: (text: string) => void): void {
  const path = join(base, name);
  let fd: number | undefined;
  try {
    fd = openSync(path, openFlags);
    if (fstatSync(fd).uid !== process.getuid?.() || !lockDirectory(fd)) return;
    removeFrom(base, name);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    // Another uid's, or gone by now, or no directory at all.
    if (!['EACCES', 'ENOENT', 'ENOTDIR', 'ELOOP'].includes(code ?? '') || fd !== undefined)
      tell(`the directory ${path} of a dead leader stays: ${message}`);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

function removeFrom(base: string, name: string): void {
  const parent = openSync(base, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    removeTree(parent, name);
  } finally {
    closeSync(parent);
  }
}
