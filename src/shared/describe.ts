/** Words for people about what the core reports. */
import type { DeadlockReport } from './core-types.js';

/** One line that names the processes of a deadlock, each waiting for the next. */
export function describeDeadlock(report: DeadlockReport): string {
  const names = report.processes.map(({ pid, command }) => `${pid} (${command})`);
  return `deadlock: ${[...names, names[0]].join(' waits for ')}; the kernel would not detect it`;
}
