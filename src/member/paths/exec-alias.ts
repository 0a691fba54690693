/**
 * Names under which files are executed whose own name is another: the kernel takes a process's comm from the name that
 * it executes, which for a script is the script's, though the file is its interpreter. A name is a symbolic link in a
 * directory of its own, which is gone as soon as the program runs.
 */
import { mkdirSync, mkdtempSync, openSync, rmdirSync, symlinkSync, unlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Open } from './walk.js';

export class ExecAliases {
  #base: string | undefined;
  #count = 0;

  /** A directory for one name, as a descriptor that is the caller's; undefined when none can be made. */
  create(): ExecAlias | undefined {
    try {
      this.#base ??= mkdtempSync(join(process.env.XDG_RUNTIME_DIR ?? tmpdir(), 'sward-member-'));
      const path = join(this.#base, String(++this.#count));
      mkdirSync(path);
      return new ExecAlias(path, openSync(path, Open.directory));
    } catch {
      return undefined;
    }
  }

  close(): void {
    try {
      if (this.#base !== undefined) rmdirSync(this.#base);
    } catch {
      // Something else removed it, or put something into it: that is not ours.
    }
  }
}

export class ExecAlias {
  readonly descriptor: number;
  readonly #path: string;
  #link: Buffer | undefined;

  constructor(path: string, descriptor: number) {
    this.#path = path;
    this.descriptor = descriptor;
  }

  /** Both are byte strings (latin1). */
  link(name: string, target: string): boolean {
    const link = Buffer.concat([Buffer.from(`${this.#path}/`), Buffer.from(name, 'latin1')]);
    try {
      symlinkSync(Buffer.from(target, 'latin1'), link);
    } catch {
      return false;
    }
    this.#link = link;
    return true;
  }

  remove(): void {
    try {
      if (this.#link) unlinkSync(this.#link);
      rmdirSync(this.#path);
    } catch {
      // As above.
    }
  }
}
