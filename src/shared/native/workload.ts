/**
 * The native calls of a member: traps, processes, open file descriptions, parking, the launcher.
 * Each answers a count or 0, or -errno. See the C file of the same subject for the contract of each.
 */
import { lib } from './library.js';

/** Readiness bits of `trapWait` (native/trap.c). */
export const Ready = { trap: 1, link: 2, events: 4, listenerGone: 8 } as const;

/** SECCOMP_USER_NOTIF_FLAG_CONTINUE: the trapped call runs as if it had not been trapped. */
export const continueCall = 1;

type Call<A extends unknown[]> = (...args: A) => number;

const func = <A extends unknown[]>(declaration: string): Call<A> => lib.func(declaration) as Call<A>;

export const trapWait = func<
  [block: Buffer, listener: number, link: number, linkEvents: number, events: number, spin: number]
>('int sward_trap_wait(void *, int, int, int, int, int)');
export const trapAnswer = func<
  [block: Buffer, listener: number, low: number, high: number, value: number, error: number, flags: number]
>('int sward_trap_answer(void *, int, uint32_t, uint32_t, int64_t, int, uint32_t)');
export const trapValid = func<[listener: number, low: number, high: number]>(
  'int sward_trap_valid(int, uint32_t, uint32_t)',
);
export const trapPrepare = func<[block: Buffer, listener: number]>('int sward_trap_prepare(void *, int)');
export const watchStart = func<[events: number]>('int sward_watch_start(int)');
export const trapInspect = func<[block: Buffer, pidfd: number, tgid: number, fd: number, address: number]>(
  'int sward_trap_inspect(void *, int, int, int, uint64_t)',
);
export const trapReadLock = func<[block: Buffer, tgid: number, memory: number, address: number]>(
  'int sward_trap_read_lock(void *, int, int, uint64_t)',
);
export const memoryOpen = func<[pid: number]>('int sward_process_memory_open(int)');
export const trapWriteLock = func<[block: Buffer, tid: number, address: number, onlyType: number]>(
  'int sward_trap_write_lock(void *, int, uint64_t, int)',
);

export const processGroupOf = func<[tid: number]>('int sward_process_group_of(int)');
export const processHasThread = func<[tgid: number, tid: number]>('int sward_process_has_thread(int, int)');
export const processOpen = func<[pid: number]>('int sward_process_open(int)');
export const processSignal = func<[pid: number, signal: number]>('int sward_process_signal(int, int)');
export const becomeSubreaper = func<[]>('int sward_become_subreaper(void)');
export const endProcess = lib.func('void sward_end(int, int)') as (status: number, signal: number) => void;
const processCommandRaw = func<[pid: number, text: Buffer, size: number]>(
  'int sward_process_command(int, void *, int)',
);
const processDescendantsRaw = func<[root: number, pids: Int32Array, max: number]>(
  'int sward_process_descendants(int, void *, int)',
);
export const threadStatusOpen = func<[tid: number]>('int sward_thread_status_open(int)');
export const threadStatus = func<[statusFd: number]>('int sward_thread_status(int)');
export const threadSignal = func<[tgid: number, tid: number, signal: number]>(
  'int sward_thread_signal(int, int, int)',
);
export const signalIgnored = func<[tid: number, signal: number]>('int sward_thread_ignores(int, int)');
const processDescriptorsRaw = func<
  [pid: number, low: number, high: number, onlyCloexec: number, fds: Int32Array, max: number]
>('int sward_process_descriptors(int, uint32_t, uint32_t, int, void *, int)');

export const descriptionSame = func<[a: number, b: number]>('int sward_description_same(int, int)');
export const descriptionAt = func<[own: number, pid: number, fd: number]>(
  'int sward_description_at(int, int, int)',
);
export const descriptorOn = func<[pidfd: number, pid: number, fd: number, device: bigint, inode: bigint]>(
  'int sward_descriptor_on(int, int, int, uint64_t, uint64_t)',
);
export const descriptionFind = func<[own: number, pid: number, skipLow: number, skipHigh: number]>(
  'int sward_description_find(int, int, int, int)',
);
/** What `descriptorsInFlight` answers (native/description.c). */
export const InFlight = { noSockets: 0, none: 1, some: 2 } as const;
export const descriptorsInFlight = func<[pid: number]>('int sward_process_descriptors_in_flight(int)');
export const closeDescriptor = func<[fd: number]>('int sward_close(int)');
export const pinDescriptor = func<[fd: number]>('int sward_descriptor_pin(int)');
const descriptorPathRaw = func<[fd: number, text: Buffer, size: number]>(
  'int sward_descriptor_path(int, void *, int)',
);

