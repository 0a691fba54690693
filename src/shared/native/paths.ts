/**
 * File operations for a workload (native/path.c), with its rights (native/identity.c). Each answers a count, a
 * descriptor or 0, or -errno. Names are a buffer and an offset in it, ended by a zero byte.
 */
import { lib } from './library.js';

type Call<A extends unknown[]> = (...args: A) => number;
const func = <A extends unknown[]>(declaration: string): Call<A> => lib.func(declaration) as Call<A>;

type Entry = [directory: number, names: Buffer, offset: number];

export const identitySize = func<[]>('int sward_identity_size(void)');
export const identityRead = func<[tid: number, real: number, identity: Buffer]>(
  'int sward_identity_read(int, int, void *)',
);
/** The buffer is used until the next call of this. */
export const identityUse = lib.func('void sward_identity_use(void *)') as (identity: Buffer | null) => void;

export const pathFetch = func<[tid: number, address: number, path: Buffer]>(
  'int sward_path_fetch(int, uint64_t, void *)',
);
export const memoryRead = func<[tid: number, address: number, to: Buffer, length: number]>(
  'int sward_memory_read(int, uint64_t, void *, int)',
);
export const memoryReadSome = func<[tid: number, address: number, to: Buffer, length: number]>(
  'int sward_memory_read_some(int, uint64_t, void *, int)',
);
export const memoryWrite = func<[tid: number, address: number, from: Buffer, offset: number, length: number]>(
  'int sward_memory_write(int, uint64_t, void *, int, int)',
);

export const pathOpen = func<[...Entry, flags: number, mode: number, resolve: number]>(
  'int sward_path_open(int, void *, int, uint32_t, uint32_t, uint32_t)',
);
export const pathReopen = func<[fd: number, flags: number, mode: number]>(
  'int sward_path_reopen(int, uint32_t, uint32_t)',
);
export const directoryReopen = func<[fd: number]>('int sward_directory_reopen(int)');
export const ownOpen = func<[names: Buffer, offset: number, flags: number]>(
  'int sward_own_open(void *, int, int)',
);
export const pathHasLink = func<[names: Buffer, follow: number]>('int sward_path_has_link(void *, int)');
export const pathKind = func<[...Entry, follow: number]>('int sward_path_kind(int, void *, int, int)');
const descriptorFactsRaw = func<[fd: number, facts: Buffer]>('int sward_descriptor_facts(int, void *)');
const ownFactsRaw = func<[path: string, facts: Buffer]>('int sward_own_facts(const char *, void *)');
const ownReadlinkRaw = func<[path: string, text: Buffer, size: number]>(
  'int sward_own_readlink(const char *, void *, int)',
);
const linkTextRaw = func<[fd: number, text: Buffer, size: number]>('int sward_link_text(int, void *, int)');

export const objectStat = func<[fd: number, tid: number, address: number]>(
  'int sward_object_stat(int, int, uint64_t)',
);
export const pathStat = func<[...Entry, flags: number, resolve: number, tid: number, address: number]>(
  'int sward_path_stat(int, void *, int, uint32_t, uint32_t, int, uint64_t)',
);
export const objectStatx = func<[fd: number, flags: number, mask: number, tid: number, address: number]>(
  'int sward_object_statx(int, int, uint32_t, int, uint64_t)',
);
export const objectStatfs = func<[fd: number, tid: number, address: number]>(
  'int sward_object_statfs(int, int, uint64_t)',
);
export const objectAccess = func<[fd: number, mode: number]>('int sward_object_access(int, int)');
export const objectChmod = func<[fd: number, mode: number]>('int sward_object_chmod(int, uint32_t)');
export const objectChown = func<[fd: number, uid: number, gid: number]>(
  'int sward_object_chown(int, uint32_t, uint32_t)',
);
export const objectTimes = func<[fd: number, times: Buffer | null]>('int sward_object_times(int, void *)');
export const exceedsSizeLimit = func<[tid: number, length: bigint]>(
  'int sward_exceeds_size_limit(int, int64_t)',
);
export const objectTruncate = func<[fd: number, length: bigint]>('int sward_object_truncate(int, int64_t)');
export const objectSetAttribute = func<
  [fd: number, name: Buffer, value: Buffer, size: number, flags: number]
>('int sward_object_set_attribute(int, void *, void *, int64_t, int)');
export const objectGetAttribute = func<[fd: number, name: Buffer, value: Buffer, size: number]>(
  'int sward_object_get_attribute(int, void *, void *, int64_t)',
);
export const objectListAttributes = func<[fd: number, names: Buffer, size: number]>(
  'int sward_object_list_attributes(int, void *, int64_t)',
);
export const objectRemoveAttribute = func<[fd: number, name: Buffer]>(
  'int sward_object_remove_attribute(int, void *)',
);
export const objectWatch = func<[fd: number, inotify: number, mask: number]>(
  'int sward_object_watch(int, int, uint32_t)',
);
export const objectHandle = func<[fd: number, handle: Buffer, mountId: Int32Array, flags: number]>(
  'int sward_object_handle(int, void *, void *, int)',
);

