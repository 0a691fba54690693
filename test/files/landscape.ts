/**
 * The landscape of the mount tables: a directory with mounts beneath it, made by a member or, where we may, by the kernel
 * in a mount namespace of its own.
 *
 *     shared        tmpfs                     data/inner      tmpfs, whose mount point data lacks
 *     data          a host directory          deep/er/mount   a host directory; deep and er are not there either
 *     config        a host file               only/m          tmpfs in an otherwise empty directory
 *     readonly      a host directory          host, hostfile  not mounted
 */
import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { memberPath } from './settings.js';
import { playAll } from './stage.js';
import type { FileCase } from './story.js';
import { makeDirectory, removeDirectory } from './table.js';

/** The guest's directory, what is there without mounts, and a directory with what is mounted. */
function build(): { guest: string; host: string } {
  const guest = makeDirectory('disk');
  const host = makeDirectory('disk');
  for (const directory of ['host', 'data', 'only']) mkdirSync(`${guest}/${directory}`);
  writeFileSync(`${guest}/hostfile`, 'here');
  writeFileSync(`${guest}/data/covered`, 'covered');
  for (const directory of ['data', 'data/tree', 'mount', 'readonly', 'readonly/empty'])
    mkdirSync(`${host}/${directory}`);
  writeFileSync(`${host}/data/file`, 'data');
  writeFileSync(`${host}/data/tree/leaf`, 'leaf');
  writeFileSync(`${host}/mount/below`, 'deep');
  writeFileSync(`${host}/config`, 'mounted');
  writeFileSync(`${host}/readonly/file`, 'data');
  writeFileSync(`${host}/readonly/script`, '#!/bin/sh\necho run\n');
  chmodSync(`${host}/readonly/script`, 0o755);
  symlinkSync('file', `${host}/readonly/link`);
  return { guest, host };
}

function manifest(guest: string, host: string): string {
  const mounts = [
    { type: 'tmpfs', path: 'shared' },
    { type: 'host', path: 'data', uri: 'data' },
    { type: 'tmpfs', path: 'data/inner' },
    { type: 'host', path: 'deep/er/mount', uri: 'mount' },
    { type: 'host', path: 'config', uri: 'config' },
    { type: 'tmpfs', path: 'only/m' },
    { type: 'host', path: 'readonly', uri: 'readonly', readonly: true },
  ];
  const lines = mounts.map(({ type, path, uri, readonly }) => {
    const from = uri === undefined ? '' : `, uri = "file:${host}/${uri}"`;
    return `  { type = "${type}", path = "${guest}/${path}"${from}${readonly ? ', readonly = true' : ''} },`;
  });
  return ['[fs]', 'mounts = [', ...lines, ']', ''].join('\n');
}

const kernelMounts = `
cd "$1"
mkdir shared deep deep/er deep/er/mount readonly only/m "$2/data/inner"
: > config
mount -t tmpfs -o mode=1777 none shared
mount --bind "$2/data" data
mount -t tmpfs -o mode=1777 none data/inner
mount --bind "$2/mount" deep/er/mount
mount --bind "$2/config" config
mount -t tmpfs -o mode=1777 none only/m
mount --bind "$2/readonly" readonly
mount -o remount,bind,ro readonly
cd /
shift 2
exec "$@"`;

/** A mount namespace of its own. */
const namespace = ['unshare', '-m'];

async function play(entry: FileCase, command: (guest: string, host: string) => string[]): Promise<string[]> {
  const { guest, host } = build();
  try {
    const setting = { root: guest, host, fixed: true, commands: [command(guest, host)] };
    return [...((await playAll([entry], setting)).get(entry.name) ?? [])];
  } finally {
    removeDirectory(guest);
    removeDirectory(host);
  }
}

export function playInKernel(entry: FileCase): Promise<string[]> {
  return play(entry, (guest, host) => [...namespace, 'sh', '-euc', kernelMounts, 'sh', guest, host]);
}

export function playInMember(entry: FileCase): Promise<string[]> {
  return play(entry, (guest, host) => {
    writeFileSync(`${host}/manifest.toml`, manifest(guest, host));
    return [memberPath, '--manifest', `${host}/manifest.toml`, '--'];
  });
}
