/**
 * The slow walk of path_resolution(7), component by component, for paths that the kernel cannot walk in one go: those
 * that leave a mount, cross a mount point, or meet a symbolic link on their way into a mount. Absolute links and `..`
 * have the meaning that the guest knows. It opens each directory and reads each link anew.
 */
import { errnoNumber } from '../../shared/errno.js';
import {
  descriptorFacts,
  type FileFacts,
  linkText,
  pathOpen,
  pathReopen,
} from '../../shared/native/paths.js';
import { closeDescriptor, processGroupOf } from '../../shared/native/workload.js';
import type { MountPoint, MountTable } from './mount-table.js';

export const Open = {
  writeOnly: 1,
  readWrite: 2,
  accessMode: 3,
  create: 0o100,
  exclusive: 0o200,
  truncate: 0o1000,
  append: 0o2000,
  nonBlocking: 0o4000,
  directory: 0o200000,
  noFollow: 0o400000,
  closeOnExec: 0o2000000,
  path: 0o10000000,
  temporary: 0o20200000,
} as const;

/** path_resolution(7): "the maximum limit on the number of symbolic links followed is 40". */
const linksMax = 40;
const fileTypeMask = 0o170000;
const directory = 0o040000;
const magicParent = /^\/proc\/\d+(\/task\/\d+)?(\/fd|\/map_files|\/ns)?$/;
const magicName = /^(cwd|exe|root|\d+|[0-9a-f]+-[0-9a-f]+|[a-z_]+)$/;

/** A path that can only name a directory. */
const directoryEnd = /\/\.?$/;

const notDirectory = -errnoNumber('ENOTDIR');
const noEntry = -errnoNumber('ENOENT');
const crossing = -errnoNumber('EXDEV');
const tooManyLinks = -errnoNumber('ELOOP');
const isDirectoryFacts = (fd: number): boolean =>
  ((descriptorFacts(fd)?.mode ?? 0) & fileTypeMask) === directory;

/** A directory on the way. */
export interface Position {
  readonly fd: number;
  readonly owned: boolean;
  readonly guest: string;
  readonly mount: MountPoint | undefined;
}

export interface WalkOptions {
  /** The thread for which /proc/self is looked up. */
  readonly tid: number;
  /** Whether a symbolic link at the end is followed. */
  readonly follow: boolean;
  /** Only the parent directory and the last name are wanted. */
  readonly entry: boolean;
  /** openat2(2): what the walk does that would leave the directory where it starts. */
  readonly bound?: 'beneath' | 'root';
}

const names = Buffer.allocUnsafeSlow(4352);

const join = (guest: string, name: string): string => (guest === '/' ? `/${name}` : `${guest}/${name}`);

export class Walk {
  readonly #table: MountTable;
  readonly #root: number;
  /** What the path leads to (O_PATH), -1 when it does not exist or was not wanted. */
  object = -1;
  /** The mount of the object. */
  mount: MountPoint | undefined;
  /** Its parent directory, and its name there. */
  parent: Position | undefined;
  name = '';
  mountPoint: MountPoint | undefined;
  /** The walk began in, passed or ended in a mount. */
  touched = false;
  /** The path, or a link at its end, has a slash there. */
  mustBeDirectory = false;
  #floor: FileFacts | undefined;
  #base: Position | undefined;
  /** Symbolic links followed. */
  links = 0;
  /** One of them was one of /proc that leads to an object, not to a path. */
  jumped = false;

  constructor(table: MountTable, root: number) {
    this.#table = table;
    this.#root = root;
  }

