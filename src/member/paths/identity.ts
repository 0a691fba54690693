/**
 * Whose rights file operations have. A workload starts with the member's own user, groups, capabilities and umask, so
 * nothing is asked until one of its programs changes them; from then on the kernel is asked at each trap.
 */
import { errnoName, SyscallError } from '../../shared/errno.js';
import { identityClear, identitySelect } from '../../shared/native/paths.js';

export class Identity {
  /** Some program of the workload may have other ids, groups or capabilities. */
  #idsDiffer = false;
  /** Some program may have another umask: matters to what it creates. */
  #masksDiffer = false;
  #selected = false;
  #tid = 0;

  idsChange(): void {
    this.#idsDiffer = true;
  }

  maskChanges(): void {
    this.#masksDiffer = true;
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

  #select(real: number): void {
    const result = identitySelect(this.#tid, real);
    if (result < 0) throw new SyscallError(errnoName(result));
    this.#selected = true;
  }

  end(): void {
    if (this.#selected) identityClear();
    this.#selected = false;
  }
}
