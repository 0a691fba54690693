/** Calls that make, remove or rename names: mkdir, mknod, symlink, link, unlink, rmdir, rename. */
import { errnoNumber } from '../../shared/errno.js';
import {
  entryLink,
  entryMkdir,
  entryMknod,
  entryRename,
  entrySymlink,
  entryUnlink,
  pathFetch,
  pathKind,
} from '../../shared/native/paths.js';
import { closeDescriptor } from '../../shared/native/workload.js';
import { answer, letRun } from '../interceptor.js';
import {
  At,
  busy,
  crossDevice,
  directoryType,
  entryOf,
  exists,
  fetched,
  fileTypeMask,
  fileTypeOf,
  invalid,
  mountOfParent,
  noEntry,
  notPermitted,
  type PathMember,
  readonlyFileSystem,
} from './paths.js';
import { type Place, pathBytesMax } from './place.js';
import { currentDirectory, outside } from './resolver.js';

const notEmpty = -errnoNumber('ENOTEMPTY');
const isDirectory = -errnoNumber('EISDIR');
const removeDirectory = At.effectiveAccess;

function finish(member: PathMember, place: Place, result: number): void {
  place.release();
  answer(member, result);
}

/** The entry that is to be made, when nothing speaks against it but the kernel. */
function newEntry(member: PathMember, place: Place, directory: number, address: number): boolean {
  if (!entryOf(member, place, directory, address)) return false;
  const refusal = cannotMake(place);
  if (refusal !== 0) finish(member, place, refusal);
  return refusal === 0;
}

function cannotMake(place: Place): number {
  if (place.mountPoint) return exists;
  if (!place.mount?.readonly) return 0;
  return pathKind(place.directory, place.buffer, place.offset, 0) >= 0 ? exists : readonlyFileSystem;
}

export function mkdirTrap(member: PathMember): void {
  mkdir(member, currentDirectory, member.block.address(0), member.block.word(1));
}

export function mkdiratTrap(member: PathMember): void {
  mkdir(member, member.block.int(0), member.block.address(1), member.block.word(2));
}

function mkdir(member: PathMember, directory: number, address: number, mode: number): void {
  const place = member.paths.resolver.first;
  if (!newEntry(member, place, directory, address)) return;
  member.paths.identity.creates();
  finish(member, place, entryMkdir(place.directory, place.buffer, place.offset, mode));
}

export function mknodTrap(member: PathMember): void {
  const { block } = member;
  mknod(member, currentDirectory, block.address(0), block.word(1), block.word(2));
}

export function mknodatTrap(member: PathMember): void {
  const { block } = member;
  mknod(member, block.int(0), block.address(1), block.word(2), block.word(3));
}

function mknod(member: PathMember, directory: number, address: number, mode: number, device: number): void {
  const place = member.paths.resolver.first;
  if (!newEntry(member, place, directory, address)) return;
  member.paths.identity.creates();
  finish(member, place, entryMknod(place.directory, place.buffer, place.offset, mode, device));
}

export function symlinkTrap(member: PathMember): void {
  symlink(member, member.block.address(0), currentDirectory, member.block.address(1));
}

export function symlinkatTrap(member: PathMember): void {
  symlink(member, member.block.address(0), member.block.int(1), member.block.address(2));
}

const target = Buffer.allocUnsafeSlow(pathBytesMax + 16);

function symlink(member: PathMember, targetAddress: number, directory: number, address: number): void {
  const length = pathFetch(member.block.tid, targetAddress, target);
  if (length === notPermitted) return letRun(member);
  if (length < 0) return answer(member, length);
  const place = member.paths.resolver.first;
  if (!newEntry(member, place, directory, address)) return;
  if (length === 0) return finish(member, place, noEntry);
  finish(member, place, entrySymlink(target, place.directory, place.buffer, place.offset));
}

export function unlinkTrap(member: PathMember): void {
  unlink(member, currentDirectory, member.block.address(0), 0);
}

