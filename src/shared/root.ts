/** Where the package is: code runs from dist/src (tests) and from the bundles in dist/bin (the commands). */
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function findRoot(directory: string): string {
  if (existsSync(join(directory, 'package.json'))) return directory;
  const parent = dirname(directory);
  if (parent === directory) throw new Error('sward: no package.json above the code');
  return findRoot(parent);
}

/** Path of something that the native build made. Errors say so when it is missing. */
export function nativeBuild(name: string): string {
  return join(findRoot(dirname(fileURLToPath(import.meta.url))), 'native/build', name);
}
