/** What the numbers were measured on. */

import { accessSync, constants, readFileSync } from 'node:fs';
import { availableParallelism, loadavg, release, totalmem } from 'node:os';
import { delimiter, join } from 'node:path';

export function describeHost(): string {
  const model = /^model name\s*: (.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? process.arch;
  const memory = `${Math.round(totalmem() / 2 ** 30)} GiB`;
  const date = new Date().toISOString().slice(0, 16).replace('T', ' ');
  return [
    `${model}, ${availableParallelism()} cores, ${memory}; Linux ${release()}; Node ${process.version}`,
    `${date} UTC; load ${describeLoad()} before`,
  ].join('\n');
}

export const describeLoad = (): string => loadavg()[0]!.toFixed(2);

/** Undefined: it is not installed. */
export function whereIs(program: string): string | undefined {
  const paths = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, program));
  return paths.find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

export const installed = (program: string): boolean => whereIs(program) !== undefined;
