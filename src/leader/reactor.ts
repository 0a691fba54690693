/**
 * The leader's connections as batches of events (native/reactor.c). The layout of the shared memory is mirrored there.
 * Decides nothing; `input` and the events are valid until the next `wait`.
 */
import { checkResult } from '../shared/errno.js';
import { lib, memoryAt } from '../shared/native/library.js';

const nativeCreate = lib.func('void *sward_reactor_create(int listener, int signals)');
const nativeClose = lib.func('void sward_reactor_close(void *reactor)');
const nativeWatch = lib.func('int sward_reactor_watch(void *reactor, int fd, int writable)');
const nativeAccepting = lib.func('int sward_reactor_accepting(void *reactor, int accepting)');
const nativeWait = lib.func('int sward_reactor_wait(void *reactor, int timeout, int spin)');
const nativeSend = lib.func('void sward_reactor_send(void *reactor, int count)');

export const EventKind = {
  accepted: 1,
  data: 2,
  closed: 3,
  writable: 4,
  signal: 5,
  acceptFailed: 6,
} as const;

const eventsMax = 256;
const sendsMax = 256;
const descriptorsMax = eventsMax * 254;
const areaBytes = 1 << 20;
const sendsAt = eventsMax * 24;
const descriptorsAt = sendsAt + sendsMax * 16;
const inputAt = descriptorsAt + descriptorsMax * 4;
const outputAt = inputAt + areaBytes;

export class Reactor {
  /** Six numbers for each event; see `struct event`. */
  readonly events: Int32Array;
  readonly descriptors: Int32Array;
  readonly input: Buffer;
  private readonly sends: Int32Array;
  private readonly output: Buffer;
  private readonly pointer: bigint;
  private queued = 0;
  private outputUsed = 0;

  constructor(listener: number, signals: number) {
    this.pointer = nativeCreate(listener, signals) as bigint;
    if (!this.pointer) throw new Error('cannot create the event loop');
    const memory = memoryAt(this.pointer, outputAt + areaBytes);
    this.events = new Int32Array(memory, 0, eventsMax * 6);
    this.sends = new Int32Array(memory, sendsAt, sendsMax * 4);
    this.descriptors = new Int32Array(memory, descriptorsAt, descriptorsMax);
    this.input = Buffer.from(memory, inputAt, areaBytes);
    this.output = Buffer.from(memory, outputAt, areaBytes);
  }

  /** Waits at most `timeout` milliseconds (-1: for ever), the first `spin` microseconds awake; the number of events. */
  wait(timeout: number, spin: number): number {
    return checkResult(nativeWait(this.pointer, timeout, spin), 'epoll_wait');
  }

  /** Puts bytes into the next `send`; false when there is no room left in it. */
  queue(fd: number, bytes: Buffer, start: number, length: number): boolean {
    if (this.queued === sendsMax || areaBytes - this.outputUsed < length) return false;
    bytes.copy(this.output, this.outputUsed, start, start + length);
    const at = this.queued++ * 4;
    this.sends[at] = fd;
    this.sends[at + 1] = this.outputUsed;
    this.sends[at + 2] = length;
    this.outputUsed += length;
    return true;
  }

  /** Sends what was queued, in one call. */
  send(): void {
    if (this.queued > 0) nativeSend(this.pointer, this.queued);
    this.queued = this.outputUsed = 0;
  }

  /** After `send`: bytes sent of the nth queued piece, or -errno. */
  sent(index: number): number {
    return this.sends[index * 4 + 3]!;
  }

  watchWritable(fd: number, writable: boolean): void {
    checkResult(nativeWatch(this.pointer, fd, writable ? 1 : 0), 'epoll_ctl');
  }

  setAccepting(accepting: boolean): void {
    checkResult(nativeAccepting(this.pointer, accepting ? 1 : 0), 'epoll_ctl');
  }

  close(): void {
    nativeClose(this.pointer);
  }
}
