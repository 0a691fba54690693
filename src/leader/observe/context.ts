/** What the handlers that only look need, and who may see what. */
import type { Core, Inode } from '../../shared/core-types.js';
import { frameBytesMax } from '../../shared/limits.js';
import { isOwnedBy } from '../../shared/native/processes.js';
import type { GuestPaths } from '../mounts/guest-paths.js';
import type { Session } from '../session.js';

export interface ObserveContext {
  readonly core: Core;
  /** Milliseconds; the clock of the core. */
  now(): number;
  sessions(): Iterable<Session>;
  pathOf(inode: Inode): string;
  readonly guestPaths: GuestPaths;
}

/** Room for the packed value of a reply: a frame less what else is in it. */
export const packedBytesMax = frameBytesMax - 256;
/** Room of a page of rows: a frame less what one row can need. */
export const pageBytesMax = frameBytesMax - 12_288;

const ownUid = process.getuid?.() ?? 0;

/** The same uid as the leader, or root: sees everything. Others see what is theirs, as with hidepid=2. */
export const seesAll = ({ peerUid }: Session, leaderUid = ownUid): boolean =>
  peerUid === 0 || peerUid === leaderUid;

export function seesProcess(asker: Session, pid: number, leaderUid = ownUid): boolean {
  return seesAll(asker, leaderUid) || isOwnedBy(pid, asker.peerUid);
}

/** Whether what that session's owners do may be told. */
export function seesSession(asker: Session, session: unknown, leaderUid = ownUid): boolean {
  return seesAll(asker, leaderUid) || (session as Session).peerUid === asker.peerUid;
}
