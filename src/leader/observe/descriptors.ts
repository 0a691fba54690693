/** The open descriptors of a process of a member: numbers in runs, or what they refer to and the locks on it. */
import type { Owner } from '../../shared/core-types.js';
import { errnoName, SyscallError } from '../../shared/errno.js';
import type { Reply, Request } from '../../shared/messages.js';
import { packDescriptorDetails, packDescriptors, sameDescription } from '../../shared/native/processes.js';
import { decodeDescriptors, retarget } from '../../shared/process-records.js';
import type { Session } from '../session.js';
import { type ObserveContext, packedBytesMax } from './context.js';
import type { Trees } from './trees.js';

type Locks = Reply<'descriptorsList'>['locks'];

/** Locks that one reply tells, and that are looked at for one file. */
const locksMax = 100;
const looksMax = 1_000;
/** Descriptors that one reply compares with those of members: 0.5 µs each. */
const comparesMax = 4_096;
/** With details; guest paths may be longer than the host's. */
const detailBytesMax = packedBytesMax / 2;
const detailsMax = 256;

export class DescriptorPages {
  private readonly context: ObserveContext;
  private readonly trees: Trees;
  private readonly bytes = Buffer.allocUnsafeSlow(packedBytesMax);

  constructor(context: ObserveContext, trees: Trees) {
    this.context = context;
    this.trees = trees;
  }

  page(request: Request<'descriptorsList'>, session: Session): Reply<'descriptorsList'> {
    const { pid, start, details } = request;
    this.trees.check(session, pid);
    if (!details) {
      const { bytes, next } = packDescriptors(pid, start, this.bytes);
      return { packed: this.taken(bytes), next, locks: [] };
    }
    const room = this.bytes.subarray(0, detailBytesMax);
    const { bytes, next } = packDescriptorDetails(pid, start, Math.min(request.limit, detailsMax), room);
    const packed = this.taken(bytes);
    const { guestPaths } = this.context;
    return {
      packed: retarget(packed, packedBytesMax - locksMax * 128, (path, device) =>
        guestPaths.find(path, device),
      ),
      next,
      locks: this.locksOn(packed, pid),
    };
  }

  private taken(bytes: number): Buffer {
    if (bytes < 0) throw new SyscallError(errnoName(bytes), 'its descriptors cannot be read');
    return this.bytes.subarray(0, bytes);
  }

  /** The locks that the process has on these files: took itself, or shares with whoever took them. */
  private locksOn(packed: Buffer, pid: number): Locks {
    const files = new Map<string, number[]>();
    for (const { device, inode, fd } of decodeDescriptors(packed)) {
      const file = `${device}:${inode}`;
      const known = files.get(file);
      if (known === undefined) files.set(file, [fd]);
      else known.push(fd);
    }
    const sharing = new Sharing(pid);
    const found: Locks[number][] = [];
    for (const [file, descriptors] of files) {
      let looked = 0;
      for (const row of this.context.core.walk({ key: file })) {
        if (row === null || ++looked > looksMax || found.length >= locksMax) break;
        const { kind, type, start, end, waiting, process, owner } = row;
        const own = process.pid === pid;
        if (waiting && !own) continue;
        for (const fd of sharing.through(owner, descriptors) ?? (own ? [null] : [])) {
          found.push({ file, kind, type, start, end, waiting, fd });
        }
      }
    }
    return found;
  }
}

/** Which descriptors of a process refer to the descriptions that own locks. */
class Sharing {
  private readonly pid: number;
  private readonly known = new Map<Owner, readonly number[]>();
  private compared = 0;

  constructor(pid: number) {
    this.pid = pid;
  }

  /** Those of a file's descriptors by which the process has the owner's locks; undefined when that is not to be known. */
  through(owner: Owner, descriptors: readonly number[]): readonly number[] | undefined {
    const { copy } = owner;
    if (copy === undefined) return undefined;
    const known = this.known.get(owner);
    if (known !== undefined) return known;
    this.compared += descriptors.length;
    if (this.compared > comparesMax) return undefined;
    const { peerPid } = owner.session as Session;
    const through: number[] = [];
    for (const fd of descriptors) {
      const same = sameDescription(peerPid, copy, this.pid, fd);
      if (same < 0) return undefined;
      if (same === 1) through.push(fd);
    }
    this.known.set(owner, through);
    return through;
  }
}
