/** What the handlers of path calls share: the resolver, whose rights they use, and how they end. */
import { errnoNumber } from '../../shared/errno.js';
import { descriptorFacts } from '../../shared/native/paths.js';
import { closeDescriptor } from '../../shared/native/workload.js';
import { answer, letRun, type Member } from '../interceptor.js';
import type { ExecAliases } from './exec-alias.js';
import type { Identity } from './identity.js';
import type { CallNumbers, Injections } from './injections.js';
import type { MountPoint, MountTable } from './mount-table.js';
import type { Place } from './place.js';
import { outside, type Resolver } from './resolver.js';

export interface Paths {
  readonly table: MountTable;
  readonly resolver: Resolver;
  readonly identity: Identity;
  readonly injections: Injections;
  readonly numbers: CallNumbers;
  readonly aliases: ExecAliases;
}

export interface PathMember extends Member {
  readonly paths: Paths;
}

export const At = {
  symlinkNoFollow: 0x100,
  /** Also AT_REMOVEDIR. */
  effectiveAccess: 0x200,
  symlinkFollow: 0x400,
  emptyPath: 0x1000,
} as const;

export const readonlyFileSystem = -errnoNumber('EROFS');
export const notPermitted = -errnoNumber('EPERM');
export const crossDevice = -errnoNumber('EXDEV');
export const busy = -errnoNumber('EBUSY');
export const exists = -errnoNumber('EEXIST');
export const invalid = -errnoNumber('EINVAL');
export const noEntry = -errnoNumber('ENOENT');
const badAddress = -errnoNumber('EFAULT');

export const fileTypeMask = 0o170000;
export const directoryType = 0o040000;
export const regularType = 0o100000;
export const symlinkType = 0o120000;
export const fifoType = 0o010000;
export const characterType = 0o020000;

/** What an object is asked for. */
export interface ObjectQuery {
  readonly follow: boolean;
  /** AT_EMPTY_PATH was given: without a path the call is about the descriptor, and the kernel's. */
  readonly empty?: boolean;
  /** The call changes the object. */
  readonly changes?: boolean;
}

/** Flags that calls about an object share; others of their own come beside them. */
export const objectFlags = At.symlinkNoFollow | At.emptyPath;

/** What AT_SYMLINK_NOFOLLOW and AT_EMPTY_PATH among a call's flags ask for. */
export const queryOf = (flags: number, changes = false): ObjectQuery => ({
  follow: !(flags & At.symlinkNoFollow),
  empty: (flags & At.emptyPath) !== 0,
  changes,
});

/** The type bits of st_mode of a descriptor of ours, 0 when it is none. */
export const fileTypeOf = (fd: number): number => (descriptorFacts(fd)?.mode ?? 0) & fileTypeMask;

/** The path at an address, and where its walk starts: 0, or the call is answered (or let run) already. */
export function fetched(member: PathMember, place: Place, address: number, empty = false): boolean {
  const result = member.paths.resolver.fetch(place, address);
  if (result === 0) return true;
  if (result === outside || (empty && (result === noEntry || result === badAddress))) letRun(member);
  else answer(member, result);
  return false;
}

/** An O_PATH descriptor of what the call is about; -1 when the call is answered (or let run) already. */
export function objectOf(
  member: PathMember,
  directory: number,
  address: number,
  { follow, empty = false, changes = false }: ObjectQuery,
): number {
  const { resolver } = member.paths;
  const place = resolver.first;
  if (!fetched(member, place, address, empty)) return -1;
  const fd = resolver.object(place, directory, follow);
  if (fd === outside) letRun(member);
  else if (fd < 0) answer(member, fd);
  else if (changes && place.mount?.readonly) finish(member, fd, readonlyFileSystem);
  else return fd;
  return -1;
}

/** Answers with a result and closes what it was got from. */
export function finish(member: PathMember, fd: number, result: number): void {
  closeDescriptor(fd);
  answer(member, result);
}

/** The same for a call that returns a count. */
export function finishValue(member: PathMember, fd: number, result: number): void {
  closeDescriptor(fd);
  if (result < 0) answer(member, result);
  else member.block.answerValue(result);
}

/** The entry that the call is about: true, or the call is answered (or let run) already. */
export function entryOf(member: PathMember, place: Place, directory: number, address: number): boolean {
  if (!fetched(member, place, address)) return false;
  const result = member.paths.resolver.entry(place, directory);
  if (result === 0) return true;
  if (result === outside) letRun(member);
  else answer(member, result);
  return false;
}

/** The mount that the entry's directory lies in. */
export function mountOfParent(member: PathMember, place: Place): MountPoint | undefined {
  const { mountPoint } = place;
  if (!mountPoint) return place.mount;
  return member.paths.table.covering(mountPoint.path.slice(0, mountPoint.path.lastIndexOf('/')));
}

/** Guest path of the descriptor's file in a mount, undefined when it lies in none. */
export function mountOfDescriptor(member: PathMember, fd: number): MountPoint | undefined {
  return member.paths.table.nameOf(`/proc/${member.block.tid}/fd/${fd}`)?.mount;
}
