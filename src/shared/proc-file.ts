/** A file of one short line below /proc, read again and again. */
import { openSync, readSync } from 'node:fs';

export class ProcFile {
  readonly #descriptor: number;
  readonly #text = Buffer.alloc(128);

  constructor(path: string) {
    this.#descriptor = open(path);
  }

  get exists(): boolean {
    return this.#descriptor >= 0;
  }

  /** A number of the line now, counted from 0; NaN where the kernel does not tell. */
  field(index: number): number {
    if (!this.exists) return Number.NaN;
    const length = readSync(this.#descriptor, this.#text, 0, this.#text.length, 0);
    return Number.parseInt(this.#text.toString('latin1', 0, length).split(' ')[index] ?? '', 10);
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch {
    return -1;
  }
}
