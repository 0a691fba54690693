/** Programs in pid namespaces of their own, and what they are called there. */
import { spawnSync } from 'node:child_process';
import { readFileSync, readlinkSync } from 'node:fs';
import {
  leaderPath,
  memberPath,
  type Program,
  type Result,
  readProc,
  type Scene,
  until,
} from '../programs/support.js';

const prefixes = [
  ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc'],
  ['unshare', '--map-root-user', '--pid', '--fork', '--kill-child', '--mount-proc'],
];
/** How a program gets a pid namespace of its own here. */
export const inNamespace = prefixes.find(
  ([program, ...words]) => spawnSync(program!, [...words, 'true']).status === 0,
);
export const noNamespaces = inNamespace === undefined ? 'may not make pid namespaces here' : undefined;

/** The process with this command line, by the numbers of this namespace, once it has that. */
export const processWith = (stage: Scene, command: string): Promise<number> =>
  until(
    () => stage.processes().find((process) => process.command.trim() === command)?.pid,
    () => `${command} in ${JSON.stringify(stage.processes())}`,
  );
/** proc_pid_status(5): its numbers from our namespace inward. */
export const numbersOf = (pid: number): string[] =>
  (/^NSpid:\s+(.*)$/m.exec(readProc(pid, 'status'))?.[1] ?? '').split(/\s+/);

/** A shell in a namespace of its own, which starts members and asks the leader there. */
export class Inside {
  readonly #stage: Scene;
  readonly #shell: Program;
  #asked = 0;

  constructor(stage: Scene) {
    this.#stage = stage;
    this.#shell = stage.start([...inNamespace!, 'bash']);
  }

  /** Starts a member, which is killed with the namespace. */
  member(words: string): void {
    this.#shell.write(`${memberPath} --socket ${this.#stage.socket} -- ${words} &\n`);
  }

  async run(words: string): Promise<Pick<Result, 'status' | 'stdout' | 'stderr'>> {
    const number = ++this.#asked;
    const [out, err] = ['out', 'err'].map((name) => this.#stage.path(`${this.#shell.pid}.${name}`));
    this.#shell.write(`${words} >${out} 2>${err} </dev/null; echo ${number} ended with $?.\n`);
    const [, status] = await this.#shell.said(new RegExp(`^${number} ended with (\\d+)\\.`, 'm'));
    return { status: Number(status), stdout: readFileSync(out!, 'utf8'), stderr: readFileSync(err!, 'utf8') };
  }

  /** A command of `leader`. */
  ask(...words: string[]): Promise<Pick<Result, 'status' | 'stdout' | 'stderr'>> {
    return this.run([leaderPath, ...words, '--socket', this.#stage.socket].join(' '));
  }

  async number(): Promise<(pid: number) => number> {
    const { stdout } = await this.run('readlink /proc/self/ns/pid');
    return (pid) => {
      const numbers = numbersOf(pid);
      return readlinkSync(`/proc/${pid}/ns/pid`) === stdout.trim() ? Number(numbers.at(-1)) : 0;
    };
  }

  async end(): Promise<void> {
    this.#shell.child.stdin.end();
    await this.#shell.result;
  }
}
