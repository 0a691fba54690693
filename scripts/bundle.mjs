/** Makes what runs: the commands and the thread of the live page in dist/bin, the live page in dist/page. */
import { chmodSync, cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { build } from 'esbuild';

process.chdir(new URL('..', import.meta.url).pathname);
rmSync('dist/bin', { recursive: true, force: true });
rmSync('dist/page', { recursive: true, force: true });

await build({
  entryPoints: ['dist/src/bin/member.js', 'dist/src/bin/leader.js', 'dist/src/http/worker.js'],
  entryNames: '[name]',
  bundle: true,
  splitting: true,
  platform: 'node',
  format: 'esm',
  external: ['koffi', 'msgpackr'],
  outdir: 'dist/bin',
  logLevel: 'warning',
  banner: {
    js: "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);",
  },
});

// An installed package has no links to native programs (npm leaves them out): there Node is started on the scripts.
for (const command of ['dist/bin/leader.js', 'dist/bin/member.js']) {
  writeFileSync(command, `#!/usr/bin/env node\n${readFileSync(command, 'utf8')}`);
  chmodSync(command, 0o755);
}

await build({
  entryPoints: [
    { in: 'dist/src/page/main.js', out: 'page' },
    { in: 'src/page/page.css', out: 'page' },
  ],
  bundle: true,
  minify: true,
  platform: 'browser',
  format: 'iife',
  target: 'es2022',
  outdir: 'dist/page',
  logLevel: 'warning',
});
for (const file of ['index.html', 'icon.svg']) cpSync(`src/page/${file}`, `dist/page/${file}`);
