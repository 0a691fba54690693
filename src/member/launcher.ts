/** Starts the workload under its filter and hears of it from the keeper (native/launcher.c). */
import { checkResult, errnoName, SyscallError } from '../shared/errno.js';
import type { CaughtSignal } from '../shared/native/signals.js';
import { controlReceive, controlSend, spawnLauncher } from '../shared/native/workload.js';
import { nativeBuild } from '../shared/root.js';
import { started } from '../shared/started.js';

/** What the launcher and the keeper report; mirrors native/launcher.c. */
const Report = {
  listener: 1,
  failed: 2,
  started: 3,
  ended: 4,
  empty: 5,
  stopped: 6,
  continued: 7,
  left: 8,
} as const;
/** What the keeper is told to do. */
const Order = { kill: 1, pass: 2 } as const;
const failedExec = 2;

const launcherPath = nativeBuild('sward-launcher');

export interface WorkloadEvents {
  /** The first process ended with this wait status. */
  ended(status: number): void;
  /** The first process was stopped by this signal. SIGSTOP is not told of: the keeper has sent it to us as well. */
  stopped(signo: number): void;
  /** The first process was continued; SIGCONT from the keeper follows. */
  continued(): void;
  /** A signal that was to be passed on came to the process group or not, and the first process has ended. */
  left(signo: number, toGroup: boolean): void;
  /** Nothing of the workload is left. */
  empty(): void;
  /** The program could not be executed. */
  failed(error: SyscallError): void;
  /** The keeper died without having said so. */
  lost(): void;
}

export class Launcher {
  readonly keeper: number;
  readonly control: number;
  listener = -1;
  /** Process id of the workload's first process. */
  first = 0;
  readonly #report = new Int32Array(3);
  readonly #descriptor = new Int32Array(1);

  /**
   * `strings` are `count` zero-terminated arguments, byte for byte; `directory` is a descriptor of where to start, -1 for
   * here. Errors: those of posix_spawn(3).
   */
  constructor(strings: Buffer, count: number, directory: number) {
    const pid = new Int32Array(1);
    this.control = checkResult(
      spawnLauncher(launcherPath, started, strings, count, directory, pid),
      launcherPath,
    );
    this.keeper = pid[0]!;
  }

  /** Hands the filter over and waits for the listener. Errors: ENOSYS or EINVAL of a kernel too old, EBUSY inside another member. */
  installFilter(program: Buffer): void {
    checkResult(controlSend(this.control, program, program.length), 'filter');
    while (this.listener < 0) {
      const result = controlReceive(this.control, 1, this.#report, this.#descriptor);
      if (result <= 0) throw new SyscallError('ECHILD', 'the launcher ended before the workload began');
      if (this.#report[0] === Report.failed)
        throw new SyscallError(errnoName(this.#report[2]!), 'seccomp filter');
      if (this.#report[0] === Report.started) this.first = this.#report[1]!;
      if (this.#report[0] === Report.listener) {
        this.first = this.#report[1]!;
        this.listener = this.#descriptor[0]!;
      }
    }
  }

  /** Reads what the keeper has reported. */
  receive(events: WorkloadEvents): void {
    for (;;) {
      const result = controlReceive(this.control, 0, this.#report, this.#descriptor);
      if (result === 0) return events.lost();
      if (result < 0) return;
      const [kind, , value] = this.#report;
      if (kind === Report.ended) events.ended(value!);
      else if (kind === Report.failed && this.#report[1] === failedExec)
        events.failed(new SyscallError(errnoName(value!)));
      else if (kind === Report.stopped) events.stopped(value!);
      else if (kind === Report.continued) events.continued();
      else if (kind === Report.left) events.left(this.#report[1]!, value === 1);
      else if (kind === Report.empty) return events.empty();
    }
  }

  /** Kills whatever is left of the workload; `empty` follows. */
  killAll(): void {
    this.#order(Order.kill);
  }

  /** A signal has come to us: the first process gets it, unless it has got it by itself. `left` follows if it has ended. */
  pass({ signo, pid, code, caught }: CaughtSignal): void {
    this.#order(Order.pass, signo, pid, code, ...caught);
  }

  /** `struct order` of native/launcher.c. */
  #order(kind: number, signo = 0, sender = 0, code = 0, low = 0, high = 0): void {
    const order = Buffer.from(Int32Array.of(kind, signo, sender, code, low, high).buffer);
    controlSend(this.control, order, order.length);
  }
}
