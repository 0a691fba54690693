/**
 * Where the programs are, how they are run, and what must be gone at the end: the directory of runtime files and the
 * processes that were started, which are ended by their pids.
 */
import { type ChildProcess, execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

const root = resolve(import.meta.dirname, '../..');
const sources = join(root, 'bench');

export const memberProgram = join(root, 'bin/member');
export const leaderProgram = join(root, 'bin/leader');
export const native = (name: string): string => join(sources, 'native/build', name);
export const script = (name: string): string => join(sources, name);

/** Runtime files, on disk. */
export const directory = mkdtempSync(join(tmpdir(), 'sward-bench-'));
const directories = [directory];
const running = new Set<ChildProcess>();
let leaders = 0;

/** Longest time that one run of a program may take. */
const timeout = 300_000;

export function makeNative(): void {
  execFileSync('make', ['-s', '-C', join(sources, 'native')], { stdio: 'inherit' });
}

/** Another directory of runtime files, below `parent`. */
export function directoryBelow(parent: string): string {
  const created = mkdtempSync(join(parent, 'sward-bench-'));
  directories.push(created);
  return created;
}

/** Runs a program to its end; returns what it printed. */
export async function run(program: string, parameters: readonly string[]): Promise<string> {
  const ending = promisify(execFile)(program, parameters, { timeout, maxBuffer: 1 << 26 });
  running.add(ending.child);
  try {
    return (await ending).stdout;
  } finally {
    running.delete(ending.child);
  }
}

/** The same with what runs the program, and its arguments, in front. */
export function runIn(wrap: readonly string[], command: readonly string[]): Promise<string> {
  const [program, ...parameters] = [...wrap, ...command];
  return run(program!, parameters);
}

/** Arguments of a member with a leader of its own, or with the one at a socket. */
export const embedded = (coordinated = directory): string[] => ['--locks', coordinated, '--'];
export const connected = (socket: string): string[] => ['--socket', socket, '--'];

/** What runs a program in a member that has mounts and a leader of its own. */
export const mounting = (...mounts: string[]): string[] => [memberProgram, ...mounts, ...embedded()];

export interface Server {
  readonly socket: string;
  /** What it has said until it was ready. */
  readonly said: string;
  stop(): Promise<void>;
}

/** Starts a server and waits until it has said `ready`. */
export async function startServer(
  program: string,
  parameters: readonly string[],
  socket: string,
  ready: string,
): Promise<Server> {
  const child = spawn(program, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  running.add(child);
  const exit = once(child, 'exit').finally(() => running.delete(child));
  let said = '';
  await new Promise<void>((done, fail) => {
    const listen = (chunk: Buffer) => {
      said += chunk;
      if (said.includes(ready)) done();
    };
    child.stdout.on('data', listen);
    child.stderr.on('data', listen);
    exit.then(() => fail(new Error(`${program} ended: ${said}`)), fail);
  });
  return {
    socket,
    said,
    async stop() {
      child.kill('SIGTERM');
      await exit;
    },
  };
}

/** Arbitrates the locks of files below a directory. */
export function startLeader(coordinated = directory, ...options: readonly string[]): Promise<Server> {
  const socket = join(directory, `leader-${++leaders}.sock`);
  const given = ['--socket', socket, '--locks', coordinated, ...options];
  return startServer(leaderProgram, given, socket, 'leader ready');
}

export interface LeaderWithPage extends Server {
  readonly url: string;
}

export async function startLeaderWithPage(): Promise<LeaderWithPage> {
  const leader = await startLeader(directory, '--http', '127.0.0.1:0');
  return { ...leader, url: /^live page on (\S+)$/m.exec(leader.said)![1]! };
}

/** Ends what still runs and removes all runtime files. */
export function cleanUp(): void {
  for (const child of running) child.kill('SIGKILL');
  for (const created of directories) rmSync(created, { recursive: true, force: true });
}
