/** Calls that ask about a path: the stat family, access, readlink, statfs, xattr reads, name_to_handle_at. */
import { errnoNumber } from '../../shared/errno.js';
import {
  linkText,
  memoryRead,
  memoryWrite,
  objectAccess,
  objectHandle,
  objectStat,
  objectStatfs,
  objectStatx,
  pathStat,
} from '../../shared/native/paths.js';
import { closeDescriptor, processGroupOf } from '../../shared/native/workload.js';
import { answer, letRun } from '../interceptor.js';
import {
  At,
  fetched,
  finish,
  finishValue,
  invalid,
  objectFlags,
  objectOf,
  type PathMember,
  queryOf,
  readonlyFileSystem,
} from './paths.js';
import { beneath, currentDirectory, outside } from './resolver.js';
import { Open } from './walk.js';

const crossing = -errnoNumber('EXDEV');
const tryAgain = -errnoNumber('EAGAIN');
const writeAccess = 2;
/** AT_NO_AUTOMOUNT and AT_STATX_SYNC_TYPE: nothing to us. */
const harmlessFlags = 0x800 | 0x6000;
const statFlags = objectFlags | harmlessFlags;
const accessFlags = objectFlags | At.effectiveAccess;

export function statTrap(member: PathMember): void {
  stat(member, currentDirectory, member.block.address(0), member.block.address(1), 0);
}

export function lstatTrap(member: PathMember): void {
  stat(member, currentDirectory, member.block.address(0), member.block.address(1), At.symlinkNoFollow);
}

export function newfstatatTrap(member: PathMember): void {
  const { block } = member;
  stat(member, block.int(0), block.address(1), block.address(2), block.int(3));
}

function stat(member: PathMember, directory: number, address: number, out: number, flags: number): void {
  if (flags & ~statFlags) return answer(member, invalid);
  const { resolver } = member.paths;
  const place = resolver.first;
  if (!fetched(member, place, address, (flags & At.emptyPath) !== 0)) return;
  const follow = !(flags & At.symlinkNoFollow);
  const begun = resolver.start(place, directory, follow, place.text.length);
  if (begun === outside) return letRun(member);
  if (begun !== 0) return answer(member, begun);
  const { tid } = member.block;
  if (place.direct && !place.isRoot) {
    const kind = Open.path | (follow ? 0 : Open.noFollow);
    const result = pathStat(place.directory, place.buffer, place.offset, kind, beneath, tid, out);
    if (result !== crossing && result !== tryAgain) {
      place.release();
      return answer(member, result);
    }
  }
  const fd =
    place.direct && place.isRoot
      ? resolver.openDirect(place, Open.path, 0)
      : resolver.objectSlowly(place, follow);
  if (fd === outside) return letRun(member);
  if (fd < 0) return answer(member, fd);
  finish(member, fd, objectStat(fd, tid, out));
  resolver.walk.release();
}

export function statxTrap(member: PathMember): void {
  const { block } = member;
  const flags = block.int(2);
  if (flags & ~statFlags) return answer(member, invalid);
  const fd = objectOf(member, block.int(0), block.address(1), queryOf(flags));
  if (fd < 0) return;
  finish(
    member,
    fd,
    objectStatx(fd, flags & ~At.symlinkNoFollow, block.word(3), block.tid, block.address(4)),
  );
}

export function accessTrap(member: PathMember): void {
  access(member, currentDirectory, member.block.address(0), member.block.int(1), 0);
}

export function faccessatTrap(member: PathMember): void {
  const { block } = member;
  access(member, block.int(0), block.address(1), block.int(2), 0);
}

export function faccessat2Trap(member: PathMember): void {
  const { block } = member;
  access(member, block.int(0), block.address(1), block.int(2), block.int(3));
}

function access(member: PathMember, directory: number, address: number, mode: number, flags: number): void {
  if (mode & ~7 || flags & ~accessFlags) return answer(member, invalid);
  if (!(flags & At.effectiveAccess)) member.paths.identity.usesRealIds();
  const fd = objectOf(member, directory, address, queryOf(flags));
  if (fd < 0) return;
  const result = objectAccess(fd, mode);
  const { mount } = member.paths.resolver.first;
  const readonly = result === 0 && mode & writeAccess && mount?.readonly === true;
  finish(member, fd, readonly ? readonlyFileSystem : result);
}

