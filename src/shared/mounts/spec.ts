/**
 * What is to be mounted where, as asked for in a manifest or on the command line, checked as far as that is possible
 * without mounting. Every refusal is a MountError: one line that names the entry. What a user may write: README.md.
 */
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { mountPathBytesMax, mountsMax } from '../limits.js';
import { MountLocks, MountType } from '../mount-types.js';

/** NAME_MAX of limits.h: no file system has longer ones. */
const nameBytesMax = 255;

export interface MountSpec {
  /** How errors call the entry: `fs.mounts[2] (/data)`, `--bind ./data:/data`. */
  readonly name: string;
  /** Absolute guest path, normalised. */
  readonly path: string;
  readonly type: MountType;
  /** Absolute host path; undefined for a tmpfs. */
  readonly host: string | undefined;
  readonly isDirectory: boolean;
  /** Bytes that a tmpfs may hold; undefined: the kernel's default. */
  readonly size: number | undefined;
  readonly readonly: boolean;
  readonly locks: MountLocks;
}

/** An entry cannot be mounted. The message is one line. */
export class MountError extends Error {
  constructor(entry: string, problem: string) {
    super(`${entry}: ${problem}`);
    this.name = 'MountError';
  }
}

/** What an entry says, before it is checked. Host paths are relative to `base`. */
export interface MountEntry {
  readonly name: string;
  readonly path: string;
  readonly type: MountType;
  readonly host?: string;
  readonly size?: string;
  readonly readonly?: boolean;
  readonly locks?: MountLocks;
}

/** Errors: MountError. */
export function mountSpec(entry: MountEntry, base: string): MountSpec {
  const { name, type } = entry;
  const path = guestPath(name, entry.path);
  const size = entry.size === undefined ? undefined : sizeOf(name, entry.size);
  const host = entry.host === undefined ? undefined : resolve(base, entry.host);
  return {
    name,
    path,
    type,
    host,
    isDirectory: host === undefined || isDirectory(name, host, type),
    size,
    readonly: entry.readonly ?? false,
    locks: entry.locks ?? MountLocks.leader,
  };
}

/** Sees to it that the mounts go together; outer ones come first. Errors: MountError. */
export function orderMounts(specs: readonly MountSpec[]): MountSpec[] {
  const depth = ({ path }: MountSpec) => path.split('/').length;
  const ordered = [...specs].sort((a, b) => depth(a) - depth(b));
  const byPath = new Map<string, MountSpec>();
  for (const spec of ordered) {
    const same = byPath.get(spec.path);
    if (same !== undefined) throw new MountError(spec.name, `the path is already that of ${same.name}`);
    for (const above of pathsAbove(spec.path)) {
      const file = byPath.get(above);
      if (file !== undefined && !file.isDirectory)
        throw new MountError(spec.name, `lies beneath ${file.name}, which is a file`);
    }
    byPath.set(spec.path, spec);
  }
  if (ordered.length > mountsMax)
    throw new MountError(ordered[mountsMax]!.name, `more than ${mountsMax} mounts`);
  return ordered;
}

/** The paths of the directories above an absolute path, the outermost first; without `/`. */
export function pathsAbove(path: string): string[] {
  const above: string[] = [];
  for (let cut = path.indexOf('/', 1); cut > 0; cut = path.indexOf('/', cut + 1))
    above.push(path.slice(0, cut));
  return above;
}

function guestPath(name: string, given: string): string {
  if (!given.startsWith('/')) throw new MountError(name, 'its path is not absolute');
  if (given.includes('\0')) throw new MountError(name, 'its path contains a zero byte');
  const parts = given.split('/').filter((part) => part !== '' && part !== '.');
  if (parts.includes('..')) throw new MountError(name, "its path contains '..'");
  const path = `/${parts.join('/')}`;
  if (Buffer.byteLength(path) > mountPathBytesMax)
    throw new MountError(name, `its path has more than ${mountPathBytesMax} bytes`);
  const long = parts.find((part) => Buffer.byteLength(part) > nameBytesMax);
  if (long !== undefined)
    throw new MountError(name, `its path has a name of more than ${nameBytesMax} bytes`);
  if (path === '/' || path === '/dev' || /^\/(proc|sys)(\/|$)/.test(path))
    throw new MountError(name, `nothing can be mounted at ${path}`);
  return path;
}

const units: Readonly<Record<string, number>> = { '': 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30 };

function sizeOf(name: string, given: string): number {
  const [, digits, unit] = /^(\d+)([KMG]?)$/i.exec(given) ?? [];
  const bytes = Number(digits) * units[unit?.toUpperCase() ?? '']!;
  if (Number.isSafeInteger(bytes) && bytes > 0) return bytes;
  throw new MountError(name, `size '${given}' is not a number of bytes, such as 4096, 64K, 100M, 1G`);
}

function isDirectory(name: string, host: string, type: MountType): boolean {
  if (host.includes('\0')) throw new MountError(name, 'its host path contains a zero byte');
  try {
    const info = statSync(host);
    if (type === MountType.append && !info.isFile() && !info.isDirectory())
      throw new MountError(name, `${host} is neither a file nor a directory`);
    return info.isDirectory();
  } catch (error) {
    if (error instanceof MountError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new MountError(
      name,
      code === 'ENOENT' ? `there is no ${host} on the host` : `cannot look at ${host}: ${code}`,
    );
  }
}
