/** One group of workers (native/stress/group.c): a process that we start, tell what to do, and listen to. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';

const stderrCharactersMax = 4096;

/** Something that was started ended before its time, or could not be started. */
export class Ended extends Error {}

/** A program that runs until it is told to end, and whose words are waited for. */
export class Program {
  readonly ended: Promise<void>;
  readonly #name: string;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  readonly #listeners = new Set<() => void>();
  #failure: string | undefined;
  #said = '';
  #complained = '';

  /** In a session of its own: what the terminal sends is for us alone. */
  constructor(name: string, [command = '', ...parameters]: readonly string[], env: NodeJS.ProcessEnv) {
    this.#name = name;
    this.#child = spawn(command, parameters, { detached: true, env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.#child.stdin.on('error', () => {}); // that it has ended is told below
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#said += text;
      for (const listener of this.#listeners) listener();
    });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#complained = (this.#complained + text).slice(-stderrCharactersMax);
      for (const listener of this.#listeners) listener();
    });
    this.ended = new Promise((resolve) => {
      const end = (why: string): void => {
        this.#failure ??= why;
        for (const listener of this.#listeners) listener();
        resolve();
      };
      this.#child.on('error', (error) => end(error.message));
      this.#child.on('close', (status, signal) => end(`ended with ${signal ?? `status ${status}`}`));
    });
  }

  get hasEnded(): boolean {
    return this.#failure !== undefined;
  }

  /** What it has written to stderr. */
  get complaints(): string {
    return this.#complained;
  }

  tell(line: string): void {
    this.#child.stdin.write(`${line}\n`);
  }

  /** Waits until it has said this, on stdout or stderr. */
  said(pattern: RegExp): Promise<RegExpExecArray> {
    return new Promise((resolve, reject) => {
      const look = (): void => {
        const found = pattern.exec(this.#said) ?? pattern.exec(this.#complained);
        if (!found && this.#failure === undefined) return;
        this.#listeners.delete(look);
        if (found) resolve(found);
        else reject(new Ended(`${this.#name} ${this.#failure}${this.#story()}`));
      };
      this.#listeners.add(look);
      look();
    });
  }

  /** Groups end when their input does. */
  closeInput(): void {
    this.#child.stdin.end();
  }

  kill(signal: NodeJS.Signals): void {
    if (!this.hasEnded) this.#child.kill(signal);
  }

  #story(): string {
    const text = this.#complained.trim();
    return text === '' ? '' : `: ${text}`;
  }
}
