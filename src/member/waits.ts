/**
 * Lock calls that have no answer yet: held in their trap for a moment, then parked so that signals reach the thread.
 *
 * A parked thread sleeps under ptrace (native/park.c); the signal that wakes it cancels the call at the leader, and the
 * kernel then does EINTR or SA_RESTART as for a native lock. Where ptrace is refused (a debugger has the thread), the
 * call stays in its trap and the thread's pending signals are looked at every few milliseconds ("swept") instead.
 * Every wait ends exactly once: answered, interrupted, or gone with its thread.
 */
import { constants } from 'node:os';
import { errnoNumber } from '../shared/errno.js';
import { holdMicroseconds } from '../shared/limits.js';
import type { Log } from '../shared/log.js';
import {
  closeDescriptor,
  continueCall,
  parkContinue,
  parkDetach,
  parkFinish,
  parkRegistersSize,
  parkSeize,
  parkSleep,
  parkStop,
  signalIgnored,
  threadSignal,
  threadStatus,
  threadStatusOpen,
  trapAnswer,
} from '../shared/native/workload.js';
import type { LeaderLink, LockCall } from './link.js';
import type { Process } from './processes.js';
import type { TrapBlock } from './trap-block.js';

/** How often the pending signals of a thread that cannot be parked are looked at. */
const sweepMilliseconds = 4;
/** threadStatus bits. */
const signalled = 1;
const traced = 2;
const processSignalled = 4;
/** -ERESTARTSYS, which only the kernel sees: EINTR or restart, as the signal's handler was installed. */
const restart = -512;
const interrupted = -errnoNumber('EINTR');
/** When a traced thread is let out for its debugger: first, and then again. */
const nudgeMilliseconds = 20;
const nudgeAgainMilliseconds = 1000;
const harmlessSignals = [constants.signals.SIGURG, constants.signals.SIGWINCH];
const noSuchProcess = -errnoNumber('ESRCH');
/** How long a debugger may need, once let go, to take the thread that it wants: it may have to wait for its turn. */
const wantedMilliseconds = 30_000;

type State =
  /** In its trap. */
  | 'held'
  /** In its trap, signals looked at now and then. */
  | 'swept'
  /** Asleep under ptrace. */
  | 'parked'
  /** In a ptrace stop; `signal` goes with it when it is let go. */
  | 'stopped'
  | 'ended';

/** One lock call in hand. Subclasses say what an answer means. */
export abstract class Wait {
  readonly process: Process;
  readonly tid: number;
  readonly number: number;
  readonly idLow: number;
  readonly idHigh: number;
  state: State = 'held';
  signal = 0;
  cancelled = false;
  saved: Buffer | undefined;
  status = -1;
  deadline = 0;
  /** The descriptor that the call names, and whether it was closed or replaced meanwhile. */
  readonly fd: number;
  descriptorClosed = false;
  /** Sweeps that saw a signal to its process pending: from the second on no other thread takes it. */
  sightings = 0;
  /** Called when the wait has ended, whichever way. */
  ended: (() => void) | undefined;

  constructor(block: TrapBlock, process: Process) {
    this.process = process;
    this.tid = block.tid;
    this.fd = block.int(0);
    this.number = block.call;
    this.idLow = block.idLow;
    this.idHigh = block.idHigh;
  }

  /** The call at the leader, to cancel it. */
  abstract readonly call: LockCall | undefined;
  /** The thread is no more: what it was granted goes back. */
  abstract gone(): void;
}

export class WaitTable {
  readonly #block: TrapBlock;
  readonly #listener: number;
  readonly #link: LeaderLink;
  readonly #now: () => number;
  readonly #log: Log;
  readonly #held: Wait[] = [];
  readonly #swept = new Set<Wait>();
  /** Traced threads, and when each is to be let out again. */
  readonly #nudged = new Map<number, number>();
  readonly #parked = new Map<number, Wait>();
  /** Threads that a debugger is about to take, and until when that is believed: parked, they would be taken before. */
  readonly #wanted = new Map<number, number>();
  #nextSweep = Number.POSITIVE_INFINITY;
  readonly counts = { parked: 0, swept: 0, interrupted: 0 };

  constructor(block: TrapBlock, listener: number, link: LeaderLink, now: () => number, log: Log) {
    this.#block = block;
    this.#listener = listener;
    this.#link = link;
    this.#now = now;
    this.#log = log;
  }

