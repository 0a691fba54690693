/**
 * The seccomp filter of a workload: what is trapped, what is refused, all else untouched.
 *
 * Trapped: fcntl's lock commands, flock, and what closes descriptors. ptrace only where a debugger attaches, so that
 * it finds the thread free; clone and unshare only where they make descriptor tables that are not one to a process;
 * rt_sigaction only for SIGCHLD (shells.ts). io_uring_setup answers ENOSYS, for its requests would pass seccomp by.
 * i386's lock calls answer ENOSYS, for their structures are others; so does all of x32.
 */
import { Action, type ArgumentIs, FilterBuilder, i386 } from '../shared/native/seccomp.js';
import { FcntlCommand } from './lock-traps.js';
import { appendKept, type PathCall } from './paths/path-calls.js';
import { watchedSignal } from './shells.js';

const trappedCalls = ['flock', 'close', 'close_range', 'dup2', 'dup3', 'execve', 'execveat'] as const;
export type TrappedCall =
  | (typeof trappedCalls)[number]
  | 'fcntl'
  | 'ptrace'
  | 'clone'
  | 'unshare'
  | 'rt_sigaction';

const ptraceAttach = 16;
const ptraceSeize = 0x4206;
const cloneFiles = 0x400;
const cloneThread = 0x10000;
/** i386's fcntl64 has 64-bit lock commands of its own: F_GETLK64, F_SETLK64, F_SETLKW64. */
const i386LockCommands = [12, 13, 14];

export interface Filter {
  /** The BPF program, an array of struct sock_filter. */
  readonly program: Buffer;
  /** Which trapped call has which number. */
  readonly numbers: ReadonlyMap<number, TrappedCall>;
  /** The same for the calls that are trapped because of mounts. */
  readonly pathCalls: ReadonlyMap<number, PathCall>;
  /** This machine's number of a call. */
  numberOf(name: string): number;
}

const command = (value: number): ArgumentIs => ({ argument: 1, value });
const request = (value: number): ArgumentIs => ({ argument: 0, value });

/** Errors: ENOENT when libseccomp is missing, EINVAL when it refuses a rule. */
export function buildFilter(pathCalls: readonly PathCall[], keepsAppend: boolean): Filter {
  const builder = new FilterBuilder();
  for (const value of Object.values(FcntlCommand)) builder.rule(Action.notify, 'fcntl', command(value));
  for (const name of trappedCalls) builder.rule(Action.notify, name);
  for (const value of [ptraceAttach, ptraceSeize]) builder.rule(Action.notify, 'ptrace', request(value));
  builder.rule(Action.notify, 'clone', { argument: 0, value: cloneFiles, mask: cloneFiles | cloneThread });
  builder.rule(Action.notify, 'unshare', { argument: 0, value: cloneFiles, mask: cloneFiles });
  builder.rule(Action.notify, 'rt_sigaction', { argument: 0, value: watchedSignal });
  builder.rule(Action.noSuchCall, 'io_uring_setup');
  const paths = new Map<number, PathCall>();
  for (const call of pathCalls) {
    const number = builder.number(call.name);
    if (number === undefined) continue;
    paths.set(number, call);
    for (const condition of call.when ?? [undefined]) {
      builder.rule(Action.notify, call.name, ...(condition ? [condition] : []));
    }
  }
  if (keepsAppend) builder.rule(Action.notify, 'fcntl', ...appendKept.conditions);
  if (process.arch === 'x64') builder.merge(i386Rules());

  const numbers = new Map<number, TrappedCall>();
  for (const name of [...trappedCalls, 'fcntl', 'ptrace', 'clone', 'unshare', 'rt_sigaction'] as const) {
    const number = builder.number(name);
    if (number !== undefined) numbers.set(number, name);
  }
  return {
    program: builder.program(),
    numbers,
    pathCalls: paths,
    numberOf: (name) => builder.number(name) ?? -1,
  };
}

function i386Rules(): FilterBuilder {
  const rules = new FilterBuilder(i386);
  for (const name of ['fcntl', 'fcntl64']) {
    for (const value of [...Object.values(FcntlCommand), ...i386LockCommands]) {
      rules.rule(Action.noSuchCall, name, command(value));
    }
  }
  rules.rule(Action.noSuchCall, 'flock');
  rules.rule(Action.noSuchCall, 'io_uring_setup');
  return rules;
}