export function rmdirTrap(member: PathMember): void {
  unlink(member, currentDirectory, member.block.address(0), removeDirectory);
}

export function unlinkatTrap(member: PathMember): void {
  unlink(member, member.block.int(0), member.block.address(1), member.block.int(2));
}

function unlink(member: PathMember, directory: number, address: number, flags: number): void {
  if (flags & ~removeDirectory) return answer(member, invalid);
  const { resolver, table } = member.paths;
  const place = resolver.first;
  if (!fetched(member, place, address)) return;
  const result = resolver.entry(place, directory);
  const removes = (flags & removeDirectory) !== 0;
  if (result === outside) {
    // A directory that a mount point lies in is not empty for the guest.
    if (removes && place.full !== '/' && table.isAbove(place.full)) return answer(member, notEmpty);
    return letRun(member);
  }
  if (result < 0) return answer(member, result);
  finish(member, place, remove(member, place, removes, flags));
}

function remove(member: PathMember, place: Place, removes: boolean, flags: number): number {
  if (place.mountPoint) return removes || !place.mountPoint.isDirectory ? busy : isDirectory;
  if (place.mount?.readonly) return readonlyFileSystem;
  if (removes && isAboveMount(member, place)) return notEmpty;
  return entryUnlink(place.directory, place.buffer, place.offset, flags);
}

function isAboveMount(member: PathMember, place: Place): boolean {
  const { mount } = place;
  if (mount && !mount.nested) return false;
  return member.paths.table.isAbove(`${place.guest === '/' ? '' : place.guest}/${place.name}`);
}

export function linkTrap(member: PathMember): void {
  const { block } = member;
  link(member, currentDirectory, block.address(0), currentDirectory, block.address(1), 0);
}

export function linkatTrap(member: PathMember): void {
  const { block } = member;
  link(member, block.int(0), block.address(1), block.int(2), block.address(3), block.int(4));
}

function link(
  member: PathMember,
  directory: number,
  address: number,
  newDirectory: number,
  newAddress: number,
  flags: number,
): void {
  if (flags & ~(At.symlinkFollow | At.emptyPath)) return answer(member, invalid);
  const { resolver } = member.paths;
  const { first, second } = resolver;
  const fetchedFirst = resolver.fetch(first, address);
  const empty = fetchedFirst === noEntry && (flags & At.emptyPath) !== 0;
  if (fetchedFirst === outside) return letRun(member);
  if (fetchedFirst < 0 && !empty) return answer(member, fetchedFirst);
  if (!fetched(member, second, newAddress)) return;
  // link(2) with AT_EMPTY_PATH: the descriptor itself; else what the path leads to.
  const name = empty ? resolver.nameOf(directory) : undefined;
  const object = !empty
    ? resolver.object(first, directory, (flags & At.symlinkFollow) !== 0)
    : name?.mount
      ? resolver.openOf(directory)
      : outside;
  const mount = empty ? name?.mount : first.mount;
  resolver.walk.release();
  if (object < 0 && object !== outside) return answer(member, object);
  const entry = resolver.entry(second, newDirectory);
  if (object === outside && entry === outside) return letRun(member);
  const unusable = badOutside(member, object, directory, entry, newDirectory);
  const result = unusable || linkResult(member, object, mount, entry);
  if (object >= 0) closeDescriptor(object);
  finish(member, second, result);
}

/** The error that a descriptor which is no directory means for a relative path, where the kernel does not get to say it. */
function badDirectory(member: PathMember, place: Place, directory: number): number {
  if (directory === currentDirectory || place.text.startsWith('/')) return 0;
  const fd = member.paths.resolver.openOf(directory);
  if (fd < 0) return -errnoNumber('EBADF');
  const type = fileTypeOf(fd);
  closeDescriptor(fd);
  return type === directoryType ? 0 : -errnoNumber('ENOTDIR');
}