  /** Milliseconds on the clock at which `run` wants to be called. */
  get deadline(): number {
    const held = this.#held[0]?.deadline ?? Number.POSITIVE_INFINITY;
    return Math.min(held, this.#nextSweep);
  }

  /** A call whose answer is not there yet. */
  hold(wait: Wait): void {
    wait.deadline = this.#now() + holdMicroseconds / 1000;
    this.#held.push(wait);
    wait.process.waits.add(wait);
  }

  run(): void {
    const now = this.#now();
    while (this.#held.length > 0 && this.#held[0]!.deadline <= now) this.#park(this.#held.shift()!);
    if (now >= this.#nextSweep) this.#sweep(now);
  }

  /** Answers the call of a wait: `result` is 0 or a negative errno. */
  finish(wait: Wait, result: number): void {
    switch (wait.state) {
      case 'held':
        this.#held.splice(this.#held.indexOf(wait), 1);
        this.#answerTrap(wait, result);
        break;
      case 'swept':
        this.#answerTrap(wait, result);
        break;
      case 'parked':
        this.#finishParked(wait, result);
        break;
      case 'stopped':
        this.#release(wait, result);
        break;
      case 'ended':
        break;
    }
  }

  #answerTrap(wait: Wait, result: number): void {
    const error = result === interrupted && wait.cancelled ? restart : result;
    const sent = trapAnswer(this.#block.buffer, this.#listener, wait.idLow, wait.idHigh, 0, error, 0);
    this.#end(wait);
    if (sent < 0 && result === 0) wait.gone();
  }

  #end(wait: Wait): void {
    wait.state = 'ended';
    wait.process.waits.delete(wait);
    this.#swept.delete(wait);
    if (this.#parked.get(wait.tid) === wait) this.#parked.delete(wait.tid);
    if (wait.status >= 0) closeDescriptor(wait.status);
    wait.status = -1;
    if (this.#swept.size === 0) this.#nextSweep = Number.POSITIVE_INFINITY;
    wait.ended?.();
  }

  #cancel(wait: Wait): void {
    if (wait.cancelled) return;
    wait.cancelled = true;
    this.counts.interrupted++;
    if (wait.call) this.#link.cancel(wait.call);
  }

  // Parking

  #park(wait: Wait): void {
    if (this.#isWanted(wait.tid) || parkSeize(wait.tid) < 0) {
      this.#startSweeping(wait);
      return;
    }
    this.counts.parked++;
    wait.saved = Buffer.allocUnsafeSlow(Math.max(512, parkRegistersSize()));
    wait.state = 'parked';
    this.#parked.set(wait.tid, wait);
    // The dummy answer: the thread stops before it could see it.
    const sent = trapAnswer(this.#block.buffer, this.#listener, wait.idLow, wait.idHigh, 0, 0, 0);
    const status = parkSleep(wait.tid, wait.saved);
    if (status !== 0 || sent < 0) this.#stopped(wait, status);
  }

  /** A thread of ours changed its state (waitpid). True when it was a parked one. */
  notice(tid: number, status: number): boolean {
    const wait = this.#parked.get(tid);
    if (!wait) return false;
    this.#stopped(wait, status);
    return true;
  }

  #stopped(wait: Wait, status: number): void {
    if (status <= 0 || (status & 0xff) !== 0x7f) {
      this.#vanished(wait);
      return;
    }
    const signal = (status >> 8) & 0xff;
    const event = status >> 16;
    const isInterrupt = event !== 0 && signal === 5;
    if (isInterrupt || (event === 0 && signalIgnored(wait.tid, signal) === 1)) {
      // An ignored signal wakes a traced thread, though it would not have woken it natively: sleep on.
      parkContinue(wait.tid);
      return;
    }
    // A signal, or a group stop (event): the call is interrupted, and is asked again when it is restarted.
    wait.state = 'stopped';
    wait.signal = event === 0 ? signal : 0;
    this.#cancel(wait);
  }

  #finishParked(wait: Wait, result: number): void {
    const status = parkStop(wait.tid);
    if (status <= 0 || (status & 0xff) !== 0x7f) {
      this.#vanished(wait, result);
      return;
    }
    wait.signal = status >> 16 === 0 ? (status >> 8) & 0xff : 0;
    this.#release(wait, result);
  }

  #release(wait: Wait, result: number): void {
    const restarted = result === interrupted && wait.cancelled ? 1 : 0;
    const error = parkFinish(wait.tid, wait.saved!, wait.number, result, restarted, wait.signal);
    this.#end(wait);
    if (error < 0 && result === 0) wait.gone();
  }

