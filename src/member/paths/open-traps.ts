/**
 * open, openat, openat2, creat in a mount: the member opens the file and puts the descriptor into the workload. Each is
 * an open file description of its own. What may block (FIFOs, terminals) and what ADDFD refuses (O_PATH) the thread
 * opens itself, in the directory that it is given for the purpose.
 */
import { errnoNumber } from '../../shared/errno.js';
import {
  descriptorFacts,
  descriptorSetFlags,
  directoryReopen,
  memoryReadSome,
  pathKind,
  pathOpen,
  pathReopen,
  trapAddDescriptor,
} from '../../shared/native/paths.js';
import { closeDescriptor } from '../../shared/native/workload.js';
import { answer, letRun } from '../interceptor.js';
import { withMemory } from './injections.js';
import type { MountPoint } from './mount-table.js';
import {
  characterType,
  directoryType,
  exists,
  fetched,
  fifoType,
  fileTypeMask,
  fileTypeOf,
  invalid,
  noEntry,
  notPermitted,
  type PathMember,
  readonlyFileSystem,
  symlinkType,
} from './paths.js';
import type { Place } from './place.js';
import { beneath, currentDirectory, outside } from './resolver.js';
import { Open } from './walk.js';

const tooManyLinks = -errnoNumber('ELOOP');
const isDirectory = -errnoNumber('EISDIR');
const crossing = -errnoNumber('EXDEV');
const tryAgain = -errnoNumber('EAGAIN');
const tooBig = -errnoNumber('E2BIG');

/** open(2) ignores all others; openat2(2), which we use, refuses them. */
const knownFlags = 0o37777703;
const pathFlags = Open.path | Open.directory | Open.noFollow | Open.closeOnExec;
/** The flags that F_SETFL changes: O_APPEND, O_ASYNC, O_DIRECT, O_NOATIME. */
const settableFlags = Open.append | 0o20000 | 0o40000 | 0o1000000;
const permissions = 0o7777;

/** Whether the flags make O_TMPFILE, which is two bits. */
const isTemporary = (flags: number): boolean => (flags & Open.temporary) === Open.temporary;

export function openTrap(member: PathMember): void {
  const { block } = member;
  open(member, currentDirectory, block.address(0), block.int(1), block.word(2));
}

export function creatTrap(member: PathMember): void {
  const { block } = member;
  const flags = Open.create | Open.writeOnly | Open.truncate;
  open(member, currentDirectory, block.address(0), flags, block.word(1));
}

export function openatTrap(member: PathMember): void {
  const { block } = member;
  open(member, block.int(0), block.address(1), block.int(2), block.word(3));
}

const howBytes = 24;
const howBytesMax = 4096;
const how = Buffer.alloc(howBytesMax);

/** Calls with a resolve mode that says how `/` and links are meant are walked by the kernel in one go or not at all. */
export function openat2Trap(member: PathMember): void {
  const { block } = member;
  const size = block.word(3);
  if (size < howBytes) return answer(member, invalid);
  if (size > howBytesMax) return answer(member, tooBig);
  if (memoryReadSome(block.tid, block.address(2), how, size) < size) {
    return answer(member, -errnoNumber('EFAULT'));
  }
  // openat2(2): a larger structure of the future is fine as long as it asks for nothing new.
  if (how.subarray(howBytes, size).some((byte) => byte !== 0)) return answer(member, tooBig);
  const flags = Number(how.readBigUInt64LE(0));
  const mode = Number(how.readBigUInt64LE(8));
  const resolve = Number(how.readBigUInt64LE(16));
  if (flags > 2 ** 31 || flags & ~knownFlags || resolve > allResolveFlags) return answer(member, invalid);
  const creates = (flags & Open.create) !== 0 || isTemporary(flags);
  if (flags & Open.path && flags & ~pathFlags) return answer(member, invalid);
  if (mode > permissions || (mode !== 0 && !creates)) return answer(member, invalid);
  // RESOLVE_CACHED: what is not in the kernel's cache may always be refused.
  if (resolve & resolveCached) return answer(member, tryAgain);
  open(member, block.int(0), block.address(1), flags, mode, resolve);
}

/** RESOLVE_BENEATH and RESOLVE_IN_ROOT: the path stays below the directory, as the kernel knows it. */
const resolveInRoot = 0x10;
const resolveBelow = 0x08 | resolveInRoot;
const resolveNoCrossing = 0x01;
const resolveNoMagicLinks = 0x02;
const resolveNoLinks = 0x04;
const resolveCached = 0x20;
const allResolveFlags = 0x3f;

