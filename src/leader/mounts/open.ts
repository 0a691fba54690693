/**
 * The mount table of a leader: opens the root of each mount and makes the directories that lead to it.
 *
 * A mount point needs no directory where it is, but its parents must be there for a walk. Those that are missing in a
 * tmpfs are made in it; those that the host lacks come from a mount of type `path` at the topmost of them: a read-only
 * tree of empty directories. Nothing is written to what the user has mounted.
 */
import { chmodSync, closeSync, constants, lstatSync, mkdirSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { mountBackingBytesMax, mountsMax } from '../../shared/limits.js';
import type { Log } from '../../shared/log.js';
import { type Mount, MountLocks, MountType } from '../../shared/mount-types.js';
import { MountError, type MountSpec, pathsAbove } from '../../shared/mounts/spec.js';
import { OwnDirectory, removeStale } from './own-directory.js';
import {
  directoryTmpfs,
  memoryBases,
  privateTmpfs,
  runtimeBases,
  type Tmpfs,
  type TmpfsKind,
} from './tmpfs.js';

export interface OpenMount extends Mount {
  /** Where its files are, in words. */
  readonly backing: string;
}

export interface OpenMounts {
  /** Outer before inner. */
  readonly mounts: readonly OpenMount[];
  /** Closes the roots and removes what was made for the mounts. Members keep what they have open. */
  close(): void;
}

/** open(2); not in node:fs. */
const pathOnly = 0o10000000;
const openDirectory = constants.O_RDONLY | constants.O_DIRECTORY;

/**
 * Opens the mounts, which are in the order of `orderMounts`. First removes what dead leaders have left behind.
 * `tmpfs: 'directory'` makes no private mounts. Errors: MountError; SyscallError when no directory can be made.
 */
export function openMounts(specs: readonly MountSpec[], log: Log, tmpfs: TmpfsKind = 'private'): OpenMounts {
  removeStale(memoryBases(), log.info);
  const builder = new Builder(log, tmpfs);
  try {
    for (const spec of specs) builder.add(spec);
  } catch (error) {
    builder.close();
    throw error;
  }
  return { mounts: builder.mounts, close: () => builder.close() };
}

class Builder {
  readonly mounts: OpenMount[] = [];
  private readonly log: Log;
  private readonly tmpfs: TmpfsKind;
  private memory: OwnDirectory | undefined;
  private skeletons: OwnDirectory | undefined;

  constructor(log: Log, tmpfs: TmpfsKind) {
    this.log = log;
    this.tmpfs = tmpfs;
  }

  add(spec: MountSpec): void {
    this.leadTo(spec);
    const { path, type, readonly, locks } = spec;
    const root =
      type === MountType.tmpfs ? this.openTmpfs(spec) : { descriptor: openHost(spec), backing: spec.host! };
    const { descriptor, backing } = root;
    this.push(spec.name, { path, type, readonly, locks, descriptor, backing: cut(backing) });
  }

  close(): void {
    for (const { descriptor } of this.mounts.splice(0)) closeSync(descriptor);
    for (const directory of [this.memory, this.skeletons]) {
      try {
        directory?.remove();
      } catch (error) {
        this.log.warn(`the directory ${directory!.path} stays: ${(error as Error).message}`);
      }
    }
    this.memory = this.skeletons = undefined;
  }

  private push(name: string, mount: OpenMount): void {
    if (this.mounts.length < mountsMax) this.mounts.push(mount);
    else {
      closeSync(mount.descriptor);
      throw new MountError(name, `more than ${mountsMax} mounts, those that lead to mount points included`);
    }
  }

  private openTmpfs({ name, size }: MountSpec): Tmpfs {
    const own = this.tmpfs === 'private' ? privateTmpfs(size) : undefined;
    if (own !== undefined) return own;
    this.memory ??= OwnDirectory.create(memoryBases());
    const made = directoryTmpfs(this.memory.path, String(this.mounts.length));
    // Nobody who asked for no size misses its limit.
    const missed = size === undefined ? made.lacks.slice(1) : made.lacks;
    if (missed.length > 0) this.log.warn(`${name}: no private mount can be made here: ${missed.join(', ')}`);
    return made;
  }

  /** Makes the parents of a mount point exist for whoever walks there. */
  private leadTo({ name, path }: MountSpec): void {
    for (const above of pathsAbove(path)) {
      const outer = this.covering(above);
      // A mount's own root.
      if (outer?.path === above) continue;
      const real = outer === undefined ? above : hostPathIn(outer, above);
      if (isDirectory(name, above, real, outer !== undefined)) continue;
      if (outer?.type === MountType.tmpfs || outer?.type === MountType.path) makeDirectory(real);
      else this.push(name, this.openSkeleton(above));
    }
  }

  private openSkeleton(path: string): OpenMount {
    this.skeletons ??= OwnDirectory.create(runtimeBases());
    const real = join(this.skeletons.path, String(this.mounts.length));
    makeDirectory(real);
    return {
      path,
      type: MountType.path,
      readonly: true,
      locks: MountLocks.leader,
      descriptor: openSync(real, openDirectory),
      backing: 'leads to mount points',
    };
  }

  /** The innermost mount that a path is in. */
  private covering(path: string): OpenMount | undefined {
    return this.mounts.findLast((mount) => path === mount.path || path.startsWith(`${mount.path}/`));
  }
}

const hostPathIn = (mount: OpenMount, path: string): string =>
  `/proc/self/fd/${mount.descriptor}${path.slice(mount.path.length)}`;

function isDirectory(name: string, path: string, real: string, inMount: boolean): boolean {
  try {
    // In a mount a link would lead to where the guest says, not the host.
    const info = inMount ? lstatSync(real) : statSync(real);
    if (info.isDirectory()) return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOENT') throw new MountError(name, `cannot look at ${path}: ${code}`);
    if (!isLink(real)) return false;
  }
  throw new MountError(name, `${path}, where it lies, is no directory`);
}

function isLink(real: string): boolean {
  return lstatSync(real, { throwIfNoEntry: false }) !== undefined;
}

/** With a mode of its own, whatever the umask. */
function makeDirectory(path: string): void {
  mkdirSync(path, 0o755);
  chmodSync(path, 0o755);
}

function openHost({ name, host, isDirectory: directory }: MountSpec): number {
  try {
    return openSync(host!, directory ? openDirectory : pathOnly);
  } catch (error) {
    throw new MountError(name, `cannot open ${host}: ${(error as NodeJS.ErrnoException).code}`);
  }
}

/** Its end says most of a path. */
function cut(text: string): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= mountBackingBytesMax) return text;
  return `…${bytes.subarray(bytes.length - mountBackingBytesMax + 12).toString('utf8')}`;
}
