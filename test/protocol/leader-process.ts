/** A leader in a child process on a socket of its own, and clients that lock one file through it. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inspect } from 'node:util';
import { errnoName } from '../../src/shared/errno.js';
import { LockKind, LockType, type Offset } from '../../src/shared/lock-types.js';
import { FrameKind, OwnerKind, type Request } from '../../src/shared/messages.js';
import { BlockingClient } from '../../src/shared/protocol-call.js';

export const leaderProgram = fileURLToPath(new URL('../../../bin/leader', import.meta.url));
/** More than an answer takes on a busy machine. */
const answerMillisecondsMax = 40_000;

export class LeaderProcess {
  readonly directory = mkdtempSync(join(tmpdir(), 'sward-protocol-'));
  readonly socket = join(this.directory, 'leader.sock');
  readonly file = join(this.directory, 'file');
  log = '';
  private child: ChildProcess | undefined;
  private readonly command: readonly string[];

  /** `command`: a word that runs the leader too. */
  constructor(...command: string[]) {
    this.command = command;
  }

  async start(...options: string[]): Promise<void> {
    writeFileSync(this.file, 'content');
    this.log = '';
    const child = spawn(leaderProgram, [...this.command, '--socket', this.socket, ...options], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.child = child;
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => {
      this.log += text;
    });
    await this.logged('leader ready on ');
  }

  get pid(): number {
    return this.child!.pid!;
  }

  /** Waits until the leader has logged this. */
  async logged(text: string): Promise<void> {
    const deadline = Date.now() + answerMillisecondsMax;
    while (!this.log.includes(text)) {
      if (Date.now() > deadline) throw new Error(`not logged: ${text}\n${this.log}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Ends the leader; its exit status, or the name of the signal that ended it. */
  async stop(signal: NodeJS.Signals = 'SIGTERM'): Promise<number | string> {
    const status = await this.kill(signal);
    rmSync(this.directory, { recursive: true, force: true });
    return status;
  }

  /** Ends the leader but keeps its directory. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<number | string> {
    const child = this.child!;
    if (child.exitCode === null && child.signalCode === null) {
      child.kill(signal);
      await once(child, 'exit');
    }
    return child.exitCode ?? child.signalCode!;
  }

  connect(name: string): Locker {
    return new Locker(this.socket, name, this.file);
  }

  /** Waits until the leader knows that no others are connected than so many. */
  connected(client: Locker, sessions: number): void {
    const deadline = Date.now() + answerMillisecondsMax;
    while (client.call('status', {}).sessions !== sessions)
      if (Date.now() > deadline)
        throw new Error(`not ${sessions} sessions: ${inspect(client.call('status', {}))}`);
  }
}

/** The range of a lock call; all of the file when left out. */
export interface Span {
  readonly start?: Offset;
  readonly end?: Offset;
  readonly type?: LockType;
}

/** A client with one process owner (1) that has one file (1) open. */
export class Locker extends BlockingClient {
  private lastWait = 1_000_000;

  constructor(socket: string, name: string, file: string, pidfd?: number) {
    super(socket, name, answerMillisecondsMax);
    const fd = openSync(file, 'r+');
    this.call('fileOpen', { file: 1 }, [fd]);
    closeSync(fd);
    const owner = { owner: 1, pid: process.pid, command: name, kind: OwnerKind.process };
    const hasPidfd = pidfd !== undefined;
    this.call('ownerOpen', { ...owner, hasPidfd, copy: null }, hasPidfd ? [pidfd] : []);
  }

  lockRequest({ start = 0, end = Infinity, type = LockType.write }: Span, wait: boolean): Request<'lockSet'> {
    return { file: 1, owner: 1, process: 1, kind: LockKind.record, type, start, end, wait };
  }

  /** Takes a lock at once or says why not. */
  tryLock(span: Span = {}): string {
    try {
      this.call('lockSet', this.lockRequest(span, false));
      return 'granted';
    } catch (error) {
      return (error as { code?: string }).code ?? String(error);
    }
  }

  unlock({ start = 0, end = Infinity }: Span = {}): void {
    this.call('lockUnset', { file: 1, owner: 1, kind: LockKind.record, start, end });
  }

  /** Unlocks without waiting for a reply. */
  postUnlock({ start = 0, end = Infinity }: Span = {}): void {
    this.post('lockUnset', { file: 1, owner: 1, kind: LockKind.record, start, end });
  }

  /** Begins to wait for a lock: the id of the call, once the leader has answered PENDING. */
  beginWait(span: Span = {}): number {
    const id = ++this.lastWait;
    this.writer.request('lockSet', id, this.lockRequest(span, true));
    this.flush();
    const values = this.receive();
    if (values[0] !== FrameKind.pending || values[1] !== id) throw new Error(`not PENDING: ${values}`);
    return id;
  }

  cancel(id: number): void {
    this.writer.cancel(id);
    this.flush();
  }

  /** How the waiting call ends. */
  endOf(id: number): string {
    const values = this.receive();
    if (values[0] !== FrameKind.done || values[1] !== id) throw new Error(`not DONE ${id}: ${values}`);
    return values[2] === 0 ? 'granted' : errnoName(values[2] as number);
  }

  /** `granted` or `waits` for every lock the leader knows, in its order. */
  locks(): string[] {
    return this.call('locksList', { cursor: 0, limit: 500, file: '', waiting: false }).rows.map(
      ({ command, start, end, waiting }) => `${command} ${start}-${end}${waiting ? ' waits' : ''}`,
    );
  }
}