function open(
  member: PathMember,
  directory: number,
  address: number,
  allFlags: number,
  allMode: number,
  resolve = 0,
): void {
  const { resolver, identity } = member.paths;
  const place = resolver.first;
  if (!fetched(member, place, address)) return;
  if (resolve & resolveBelow) return openBelow(member, place, directory, allFlags, allMode, resolve);
  const flags = allFlags & (allFlags & Open.path ? pathFlags : knownFlags);
  const creates = (flags & Open.create) !== 0 || isTemporary(flags);
  const mode = creates ? allMode & permissions : 0;
  const follow = !(flags & Open.noFollow) && !((flags & Open.create) !== 0 && flags & Open.exclusive);
  const begun = resolver.start(place, directory, follow, place.text.length);
  if (begun === outside) return letRun(member);
  if (begun !== 0) return answer(member, begun);
  if (creates) identity.creates();
  if (place.direct && !(flags & Open.path) && resolve === 0) {
    const kind = place.isRoot ? 0 : pathKind(place.directory, place.buffer, place.offset, follow ? 1 : 0);
    if (!needsThread(kind, flags)) {
      const opener = (some: number) =>
        resolver.openDirect(place, some, some & Open.create || isTemporary(some) ? mode : 0);
      const fd = guarded(place.mount, flags, opener, () => resolver.hasParent(place));
      if (fd !== crossing && fd !== tryAgain) {
        place.release();
        return deliver(member, fd, flags, place.mount);
      }
    }
  }
  const from = resolve & resolveNoCrossing ? startMount(member, place, directory) : undefined;
  openSlowly(member, place, flags, mode, follow, resolve, from);
}

/** RESOLVE_BENEATH and RESOLVE_IN_ROOT: what lies below the directory, where mounts lie below it, or in a mount with rules. */
function openBelow(
  member: PathMember,
  place: Place,
  directory: number,
  flags: number,
  mode: number,
  resolve: number,
): void {
  const { resolver, identity, table } = member.paths;
  const name = resolver.nameOf(directory);
  // The directory's own descriptor is real, and such a walk cannot leave it.
  const plain = !name || !(name.mount?.readonly || name.mount?.appends || table.isAbove(name.path));
  if (plain) return letRun(member);
  const inRoot = (resolve & resolveInRoot) !== 0;
  if (!inRoot && place.text.startsWith('/')) return answer(member, crossing);
  const fd = resolver.openOf(directory);
  if (fd < 0) return answer(member, fd);
  identity.creates();
  const { walk } = resolver;
  const follow = !(flags & Open.noFollow) && !((flags & Open.create) !== 0 && flags & Open.exclusive);
  const { tid } = member.block;
  const start = { fd, owned: true, guest: name.path, mount: name.mount };
  const bound = inRoot ? 'root' : 'beneath';
  const result = walk.run(start, place.text, { tid, follow, entry: false, bound });
  place.mount = walk.mount;
  place.mountPoint = walk.mountPoint;
  openWalked(member, place, result < 0 ? result : walk.takeObject(), flags, mode, resolve, name.mount);
}

/** The mount that the walk of a path begins in. */
const startMount = (member: PathMember, place: Place, directory: number): MountPoint | undefined =>
  place.text.startsWith('/') ? undefined : member.paths.resolver.nameOf(directory)?.mount;

/** An open that may sleep, or that may make a terminal the controlling one. */
function needsThread(mode: number, flags: number): boolean {
  if (mode < 0) return false;
  const type = mode & fileTypeMask;
  return type === characterType || (type === fifoType && !(flags & Open.nonBlocking));
}

/** Opens with the rules of the mount: `open` with the flags that it allows. `hasParent`: the directory of the name exists. */
function guarded(
  mount: MountPoint | undefined,
  flags: number,
  open: (flags: number) => number,
  hasParent: () => boolean = () => true,
): number {
  const writes = (flags & Open.accessMode) !== 0;
  const unblocked = flags | Open.nonBlocking;
  if (mount?.readonly) return openReadonly(flags, open, hasParent);
  // Emptied only once the workload has the descriptor.
  if (!mount?.appends) return open(writes ? unblocked & ~Open.truncate : unblocked);
  if (!(writes || flags & Open.truncate)) return open(unblocked);
  // Nothing of what is there may go: an empty file has nothing to lose.
  const fd = open((unblocked | (writes ? Open.append : 0)) & ~Open.truncate);
  if (fd < 0 || !(flags & Open.truncate)) return fd;
  const { mode = 0, size = 0n } = descriptorFacts(fd) ?? {};
  const isFile = (mode & fileTypeMask) !== directoryType;
  if (isFile && size === 0n) return fd;
  closeDescriptor(fd);
  return isFile ? notPermitted : isDirectory;
}

function openReadonly(flags: number, open: (flags: number) => number, hasParent: () => boolean): number {
  const writes = (flags & Open.accessMode) !== 0 || (flags & Open.truncate) !== 0;
  if (isTemporary(flags)) return readonlyFileSystem;
  const plain = flags & ~(Open.create | Open.exclusive | Open.truncate);
  const fd = open(writes ? Open.path | (flags & pathFlags) : plain | Open.nonBlocking);
  if (fd === noEntry && flags & Open.create) return hasParent() ? readonlyFileSystem : noEntry;
  if (fd < 0) return fd;
  const exclusive = flags & Open.create && flags & Open.exclusive;
  if (!writes && !exclusive) return fd;
  const type = fileTypeOf(fd);
  closeDescriptor(fd);
  if (exclusive) return exists;
  return type === directoryType ? isDirectory : type === symlinkType ? tooManyLinks : readonlyFileSystem;
}

