/** What others wait for should run before them. */
import { setPriority } from 'node:os';

/** nice(2) of a thread; a lower one needs a privilege (CAP_SYS_NICE). */
export const Niceness = {
  /**
   * Before ordinary threads. Leader and members work for microseconds at a time, and on a busy machine all that is
   * trapped or waits for an answer would wait for a CPU first; and the longer a trap waits to be received, the likelier
   * a signal ends it.
   */
  first: -10,
  /** The one that waits for an answer takes the CPU as soon as it has it. */
  soon: -3,
} as const;

/** Gives this thread a niceness, if it may: false when not. What was started before keeps its own. */
export function runAt(niceness: number): boolean {
  try {
    setPriority(niceness);
    return true;
  } catch {
    return false;
  }
}
