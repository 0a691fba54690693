/** Whether /proc is that of our pid namespace: with another one's, numbers name other processes than we think. */
import { readlinkSync } from 'node:fs';

export const foreignProc = '/proc shows another pid namespace: mount one for this (unshare --mount-proc)';

/** proc(5): /proc/self is the reader's number in the namespace that was mounted. */
export function procIsOurs(): boolean {
  try {
    return readlinkSync('/proc/self') === String(process.pid);
  } catch {
    return false;
  }
}
