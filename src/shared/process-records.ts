/**
 * What the packed replies about processes hold, as native/records.c and native/descriptors.c write them: the names of
 * the groups, and the decoders that every client shares. Bytes behind what is known here are skipped, as are groups
 * with other numbers: a leader that tells more breaks nobody.
 */
import { normalizeOffset } from './lock-types.js';

/** What can be asked of a process; the bits of a request's `groups`. A record tells pid and parent in any case. */
export const ProcessGroup = { base: 1, cred: 2, usage: 4, cmd: 8, io: 16, locks: 32 } as const;
export type ProcessGroupName = keyof typeof ProcessGroup;
export const processGroupNames = Object.keys(ProcessGroup) as ProcessGroupName[];
export const allProcessGroups = 63;

/** Which processes: all of the members, one, the children of one, the threads of one. */
export const ProcessScope = { all: 0, one: 1, children: 2, threads: 3 } as const;
export type ProcessScope = (typeof ProcessScope)[keyof typeof ProcessScope];

interface BaseFacts {
  /** The process; for a thread, the one that it belongs to. */
  readonly tgid: number;
  readonly sid: number;
  readonly pgid: number;
  /** Milliseconds since the machine started. */
  readonly start: number;
  /** As in proc_pid_stat(5): R, S, D, Z, T, … */
  readonly state: string;
  readonly comm: string;
}

interface CredFacts {
  readonly uid: number;
  readonly euid: number;
  readonly suid: number;
  readonly fsuid: number;
  readonly gid: number;
  readonly egid: number;
  readonly sgid: number;
  readonly fsgid: number;
}

interface UsageFacts {
  /** Milliseconds. */
  readonly user: number;
  readonly system: number;
  /** Bytes. */
  readonly rss: number;
  readonly minorFaults: number;
  readonly majorFaults: number;
  readonly threads: number;
}

interface IoFacts {
  readonly readChars: number;
  readonly writtenChars: number;
  readonly readCalls: number;
  readonly writeCalls: number;
  readonly readBytes: number;
  readonly writtenBytes: number;
  readonly cancelledBytes: number;
}

interface LockFacts {
  readonly held: number;
  readonly waiting: number;
  /** Of the longest wait that has not ended, milliseconds. */
  readonly waitingFor: number;
}

/** One process. A group that was not asked for is undefined; null: it could not be read. */
export interface ProcessRecord {
  readonly pid: number;
  readonly ppid: number;
  base?: BaseFacts | null;
  cred?: CredFacts | null;
  usage?: UsageFacts | null;
  /** The arguments. */
  cmd?: readonly string[] | null;
  io?: IoFacts | null;
  locks?: LockFacts | null;
}

const u64 = (view: DataView, at: number): number =>
  view.getUint32(at, true) + view.getUint32(at + 4, true) * 2 ** 32;
const text = (bytes: Buffer, from: number, to: number): string => bytes.toString('utf8', from, to);

const groupHeaderBytes = 4;

/** Calls back with each record: where its groups begin and end. */
function eachRecord(view: DataView, found: (at: number, groups: number, end: number) => void): void {
  for (let at = 0; at < view.byteLength; ) {
    const end = at + view.getUint16(at, true);
    found(at, at + view.getUint8(at + 3), end);
    at = end;
  }
}

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

export function decodeProcesses(packed: Buffer): ProcessRecord[] {
  const view = viewOf(packed);
  const records: ProcessRecord[] = [];
  eachRecord(view, (at, groups, end) => {
    const record: ProcessRecord = { pid: view.getUint32(at + 4, true), ppid: view.getUint32(at + 8, true) };
    for (let group = groups; group < end; ) {
      const from = group + groupHeaderBytes;
      const length = view.getUint16(group + 2, true);
      decodeGroup(record, view.getUint8(group), packed, view, from, length);
      group = from + length;
    }
    records.push(record);
  });
  return records;
}

function decodeGroup(
  record: ProcessRecord,
  group: number,
  bytes: Buffer,
  view: DataView,
  at: number,
  length: number,
): void {
  const none = length === 0;
  const u32 = (index: number) => view.getUint32(at + 4 * index, true);
  const long = (index: number) => u64(view, at + 8 * index);
  switch (1 << group) {
    case ProcessGroup.base:
      record.base = none
        ? null
        : {
            tgid: u32(0),
            sid: u32(1),
            pgid: u32(2),
            start: u64(view, at + 12),
            state: String.fromCharCode(bytes[at + 20]!),
            comm: text(bytes, at + 22, at + 22 + bytes[at + 21]!),
          };
      break;
    case ProcessGroup.cred:
      record.cred = none
        ? null
        : {
            uid: u32(0),
            euid: u32(1),
            suid: u32(2),
            fsuid: u32(3),
            gid: u32(4),
            egid: u32(5),
            sgid: u32(6),
            fsgid: u32(7),
          };
      break;
    case ProcessGroup.usage:
      record.usage = none
        ? null
        : {
            user: long(0),
            system: long(1),
            rss: long(2),
            minorFaults: long(3),
            majorFaults: long(4),
            threads: u32(10),
          };
      break;
    case ProcessGroup.cmd:
      record.cmd = text(bytes, at, at + length)
        .split('\0')
        .slice(0, none ? 0 : undefined);
      // Each argument ends with a zero byte.
      if (record.cmd.at(-1) === '') record.cmd = record.cmd.slice(0, -1);
      break;
    case ProcessGroup.io:
      record.io = none
        ? null
        : {
            readChars: long(0),
            writtenChars: long(1),
            readCalls: long(2),
            writeCalls: long(3),
            readBytes: long(4),
            writtenBytes: long(5),
            cancelledBytes: long(6),
          };
      break;
    case ProcessGroup.locks:
      record.locks = none ? null : { held: u32(0), waiting: u32(1), waitingFor: u32(2) };
      break;
  }
}

