/**
 * The mounts as a member uses them: which guest path is in which, which guest path a host directory has.
 * Paths are byte strings (latin1), since names need not be UTF-8. Nothing that can change is remembered: where the root
 * of a mount lies on the host is read anew each time.
 */
import { realpathSync } from 'node:fs';
import { type Mount, MountLocks, MountType } from '../../shared/mount-types.js';
import { descriptorFacts, ownFacts, ownReadlink } from '../../shared/native/paths.js';

const fileTypeMask = 0o170000;
const directory = 0o040000;
const deletedSuffix = ' (deleted)';

export class MountPoint {
  /** Guest path, byte for byte. */
  readonly path: string;
  readonly prefix: string;
  readonly descriptor: number;
  readonly type: MountType;
  readonly readonly: boolean;
  readonly locks: MountLocks;
  readonly isDirectory: boolean;
  readonly device: bigint;
  readonly inode: bigint;
  /** Where the kernel says its root is. */
  readonly link: string;
  /** A file system of its own that is mounted nowhere: paths in it begin at its root. */
  readonly isDetached: boolean;
  /** Other mounts lie beneath this one. */
  nested = false;

  constructor(mount: Mount, path: string) {
    const facts = descriptorFacts(mount.descriptor)!;
    this.path = path;
    this.prefix = `${path}/`;
    this.descriptor = mount.descriptor;
    this.type = mount.type;
    this.readonly = mount.readonly || mount.type === MountType.path;
    this.locks = mount.locks;
    this.isDirectory = (facts.mode & fileTypeMask) === directory;
    this.device = facts.device;
    this.inode = facts.inode;
    this.link = `/proc/self/fd/${mount.descriptor}`;
    this.isDetached = ownReadlink(this.link) === '/' && ownFacts('/')?.device !== facts.device;
  }

  get appends(): boolean {
    return this.type === MountType.append;
  }
}

/** A directory or file as the guest names it. */
export interface GuestName {
  readonly path: string;
  /** Undefined outside all mounts. */
  readonly mount: MountPoint | undefined;
  /** It has no name any more; the path is its last. */
  readonly deleted: boolean;
}

/** The kernel appends it; a name can end so, too. A renamed-over file with other links has lost this name all the same. */
function isDeleted(text: string, link: string): boolean {
  if (!text.endsWith(deletedSuffix)) return false;
  const facts = ownFacts(link);
  const named = ownFacts(text);
  return named === undefined || named.inode !== facts?.inode || named.device !== facts.device;
}

export class MountTable {
  /** Outer before inner. */
  readonly mounts: readonly MountPoint[];
  readonly #byPath = new Map<string, MountPoint>();
  readonly hasAppends: boolean;
  readonly hasReadonly: boolean;
  /** No mount leaves its locks to the kernel. */
  readonly locksEverywhere: boolean;
  readonly #hasDetached: boolean;
  readonly #hasNested: boolean;
  /** Directories that mount points lie in; outside all mounts, where none lies in another. */
  readonly #parents = new Set<string>();

  constructor(mounts: readonly Mount[]) {
    for (const mount of mounts) {
      const path = this.#canonical(Buffer.from(mount.path).toString('latin1'));
      const outer = this.covering(path);
      if (outer) outer.nested = true;
      this.#byPath.set(path, new MountPoint(mount, path));
    }
    this.mounts = [...this.#byPath.values()];
    this.#hasNested = this.mounts.some((mount) => mount.nested);
    for (const { path } of this.mounts) this.#parents.add(path.slice(0, path.lastIndexOf('/')) || '/');
    this.hasAppends = this.mounts.some((mount) => mount.appends);
    this.hasReadonly = this.mounts.some((mount) => mount.readonly);
    this.locksEverywhere = this.mounts.every((mount) => mount.locks === MountLocks.leader);
    this.#hasDetached = this.mounts.some((mount) => mount.isDetached);
  }

  /** The path with the symbolic links of its existing parents resolved: mount points lie where their parents really are. */
  #canonical(path: string): string {
    if (this.covering(path)) return path;
    for (let cut = path.lastIndexOf('/'); cut > 0; cut = path.lastIndexOf('/', cut - 1)) {
      try {
        const parent = realpathSync(Buffer.from(path.slice(0, cut), 'latin1'), 'buffer').toString('latin1');
        return (parent === '/' ? '' : parent) + path.slice(cut);
      } catch {
        // Nothing there: its parent, then.
      }
    }
    return path;
  }

