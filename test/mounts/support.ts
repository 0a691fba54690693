/** What leaders have made. */
import { readdirSync } from 'node:fs';

/** Directories that the process made there for itself, by name. */
export function ownDirectories(base: string, pid: number): string[] {
  return readdirSync(base).filter((name) => name.startsWith(`sward-${pid}-`));
}