  get root(): Position {
    return { fd: this.#root, owned: false, guest: '/', mount: undefined };
  }

  /** Walks; takes the start over. 0, or -errno: with ENOENT `parent` and `name` may tell where the object is missing. */
  run(start: Position, path: string, options: WalkOptions): number {
    this.release();
    this.touched = start.mount !== undefined;
    this.links = 0;
    this.jumped = false;
    const pending = path.split('/').filter((name) => name !== '' && name !== '.');
    pending.reverse();
    this.mustBeDirectory = directoryEnd.test(path);
    this.#floor = options.bound && descriptorFacts(start.fd);
    // Absolute links lead back to the start: it is kept open beside the position.
    this.#base = options.bound === 'root' ? { ...start, fd: pathReopen(start.fd, Open.path, 0) } : undefined;
    const result = this.#walk(start, pending, options);
    if (this.#base) closeDescriptor(this.#base.fd);
    if (result === 0 && this.object >= 0 && this.mustBeDirectory && !isDirectoryFacts(this.object)) {
      return notDirectory;
    }
    return result;
  }

  /** Whether the walk, which began in that mount, ended in another. */
  crossed(start: MountPoint | undefined): boolean {
    return (this.mount ?? this.parent?.mount) !== start;
  }

  /** Gives the object to the caller. */
  takeObject(): number {
    const fd = this.object;
    this.object = -1;
    return fd;
  }

  release(): void {
    if (this.object >= 0) closeDescriptor(this.object);
    if (this.parent) this.#leave(this.parent);
    this.object = -1;
    this.parent = undefined;
    this.mount = undefined;
    this.mountPoint = undefined;
    this.name = '';
  }

  #leave(position: Position): void {
    if (position.owned) closeDescriptor(position.fd);
  }

  #open(directoryFd: number, name: string, flags: number): number {
    names[names.write(name, 'latin1')] = 0;
    return pathOpen(directoryFd, names, 0, flags, 0, 0);
  }

  #walk(start: Position, pending: string[], options: WalkOptions): number {
    let position = start;
    for (;;) {
      const name = pending.pop();
      const last = pending.length === 0;
      if (name === undefined) return this.#endAt(position, '.');
      if (name.length > 255) return this.#leaveWith(position, -errnoNumber('ENAMETOOLONG'));
      if (last && options.entry) {
        this.parent = position;
        this.name = this.mustBeDirectory ? `${name}/` : name;
        this.mountPoint = this.#table.at(join(position.guest, name));
        if (this.mountPoint) this.touched = true;
        return 0;
      }
      if (name === '..') {
        const above = this.#up(position, options);
        if (typeof above === 'number') return above;
        position = above;
        continue;
      }
      const mount = this.#table.at(join(position.guest, name));
      if (mount) {
        this.touched = true;
        if (last) return this.#endAtMount(position, name, mount);
        this.#leave(position);
        position = { fd: mount.descriptor, owned: false, guest: mount.path, mount };
        continue;
      }
      const proc = position.guest === '/proc' ? this.#procName(name, options.tid) : undefined;
      if (proc && (!last || options.follow)) {
        pending.push(...proc);
        continue;
      }
      const fd = this.#open(position.fd, name, Open.path | Open.noFollow);
      if (fd < 0) {
        this.parent = position;
        this.name = name;
        // Only the last name may be missing for a file that is to be made.
        return last ? fd : fd === noEntry ? this.#missing() : fd;
      }
      const target = !last || options.follow || this.mustBeDirectory ? linkText(fd) : noEntry;
      if (typeof target === 'number') {
        if (last) return this.#end(position, name, fd, position.mount);
        position = this.#enter(position, name, fd);
        continue;
      }
      closeDescriptor(fd);
      if (++this.links > linksMax) return this.#leaveWith(position, tooManyLinks);
      if (magicParent.test(position.guest) && magicName.test(name)) {
        if (options.bound) return this.#leaveWith(position, crossing);
        const jumped = this.#jump(position, name, last);
        if (typeof jumped === 'number') return jumped;
        position = jumped;
        continue;
      }
      if (target === '') return this.#leaveWith(position, noEntry);
      if (last && directoryEnd.test(target)) this.mustBeDirectory = true;
      for (const part of target.split('/').reverse()) if (part !== '' && part !== '.') pending.push(part);
      if (target.charCodeAt(0) === 0x2f) {
        if (options.bound === 'beneath') return this.#leaveWith(position, crossing);
        this.#leave(position);
        position = this.#base
          ? { ...this.#base, fd: pathReopen(this.#base.fd, Open.path, 0), owned: true }
          : this.root;
      }
    }
  }

