/**
 * A pid namespace below the leader's, and what processes are called there. The kernel translates since Linux 6.11. Before,
 * NSpid of /proc/PID/status has the numbers of a process in its namespace and in those around it up to ours; whether
 * this namespace is among them, and not a sibling as deep, their identities tell. Then a number that is asked for is
 * searched for among all processes, and processes whose namespace the leader may not look at (ptrace(2)) are not there.
 */
import { closeSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { namespaceAround, numberIn, pidFrom } from '../shared/native/namespace.js';
import { numbersOf, statusNumbers } from './pids.js';

export class PidNamespace {
  readonly #descriptor: number;
  readonly #depth: number;
  readonly #identity: string;

  /** That of a process, whose numbers from ours inward are these; null: it is ours, or cannot be seen. */
  static of(pid: number, numbers: readonly number[]): PidNamespace | null {
    const descriptor = numbers.length > 1 ? openOf(pid) : -1;
    return descriptor < 0 ? null : new PidNamespace(descriptor, numbers.length - 1);
  }

  /** The descriptor is its own from now on. */
  private constructor(descriptor: number, depth: number) {
    this.#descriptor = descriptor;
    this.#depth = depth;
    this.#identity = identityOf(descriptor);
  }

  close(): void {
    closeSync(this.#descriptor);
  }

  /** 0: the process is not there. */
  numberOf(pid: number): number {
    const number = numberIn(this.#descriptor, pid);
    return number >= 0 ? number : this.numberByStatus(pid);
  }

  /** Our number of the process that is called so there; 0: there is none. */
  pidOf(number: number): number {
    const pid = pidFrom(this.#descriptor, number);
    return pid >= 0 ? pid : this.pidByStatus(number);
  }

  /** What the group or session of a process is called there: it may outlive the process that it is named after. */
  groupOf(pid: number, which: 'pgid' | 'sid'): number {
    return statusNumbers(pid, `NS${which}`)?.[this.#depth] ?? 0;
  }

  /** As `numberOf`, on any kernel. */
  numberByStatus(pid: number): number {
    const number = numbersOf(pid)[this.#depth];
    return number !== undefined && this.#isAround(pid) ? number : 0;
  }

  /** As `pidOf`, on any kernel. */
  pidByStatus(number: number): number {
    const called = (pid: number) => numbersOf(pid)[this.#depth] === number && this.#isAround(pid);
    return readdirSync('/proc').map(Number).find(called) ?? 0;
  }

  #isAround(pid: number): boolean {
    let found = false;
    for (let inner = openOf(pid); inner >= 0; ) {
      found = identityOf(inner) === this.#identity;
      const around = found ? -1 : namespaceAround(inner);
      closeSync(inner);
      inner = around;
    }
    return found;
  }
}

function openOf(pid: number): number {
  try {
    return openSync(`/proc/${pid}/ns/pid`, 'r');
  } catch {
    return -1;
  }
}

/** namespaces(7): `pid:[inode]`, no other's while it is open. */
const identityOf = (descriptor: number): string => readlinkSync(`/proc/self/fd/${descriptor}`);