export const eventsOpen = func<[]>('int sward_events_open(void)');
export const eventsAdd = func<[set: number, fd: number, key: number]>('int sward_events_add(int, int, int)');
export const eventsRemove = func<[set: number, fd: number]>('int sward_events_remove(int, int)');
export const eventsTake = func<[set: number, keys: Int32Array, max: number]>(
  'int sward_events_take(int, void *, int)',
);

export const timerOpen = func<[]>('int sward_timer_open(void)');
export const timerArm = func<[timer: number, microseconds: number]>('int sward_timer_arm(int, int64_t)');
export const timerClear = func<[timer: number]>('int sward_timer_clear(int)');
const probeRefused = func<[]>('int sward_probe_refused(void)');
/** By number, as native/process.c has them. */
export const vitalCall = 'process_vm_readv(2)';
const refusable = ['', 'pidfd_getfd(2)', 'kcmp(2)', vitalCall];

/** What a member needs and this kernel or container refuses; undefined when nothing. */
export function refusedCall(): string | undefined {
  return refusable[probeRefused()] || undefined;
}

/** Looks at descriptors without pidfd_getfd(2) from now on. */
export const lookThroughProc = lib.func('void sward_trap_look_through_proc(void)') as () => void;

export const spawnLauncher = func<
  [launcher: string, started: string, strings: Buffer, count: number, directory: number, pid: Int32Array]
>('int sward_spawn_launcher(const char *, const char *, void *, int, int, void *)');
export const guessInherited = func<[descriptors: Int32Array, max: number]>(
  'int sward_guess_inherited(void *, int)',
);
export const passDescriptors = lib.func('void sward_pass_descriptors(const void *, int)') as (
  descriptors: Int32Array,
  count: number,
) => void;
export const dropDescriptors = func<[descriptors: Int32Array, count: number]>(
  'int sward_drop_descriptors(const void *, int)',
);
export const controlSend = func<[control: number, bytes: Buffer, length: number]>(
  'int sward_control_send(int, void *, int)',
);
export const controlReceive = func<
  [control: number, wait: number, report: Int32Array, descriptor: Int32Array]
>('int sward_control_receive(int, int, void *, void *)');

export const parkRegistersSize = func<[]>('int sward_park_registers_size(void)');
export const parkSeize = func<[tid: number]>('int sward_park_seize(int)');
export const parkSleep = func<[tid: number, saved: Buffer]>('int sward_park_sleep(int, void *)');
export const parkPoll = func<[tid: number, status: Int32Array]>('int sward_park_poll(int, void *)');
export const parkStop = func<[tid: number]>('int sward_park_stop(int)');
export const parkContinue = func<[tid: number]>('int sward_park_continue(int)');
export const parkFinish = func<
  [tid: number, saved: Buffer, number: number, result: number, restart: number, signal: number]
>('int sward_park_finish(int, void *, long, long, int, int)');
export const parkDetach = func<[tid: number, signal: number]>('int sward_park_detach(int, int)');

const text = Buffer.allocUnsafeSlow(8192);

/** The command line of a process, `''` when it is gone. */
export function processCommand(pid: number): string {
  const length = processCommandRaw(pid, text, text.length);
  return length > 0 ? text.toString('utf8', 0, length) : '';
}

/** Where a descriptor of this process points, as /proc/self/fd shows it. */
export function descriptorPath(fd: number): string {
  const length = descriptorPathRaw(fd, text, text.length);
  return length > 0 ? text.toString('utf8', 0, length) : '';
}

const numbers = new Int32Array(65_536);

/** All processes below `root`, parents first. */
export function processDescendants(root: number): number[] {
  const count = processDescendantsRaw(root, numbers, numbers.length);
  return Array.from(numbers.subarray(0, Math.max(count, 0)));
}

/** The open descriptors of a process in [low, high], optionally only those marked close-on-exec. */
export function processDescriptors(pid: number, low: number, high: number, onlyCloexec: boolean): number[] {
  const count = processDescriptorsRaw(pid, low, high, onlyCloexec ? 1 : 0, numbers, numbers.length);
  return Array.from(numbers.subarray(0, Math.max(count, 0)));
}