  #leaveWith(position: Position, result: number): number {
    this.#leave(position);
    return result;
  }

  #missing(): number {
    this.release();
    return noEntry;
  }

  #enter(position: Position, name: string, fd: number): Position {
    this.#leave(position);
    return { fd, owned: true, guest: join(position.guest, name), mount: position.mount };
  }

  #end(position: Position, name: string, fd: number, mount: MountPoint | undefined): number {
    this.parent = position;
    this.name = name;
    this.object = fd;
    this.mount = mount;
    return 0;
  }

  #endAt(position: Position, name: string): number {
    const fd = pathReopen(position.fd, Open.path, 0);
    if (fd < 0) {
      this.#leave(position);
      return fd;
    }
    return this.#end(position, name, fd, position.mount);
  }

  #endAtMount(position: Position, name: string, mount: MountPoint): number {
    this.mountPoint = mount;
    const fd = pathReopen(mount.descriptor, Open.path, 0);
    if (fd < 0) {
      this.#leave(position);
      return fd;
    }
    return this.#end(position, name, fd, mount);
  }

  /** `/proc/self` and `/proc/thread-self` are the workload's, not the member's; in walking order reversed. */
  #procName(name: string, tid: number): string[] | undefined {
    if (name === 'self') return [String(processGroupOf(tid))];
    if (name === 'thread-self') return [String(tid), 'task', String(processGroupOf(tid))];
    return undefined;
  }

  /** Follows a link of /proc that leads to an object, not to a path. A number when the walk ends here. */
  #jump(position: Position, name: string, last: boolean): Position | number {
    const fd = this.#open(position.fd, name, Open.path);
    if (fd < 0) {
      this.#leave(position);
      return fd;
    }
    this.jumped = true;
    const found = this.#table.nameOf(`/proc/self/fd/${fd}`);
    if (found?.mount) this.touched = true;
    if (last) return this.#end(position, name, fd, found?.mount);
    this.#leave(position);
    return { fd, owned: true, guest: found?.path ?? '', mount: found?.mount };
  }

  /** `..`; at the root of a mount it leads to the directory that the mount point is in. */
  #up(position: Position, options: WalkOptions): Position | number {
    const { mount } = position;
    const facts = mount?.isDirectory || this.#floor ? descriptorFacts(position.fd) : undefined;
    if (this.#floor && facts?.inode === this.#floor.inode && facts.device === this.#floor.device) {
      return options.bound === 'root' ? position : this.#leaveWith(position, crossing);
    }
    if (mount?.isDirectory) {
      if (facts?.inode === mount.inode && facts.device === mount.device) {
        this.#leave(position);
        return this.#at(mount.path.slice(0, mount.path.lastIndexOf('/')) || '/', options);
      }
    }
    const fd = this.#open(position.fd, '..', Open.path | Open.directory);
    this.#leave(position);
    if (fd < 0) return fd;
    const cut = position.guest.lastIndexOf('/');
    return { fd, owned: true, guest: position.guest.slice(0, Math.max(cut, 0)) || '/', mount };
  }

  /** A guest directory by its path. */
  #at(path: string, options: WalkOptions): Position | number {
    if (path === '/') return this.root;
    const walk = new Walk(this.#table, this.#root);
    const result = walk.run(this.root, path, { tid: options.tid, follow: true, entry: false });
    const { mount } = walk;
    const fd = result === 0 ? walk.takeObject() : result;
    walk.release();
    return fd < 0 ? fd : { fd, owned: true, guest: path, mount };
  }
}
