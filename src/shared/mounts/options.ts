/** The options that say what is mounted: the same for a leader and for the leader that a member embeds. */
import { resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { MountType } from '../mount-types.js';
import { manifestMounts } from './manifest.js';
import { MountError, type MountSpec, mountSpec, orderMounts } from './spec.js';

export interface MountOptions {
  readonly manifest?: string;
  readonly tmpfs?: readonly string[];
  readonly append?: readonly string[];
  readonly bind?: readonly string[];
}

const collect = (value: string, earlier: readonly string[] = []): readonly string[] => [...earlier, value];

export function addMountOptions(command: Command): Command {
  return command
    .option('--manifest <file>', 'mount what fs.mounts of this TOML file says')
    .option('--tmpfs <path[:size]>', 'mount an empty directory tree in memory (repeatable)', collect)
    .option('--append <guest=host>', 'mount a host directory or file for appending (repeatable)', collect)
    .addOption(
      new Option(
        '-b, --bind <host:guest>',
        'mount a host directory or file at another path (repeatable)',
      ).argParser(collect),
    );
}

/** All that was asked for, outer mounts first. Errors: MountError. */
export function mountsOf(options: MountOptions): MountSpec[] {
  // Relative paths alone need a current directory: it may have been removed.
  const base = '.';
  return orderMounts([
    ...(options.manifest === undefined ? [] : manifestMounts(options.manifest)),
    ...(options.tmpfs ?? []).map((value) => tmpfsMount(value, base)),
    ...(options.append ?? []).map((value) => appendMount(value, base)),
    ...(options.bind ?? []).map((value) => bindMount(value, base)),
  ]);
}

/** The first mount option that was given, as it was given. */
export function givenMountOption({ manifest, tmpfs, append, bind }: MountOptions): string | undefined {
  if (manifest !== undefined) return `--manifest ${manifest}`;
  for (const [name, values] of Object.entries({ tmpfs, append, bind })) {
    if (values !== undefined) return `--${name} ${values[0]}`;
  }
  return undefined;
}

function tmpfsMount(value: string, base: string): MountSpec {
  const [, path = value, size] = /^(.*):([^/:]*)$/s.exec(value) ?? [];
  const entry = { name: `--tmpfs ${value}`, path, type: MountType.tmpfs };
  return mountSpec(size === undefined ? entry : { ...entry, size }, base);
}

function appendMount(value: string, base: string): MountSpec {
  const name = `--append ${value}`;
  const cut = value.indexOf('=');
  if (cut < 0 || cut === value.length - 1) throw new MountError(name, 'is not of the form GUEST=HOST');
  const [path, host] = [value.slice(0, cut), value.slice(cut + 1)];
  return mountSpec({ name, path, host, type: MountType.append }, base);
}

/** As PRoot's -b: a path alone is mounted at itself. */
function bindMount(value: string, base: string): MountSpec {
  const name = `--bind ${value}`;
  const cut = value.lastIndexOf(':');
  const host = cut < 0 ? value : value.slice(0, cut);
  if (host === '') throw new MountError(name, 'is not of the form HOST:GUEST');
  const path = cut < 0 ? resolve(base, value) : value.slice(cut + 1);
  return mountSpec({ name, path, host, type: MountType.host }, base);
}
