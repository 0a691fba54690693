/**
 * Whether to stay awake for the next message. Waking a thread on another, idle CPU takes tens of microseconds where that
 * CPU is a virtual one: longer than an answer. Staying awake pays when messages come one after the other and nobody
 * else wants the CPU, so the usual time until the next message is kept, and now and then the kernel is asked how many
 * threads want to run (proc_loadavg(5)) and how long this one has waited for a CPU (proc_pid_schedstat(5)).
 */
import { openSync, readSync } from 'node:fs';
import { availableParallelism } from 'node:os';

/** A wait that usually takes less than this is spent awake. */
const shortMicroseconds = 80;
/** So long at most. */
const spinMicrosecondsMax = 100;
/** A long wait counts as no longer than this: after some short ones it is forgotten. */
const longMicroseconds = 1_000;
const weight = 1 / 8;
/** Whoever stays awake and waits longer than this for a CPU, each time on average, shares it with others that are busy. */
const crowdedNanoseconds = 8_000;
/** Waits between two looks at that. */
const lookEvery = 64;
/** Waits for which it then sleeps, before it tries again. */
const sleepsWhenCrowded = 4_096;
const cpus = availableParallelism();

/** Belongs to the thread that makes it. */
export class Spinning {
  /** The usual wait. */
  #usual = longMicroseconds;
  /** Waits that are to be slept through, since others want the CPU. */
  #sleeps = 0;
  #untilLook = lookEvery;
  /** Nanoseconds of waiting for a CPU, and how often it was had, at the last look. */
  #delay = 0;
  #slices = 0;
  readonly #schedule = open('/proc/thread-self/schedstat');
  readonly #load = open('/proc/loadavg');
  readonly #text = Buffer.alloc(80);

  /** A wait took so long. */
  observe(milliseconds: number): void {
    const waited = Math.min(milliseconds * 1000, longMicroseconds);
    this.#usual += (waited - this.#usual) * weight;
    if (this.#sleeps > 0) this.#sleeps--;
    else if (--this.#untilLook === 0) this.#look();
  }

  get microseconds(): number {
    return cpus > 1 && this.#sleeps === 0 && this.#usual < shortMicroseconds ? spinMicrosecondsMax : 0;
  }

  #look(): void {
    this.#untilLook = lookEvery;
    if (this.#usual >= shortMicroseconds) return;
    const [, delay = 0, slices = 0] = this.#read(this.#schedule).split(' ').map(Number);
    // One that never slept nor was preempted did not wait.
    const times = slices - this.#slices;
    const waits = times > 0 && (delay - this.#delay) / times > crowdedNanoseconds;
    this.#delay = delay;
    this.#slices = slices;
    const running = Number(/ (\d+)\//.exec(this.#read(this.#load))?.[1] ?? 0);
    if (waits || running > cpus) this.#sleeps = sleepsWhenCrowded;
  }

  #read(fd: number): string {
    if (fd < 0) return '';
    return this.#text.toString('latin1', 0, readSync(fd, this.#text, 0, this.#text.length, 0));
  }
}

/** -1 where the kernel does not tell. */
function open(path: string): number {
  try {
    return openSync(path, 'r');
  } catch {
    return -1;
  }
}
