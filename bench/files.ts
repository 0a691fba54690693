import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const filesPerFolder = 30;

/** Fills a directory with folders of small files. */
export function makeFiles(tree: string, files: number): void {
  for (let file = 0; file < files; file++) {
    const folder = join(tree, `folder-${Math.floor(file / filesPerFolder)}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `file-${file}`), `content of file ${file}\n`.repeat(20));
  }
}
