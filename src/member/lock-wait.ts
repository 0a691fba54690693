/** A lock call of a workload while the leader has it: keeps the books of file, process and description. */

import { errnoNumber } from '../shared/errno.js';
import type { LockKind, LockRange, LockType } from '../shared/lock-types.js';
import { descriptorOn } from '../shared/native/workload.js';
import type { Description } from './descriptions.js';
import type { MemberFile } from './files.js';
import type { Member } from './interceptor.js';
import type { LinkOwner, LockCall } from './link.js';
import type { Process } from './processes.js';
import { releaseFile } from './release-traps.js';
import { Wait } from './waits.js';

const badDescriptor = -errnoNumber('EBADF');

export interface LockWish {
  readonly member: Member;
  readonly process: Process;
  readonly file: MemberFile;
  readonly fd: number;
  readonly kind: LockKind;
  readonly type: LockType;
  readonly range: LockRange;
  readonly wait: boolean;
  /** For OFD and flock locks. */
  readonly description: Description | undefined;
}

export class LockWait extends Wait {
  readonly #member: Member;
  readonly #file: MemberFile;
  readonly #description: Description | undefined;
  readonly #isNew: boolean;
  readonly call: LockCall;

  constructor(wish: LockWish) {
    super(wish.member.block, wish.process);
    this.#member = wish.member;
    this.#file = wish.file;
    this.#description = wish.description;
    const { process, file, description, kind } = wish;
    const owner: LinkOwner = description?.owner ?? process.owner;
    this.call = {
      file: file.link,
      owner,
      process: process.owner,
      kind,
      type: wish.type,
      start: wish.range.start,
      end: wish.range.end,
      wait: wish.wait,
      settle: (result) => this.#settle(result),
    };
    // What may be held is noted before it is asked for: a close in another thread must see it.
    file.calls++;
    if (description) {
      this.#isNew = !description.kinds.has(kind);
      description.kinds.add(kind);
      description.waits++;
    } else {
      this.#isNew = !process.files.has(file);
      process.files.set(file, wish.fd);
      file.holders.add(process);
    }
  }

  /** The leader has answered: the books are closed, the caller answers the workload. */
  close(result: number): void {
    const file = this.#file;
    const description = this.#description;
    file.calls--;
    if (description) {
      description.waits--;
      if (result === 0) this.#member.descriptions.takers.took(description, this.process, this.fd);
      if (result !== 0 && this.#isNew && description.waits === 0) description.kinds.delete(this.call.kind);
      this.#member.descriptions.settle(description);
    } else if (result !== 0 && this.#isNew && this.process.waits.size === 0) {
      this.process.letGo(file);
    }
    this.#member.files.settle(file);
  }

  #settle(result: number): void {
    const lost = result === 0 && this.descriptorClosed && !this.#description && !this.#stillOpen();
    this.#member.waits.finish(this, lost ? badDescriptor : result);
    // fcntl_setlk() in fs/locks.c: the descriptor was closed while the call waited, and with it go all locks.
    if (lost) releaseFile(this.#member, this.process, this.#file);
    this.close(result);
  }

  #stillOpen(): boolean {
    const { process, fd } = this;
    const { device, inode } = this.#file.link;
    return descriptorOn(process.pidfd, process.pid, fd, device, inode) === 1;
  }

  gone(): void {
    this.#member.link.unlock(this.call.file, this.call.owner, this.call.kind, this.call);
  }
}
