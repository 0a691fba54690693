/**
 * A scene is one end-to-end test: a directory of its own, leaders, members and other programs. At its end nothing of
 * it may be left: no process (all carry the scene's name in their environment), no socket, no temporary file.
 */
import { type ChildProcessWithoutNullStreams, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Reason, unless } from '../run/skips.js';
import { repoRoot } from '../semantics/harness.js';

export const memberPath = join(repoRoot, 'bin/member');
export const leaderPath = join(repoRoot, 'bin/leader');
/** What /proc calls a leader. */
export const leaderScript = join(repoRoot, 'dist/bin/leader.js');
export const script = (name: string): string => join(repoRoot, 'test/programs/scripts', name);

/** The interpreter itself: the one in PATH may be a wrapper. */
export const python = execFileSync('python3', ['-c', 'import sys; print(sys.executable)'], {
  encoding: 'utf8',
}).trim();

/** Compiles scripts/NAME.c and gives the path of the program, in a directory that the caller removes. */
export function compile(name: string, directory: string): string {
  const program = join(directory, name);
  const flags = ['-D_GNU_SOURCE', '-Wall', '-Wextra', '-Werror', '-O1', '-static'];
  execFileSync('gcc', [...flags, '-o', program, script(`${name}.c`)]);
  return program;
}

/** More than anything takes on a busy machine: only a fault is as slow. */
const sceneMillisecondsMax = 240_000;
const eventMillisecondsMax = 40_000;
/** Then a scene that takes too long has ended its programs, and says so itself. */
const testMillisecondsMax = sceneMillisecondsMax + 2 * eventMillisecondsMax;
const pollMilliseconds = 20;

/** Waits until `look` gives something; fails with what `describe` says. */
export async function until<T>(
  look: () => T | Promise<T>,
  describe: () => string,
  milliseconds = eventMillisecondsMax,
): Promise<NonNullable<T>> {
  const end = performance.now() + milliseconds;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (performance.now() > end) throw new Error(`waited in vain: ${describe()}`);
    await sleep(pollMilliseconds);
  }
}

export interface Result {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly input?: string;
}

/** A started program. Its standard input stays open unless `input` was given. */
export class Program {
  readonly child: ChildProcessWithoutNullStreams;
  readonly result: Promise<Result>;
  stdout = '';
  stderr = '';
  /** It has ended, and all that it said is here: the end may be known before its last words are read. */
  #over = false;
  readonly #name: string;

