/**
 * Asks the leader, as an ordinary client over its socket. Connects when first asked and again after a loss.
 * Asks for bounded amounts: what is left out, is counted.
 */
import { SyscallError } from '../shared/errno.js';
import { protocolVersion } from '../shared/messages.js';
import { connectUnix } from '../shared/native/socket.js';
import { Connection } from '../shared/protocol-connection.js';
import type { Ask } from './ask.js';
import { askDetails, askTree, countProcesses, KnownKeepers } from './ask-processes.js';
import { askPulse, askScene } from './ask-scene.js';
import type { Scraped } from './metrics.js';
import { Paced } from './paced.js';
import type { Asked } from './poller.js';
import type { ProcessTree } from './tree.js';
import type { ProcessDetails, Pulse, Scene } from './world.js';

/** A leader that has not answered for so long is not there. */
const answerMillisecondsMax = 10_000;

export class Source implements Asked {
  readonly #socketPath: string;
  readonly #keepers = new KnownKeepers();
  readonly #processCount: Paced<number>;
  #connection: Promise<Connection> | undefined;

  /** `now`: milliseconds. */
  constructor(socketPath: string, now: () => number) {
    this.#socketPath = socketPath;
    this.#processCount = new Paced(() => this.#ask(countProcesses), now, 0);
  }

  pulse(): Promise<Pulse> {
    return this.#ask(askPulse);
  }

  /** What the metrics tell. */
  async scrape(): Promise<Scraped> {
    return { ...(await this.pulse()), processes: await this.#processCount.get() };
  }

  scene(chosen: ReadonlySet<string>): Promise<Scene> {
    return this.#ask((ask) => askScene(ask, chosen));
  }

  processes(): Promise<ProcessTree> {
    return this.#ask((ask) => askTree(ask, this.#keepers));
  }

  describe(pids: readonly number[]): Promise<ReadonlyMap<number, ProcessDetails>> {
    return this.#ask((ask) => askDetails(ask, pids));
  }

  close(): void {
    this.#connection?.then((connection) => connection.close()).catch(() => {});
    this.#connection = undefined;
  }

  async #ask<T>(run: (ask: Ask) => Promise<T>): Promise<T> {
    this.#connection ??= connect(this.#socketPath);
    try {
      const connection = await this.#connection;
      return await inTime(run((name, request) => connection.request(name, request).wait()));
    } catch (error) {
      // The leader is gone, or has closed the connection: the next one asks anew.
      this.close();
      throw error;
    }
  }
}

async function connect(socketPath: string): Promise<Connection> {
  const connection = new Connection(connectUnix(socketPath));
  await connection.request('hello', { version: protocolVersion, name: 'live page', mounts: false }).wait();
  return connection;
}

function inTime<T>(answer: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const late = () => reject(new SyscallError('ETIMEDOUT', 'the leader does not answer'));
    const timer = setTimeout(late, answerMillisecondsMax);
    answer.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}