/** Puts an opened file into the workload: that is the answer. */
function deliver(member: PathMember, fd: number, flags: number, mount: MountPoint | undefined): void {
  if (fd < 0) return answer(member, fd);
  // It was opened with O_NONBLOCK so that nothing could make the member sleep.
  if (!(flags & Open.nonBlocking)) {
    const appends = mount?.appends && flags & Open.accessMode ? Open.append : 0;
    descriptorSetFlags(fd, (flags & settableFlags) | appends);
  }
  const { idLow, idHigh, tid } = member.block;
  const closeOnExec = flags & Open.closeOnExec ? 1 : 0;
  const truncates = flags & Open.truncate && flags & Open.accessMode && !mount?.appends ? 1 : 0;
  const number = trapAddDescriptor(member.listener, idLow, idHigh, tid, fd, closeOnExec, 0, truncates);
  if (number < 0) answer(member, number);
  else member.block.answerValue(number);
}

function openSlowly(
  member: PathMember,
  place: Place,
  flags: number,
  mode: number,
  follow: boolean,
  resolve: number,
  from: MountPoint | undefined,
): void {
  const { resolver } = member.paths;
  const object = resolver.objectSlowly(place, follow);
  if (object === outside) letRun(member);
  else openWalked(member, place, object, flags, mode, resolve, from);
}

/** The end of an open whose path was walked slowly: `object` is what it leads to, or -errno; `from` the mount it began in. */
function openWalked(
  member: PathMember,
  place: Place,
  object: number,
  flags: number,
  mode: number,
  resolve: number,
  from: MountPoint | undefined,
): void {
  const { walk } = member.paths.resolver;
  const links =
    resolve & resolveNoLinks ? walk.links > 0 : (resolve & resolveNoMagicLinks) !== 0 && walk.jumped;
  const crossed = (resolve & resolveNoCrossing) !== 0 && walk.crossed(from);
  try {
    if (links) answer(member, tooManyLinks);
    else if (crossed) answer(member, crossing);
    else if (object >= 0) openObject(member, place, object, flags);
    else if (object === noEntry && flags & Open.create && !(flags & Open.path) && walk.parent) {
      create(member, flags, mode);
    } else answer(member, object);
  } finally {
    if (object >= 0) closeDescriptor(object);
    walk.release();
  }
}

/** The last name of the walk does not exist yet. */
function create(member: PathMember, flags: number, mode: number): void {
  const { walk } = member.paths.resolver;
  if (walk.mustBeDirectory) return answer(member, isDirectory);
  const { fd, mount } = walk.parent!;
  const name = Buffer.from(`${walk.name}\0`, 'latin1');
  deliver(
    member,
    guarded(mount, flags, (some) => pathOpen(fd, name, 0, some, some & Open.create ? mode : 0, beneath)),
    flags,
    mount,
  );
}

/** An object that the slow walk found. */
function openObject(member: PathMember, place: Place, object: number, flags: number): void {
  const type = fileTypeOf(object);
  if (flags & Open.path || needsThread(type, flags)) return openInThread(member, place, flags);
  if (flags & Open.create && flags & Open.exclusive) return answer(member, exists);
  if (type === symlinkType) return answer(member, tooManyLinks);
  if (flags & Open.create && type === directoryType && !isTemporary(flags)) {
    return answer(member, isDirectory);
  }
  const open = (some: number) =>
    pathReopen(object, some & ~(Open.create | Open.exclusive | Open.noFollow), 0);
  deliver(member, guarded(place.mount, flags, open), flags, place.mount);
}

/** The thread opens the entry that the walk found by itself. */
function openInThread(member: PathMember, place: Place, flags: number): void {
  const { resolver, injections, numbers } = member.paths;
  const { walk } = resolver;
  const { tid } = member.block;
  const isMountRoot = place.mountPoint !== undefined;
  if (isMountRoot && !place.mountPoint!.isDirectory) return answer(member, -errnoNumber('EOPNOTSUPP'));
  const directory = directoryReopen(isMountRoot ? place.mountPoint!.descriptor : walk.parent!.fd);
  if (directory < 0) return answer(member, directory);
  const name = Buffer.from(`${isMountRoot ? '.' : walk.name}\0`, 'latin1');
  const own = flags & ~Open.create;
  injections.start([directory], function* ([number = -1]) {
    const result = yield* withMemory(
      tid,
      numbers,
      name.length,
      () => name,
      function* (address) {
        const opened = yield {
          call: numbers.openat,
          parameters: [number, address, own, 0],
          interruptible: true,
        };
        return Number(opened);
      },
    );
    yield { call: numbers.close, parameters: [number] };
    return result;
  });
}
