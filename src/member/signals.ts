/**
 * Signals of the member, passed on as a shell user expects, and its stops.
 *
 * The workload is in the member's own process group, so what the terminal sends, or a process sends to the group, it gets
 * by itself; what comes to the member alone is passed on to the workload's first process. Which of the two it was the
 * keeper knows, who is in the group, too, and passes it on (native/launcher.c). The member stops when the first process has stopped, by
 * the same signal, so that the shell sees a stopped job, and goes on when that goes on.
 */
import { constants } from 'node:os';
import {
  type CaughtSignal,
  catchSignals,
  ignoreSignals,
  prepareStop,
  takeSignals,
} from '../shared/native/signals.js';
import { parkPoll, processDescendants, processSignal, threadSignal } from '../shared/native/workload.js';
import type { Launcher } from './launcher.js';

const { SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGKILL } = constants.signals;

const forwarded = [
  'SIGINT',
  'SIGTERM',
  'SIGHUP',
  'SIGQUIT',
  'SIGTSTP',
  'SIGCONT',
  'SIGWINCH',
  'SIGUSR1',
  'SIGUSR2',
] as const;

/** The descriptor that becomes readable when a signal has come. */
export function openSignals(): number {
  // A program in the background gets these by itself, as its whole group does, and it may do without stopping.
  ignoreSignals((1n << BigInt(SIGTTIN - 1)) | (1n << BigInt(SIGTTOU - 1)));
  return catchSignals(['SIGCHLD', ...forwarded]);
}

export class SignalForwarder {
  readonly #launcher: Launcher;
  #stop: ReturnType<typeof prepareStop> | undefined;

  constructor(launcher: Launcher) {
    this.#launcher = launcher;
  }

  /** Handles what has come; tells whether children changed their state. */
  take(): boolean {
    const { keeper } = this.#launcher;
    const came = new Map<number, CaughtSignal>();
    let children = false;
    for (const signal of takeSignals()) {
      if (signal.signo === SIGCHLD) children = true;
      else if (signal.signo !== SIGCONT || signal.pid !== keeper) {
        // signal(7): of these two, one that comes discards the other if that is pending. The keeper has the last only.
        if (signal.signo === SIGCONT) came.delete(SIGTSTP);
        if (signal.signo === SIGTSTP) came.delete(SIGCONT);
        came.set(signal.signo, signal);
      }
    }
    for (const signal of came.values()) {
      this.#launcher.pass(signal);
      // SIGSTOP to the group has stopped the keeper as well; then it finds the above when it is continued. To its thread:
      // a signal to the process would take the place of one to the group (signal(7): they do not queue).
      if (signal.signo === SIGCONT) threadSignal(keeper, keeper, SIGCONT);
    }
    return children;
  }

  /** A signal came when the first process had ended: it is for all that is left. */
  left(signo: number, toGroup: boolean): void {
    if (!toGroup) for (const pid of processDescendants(this.#launcher.keeper)) processSignal(pid, signo);
    // Nobody is left whose stop would be ours.
    if (signo === SIGTSTP) prepareStop(signo)(true);
  }

  /** The first process has stopped. */
  stopped(signo: number): void {
    this.continued();
    this.#stop = prepareStop(signo);
  }

  /** It runs again, or has ended. */
  continued(): void {
    this.#stop?.(false);
    this.#stop = undefined;
  }

  /** Stops if that is the last thing heard of the first process; returns when we are continued. */
  stopAsProgram(): void {
    this.#stop?.(true);
    this.#stop = undefined;
  }

  /** The keeper is gone: its orphans are ours now. Returns when none is left. */
  killRest(): void {
    const own = process.pid;
    const status = new Int32Array(1);
    for (let left = processDescendants(own); left.length > 0; left = processDescendants(own)) {
      for (const pid of left) processSignal(pid, SIGKILL);
      while (parkPoll(-1, status) > 0);
      pause(1);
    }
  }
}

function pause(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
