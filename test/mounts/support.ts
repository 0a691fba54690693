/** What this machine lets the tests do, and what leaders have made. */
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { leaderPath } from '../programs/support.js';

const isRoot = process.getuid?.() === 0;

/** Whether private mounts can be made here (CAP_SYS_ADMIN). */
export const mayMount = isRoot && spawnSync('unshare', ['--mount', 'true']).status === 0;

/** A prefix that runs a command as nobody, without any capability; undefined where that is not possible. */
export const asNobody: readonly string[] | undefined = nobody();

function nobody(): readonly string[] | undefined {
  if (!isRoot) return [];
  const prefix = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
  // The repository may lie where nobody may go.
  const tried = spawnSync(prefix[0]!, [...prefix.slice(1), process.execPath, leaderPath, '--help']);
  return tried.status === 0 ? prefix : undefined;
}

/** Directories that the process made there for itself, by name. */
export function ownDirectories(base: string, pid: number): string[] {
  return readdirSync(base).filter((name) => name.startsWith(`sward-${pid}-`));
}
