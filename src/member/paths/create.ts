/** Puts together what the path calls of a member need; nothing where there are no mounts. */
import type { Log } from '../../shared/log.js';
import type { Filter } from '../filter.js';
import type { Launcher } from '../launcher.js';
import type { ProcessTable } from '../processes.js';
import type { TrapBlock } from '../trap-block.js';
import { ExecAliases } from './exec-alias.js';
import { Identity } from './identity.js';
import { Injections } from './injections.js';
import type { MountTable } from './mount-table.js';
import type { Paths } from './paths.js';
import { Resolver } from './resolver.js';

interface PathOptions {
  readonly table: MountTable;
  readonly launcher: Launcher;
  readonly filter: Filter;
  readonly log: Log;
}

export function createPaths(
  options: PathOptions,
  block: TrapBlock,
  processes: ProcessTable,
): Paths | undefined {
  const { table, launcher, filter, log } = options;
  if (table.mounts.length === 0) return undefined;
  return {
    table,
    resolver: new Resolver(table, block, launcher.listener),
    identity: new Identity(processes),
    injections: new Injections(block, launcher.listener, log),
    aliases: new ExecAliases(),
    numbers: {
      close: filter.numberOf('close'),
      chdir: filter.numberOf('chdir'),
      fchdir: filter.numberOf('fchdir'),
      mmap: filter.numberOf('mmap'),
      munmap: filter.numberOf('munmap'),
      openat: filter.numberOf('openat'),
      connect: filter.numberOf('connect'),
      execve: filter.numberOf('execve'),
      execveat: filter.numberOf('execveat'),
    },
  };
}