export const entryMkdir = func<[...Entry, mode: number]>('int sward_entry_mkdir(int, void *, int, uint32_t)');
export const entryMknod = func<[...Entry, mode: number, device: number]>(
  'int sward_entry_mknod(int, void *, int, uint32_t, uint32_t)',
);
export const entryUnlink = func<[...Entry, flags: number]>('int sward_entry_unlink(int, void *, int, int)');
export const entrySymlink = func<[target: Buffer, ...Entry]>(
  'int sward_entry_symlink(void *, int, void *, int)',
);
export const entryRename = func<
  [
    from: number,
    fromNames: Buffer,
    fromOffset: number,
    to: number,
    toNames: Buffer,
    toOffset: number,
    flags: number,
  ]
>('int sward_entry_rename(int, void *, int, int, void *, int, uint32_t)');
export const entryLink = func<[fd: number, ...Entry]>('int sward_entry_link(int, int, void *, int)');
export const entryBind = func<[...Entry, socket: number]>('int sward_entry_bind(int, void *, int, int)');

export const directoryRead = func<[fd: number, entries: Buffer, offset: number, size: number, old: number]>(
  'int sward_directory_read(int, void *, int, int, int)',
);
export const descriptorPosition = func<[fd: number]>('int64_t sward_descriptor_position(int)');
export const descriptorFlags = func<[fd: number]>('int sward_descriptor_flags(int)');
export const descriptorSetFlags = func<[fd: number, flags: number]>(
  'int sward_descriptor_set_flags(int, int)',
);
export const descriptorTake = func<[tid: number, fd: number]>('int sward_descriptor_take(int, int)');
export const trapAddDescriptor = func<
  [
    listener: number,
    low: number,
    high: number,
    tid: number,
    fd: number,
    closeOnExec: number,
    spare: number,
    truncate: number,
  ]
>('int sward_trap_add_descriptor(int, uint32_t, uint32_t, int, int, int, int, int)');

export const injectStateSize = func<[]>('int sward_inject_state_size(void)');
export const injectSeize = func<[tid: number]>('int sward_inject_seize(int)');
export const injectCatch = func<[tid: number, saved: Buffer]>('int sward_inject_catch(int, void *)');
export const injectCall = func<
  [tid: number, saved: Buffer, call: number, parameters: BigInt64Array, interruptible: number, wait: number]
>('int sward_inject_call(int, void *, long, void *, int, int)');
export const injectResult = func<[tid: number, status: number, result: BigInt64Array]>(
  'int sward_inject_result(int, int, void *)',
);
export const injectPeek = func<[tid: number, result: BigInt64Array]>('int sward_inject_peek(int, void *)');
export const injectFinish = func<
  [
    tid: number,
    saved: Buffer,
    call: number,
    result: number,
    restart: number,
    replaced: number,
    signal: number,
  ]
>('int sward_inject_finish(int, void *, long, int64_t, int, int, int)');

/** What the member decides by, of a file. */
export interface FileFacts {
  readonly mode: number;
  readonly links: number;
  readonly device: bigint;
  readonly inode: bigint;
  readonly size: bigint;
}

const facts = Buffer.allocUnsafeSlow(32);

function readFacts(result: number): FileFacts | undefined {
  if (result < 0) return undefined;
  return {
    mode: facts.readUInt32LE(0),
    links: facts.readUInt32LE(4),
    device: facts.readBigUInt64LE(8),
    inode: facts.readBigUInt64LE(16),
    size: facts.readBigInt64LE(24),
  };
}

/** Undefined when the descriptor is none. */
export const descriptorFacts = (fd: number): FileFacts | undefined =>
  readFacts(descriptorFactsRaw(fd, facts));

/** Of what a path in /proc leads to; undefined when it leads nowhere. */
export const ownFacts = (path: string): FileFacts | undefined => readFacts(ownFactsRaw(path, facts));

const text = Buffer.allocUnsafeSlow(8192);

/** Text of a link in /proc, byte for byte (latin1); undefined when there is none. */
export function ownReadlink(path: string): string | undefined {
  const length = ownReadlinkRaw(path, text, text.length);
  return length < 0 ? undefined : text.toString('latin1', 0, length);
}

/** Text of the symbolic link behind an O_PATH descriptor, byte for byte (latin1); a negative errno. */
export function linkText(fd: number): string | number {
  const length = linkTextRaw(fd, text, text.length);
  return length < 0 ? length : text.toString('latin1', 0, length);
}
