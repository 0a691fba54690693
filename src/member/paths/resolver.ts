/**
 * From the path of a trapped call to what the kernel can work on: an O_PATH descriptor of the object, or the directory
 * and name of an entry. A path that lies outside all mounts is `outside`: the kernel does that call by itself.
 *
 * In a mount the kernel walks the whole rest at once (openat2 with RESOLVE_BENEATH); what leaves the mount, and what
 * other mounts lie in, takes the slow walk. Outside, a path is textually compared with the mounts, and one openat2 makes
 * sure that no symbolic link on its way makes that comparison worthless.
 */
import { openSync } from 'node:fs';
import { errnoNumber } from '../../shared/errno.js';
import {
  ownOpen,
  pathFetch,
  pathHasLink,
  pathKind,
  pathOpen,
  pathReopen,
} from '../../shared/native/paths.js';
import { trapValid } from '../../shared/native/workload.js';
import type { TrapBlock } from '../trap-block.js';
import type { GuestName, MountPoint, MountTable } from './mount-table.js';
import { Place, pathBytesMax } from './place.js';
import { Open, type Position, Walk } from './walk.js';

/** The call has nothing to do with the mounts. */
export const outside = -1_000_000;
/** AT_FDCWD. */
export const currentDirectory = -100;
/** openat2(2). */
export const beneath = 0x08;

const slash = 0x2f;
const crossing = -errnoNumber('EXDEV');
const tryAgain = -errnoNumber('EAGAIN');
const notPermitted = -errnoNumber('EPERM');
const noEntry = -errnoNumber('ENOENT');
const notDirectory = -errnoNumber('ENOTDIR');

/** `.`, `..` or an empty component somewhere. */
const unusual = /\/\/|(^|\/)\.\.?(\/|$)/;
/** Links of /proc that lead to files and directories of a process. */
const procLink = /^\/proc\/(self|thread-self|\d+)(\/task\/\d+)?\/(cwd|root|exe|fd\/|map_files\/)/;

export class Resolver {
  readonly table: MountTable;
  readonly walk: Walk;
  readonly first = new Place();
  readonly second = new Place();
  readonly #block: TrapBlock;
  readonly #listener: number;
  readonly #root: number;
  readonly #scratch = Buffer.allocUnsafeSlow(3 * pathBytesMax);

