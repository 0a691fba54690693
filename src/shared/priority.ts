/** What others wait for should run before them. */
import { setPriority } from 'node:os';

/** nice(2), where a privilege is needed (CAP_SYS_NICE); what was started before keeps its own. */
const niceness = -10;

/**
 * Puts this thread before ordinary ones, if it may. It works for microseconds at a time, and on a busy machine all that is
 * trapped or waits for an answer would wait for a CPU first; and the longer a trap waits to be received, the likelier a
 * signal ends it.
 */
export function runFirst(): void {
  try {
    setPriority(niceness);
  } catch {
    // Without the privilege it runs like everybody.
  }
}