export function statfsTrap(member: PathMember): void {
  const { block } = member;
  const fd = objectOf(member, currentDirectory, block.address(0), { follow: true });
  if (fd >= 0) finish(member, fd, objectStatfs(fd, block.tid, block.address(1)));
}

export function readlinkTrap(member: PathMember): void {
  const { block } = member;
  readlink(member, currentDirectory, block.address(0), block.address(1), block.int(2));
}

export function readlinkatTrap(member: PathMember): void {
  const { block } = member;
  readlink(member, block.int(0), block.address(1), block.address(2), block.int(3));
}

/** The links of /proc that name what a process has open or where it is. */
const processLink = /^\/proc\/(self|thread-self|\d+)((?:\/task\/\d+)?\/(?:cwd|exe|fd\/\d+))$/;

function readlink(member: PathMember, directory: number, address: number, out: number, size: number): void {
  if (size <= 0) return answer(member, invalid);
  const { resolver } = member.paths;
  const place = resolver.first;
  // readlinkat(2): an empty path reads the link that the descriptor refers to.
  if (!fetched(member, place, address, directory !== currentDirectory)) return;
  const named = processLink.exec(place.text.replace(/^\/dev\/fd\//, '/proc/self/fd/'));
  if (named) return readProcessLink(member, named, out, size);
  const fd = resolver.object(place, directory, false);
  if (fd === outside) return letRun(member);
  if (fd < 0) return answer(member, fd);
  const text = linkText(fd);
  const isLink = typeof text === 'string';
  finishValue(member, fd, isLink ? writeText(member, text, out, size) : notALink(text));
}

/** readlink(2) of what is no link is EINVAL; readlinkat(2) with an empty path says ENOENT. */
const notALink = (result: number): number => (result === -errnoNumber('ENOENT') ? invalid : result);

function readProcessLink(
  member: PathMember,
  [, process = '', rest = '']: RegExpExecArray,
  out: number,
  size: number,
): void {
  const { tid } = member.block;
  const pid = process === 'self' ? processGroupOf(tid) : process === 'thread-self' ? tid : process;
  const name = member.paths.table.nameOf(`/proc/${pid}${rest}`);
  if (!name?.mount) return letRun(member);
  const result = writeText(member, name.deleted ? `${name.path} (deleted)` : name.path, out, size);
  if (result < 0) answer(member, result);
  else member.block.answerValue(result);
}

/** As readlink(2) does: cut off, without a zero byte. */
function writeText(member: PathMember, text: string, out: number, size: number): number {
  const bytes = Buffer.from(text.slice(0, size), 'latin1');
  const result = memoryWrite(member.block.tid, out, bytes, 0, bytes.length);
  return result < 0 ? result : bytes.length;
}

const handleHeaderBytes = 8;
const handleBytesMax = 128;
const handle = Buffer.alloc(handleHeaderBytes + handleBytesMax);
const mountId = new Int32Array(2);

export function nameToHandleTrap(member: PathMember): void {
  const { block } = member;
  const flags = block.int(4);
  const { tid } = block;
  const fd = objectOf(member, block.int(0), block.address(1), {
    follow: (flags & At.symlinkFollow) !== 0,
    empty: (flags & At.emptyPath) !== 0,
  });
  if (fd < 0) return;
  if (memoryRead(tid, block.address(2), handle, handleHeaderBytes) < 0) {
    return finish(member, fd, -errnoNumber('EFAULT'));
  }
  if (handle.readUInt32LE(0) > handleBytesMax) return finish(member, fd, invalid);
  const result = objectHandle(fd, handle, mountId, flags & ~At.symlinkFollow);
  closeDescriptor(fd);
  if (result === 0 || result === -errnoNumber('EOVERFLOW')) {
    const bytes = result === 0 ? handleHeaderBytes + handle.readUInt32LE(0) : handleHeaderBytes;
    const ids = Buffer.from(mountId.buffer);
    const written =
      memoryWrite(tid, block.address(2), handle, 0, bytes) < 0 ||
      memoryWrite(tid, block.address(3), ids, 0, 4) < 0;
    if (written) return answer(member, -errnoNumber('EFAULT'));
  }
  answer(member, result);
}
