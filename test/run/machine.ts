/** What this machine lets the tests do; what it does not is a reason to skip (skips.ts). */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { repoRoot } from '../semantics/harness.js';
import type { Reason } from './skips.js';

const runs = (command: string, ...parameters: string[]): boolean =>
  spawnSync(command, parameters, { stdio: 'ignore' }).status === 0;

export function whereIs(program: string): string | undefined {
  const directories = (process.env.PATH ?? '').split(':');
  return directories.map((directory) => join(directory, program)).find((path) => existsSync(path));
}

export function notInstalled(...programs: readonly string[]): Reason {
  const missing = programs.filter((program) => whereIs(program) === undefined);
  return missing.length > 0 ? `not installed: ${missing.join(', ')}` : undefined;
}

export const isRoot = process.getuid?.() === 0;
export const notRoot: Reason = isRoot ? undefined : 'only root can try it';

/** Private mounts need CAP_SYS_ADMIN. */
export const noMounts: Reason =
  notRoot ??
  (runs('unshare', '--mount', 'mount', '-t', 'tmpfs', 'none', '/mnt') ? undefined : 'may not mount here');

/** Containers may refuse them; the kernel does in a chroot. */
export const noUserNamespaces: Reason =
  notRoot ?? (runs('unshare', '--user', 'true') ? undefined : 'may not make user namespaces here');

const asNobodyWords = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', '--'];
const [setpriv, ...nobodyWords] = asNobodyWords as [string, ...string[]];

/** For tests that run the commands as nobody: the repository may lie where nobody may go, as in root's home. */
export const closedToNobody: Reason =
  !isRoot || runs(setpriv, ...nobodyWords, join(repoRoot, 'bin/leader'), '--help')
    ? undefined
    : 'other users may not enter the directory of the repository';

/** A prefix that runs a command without any capability: as nobody, if we are root. */
export const asNobody: readonly string[] = isRoot ? asNobodyWords : [];
