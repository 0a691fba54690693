/**
 * The files that this member has open at the leader, found by what a descriptor refers to. Used ones stay; idle ones
 * are kept for a while (`idleFilesMax`), since the leader's pin makes their identity safe.
 */
import { LRUCache } from 'lru-cache';
import { idleFilesMax } from '../shared/limits.js';
import type { Description, Timers } from './descriptions.js';
import type { LeaderLink, LinkFile } from './link.js';
import type { Process } from './processes.js';
import type { TrapBlock } from './trap-block.js';

export class MemberFile {
  readonly link: LinkFile;
  readonly words: Uint32Array;
  readonly hash: number;
  /** Processes that may hold record locks on it. */
  readonly holders = new Set<Process>();
  /** Descriptions of it that may hold OFD or flock locks. */
  readonly descriptions: Description[] = [];
  /** Calls under way that refer to it. */
  calls = 0;
  /** Until the leader is told to forget it. */
  known = true;
  /** Idle since before the last sweep. */
  stale = false;

  constructor(link: LinkFile, words: Uint32Array, hash: number) {
    this.link = link;
    this.words = words;
    this.hash = hash;
  }

  get used(): boolean {
    return this.calls > 0 || this.holders.size > 0 || this.descriptions.length > 0;
  }
}

/** Idle files are forgotten after one to two of these: a pin keeps the space of a deleted file. */
const sweepMilliseconds = 1000;

export class FileTable {
  readonly #link: LeaderLink;
  readonly #timers: Timers;
  #sweeping = false;
  readonly #byHash = new Map<number, MemberFile[]>();
  readonly #idle: LRUCache<MemberFile, true>;

  constructor(link: LeaderLink, timers: Timers) {
    this.#link = link;
    this.#timers = timers;
    this.#idle = new LRUCache<MemberFile, true>({
      max: idleFilesMax,
      dispose: (_value, file, reason) => {
        if (reason === 'evict') this.#forget(file);
      },
    });
  }

  /** The file of the trap in hand, if it is open at the leader. */
  find(block: TrapBlock): MemberFile | undefined {
    const bucket = this.#byHash.get(block.inodeHash);
    if (!bucket) return undefined;
    for (const file of bucket) if (block.isInode(file.words)) return file;
    return undefined;
  }

  /** The file of the trap in hand, opened at the leader when it is not yet. */
  open(block: TrapBlock): MemberFile {
    const known = this.find(block);
    if (known) {
      known.stale = false;
      return known;
    }
    const link = this.#link.openFile(block.device, block.inode, block.copy);
    const file = new MemberFile(link, block.inodeWords(), block.inodeHash);
    const bucket = this.#byHash.get(file.hash);
    if (bucket) bucket.push(file);
    else this.#byHash.set(file.hash, [file]);
    this.#rest(file);
    return file;
  }

  #rest(file: MemberFile): void {
    this.#idle.set(file, true);
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#timers.after(sweepMilliseconds, () => this.#sweep());
  }

  /** Forgets what has been idle since the last sweep. */
  #sweep(): void {
    for (const file of [...this.#idle.keys()]) {
      if (file.used || file.stale) {
        this.#idle.delete(file);
        this.#forget(file);
      } else {
        file.stale = true;
      }
    }
    this.#sweeping = this.#idle.size > 0;
    if (this.#sweeping) this.#timers.after(sweepMilliseconds, () => this.#sweep());
  }

  /** To be called when something that used the file ended. */
  settle(file: MemberFile): void {
    file.stale = false;
    if (!file.used && file.known && !this.#idle.has(file)) this.#rest(file);
  }

  #forget(file: MemberFile): void {
    // A used file is not idle: it comes back when its last use ends.
    if (file.used) return;
    const bucket = this.#byHash.get(file.hash);
    if (!bucket?.includes(file)) return;
    bucket.splice(bucket.indexOf(file), 1);
    if (bucket.length === 0) this.#byHash.delete(file.hash);
    file.known = false;
    this.#link.closeFile(file.link);
  }
}