/** Where the content of a group begins in a record; undefined: it is not told. */
function findGroup(view: DataView, groups: number, end: number, wanted: number): number | undefined {
  for (let group = groups; group < end; ) {
    const length = view.getUint16(group + 2, true);
    if (1 << view.getUint8(group) === wanted) return length === 0 ? undefined : group + groupHeaderBytes;
    group += groupHeaderBytes + length;
  }
  return undefined;
}

/** Writes the group `locks` into records that have room for it. */
export function fillLocks(packed: Buffer, locksOf: (pid: number) => LockFacts | undefined): void {
  const view = viewOf(packed);
  eachRecord(view, (at, groups, end) => {
    const facts = locksOf(view.getUint32(at + 4, true));
    const locks = facts && findGroup(view, groups, end, ProcessGroup.locks);
    if (facts === undefined || locks === undefined) return;
    view.setUint32(locks, facts.held, true);
    view.setUint32(locks + 4, facts.waiting, true);
    view.setUint32(locks + 8, Math.min(facts.waitingFor, 0xffff_ffff), true);
  });
}

/** What processes are called elsewhere, 0 when they are not there, and what their groups and sessions are. */
export interface ProcessNumbers {
  of(pid: number): number;
  /** The group or session `id` of that process. */
  group(id: number, pid: number, which: 'pgid' | 'sid'): number;
}

/** The same records, in the same bytes, with other numbers; without those of processes that are not there. */
export function renumberProcesses(packed: Buffer, numbers: ProcessNumbers): Buffer {
  const view = viewOf(packed);
  let kept = 0;
  eachRecord(view, (at, groups, end) => {
    const change = (field: number, numberOf: (pid: number) => number) =>
      view.setUint32(field, numberOf(view.getUint32(field, true)), true);
    const pid = view.getUint32(at + 4, true);
    if (numbers.of(pid) === 0) return;
    change(at + 4, numbers.of);
    change(at + 8, numbers.of);
    const base = findGroup(view, groups, end, ProcessGroup.base);
    if (base !== undefined) {
      change(base, numbers.of);
      change(base + 4, (id) => numbers.group(id, pid, 'sid'));
      change(base + 8, (id) => numbers.group(id, pid, 'pgid'));
    }
    packed.copyWithin(kept, at, end);
    kept += end - at;
  });
  return packed.subarray(0, kept);
}

/** Descriptors in runs of (numbers left out, numbers open), each a varint, from `start` on. */
export function decodeNumbers(packed: Uint8Array, start: number): Uint32Array {
  const runs: number[] = [];
  let value = 0;
  let shift = 0;
  for (const byte of packed) {
    value += (byte & 0x7f) * 2 ** shift;
    shift += 7;
    if (byte >= 0x80) continue;
    runs.push(value);
    value = shift = 0;
  }
  let count = 0;
  for (let i = 1; i < runs.length; i += 2) count += runs[i]!;
  const numbers = new Uint32Array(count);
  let at = 0;
  let next = start;
  for (let i = 0; i < runs.length; i += 2) {
    next += runs[i]!;
    for (const end = next + runs[i + 1]!; next < end; next++) numbers[at++] = next;
  }
  return numbers;
}

/** What a descriptor refers to. */
export interface DescriptorRecord {
  readonly fd: number;
  /** st_mode: the type of the file and its permissions; 0: not told. */
  readonly mode: number;
  /** As of open(2), with O_CLOEXEC. */
  readonly flags: number;
  readonly offset: number;
  readonly device: number;
  /** May be beyond 2^53, as of some overlays. */
  readonly inode: number | bigint;
  readonly mount: number;
  /** A path, or such as `socket:[…]`, as /proc shows it; in a mount of the leader, the guest's path. */
  readonly target: string;
}

const targetAt = 48;

export function decodeDescriptors(packed: Buffer): DescriptorRecord[] {
  const view = viewOf(packed);
  const records: DescriptorRecord[] = [];
  for (let at = 0; at < packed.length; ) {
    const end = at + view.getUint16(at, true);
    records.push({
      fd: view.getUint32(at + 4, true),
      mode: view.getUint32(at + 8, true),
      flags: view.getUint32(at + 12, true),
      offset: u64(view, at + 16),
      device: u64(view, at + 24),
      inode: normalizeOffset(view.getBigUint64(at + 32, true)),
      mount: view.getUint32(at + 40, true),
      target: text(packed, at + targetAt, end),
    });
    at = end;
  }
  return records;
}

/** Descriptor records with other targets; one that would not fit keeps its own. */
export function retarget(
  packed: Buffer,
  bytesMax: number,
  translate: (path: string, device: bigint) => string,
): Buffer {
  const view = viewOf(packed);
  const pieces: Uint8Array[] = [];
  let spare = bytesMax - packed.length;
  for (let at = 0; at < packed.length; ) {
    const end = at + view.getUint16(at, true);
    const target = text(packed, at + targetAt, end);
    const changed = target.startsWith('/') ? translate(target, view.getBigUint64(at + 24, true)) : target;
    const bytes = Buffer.from(changed);
    const more = bytes.length - (end - at - targetAt);
    if (changed === target || more > spare) {
      pieces.push(packed.subarray(at, end));
    } else {
      const head = Buffer.from(packed.subarray(at, at + targetAt));
      head.writeUInt16LE(targetAt + bytes.length, 0);
      pieces.push(head, bytes);
      spare -= more;
    }
    at = end;
  }
  return Buffer.concat(pieces);
}
