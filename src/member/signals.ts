/**
 * Signals of the member, passed on as a shell user expects.
 *
 * The workload is in the member's own process group, so what the terminal sends (SI_KERNEL) it gets by itself; what a
 * process sends to the member alone is passed on to the workload's first process. SIGTSTP stops the member, too, so
 * that the shell sees a stopped job; SIGCONT continues both.
 */
import { constants } from 'node:os';
import { catchSignals, takeSignals } from '../shared/native/signals.js';
import { parkPoll, processDescendants, processSignal, stopSelf } from '../shared/native/workload.js';
import type { Launcher } from './launcher.js';

/** sigaction(2): si_code of a signal that the kernel sent, here the terminal. */
const fromKernel = 0x80;
const { SIGCHLD, SIGTSTP, SIGCONT, SIGKILL } = constants.signals;

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
  return catchSignals(['SIGCHLD', ...forwarded]);
}

export type SignalAction = 'child' | 'forwarded';

export class SignalForwarder {
  readonly #launcher: Launcher;

  constructor(launcher: Launcher) {
    this.#launcher = launcher;
  }

  /** Handles what has come; tells whether children changed their state. */
  take(): Set<SignalAction> {
    const actions = new Set<SignalAction>();
    for (const { signo, code } of takeSignals()) {
      if (signo === SIGCHLD) {
        actions.add('child');
        continue;
      }
      actions.add('forwarded');
      if (code !== fromKernel) this.#forward(signo);
      if (signo === SIGTSTP) {
        stopSelf();
        this.#forward(SIGCONT);
      }
    }
    return actions;
  }

  /** To the first process; once that has ended, to all that is left. */
  #forward(signo: number): void {
    if (processSignal(this.#launcher.first, signo) === 0) return;
    for (const pid of processDescendants(this.#launcher.keeper)) processSignal(pid, signo);
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
