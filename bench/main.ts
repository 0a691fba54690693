/**
 * `npm run bench [-- name...]`: measures the subjects (all of them, or those named), each as a ratio to a reference of
 * the same run, and prints the host and a table. The subjects, their goals and the method: design/benchmarks.md.
 */
import { appenders } from './appenders.js';
import { bystanders } from './bystanders.js';
import { calls } from './calls.js';
import { data } from './data.js';
import { handOver } from './hand-over.js';
import { describeHost, describeLoad, installed } from './host.js';
import { observe } from './observe.js';
import { pairs } from './pairs.js';
import { paths } from './paths.js';
import { cleanUp, makeNative } from './programs.js';
import { quiet } from './quiet.js';
import { ranges } from './ranges.js';
import { type Row, type Subject, table } from './run.js';
import { scale } from './scale.js';
import { sqlite } from './sqlite.js';
import { startUp } from './start-up.js';
import { tree } from './tree.js';

const subjects: readonly Subject[] = [
  pairs,
  handOver,
  calls,
  ranges,
  sqlite,
  startUp,
  bystanders,
  data,
  appenders,
  paths,
  tree,
  quiet,
  observe,
  scale,
];

function choose(names: readonly string[]): readonly Subject[] {
  const unknown = names.find((name) => !subjects.some((subject) => subject.name === name));
  if (unknown !== undefined) {
    process.stderr.write(
      `no benchmark "${unknown}"; there are ${subjects.map(({ name }) => name).join(', ')}\n`,
    );
    process.exit(2);
  }
  return names.length === 0 ? subjects : subjects.filter(({ name }) => names.includes(name));
}

async function measure(chosen: readonly Subject[]): Promise<void> {
  const rows: Row[] = [];
  const notes: string[] = [];
  const host = describeHost();
  for (const subject of chosen) {
    const missing = subject.needs.filter((program) => !installed(program));
    if (missing.length > 0) {
      notes.push(`${subject.name}: skipped, not installed: ${missing.join(', ')}`);
      continue;
    }
    process.stderr.write(`${subject.name} `);
    try {
      rows.push(...(await subject.run()));
    } catch (error) {
      notes.push(`${subject.name}: failed: ${(error as Error).message}`);
      process.exitCode = 1;
    }
  }
  process.stdout.write(`${host}, ${describeLoad()} after\n\n${table(rows)}\n`);
  for (const note of notes) process.stdout.write(`${note}\n`);
}

const chosen = choose(process.argv.slice(2));
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130));
process.once('exit', cleanUp);
makeNative();
await measure(chosen);
// What a failed subject left behind must not keep this process.
process.exit();
