/**
 * The hot loop of a member: one thread blocks in native code on the listener, the leader's socket, signals, pidfds and
 * the keeper, and handles whatever is ready to its end. libuv and promises stay off it; it returns how the member ends.
 */
import { errnoNumber, SyscallError } from '../shared/errno.js';
import type { Log } from '../shared/log.js';
import {
  eventsAdd,
  eventsOpen,
  eventsTake,
  parkPoll,
  Ready,
  timerArm,
  timerClear,
  timerOpen,
  trapPrepare,
  trapWait,
  watchStart,
} from '../shared/native/workload.js';
import { Niceness, runAt } from '../shared/priority.js';
import { DescriptionTable } from './descriptions.js';
import { type End, endOf, memberFailed, notExecutable, notFound } from './end.js';
import { FileTable } from './files.js';
import type { Filter, TrappedCall } from './filter.js';
import { answer, letRun, type Member } from './interceptor.js';
import type { Launcher } from './launcher.js';
import type { LeaderLink } from './link.js';
import { fcntlTrap, flockTrap } from './lock-traps.js';
import { createPaths } from './paths/create.js';
import { execveatTrap, execveTrap } from './paths/exec-traps.js';
import type { MountTable } from './paths/mount-table.js';
import { appendKept } from './paths/path-calls.js';
import type { PathMember } from './paths/paths.js';
import { type Process, ProcessTable } from './processes.js';
import {
  closeRangeTrap,
  closeTrap,
  dup2Trap,
  dup3Trap,
  ExecTable,
  refreshProcess,
  tableTrap,
} from './release-traps.js';
import { sigactionTrap } from './shells.js';
import { SignalForwarder } from './signals.js';
import { LoopTimers } from './timers.js';
import { TrapBlock } from './trap-block.js';
import { Urgency } from './urgency.js';
import { WaitTable } from './waits.js';

/** Keys of the event set that are no process ids. */
const signalsKey = 0;
const controlKey = -1;
const timerKey = -2;

export interface SupervisorOptions {
  readonly link: LeaderLink;
  readonly launcher: Launcher;
  readonly filter: Filter;
  readonly table: MountTable;
  readonly signals: number;
  /** Whether open file descriptions can be told apart here; else flock and OFD locks stay the kernel's. */
  readonly descriptionsKnowable: boolean;
  readonly killOnExit: boolean;
  readonly command: string;
  readonly log: Log;
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number;
}

