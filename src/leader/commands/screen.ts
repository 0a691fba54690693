/**
 * The alternate screen of a terminal, drawn again and again until somebody ends it (q, Ctrl-C, SIGTERM, SIGINT, SIGHUP).
 * However it ends, the terminal is as it was before; so it is while the job is stopped (Ctrl-Z, SIGTSTP).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { print } from '../../shared/output.js';
import { terminalWidth } from './width.js';

/** Lines for so many columns and rows. */
export type Draw = (width: number, height: number) => readonly string[];

const enter = '\u001b[?1049h\u001b[?25l';
const leave = '\u001b[?25h\u001b[?1049l';
const home = '\u001b[H';
const clearLine = '\u001b[K';
const clearBelow = '\u001b[J';
// Keys like any other in raw mode.
const ctrlC = '\u0003';
const ctrlZ = '\u001a';
const endingSignals = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const;
const usualRows = 24;

export class Screen {
  readonly #draw: Draw;
  readonly #ended = new AbortController();
  #entered = false;

  /** Standard input and output are a terminal. Errors: OutputError. */
  constructor(draw: Draw) {
    this.#draw = draw;
    process.stdin.on('data', this.#takeKeys).on('end', this.#end).on('error', this.#end);
    process.stdout.on('resize', this.#goOn);
    for (const signal of endingSignals) process.on(signal, this.#end);
    process.on('SIGCONT', this.#goOn);
  }

  /** Draws, then lets time pass; false when somebody has ended it. Errors: OutputError. */
  async shown(milliseconds: number): Promise<boolean> {
    // Also when a stop was not to be: nobody could continue a job that no shell controls, so the kernel leaves it.
    this.#enter();
    this.#redraw();
    const { signal } = this.#ended;
    await sleep(milliseconds, undefined, { signal }).catch(() => {});
    return !signal.aborted;
  }

  close(): void {
    process.stdin.off('data', this.#takeKeys).off('end', this.#end).off('error', this.#end).pause();
    process.stdout.off('resize', this.#goOn);
    for (const signal of endingSignals) process.off(signal, this.#end);
    process.off('SIGCONT', this.#goOn);
    try {
      this.#leave();
    } catch {
      // The terminal has gone.
    }
  }

  readonly #end = (): void => this.#ended.abort();

  readonly #takeKeys = (keys: Buffer): void => {
    if (['q', 'Q', ctrlC].some((key) => keys.includes(key))) this.#end();
    else if (keys.includes(ctrlZ)) this.#stop();
  };

  /** As the terminal does where Ctrl-Z is no key: the whole job, so that a script around us stops, too. */
  readonly #stop = (): void => {
    try {
      this.#leave();
    } catch {
      // The next drawing tells.
    }
    process.kill(0, 'SIGTSTP');
  };

  readonly #goOn = (): void => {
    try {
      this.#enter();
      this.#redraw();
    } catch {
      // The next drawing tells.
    }
  };

  #enter(): void {
    if (this.#entered) return;
    this.#entered = true;
    process.stdin.setRawMode(true);
    process.on('SIGTSTP', this.#stop);
    print(enter);
  }

  #leave(): void {
    if (!this.#entered) return;
    this.#entered = false;
    process.off('SIGTSTP', this.#stop);
    process.stdin.setRawMode(false);
    print(leave);
  }

  #redraw(): void {
    const rows = process.stdout.rows || usualRows;
    const lines = this.#draw(terminalWidth(), rows).map((line) => `${clearLine}${line}`);
    // Behind a line as wide as the terminal clearing would take its last character.
    print(`${home}${lines.join('\r\n')}${lines.length < rows ? `\r\n${clearBelow}` : ''}`);
  }
}
