/**
 * Whose rights file operations have. A workload starts with the member's own user, groups, capabilities and umask, so
 * nothing is asked until one of its programs changes them. From then on each thread's are asked of the kernel, and
 * remembered with its process until one of its threads makes a call that changes them; all such calls are trapped.
 */
import { errnoName, SyscallError } from '../../shared/errno.js';
import { identityRead, identitySize, identityUse } from '../../shared/native/paths.js';
import type { ProcessTable } from '../processes.js';

export class Identity {
  readonly #processes: ProcessTable;
  readonly #size = identitySize();
  /** Some program of the workload may have other ids, groups or capabilities. */
  #idsDiffer = false;
  /** Some program may have another umask: matters to what it creates. */
  #masksDiffer = false;
  /** Processes may share a umask, or a thread have its own: nothing is remembered. */
  #masksShared = false;
  #selected = false;
  #tid = 0;

  constructor(processes: ProcessTable) {
    this.#processes = processes;
  }

  /** The thread is about to change its ids, groups or capabilities. */
  idsChange(tid: number): void {
    this.#idsDiffer = true;
    this.forget(tid);
  }

  maskChanges(tid: number): void {
    this.#masksDiffer = true;
    this.forget(tid);
  }

  masksAreShared(): void {
    this.#masksShared = true;
  }

  /** execve(2) changes capabilities. */
  forget(tid: number): void {
    this.#processes.tracked(tid)?.identities.clear();
  }

  /** Operations from here to `end` are the thread's. */
  begin(tid: number): void {
    this.#tid = tid;
    if (this.#idsDiffer) this.#select(0);
  }

  /** The operation creates something. */
  creates(): void {
    if (this.#masksDiffer && !this.#selected) this.#select(0);
  }

  /** access(2): "The check is done using the calling process's real UID and GID". */
  usesRealIds(): void {
    if (this.#idsDiffer) this.#select(1);
  }

  #select(real: 0 | 1): void {
    identityUse(this.#identityOf(this.#tid, real));
    this.#selected = true;
  }

  #identityOf(tid: number, real: 0 | 1): Buffer {
    const process = this.#masksShared
      ? undefined
      : (this.#processes.tracked(tid) ?? this.#processes.track(tid));
    const key = 2 * tid + real;
    const known = process?.identities.get(key);
    if (known) return known;
    const identity = Buffer.allocUnsafeSlow(this.#size);
    const result = identityRead(tid, real, identity);
    if (result < 0) throw new SyscallError(errnoName(result));
    process?.identities.set(key, identity);
    return identity;
  }

  end(): void {
    if (this.#selected) identityUse(null);
    this.#selected = false;
  }
}
