/**
 * The mounts of a manifest: TOML with `fs.mounts`, as Gramine's. What else is in the file is not looked at, so that a
 * Gramine manifest can be given as it is; within an entry everything must be understood. Errors: MountError.
 */
import { readFileSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { parse, TomlError } from 'smol-toml';
import { MountLocks, MountType } from '../mount-types.js';
import { MountError, type MountSpec, mountSpec } from './spec.js';

/** `chroot` is Gramine's name for `host`. */
const types: Readonly<Record<string, MountType>> = {
  host: MountType.host,
  chroot: MountType.host,
  tmpfs: MountType.tmpfs,
  append: MountType.append,
};
const knownTypes = 'host (or chroot), tmpfs, append';

const keys = ['type', 'path', 'uri', 'size', 'readonly', 'locks'];

type Table = Readonly<Record<string, unknown>>;
const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !(value instanceof Date);

/** Relative host paths are relative to the manifest's directory. */
export function manifestMounts(file: string): MountSpec[] {
  const table = readManifest(file);
  const { fs } = table;
  if (fs === undefined) return [];
  if (!isTable(fs) || Array.isArray(fs)) throw new MountError(`${basename(file)}: fs`, 'is no table');
  const { mounts } = fs;
  if (mounts === undefined) return [];
  if (!Array.isArray(mounts)) throw new MountError(`${basename(file)}: fs.mounts`, 'is no list');
  const base = dirname(resolve(file));
  return mounts.map((entry, index) => entryMount(entry, `fs.mounts[${index}]`, base));
}

function readManifest(file: string): Table {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    throw new MountError(`manifest ${file}`, `cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    // The first line says what is wrong, the rest shows where.
    const what = error.message.split('\n')[0]!.replace(/^Invalid TOML document: /, '');
    throw new MountError(`manifest ${file}:${error.line}:${error.column}`, what);
  }
}

function entryMount(entry: unknown, place: string, base: string): MountSpec {
  if (!isTable(entry) || Array.isArray(entry)) throw new MountError(place, 'is no table');
  const { path, type: typeName = 'host', uri, size, readonly, locks } = entry;
  if (typeof path !== 'string')
    throw new MountError(place, path === undefined ? 'has no path' : 'its path is no text');
  const name = `${place} (${path})`;
  if (typeName === 'encrypted' || 'key_name' in entry)
    throw new MountError(name, 'encrypted mounts are not supported yet');
  const unknown = Object.keys(entry).find((key) => !keys.includes(key));
  if (unknown !== undefined)
    throw new MountError(name, `unknown key '${unknown}'; known are ${keys.join(', ')}`);
  const type = typeof typeName === 'string' && Object.hasOwn(types, typeName) ? types[typeName] : undefined;
  if (type === undefined) throw new MountError(name, `unknown type '${typeName}'; known are ${knownTypes}`);
  if (size !== undefined && type !== MountType.tmpfs) throw new MountError(name, 'only a tmpfs has a size');
  if (readonly !== undefined && typeof readonly !== 'boolean')
    throw new MountError(name, 'readonly is true or false');
  if (locks !== undefined && locks !== 'leader' && locks !== 'kernel')
    throw new MountError(name, "locks is 'leader' or 'kernel'");
  return mountSpec(
    {
      name,
      path,
      type,
      // Gramine's manual: the uri of a tmpfs is ignored.
      ...(type === MountType.tmpfs ? {} : { host: hostPath(name, uri) }),
      ...(size === undefined ? {} : { size: String(size) }),
      ...(readonly === undefined ? {} : { readonly }),
      ...(locks === undefined ? {} : { locks: MountLocks[locks] }),
    },
    base,
  );
}

function hostPath(name: string, uri: unknown): string {
  if (uri === undefined) throw new MountError(name, 'has no uri');
  if (typeof uri !== 'string' || !uri.startsWith('file:') || uri === 'file:')
    throw new MountError(name, `uri '${uri}' is not of the form file:PATH`);
  return uri.slice('file:'.length);
}