export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #member: Member;
  readonly #execs: ExecTable;
  readonly #signals: SignalForwarder;
  readonly #urgency: Urgency | undefined;
  readonly #handlers: (((member: Member) => void) | undefined)[] = [];
  readonly #events: number;
  readonly #timer: number;
  /** When the timer will expire; Infinity while it is not running. */
  #timerAt = Number.POSITIVE_INFINITY;
  readonly #keys = new Int32Array(64);
  readonly #childStatus = new Int32Array(1);
  #end: End = { status: memberFailed };
  #firstEnded = false;
  #done = false;

  constructor(options: SupervisorOptions) {
    this.#options = options;
    const { link, launcher, log, now } = options;
    const block = new TrapBlock();
    if (trapPrepare(block.buffer, launcher.listener) < 0) {
      log.info('this kernel has no SYNC_WAKE_UP for seccomp listeners (Linux 6.6): traps are slower');
    }
    this.#events = eventsOpen();
    eventsAdd(this.#events, options.signals, signalsKey);
    eventsAdd(this.#events, launcher.control, controlKey);
    const timers = new LoopTimers(now);
    this.#timer = timerOpen();
    eventsAdd(this.#events, this.#timer, timerKey);
    // Behind a socket answers come while traps do: there the loop waits for both, and stays awake for them.
    const embedded = link.descriptor < 0;
    if (embedded) watchStart(this.#events);
    this.#urgency = embedded ? new Urgency(timers) : undefined;
    if (!embedded) runAt(Niceness.first);
    const files = new FileTable(link, timers);
    const processes = new ProcessTable(link, this.#events, {
      refresh: (process) => refreshProcess(this.#member, process),
    });
    const descriptions = new DescriptionTable(link, files, processes, timers);
    descriptions.root = launcher.keeper;
    const waits = new WaitTable(block, launcher.listener, link, now, log);
    const paths = createPaths(options, block, processes);
    this.#member = {
      descriptionsKnowable: options.descriptionsKnowable,
      block,
      listener: launcher.listener,
      link,
      processes,
      files,
      descriptions,
      waits,
      timers,
      log,
      paths,
    };
    this.#execs = new ExecTable(this.#member);
    this.#signals = new SignalForwarder(launcher);
    const byName: Record<TrappedCall, (member: Member) => void> = {
      fcntl: fcntlTrap,
      flock: flockTrap,
      close: closeTrap,
      close_range: closeRangeTrap,
      dup2: dup2Trap,
      dup3: dup3Trap,
      execve: () => this.#execs.trap(),
      execveat: () => this.#execs.trap(),
      clone: tableTrap,
      unshare: tableTrap,
      rt_sigaction: sigactionTrap,
      ptrace: (member) => this.#debuggerAttaches(member),
    };
    for (const [number, name] of options.filter.numbers) this.#handlers[number] = byName[name];
    if (paths) this.#handlePaths({ ...this.#member, paths });
  }

  /** The calls that are trapped because of mounts; some of them are trapped for locks, too. */
  #handlePaths(member: PathMember): void {
    const { identity } = member.paths;
    const asThread = (handler: (member: PathMember) => void) => () => {
      identity.begin(member.block.tid);
      try {
        handler(member);
      } finally {
        identity.end();
      }
    };
    const { filter, table } = this.#options;
    for (const [number, { handler }] of filter.pathCalls) {
      const before = this.#handlers[number];
      this.#handlers[number] = before
        ? (plain) => {
            handler(member);
            before(plain);
          }
        : asThread(handler);
    }
    this.#handlers[filter.numberOf('execve')] = asThread((own) => execveTrap(own, this.#execs));
    this.#handlers[filter.numberOf('execveat')] = asThread((own) => execveatTrap(own, this.#execs));
    if (!table.hasAppends) return;
    const number = filter.numberOf('fcntl');
    const locks = this.#handlers[number]!;
    this.#handlers[number] = (plain) => {
      if (plain.block.int(1) === appendKept.command) appendKept.handler(member);
      else locks(plain);
    };
  }

  /** Runs until nothing of the workload is left. Returns how its first process ended. */
  run(): End {
    const { launcher, link } = this.#options;
    const { block, waits, paths } = this.#member;
    while (!this.#done) {
      const ready = trapWait(
        block.buffer,
        launcher.listener,
        link.descriptor,
        link.events,
        this.#events,
        link.spinMicroseconds,
      );
      // Ends of processes first: a thread id in the trap may be a reused one.
      if (ready & Ready.events) this.#takeEvents();
      if (ready & Ready.link) link.receive();
      if (ready & Ready.trap) {
        this.#urgency?.trapped();
        this.#dispatch();
      }
      // The last thread under the filter is gone: the listener only reports that from now on.
      if (ready & Ready.listenerGone) this.#listenerGone();
      this.#keepTime();
    }
    waits.close();
    paths?.aliases.close();
    link.close();
    return this.#end;
  }

  /** When something is to be done; Infinity for never. */
  #due(): number {
    const { waits, timers } = this.#member;
    return Math.min(waits.deadline, timers.deadline, this.#options.link.deadline);
  }

  /**
   * Sees to it that the timer expires in time. It is not stopped when nothing is due any more: one that expires in
   * vain now and then costs less than a timeout of each wait.
   */
  #keepTime(): void {
    const due = this.#due();
    if (due >= this.#timerAt) return;
    this.#timerAt = due;
    timerArm(this.#timer, (due - this.#options.now()) * 1000);
  }

  #timerExpired(): void {
    const { waits, timers } = this.#member;
    const { link, now } = this.#options;
    timerClear(this.#timer);
    this.#timerAt = Number.POSITIVE_INFINITY;
    waits.run();
    timers.run();
    if (link.deadline <= now()) link.expire(now());
  }

  #dispatch(): void {
    const member = this.#member;
    const handler = this.#handlers[member.block.call];
    try {
      if (member.paths?.injections.expects(member.block.tid)) letRun(member);
      else if (handler) handler(member);
      else letRun(member);
    } catch (error) {
      if (error instanceof SyscallError) {
        answer(member, -errnoNumber(error.code));
        return;
      }
      member.log.error(`in a trap: ${(error as Error).stack ?? String(error)}`);
      answer(member, -errnoNumber('EIO'));
    }
  }

  #debuggerAttaches(member: Member): void {
    const { idLow, idHigh } = member.block;
    member.waits.surrender(member.block.int(1), () => member.waits.letRun(idLow, idHigh));
  }

  #takeEvents(): void {
    const count = eventsTake(this.#events, this.#keys, this.#keys.length);
    for (let i = 0; i < count; i++) {
      const key = this.#keys[i]!;
      if (key === signalsKey) this.#handleSignals();
      else if (key === controlKey) this.#hearKeeper();
      else if (key === timerKey) this.#timerExpired();
      else {
        const process = this.#member.processes.byPid(key);
        if (process) this.#ended(process);
      }
    }
  }

  #ended(process: Process): void {
    const { waits, processes, descriptions } = this.#member;
    waits.drop(process);
    const placed = [...process.descriptions];
    processes.drop(process);
    for (const description of placed) descriptions.replace(description, process.pid, 0, 2 ** 31 - 1);
    for (const description of [...process.took]) descriptions.takers.left(description, process);
  }

  #handleSignals(): void {
    if (this.#signals.take()) this.#childrenChanged();
  }

  /** Threads that we trace have stopped, or the keeper has ended. */
  #childrenChanged(): void {
    for (;;) {
      const tid = parkPoll(-1, this.#childStatus);
      if (tid <= 0) return;
      const status = this.#childStatus[0]!;
      if (tid === this.#options.launcher.keeper) continue;
      const { waits, paths } = this.#member;
      if (waits.notice(tid, status) || paths?.injections.notice(tid, status)) continue;
      this.#execs.notice(tid, status);
    }
  }

  #hearKeeper(): void {
    const { launcher, log, command, killOnExit } = this.#options;
    launcher.receive({
      ended: (status) => {
        this.#firstEnded = true;
        this.#signals.continued();
        // A program that could not be executed has ended, too, and `failed` has said how.
        if (this.#end.status === memberFailed) this.#end = endOf(status);
        if (killOnExit) launcher.killAll();
      },
      failed: (error) => {
        this.#end = { status: error.code === 'ENOENT' ? notFound : notExecutable };
        log.error(`cannot execute ${command}: ${error.code}`);
      },
      stopped: (signo) => this.#signals.stopped(signo),
      continued: () => this.#signals.continued(),
      left: (signo, toGroup) => this.#signals.left(signo, toGroup),
      empty: () => {
        this.#done = true;
      },
      lost: () => {
        if (!this.#firstEnded) log.error('the keeper of the workload was killed; the workload is ended');
        this.#signals.killRest();
        this.#done = true;
      },
    });
    this.#signals.stopAsProgram();
  }

  #listenerGone(): void {
    // Wait for the keeper's word alone: a closed listener would make poll return at once for ever.
    this.#options.launcher.listener = -1;
  }
}