/** The same for the paths of the resolver's two places, as far as they are outside. */
function badOutside(
  member: PathMember,
  one: number,
  directory: number,
  two: number,
  newDirectory: number,
): number {
  const { first, second } = member.paths.resolver;
  const bad = one === outside ? badDirectory(member, first, directory) : 0;
  return bad || (two === outside ? badDirectory(member, second, newDirectory) : 0);
}

function linkResult(member: PathMember, object: number, mount: Place['mount'], entry: number): number {
  const { second } = member.paths.resolver;
  if (entry < 0 && entry !== outside) return entry;
  const refusal = entry === outside ? 0 : cannotMake(second);
  if (refusal !== 0) return refusal;
  if (object < 0 || entry === outside) return crossDevice;
  if (mount !== mountOfParent(member, second)) return crossDevice;
  return entryLink(object, second.directory, second.buffer, second.offset);
}

export function renameTrap(member: PathMember): void {
  const { block } = member;
  rename(member, currentDirectory, block.address(0), currentDirectory, block.address(1), 0);
}

export function renameatTrap(member: PathMember): void {
  const { block } = member;
  rename(member, block.int(0), block.address(1), block.int(2), block.address(3), 0);
}

export function renameat2Trap(member: PathMember): void {
  const { block } = member;
  rename(member, block.int(0), block.address(1), block.int(2), block.address(3), block.word(4));
}

function rename(
  member: PathMember,
  directory: number,
  address: number,
  newDirectory: number,
  newAddress: number,
  flags: number,
): void {
  const { resolver } = member.paths;
  const { first, second } = resolver;
  if (!fetched(member, first, address) || !fetched(member, second, newAddress)) return;
  const from = resolver.entry(first, directory);
  if (from < 0 && from !== outside) return answer(member, from);
  const to = resolver.entry(second, newDirectory);
  const unusable = from === to ? 0 : badOutside(member, from, directory, to, newDirectory);
  const result = unusable || renameResult(member, from, to, flags);
  first.release();
  second.release();
  if (result === outside) letRun(member);
  else answer(member, result);
}

function renameResult(member: PathMember, from: number, to: number, flags: number): number {
  const { table, resolver } = member.paths;
  const { first, second } = resolver;
  if (from === outside && to === outside) {
    return table.isAbove(first.full) || table.isAbove(second.full) ? busy : outside;
  }
  if (to < 0 && to !== outside) return to;
  const fromMount = from === outside ? undefined : mountOfParent(member, first);
  const toMount = to === outside ? undefined : mountOfParent(member, second);
  if (fromMount !== toMount) return crossDevice;
  if (first.mountPoint || second.mountPoint) return renameOfMountPoint(first, second, from, flags);
  if (fromMount?.readonly) return readonlyFileSystem;
  if (isAboveMount(member, first) || isAboveMount(member, second)) return busy;
  return entryRename(
    first.directory,
    first.buffer,
    first.offset,
    second.directory,
    second.buffer,
    second.offset,
    flags,
  );
}

/** RENAME_NOREPLACE. */
const noReplace = 1;

/** A mount point stays where it is (EBUSY), once it is clear that rename(2) would do something at all. */
function renameOfMountPoint(first: Place, second: Place, from: number, flags: number): number {
  const source = first.mountPoint
    ? first.mountPoint.isDirectory
    : isDirectoryEntry(first, from === outside ? currentDirectory : first.directory);
  if (typeof source === 'number') return source;
  const target = second.mountPoint;
  if (!target) return busy;
  if (flags & noReplace) return exists;
  if (source === target.isDirectory) return busy;
  return target.isDirectory ? isDirectory : -errnoNumber('ENOTDIR');
}

/** Whether the entry is a directory, or -errno. */
function isDirectoryEntry(place: Place, directory: number): boolean | number {
  if (directory === currentDirectory) place.setName(place.full);
  const mode = pathKind(directory, place.buffer, place.offset, 0);
  return mode < 0 ? mode : (mode & fileTypeMask) === directoryType;
}
