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

/** Whether a program can be found. */
export function installed(program: string): boolean {
  return (process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
