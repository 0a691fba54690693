/** Where the package is: code runs from dist/src (tests) and from the bundles in dist/bin (the commands). */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(directory: string): string {
  if (existsSync(join(directory, 'package.json'))) return directory;
  const parent = dirname(directory);
  if (parent === directory) throw new Error('sward: no package.json above the code');
  return findRoot(parent);
}

const root = (): string => findRoot(dirname(fileURLToPath(import.meta.url)));

/** Path of something that the build has made in dist/. */
export const builtFile = (name: string): string => join(root(), 'dist', name);

/** Path of something that the native build made: npm may have been told to run no install scripts. */
export function nativeBuild(name: string): string {
  const path = join(root(), 'native/build', name);
  if (!existsSync(path)) throw new Error(`sward is not built; run: make -C ${join(root(), 'native')}`);
  return path;
}

/** Name and version of the package, as `--version` tells them. */
export function versionText(): string {
  const { name, version } = JSON.parse(readFileSync(join(root(), 'package.json'), 'utf8')) as Record<
    'name' | 'version',
    string
  >;
  return `${name} ${version}`;
}