  constructor(table: MountTable, block: TrapBlock, listener: number) {
    this.table = table;
    this.#block = block;
    this.#listener = listener;
    this.#root = openSync('/', Open.path | Open.directory);
    this.walk = new Walk(table, this.#root);
  }

  /**
   * Reads the path at an address of the trapped thread. 0 or -errno; ENOENT for an empty one; `outside` when the process
   * may not be looked at: it sees no mounts.
   */
  fetch(place: Place, address: number): number {
    const length = pathFetch(this.#block.tid, address, place.buffer);
    if (length <= 0) {
      place.begin('', true);
      return length === 0 ? noEntry : length === notPermitted ? outside : length;
    }
    place.begin(place.buffer.toString('latin1', 0, length), true);
    return 0;
  }

  /** What the path leads to, as an O_PATH descriptor that is the caller's; -errno or `outside`. */
  object(place: Place, directory: number, follow: boolean): number {
    const begun = this.start(place, directory, follow, place.text.length);
    if (begun !== 0) return begun;
    const flags = Open.path | (follow ? 0 : Open.noFollow);
    if (place.direct) {
      const fd = this.openDirect(place, flags, 0);
      if (fd !== crossing && fd !== tryAgain) {
        place.release();
        return fd;
      }
    }
    return this.objectSlowly(place, follow);
  }

  /** One in-kernel walk of the rest; EXDEV when it is not enough. */
  openDirect(place: Place, flags: number, mode: number): number {
    if (!place.isRoot) return pathOpen(place.directory, place.buffer, place.offset, flags, mode, beneath);
    return pathReopen(place.directory, flags & ~Open.noFollow, mode);
  }

  /** Whether the directory exists in which a started place has its last name. */
  hasParent(place: Place): boolean {
    const { buffer, offset } = place;
    const cut = buffer.lastIndexOf(slash, buffer.indexOf(0, offset) - 1);
    if (cut <= offset) return true;
    buffer[cut] = 0;
    const kind = pathKind(place.directory, buffer, offset, 1);
    buffer[cut] = slash;
    return kind >= 0;
  }

  /** The slow walk from a started place. */
  objectSlowly(place: Place, follow: boolean): number {
    const result = this.#walkFrom(place, follow, false);
    if (!this.walk.touched) {
      this.walk.release();
      return outside;
    }
    place.mount = this.walk.mount;
    place.mountPoint = this.walk.mountPoint;
    if (result < 0) return result;
    return this.walk.takeObject();
  }

  /** The directory and name of an entry that is to be made, removed or renamed: 0, -errno or `outside`. */
  entry(place: Place, directory: number): number {
    const { text } = place;
    let end = text.length;
    while (end > 1 && text.charCodeAt(end - 1) === slash) end--;
    const cut = text.lastIndexOf('/', end - 1);
    const begun = this.start(place, directory, true, cut + 1, text.slice(0, end));
    if (begun !== 0) return begun;
    if (place.isRoot) {
      place.mountPoint = place.mount;
      return 0;
    }
    if (place.direct) {
      const result = this.#entryDirect(place);
      if (result !== crossing && result !== tryAgain) return result;
    }
    const result = this.#walkFrom(place, true, true);
    const { walk } = this;
    if (!walk.touched) {
      walk.release();
      return outside;
    }
    if (result < 0 || !walk.parent) {
      walk.release();
      return result < 0 ? result : -errnoNumber('EBUSY');
    }
    place.setDirectory(walk.parent.fd, walk.parent.owned);
    place.mount = walk.parent.mount;
    place.guest = walk.parent.guest;
    place.mountPoint = walk.mountPoint;
    place.setName(walk.name);
    walk.parent = undefined;
    return 0;
  }

  #entryDirect(place: Place): number {
    const { buffer, offset } = place;
    const end = buffer.indexOf(0, offset);
    let last = end;
    while (last > offset && buffer[last - 1] === slash) last--;
    const cut = buffer.lastIndexOf(slash, last - 1);
    if (cut < offset) return 0;
    buffer[cut] = 0;
    const fd = pathOpen(place.directory, buffer, offset, Open.path | Open.directory, 0, beneath);
    buffer[cut] = slash;
    if (fd === crossing || fd === tryAgain) return fd;
    const { mount } = place;
    if (fd < 0) return fd;
    place.setDirectory(fd, true);
    place.mount = mount;
    place.offset = cut + 1;
    return 0;
  }

  /** A walk of the place's rest from its directory. */
  #walkFrom(place: Place, follow: boolean, entry: boolean): number {
    const { tid } = this.#block;
    const rest = place.buffer.toString('latin1', place.offset, place.buffer.indexOf(0, place.offset));
    const start: Position = {
      fd: place.directory,
      owned: place.owned,
      guest: place.guest,
      mount: place.mount,
    };
    place.takeDirectory();
    if (rest === '' && place.mount && !place.mount.isDirectory) {
      return this.walk.run(this.walk.root, place.mount.path, { tid, follow, entry });
    }
    return this.walk.run(start, rest, { tid, follow, entry });
  }