  constructor([command = '', ...parameters]: readonly string[], cwd: string, env: NodeJS.ProcessEnv) {
    this.#name = [command, ...parameters].join(' ');
    this.child = spawn(command, parameters, { cwd, env });
    this.child.stdin.on('error', () => {}); // the status tells why the program went away
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.stdout += text;
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.result = new Promise((resolve, reject) => {
      this.child.on('error', reject);
      this.child.on('close', (status, signal) => {
        this.#over = true;
        resolve({ status, signal, stdout: this.stdout, stderr: this.stderr });
      });
    });
    this.result.catch(() => {}); // whoever awaits it is told
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get running(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  write(text: string): void {
    this.child.stdin.write(text);
  }

  /** Waits until the pattern is found in what the program has said; gives the match. */
  said(pattern: RegExp, from: 'stdout' | 'stderr' = 'stdout'): Promise<RegExpExecArray> {
    const look = (): RegExpExecArray | null => {
      const found = pattern.exec(this[from]);
      if (!found && this.#over) throw new Error(`ended without ${pattern}: ${this.#story()}`);
      return found;
    };
    return until(look, () => `${pattern}: ${this.#story()}`);
  }

  #story(): string {
    return `${this.#name} [${this.child.exitCode ?? this.child.signalCode}]: ${this.stdout} ${this.stderr}`;
  }
}

export class Scene {
  readonly directory = mkdtempSync(join(tmpdir(), 'sward-programs-'));
  readonly socket = this.path('leader.sock');
  readonly #temporary = this.path('tmp');
  readonly #programs: Program[] = [];
  readonly #deadline = setTimeout(() => this.#expire(), sceneMillisecondsMax);
  #leader: Program | undefined;

  constructor() {
    mkdirSync(this.#temporary);
  }

  /** What hangs is ended: the test goes on and fails by what it finds. */
  #expire(): void {
    process.stderr.write(`${this.directory} takes too long: ${JSON.stringify(this.processes())}\n`);
    for (const { pid } of this.processes()) kill(pid, 'SIGKILL');
  }

  path(...names: string[]): string {
    return join(this.directory, ...names);
  }

  start(command: readonly string[], { cwd, env, input }: StartOptions = {}): Program {
    const { SWARD_SOCKET: _, ...inherited } = process.env;
    const own = { SWARD_SCENE: this.directory, TMPDIR: this.#temporary };
    const program = new Program(command, cwd ?? this.directory, {
      ...inherited,
      // Node's pipes are sockets: a bash of the first level would take itself for a remote shell and read bashrc.
      SHLVL: '2',
      // Python writes what it prints in one piece.
      PYTHONUNBUFFERED: '',
      ...own,
      ...env,
    });
    this.#programs.push(program);
    if (input !== undefined) program.child.stdin.end(input);
    return program;
  }

  /** Runs a program to its end, with nothing to read. */
  run(command: readonly string[], options: StartOptions = {}): Promise<Result> {
    return this.start(command, { input: '', ...options }).result;
  }

  /** Starts a program in a member: of the scene's leader if one was started, else with a leader of its own. */
  member(command: readonly string[], options: StartOptions = {}): Program {
    return this.start([memberPath, ...this.link, '--', ...command], options);
  }

  runMember(command: readonly string[], options: StartOptions = {}): Promise<Result> {
    return this.member(command, { input: '', ...options }).result;
  }

  get link(): string[] {
    return this.#leader ? ['--socket', this.socket] : [];
  }

  async startLeader(...options: string[]): Promise<Program> {
    const program = this.start([leaderPath, '--socket', this.socket, ...options]);
    await program.said(/ready/, 'stderr');
    this.#leader = program;
    return program;
  }

  /** Processes of this scene, zombies apart. */
  processes(): { pid: number; command: string }[] {
    const mark = `SWARD_SCENE=${this.directory}\0`;
    return readdirSync('/proc').flatMap((name) => {
      if (!/^\d+$/.test(name) || !readProc(name, 'environ').includes(mark)) return [];
      return [{ pid: Number(name), command: readProc(name, 'cmdline').replaceAll('\0', ' ') }];
    });
  }

  /** Stops the leader, then proves that nothing is left. */
  async end(): Promise<void> {
    const leader = this.#leader;
    if (leader?.running) {
      leader.child.kill('SIGTERM');
      const { status, stderr } = await leader.result;
      if (status !== 0) throw new Error(`the leader ended with ${status}: ${stderr}`);
    }
    const left = () => JSON.stringify(this.processes());
    await until(
      () => this.processes().length === 0,
      () => `processes left: ${left()}`,
    );
    if (leader?.child.exitCode === 0 && existsSync(this.socket)) throw new Error('the socket is left');
    const files = readdirSync(this.#temporary);
    if (files.length > 0) throw new Error(`temporary files left: ${files.join(' ')}`);
  }

  /** Removes whatever there is, also after a failure. */
  async clear(): Promise<void> {
    clearTimeout(this.#deadline);
    for (const { child, running } of this.#programs) if (running) child.kill('SIGCONT');
    for (const { pid } of this.processes()) kill(pid, 'SIGKILL');
    for (const program of this.#programs) await program.result.catch(() => {});
    rmSync(this.directory, { recursive: true, force: true });
  }
}

export function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

export function readProc(pid: number | string, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch {
    return ''; // it has ended
  }
}

/** The letter of proc(5): R, S, T, t, Z...; empty when there is no such process. */
export const processState = (pid: number): string => readProc(pid, 'stat').replace(/^.*\) (.).*/s, '$1');

/** Waits until the state of a process is one of these; 'Z' and nothing at all are states, too. */
export const untilState = (pid: number, ...states: string[]): Promise<unknown> =>
  until(
    () => states.includes(processState(pid)),
    () => `state ${states.join(' or ')} of ${pid} ${readProc(pid, 'cmdline')}, now ${processState(pid)}`,
  );

/** A test in a scene, unless there is a reason to skip it. */
export function scene(name: string, play: (scene: Scene) => Promise<void>, reason?: Reason): void {
  unless(reason).it(name, async function (this: Mocha.Context) {
    this.timeout(testMillisecondsMax);
    const stage = new Scene();
    try {
      await play(stage);
      await stage.end();
    } finally {
      await stage.clear();
    }
  });
}
