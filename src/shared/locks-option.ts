/** `--locks`, the same for a leader and for the leader that a member embeds. */
import { realpathSync, statSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';

export interface LocksOptions {
  readonly locks?: readonly string[];
}

/** A directory, as descriptors in it show themselves. */
function directory(path: string, earlier: readonly string[] = []): readonly string[] {
  try {
    const real = realpathSync(path);
    if (statSync(real).isDirectory()) return [...earlier, real];
  } catch {
    // Said below.
  }
  throw new InvalidArgumentError(`${path} is no directory.`);
}

export const addLocksOption = (command: Command, description: string): Command =>
  command.option('--locks <dir>', `${description} (repeatable; default: /)`, directory);

/** The directories whose files are coordinated. */
export const locksOf = ({ locks }: LocksOptions): readonly string[] => locks ?? ['/'];