  #vanished(wait: Wait, result?: number): void {
    this.#end(wait);
    if (result === 0) wait.gone();
    else if (result === undefined) this.#cancel(wait);
  }

  /** The process of these waits has ended. */
  drop(process: Process): void {
    for (const wait of [...process.waits]) {
      if (wait.state === 'held') this.#held.splice(this.#held.indexOf(wait), 1);
      this.#vanished(wait);
    }
  }

  // Sweeping

  #startSweeping(wait: Wait): void {
    this.counts.swept++;
    if (this.counts.swept === 1) {
      this.#log.info(
        `thread ${wait.tid} cannot be parked (ptrace is refused or a debugger has it): sweeping`,
      );
    }
    wait.state = 'swept';
    wait.status = threadStatusOpen(wait.tid);
    this.#swept.add(wait);
    this.#nextSweep = Math.min(this.#nextSweep, this.#now() + sweepMilliseconds);
  }

  #sweep(now: number): void {
    this.#nextSweep = now + sweepMilliseconds;
    for (const wait of [...this.#swept]) {
      const status = wait.status < 0 ? noSuchProcess : threadStatus(wait.status);
      if (status > 0 && status & traced) this.#wanted.delete(wait.tid);
      if (status < 0) this.#vanished(wait);
      else if (status & signalled || (status & processSignalled && wait.sightings++ > 0)) this.#cancel(wait);
      else if (status & traced) this.#nudge(wait, now);
      else this.#nudged.delete(wait.tid);
    }
    if (this.#swept.size === 0) this.#nextSweep = Number.POSITIVE_INFINITY;
  }

  /**
   * A debugger's stop leaves no pending signal: now and then the thread is let out, so that it can stop. The restart
   * needs a signal on its way to the thread, or the program would see ERESTARTSYS: one that it ignores, which only
   * reaches it because it is traced.
   */
  #nudge(wait: Wait, now: number): void {
    const due = this.#nudged.get(wait.tid) ?? wait.deadline + nudgeMilliseconds;
    const signal = harmlessSignals.find((candidate) => signalIgnored(wait.tid, candidate) === 1);
    if (now < due || signal === undefined) return;
    this.#nudged.set(wait.tid, now + nudgeAgainMilliseconds);
    if (threadSignal(wait.process.pid, wait.tid, signal) === 0) this.#cancel(wait);
  }

  /**
   * A debugger of the workload wants this thread: it must not find it traced by us. The call is restarted, and is then
   * swept instead of parked. `done` is called when the thread is free.
   */
  surrender(tid: number, done: () => void): void {
    const now = this.#now();
    for (const [wanted, until] of this.#wanted) if (until <= now) this.#wanted.delete(wanted);
    this.#wanted.set(tid, now + wantedMilliseconds);
    const wait = this.#parked.get(tid);
    if (wait?.state === 'stopped') {
      // On its way out already.
      const before = wait.ended;
      wait.ended = () => {
        before?.();
        done();
      };
      return;
    }
    if (wait?.state === 'parked') {
      const status = parkStop(tid);
      if (status > 0 && (status & 0xff) === 0x7f) {
        wait.state = 'stopped';
        wait.signal = status >> 16 === 0 ? (status >> 8) & 0xff : 0;
        wait.ended = done;
        this.#cancel(wait);
        return;
      }
      this.#vanished(wait);
    }
    done();
  }

  #isWanted(tid: number): boolean {
    return (this.#wanted.get(tid) ?? Number.NEGATIVE_INFINITY) > this.#now();
  }

  /** Lets a call run whose trap was kept for a while. */
  letRun(idLow: number, idHigh: number): void {
    trapAnswer(this.#block.buffer, this.#listener, idLow, idHigh, 0, 0, continueCall);
  }

  /** Lets go of every thread: the member ends. */
  close(): void {
    for (const wait of this.#parked.values()) parkDetach(wait.tid, 0);
  }
}