  at(path: string): MountPoint | undefined {
    return this.#byPath.get(path);
  }

  /** The innermost mount whose path begins this one, textually. */
  covering(path: string): MountPoint | undefined {
    let found: MountPoint | undefined;
    for (const mount of this.#byPath.values()) {
      if (path === mount.path || path.startsWith(mount.prefix)) found = mount;
    }
    return found;
  }

  /** Whether a mount point lies strictly beneath this guest directory. */
  isAbove(path: string): boolean {
    const prefix = path === '/' ? '/' : `${path}/`;
    return this.mounts.some((mount) => mount.path.startsWith(prefix));
  }

  /** Whether what a link in /proc leads to may be a directory that mount points lie in. */
  mayHoldNames(link: string): boolean {
    if (this.#hasNested) return true;
    const text = ownReadlink(link);
    return text !== undefined && this.#parents.has(text);
  }

  /** The mount points whose names belong into the listing of this guest directory. */
  namesIn(path: string): { name: string; mount: MountPoint }[] {
    const prefix = path === '/' ? '/' : `${path}/`;
    return this.mounts.flatMap((mount) => {
      const name = mount.path.slice(prefix.length);
      return mount.path.startsWith(prefix) && !name.includes('/') ? [{ name, mount }] : [];
    });
  }

  /** Whether a walk along this absolute path names a mount point on its way, `..` taken literally. */
  passes(path: string): boolean {
    const stack: string[] = [];
    for (const name of path.split('/')) {
      if (name === '' || name === '.') continue;
      if (name === '..') {
        stack.pop();
        continue;
      }
      stack.push(name);
      if (this.#byPath.has(`/${stack.join('/')}`)) return true;
    }
    return false;
  }

  /**
   * The guest name of what a link in /proc (`/proc/PID/cwd`, `/proc/self/fd/N`) leads to.
   * Undefined when it is no path, or does not exist any more.
   */
  nameOf(link: string): GuestName | undefined {
    let text = ownReadlink(link);
    if (text === undefined || text.charCodeAt(0) !== 0x2f) return undefined;
    if (this.#hasDetached) {
      const device = ownFacts(link)?.device;
      const mount = this.mounts.find((each) => each.isDetached && each.device === device);
      if (mount) {
        const deleted = isDeleted(text, link);
        if (deleted) text = text.slice(0, -deletedSuffix.length);
        return { path: text === '/' ? mount.path : mount.path + text, mount, deleted };
      }
    }
    const deleted = isDeleted(text, link);
    return this.#guest(deleted ? text.slice(0, -deletedSuffix.length) : text, deleted);
  }

  #guest(host: string, deleted: boolean): GuestName {
    let best: MountPoint | undefined;
    let length = 0;
    for (const mount of this.mounts) {
      if (mount.isDetached) continue;
      const root = ownReadlink(mount.link);
      // A mount of the whole file system would rename everything.
      if (root === undefined || root === '/' || root.length < length) continue;
      if (host !== root && !(host.startsWith(root) && host.charCodeAt(root.length) === 0x2f)) continue;
      best = mount;
      length = root.length;
    }
    if (!best) return { path: host, mount: undefined, deleted };
    return { path: best.path + host.slice(length), mount: best, deleted };
  }

  /** The mount that an open file lies in, by its descriptor of ours. */
  mountOf(fd: number): MountPoint | undefined {
    return this.nameOf(`/proc/self/fd/${fd}`)?.mount;
  }
}
