/**
 * How the members name a file, for reports: the kernel tells where a descriptor's file is on the host or in a private
 * tmpfs; from there the mount that it is in leads to the guest path. Where roots lie is read anew each time.
 */
import { fstatSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { MountType } from '../../shared/mount-types.js';
import type { OpenMount } from './open.js';

const target = (fd: number): string => readlinkSync(`/proc/self/fd/${fd}`);
const deviceOf = (fd: number): bigint => fstatSync(fd, { bigint: true }).dev;

export class GuestPaths {
  /** A private tmpfs is a tree of its own: paths in it begin at its root. */
  private readonly privates = new Map<bigint, OpenMount>();
  private readonly others: readonly OpenMount[];

  constructor(mounts: readonly OpenMount[]) {
    const isPrivate = ({ type, descriptor }: OpenMount) =>
      type === MountType.tmpfs && target(descriptor) === '/';
    for (const mount of mounts.filter(isPrivate)) this.privates.set(deviceOf(mount.descriptor), mount);
    this.others = mounts.filter((mount) => !isPrivate(mount));
  }

  /** The kernel appends " (deleted)" to what has no name any more. */
  of(fd: number | undefined): string {
    try {
      return fd === undefined ? '?' : this.find(target(fd), deviceOf(fd));
    } catch {
      return '?';
    }
  }

  /** The guest path of what lies there on the host, on that device. */
  find(path: string, device: bigint): string {
    const own = this.privates.get(device);
    if (own !== undefined) return path === '/' ? own.path : join(own.path, path);
    let best = path;
    let longest = -1;
    for (const mount of this.others) {
      const root = target(mount.descriptor);
      const rest = remainder(path, root);
      if (rest === undefined || root.length <= longest) continue;
      longest = root.length;
      best = join(mount.path, rest);
    }
    return best;
  }
}

/** What follows the root in a path that is beneath it; '' for the root itself. */
function remainder(path: string, root: string): string | undefined {
  if (path === root) return '';
  const prefix = root === '/' ? root : `${root}/`;
  return path.startsWith(prefix) ? path.slice(prefix.length) : undefined;
}
