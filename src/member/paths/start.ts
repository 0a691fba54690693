/** Guest paths that the member itself is given. */
import { openSync } from 'node:fs';
import { errnoNumber } from '../../shared/errno.js';
import { directoryReopen } from '../../shared/native/paths.js';
import { closeDescriptor } from '../../shared/native/workload.js';
import type { MountTable } from './mount-table.js';
import { Open, Walk } from './walk.js';

/** Opens a directory by its guest path, with the member's rights: a descriptor, or -errno. */
export function openGuestDirectory(table: MountTable, path: string): number {
  const root = openSync('/', Open.path | Open.directory);
  const walk = new Walk(table, root);
  const result = walk.run(walk.root, path, { tid: process.pid, follow: true, entry: false });
  const fd = result < 0 ? result : directoryReopen(walk.object);
  walk.release();
  closeDescriptor(root);
  return fd === -errnoNumber('EBADF') ? -errnoNumber('ENOTDIR') : fd;
}
