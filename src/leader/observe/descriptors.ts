/** The open descriptors of a process of a member: numbers in runs, or what they refer to and the locks on it. */
import { errnoName, SyscallError } from '../../shared/errno.js';
import type { Reply, Request } from '../../shared/messages.js';
import { packDescriptorDetails, packDescriptors } from '../../shared/native/processes.js';
import { decodeDescriptors, retarget } from '../../shared/process-records.js';
import type { Session } from '../session.js';
import { type ObserveContext, packedBytesMax } from './context.js';
import type { Trees } from './trees.js';

type Locks = Reply<'descriptorsList'>['locks'];

/** Locks that one reply tells, and that are looked at for one file. */
const locksMax = 100;
const looksMax = 1_000;
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

  /** The locks that the process took on these files. */
  private locksOn(packed: Buffer, pid: number): Locks {
    const files = new Set(decodeDescriptors(packed).map(({ device, inode }) => `${device}:${inode}`));
    const found: Locks[number][] = [];
    for (const file of files) {
      let looked = 0;
      for (const row of this.context.core.walk({ key: file })) {
        if (row === null || ++looked > looksMax || found.length >= locksMax) break;
        const { kind, type, start, end, waiting, process } = row;
        if (process.pid === pid) found.push({ file, kind, type, start, end, waiting });
      }
    }
    return found;
  }
}
