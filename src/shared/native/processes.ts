/**
 * Facts about other processes, many in one call (native/observe.c, records.c, pages.c, descriptors.c). The callers own the
 * buffers. Functions that answer `number` give a count or -errno.
 */
import { lib } from './library.js';

const func = <A extends unknown[]>(declaration: string) => lib.func(declaration) as (...args: A) => number;

/** The parent of a process, 0 when it has none that is visible here, -ESRCH when it is gone. */
export const parentOf = func<[pid: number]>('int sward_observe_parent(int)');

/** Milliseconds since the machine started: what the start of a process counts from. */
export const machineUptime = func<[]>('double sward_observe_uptime()');

const treeRaw = func<[roots: Int32Array, count: number, pairs: Int32Array, max: number]>(
  'int sward_observe_tree(const void *, int, void *, int)',
);
const threadsRaw = func<[pid: number, pairs: Int32Array, max: number]>(
  'int sward_observe_threads(int, void *, int)',
);
const ownedRaw = func<[pid: number, uid: number]>('int sward_observe_owned(int, uint32_t)');
const recordsRaw = func<
  [
    pairs: Int32Array,
    first: number,
    count: number,
    tgid: number,
    groups: number,
    microseconds: number,
    bytes: Uint8Array,
    size: number,
    next: Int32Array,
  ]
>('int sward_observe_records(const void *, int, int, int, uint32_t, int, void *, int, void *)');
const numbersRaw = func<[pid: number, start: number, bytes: Uint8Array, size: number, next: Uint32Array]>(
  'int sward_descriptor_numbers(int, uint32_t, void *, int, void *)',
);
const detailsRaw = func<
  [pid: number, start: number, max: number, bytes: Uint8Array, size: number, next: Uint32Array]
>('int sward_descriptor_details(int, uint32_t, int, void *, int, void *)');

/** Room for the result of a listing that may turn out longer than expected. */
function grown(list: (pairs: Int32Array, max: number) => number, expected: number): Int32Array | number {
  for (let max = expected; ; ) {
    const pairs = new Int32Array(2 * max);
    const count = list(pairs, max);
    if (count <= max) return count < 0 ? count : pairs.subarray(0, 2 * count);
    max = count + 256;
  }
}

/** (pid, parent) of the roots and of all processes below them, by pid; or -errno. */
export function processTree(roots: readonly number[], expected = 1024): Int32Array | number {
  const all = Int32Array.from(roots);
  return grown((pairs, max) => treeRaw(all, all.length, pairs, max), expected);
}

/** (tid, parent of the process) of its threads; or -errno. */
export function processThreads(pid: number): Int32Array | number {
  return grown((pairs, max) => threadsRaw(pid, pairs, max), 64);
}

/** Whether descriptors of two processes refer to the same open file description: 1, 0 (also: one is gone) or -errno. */
export const sameDescription = func<[pid: number, fd: number, other: number, otherFd: number]>(
  'int sward_descriptions_same(int, int, int, int)',
);

/** Whether the process belongs to that user altogether. */
export const isOwnedBy = (pid: number, uid: number): boolean => ownedRaw(pid, uid) === 1;

const nextPair = new Int32Array(1);

/** Packs records of pairs from `first` on into `bytes`: how many bytes, and the first pair not looked at. */
export function packRecords(
  pairs: Int32Array,
  first: number,
  tgid: number,
  groups: number,
  microseconds: number,
  bytes: Uint8Array,
): { bytes: number; next: number } {
  const count = recordsRaw(
    pairs,
    first,
    pairs.length / 2,
    tgid,
    groups,
    microseconds,
    bytes,
    bytes.length,
    nextPair,
  );
  return { bytes: count, next: nextPair[0]! };
}

/** `next` of a list of descriptors that is complete. */
const lastDescriptor = 0xffff_ffff;
const nextDescriptor = new Uint32Array(1);
const following = (): number | null => (nextDescriptor[0] === lastDescriptor ? null : nextDescriptor[0]!);

/** The open descriptors from `start` on as runs (see process-records.ts): bytes or -errno, and where to go on. */
export function packDescriptors(
  pid: number,
  start: number,
  bytes: Uint8Array,
): { bytes: number; next: number | null } {
  const count = numbersRaw(pid, start, bytes, bytes.length, nextDescriptor);
  return { bytes: count, next: following() };
}

/** What the open descriptors from `start` on refer to: bytes or -errno, and where to go on. */
export function packDescriptorDetails(
  pid: number,
  start: number,
  max: number,
  bytes: Uint8Array,
): { bytes: number; next: number | null } {
  const count = detailsRaw(pid, start, max, bytes, bytes.length, nextDescriptor);
  return { bytes: count, next: following() };
}
