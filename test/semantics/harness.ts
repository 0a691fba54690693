/**
 * Runs a table of cases in one lock-agent, natively or under a command such as `member --`, and compares.
 * The agent is built on first use; each run has a directory of its own, removed at the end.
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Case } from './story.js';

/** For a whole table: natively it takes about 10 s; a lost case costs the agent's watchdog 60 s, and it plays four. */
const runMillisecondsMax = 600_000;
/** For the hook that runs one. */
export const tableMillisecondsMax = runMillisecondsMax + 20_000;

export interface Run {
  /** For each case, by name, what each step answered. */
  readonly results: ReadonlyMap<string, readonly string[]>;
  readonly status: number | null;
  readonly stderr: string;
}

export const repoRoot = findRoot(import.meta.dirname);

function findRoot(directory: string): string {
  return existsSync(join(directory, 'package.json')) ? directory : findRoot(dirname(directory));
}

/** Builds the probes if need be and returns the path of one. */
export function probe(name: string): string {
  const directory = join(repoRoot, 'test/probes');
  execFileSync('make', ['-s', '-C', directory], { stdio: ['ignore', 'inherit', 'inherit'] });
  return join(directory, 'build', name);
}

export async function runCases(cases: readonly Case[], command: readonly string[]): Promise<Run> {
  const directory = mkdtempSync(join(tmpdir(), 'lock-cases-'));
  try {
    return await runIn(directory, cases, [...command, probe('lock-agent'), directory]);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function runIn(directory: string, cases: readonly Case[], command: readonly string[]): Promise<Run> {
  const [program = '', ...parameters] = command;
  const child = spawn(program, parameters, {
    cwd: directory,
    timeout: runMillisecondsMax,
    killSignal: 'SIGKILL',
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdin.on('error', () => {}); // the status tells why the program went away
  child.stdin.end(cases.map(caseText).join(''));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve({ results: parseResults(stdout), status, stderr }));
  });
}

function caseText({ name, steps }: Case): string {
  return ['case ', name, '\n', ...steps.map(([step]) => `${step}\n`), 'end\n'].join('');
}

function parseResults(stdout: string): Map<string, string[]> {
  const results = new Map<string, string[]>();
  let answers: string[] = [];
  for (const line of stdout.split('\n').slice(0, -1)) {
    if (line.startsWith('case ')) {
      answers = [];
      results.set(line.slice('case '.length), answers);
    } else if (line !== 'end') {
      answers.push(line);
    }
  }
  return results;
}

/** The story with the answers given, in the notation of the table: a failed comparison reads as one. */
export function told({ steps }: Case, answers: readonly string[] = []): string[] {
  return steps.map(([step], index) => `${step} -> ${answers[index] ?? 'no answer'}`);
}

export function expected({ steps }: Case): string[] {
  return steps.map(([step, answer]) => `${step} -> ${answer}`);
}