  /**
   * Where the walk begins, and whether the kernel can do it: 0, -errno or `outside`. Of a path outside all mounts the
   * first `checked` characters (the parent of an entry) must have no symbolic link on their way.
   */
  start(place: Place, directory: number, follow: boolean, checked: number, whole = place.text): number {
    const begun = this.#start(place, directory, follow, checked, whole);
    if (begun !== 0) return begun;
    // What was read was the thread's if it is still in its trap; what is let run needs no such proof.
    const { idLow, idHigh } = this.#block;
    return trapValid(this.#listener, idLow, idHigh);
  }

  #start(place: Place, directory: number, follow: boolean, checked: number, whole: string): number {
    const { text } = place;
    if (text.charCodeAt(0) === slash) return this.#startAt(place, text, whole, follow, checked);
    const link = this.#linkOf(directory);
    const name = this.table.nameOf(link);
    // No path, no directory: the kernel knows the error.
    if (!name) return outside;
    if (!name.mount) {
      const prefix = name.path === '/' ? '/' : `${name.path}/`;
      const { length } = prefix;
      const begun = this.#startAt(place, prefix + text, prefix + whole, follow, length + checked, length);
      if (begun === 0 && place.directory < 0) return this.#startIn(place, link, name.path, undefined);
      return begun;
    }
    return this.#startIn(place, link, name.path, name.mount);
  }

  /** Where the kernel tells what a directory descriptor of the trapped thread (or AT_FDCWD) refers to. */
  #linkOf(directory: number): string {
    const { tid } = this.#block;
    return directory === currentDirectory ? `/proc/${tid}/cwd` : `/proc/${tid}/fd/${directory}`;
  }

  /** Its guest name; undefined when it is no directory or file. */
  nameOf(directory: number): GuestName | undefined {
    return this.table.nameOf(this.#linkOf(directory));
  }

  /** The same as an O_PATH descriptor of ours; -errno. */
  openOf(descriptor: number): number {
    this.#scratch[this.#scratch.write(this.#linkOf(descriptor), 'latin1')] = 0;
    return ownOpen(this.#scratch, 0, Open.path);
  }

  #startIn(place: Place, link: string, guest: string, mount: MountPoint | undefined): number {
    this.#scratch[this.#scratch.write(link, 'latin1')] = 0;
    const fd = ownOpen(this.#scratch, 0, Open.path | Open.directory);
    if (fd === notDirectory) return outside;
    if (fd < 0) return fd;
    place.setDirectory(fd, true);
    place.offset = 0;
    place.mount = mount;
    place.guest = guest;
    place.direct = mount !== undefined && !mount.nested;
    return 0;
  }

  /** The start of an absolute path, or one made absolute with `joined` characters: its directory is left to the caller. */
  #startAt(place: Place, path: string, whole: string, follow: boolean, checked: number, joined = 0): number {
    const { table } = this;
    place.full = whole;
    const mount = table.covering(whole);
    if (mount) {
      if (joined > 0) place.write(path);
      place.setDirectory(mount.descriptor, false);
      place.mount = mount;
      place.guest = mount.path;
      place.offset = mount.path.length;
      while (place.buffer[place.offset] === slash) place.offset++;
      if (!mount.isDirectory && !(place.isRoot && path === mount.path)) return notDirectory;
      place.direct = !mount.nested;
      return 0;
    }
    if (!unusual.test(path) || !table.passes(path)) {
      if (!this.#mayLead(place, path, follow, checked, joined)) return outside;
    }
    place.direct = false;
    place.mount = undefined;
    if (joined > 0) return 0;
    place.setDirectory(this.#root, false);
    place.guest = '/';
    place.offset = 0;
    return 0;
  }

  /** Whether a path that is textually outside may lead into a mount all the same. */
  #mayLead(place: Place, path: string, follow: boolean, checked: number, joined: number): boolean {
    if (path.startsWith('/proc/')) return procLink.test(path);
    // The directory itself was just named by the kernel: no links in it.
    if (checked === joined) return false;
    if (path.length >= pathBytesMax) return false;
    if (joined === 0 && checked === path.length) return pathHasLink(place.buffer, follow ? 1 : 0) === 1;
    this.#scratch[this.#scratch.write(path.slice(0, Math.max(checked, 1)), 'latin1')] = 0;
    return pathHasLink(this.#scratch, follow ? 1 : 0) === 1;
  }
}
