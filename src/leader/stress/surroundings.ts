/** What a run needs and removes again: a directory for its files, and a leader, unless one is given. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SyscallError } from '../../shared/errno.js';
import { BlockingClient } from '../../shared/protocol-call.js';
import { commandPath, nativeBuild } from '../../shared/root.js';
import { fetchLocks } from '../report.js';
import { Ended, Program } from './group.js';
import type { Plan } from './plan.js';
import type { LockRow } from './text.js';

const answerMillisecondsMax = 10_000;

/** Ends the command with a message and an exit status. */
export class Failure extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export interface Surroundings {
  readonly socket: string;
  /** Where the locked files are. */
  readonly directory: string;
  /** The file of the memory that the processes share. */
  readonly memoryPath: string;
  /** The locks of our files that the leader knows. */
  locks(): LockRow[];
  end(): Promise<void>;
}

function ask<T>(socket: string, question: (client: BlockingClient) => T): T {
  const client = new BlockingClient(socket, 'leader stress', answerMillisecondsMax);
  try {
    return question(client);
  } finally {
    client.close();
  }
}

/** A leader that does not coordinate our files would make a test of the kernel. */
function checkLeader(socket: string, directory: string): void {
  let locks: readonly string[];
  try {
    locks = ask(socket, (client) => client.hello.locks);
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    const statuses: Record<string, number> = { ENOENT: 3, ECONNREFUSED: 3, EACCES: 5 };
    throw new Failure(`cannot connect to ${socket}: ${error.code}`, statuses[error.code] ?? 1);
  }
  if (locks.some((each) => `${directory}/`.startsWith(each.endsWith('/') ? each : `${each}/`))) return;
  throw new Failure(
    `the leader does not coordinate ${directory}, only ${locks.join(', ')}: use --directory`,
    2,
  );
}

async function startLeader(socket: string): Promise<Program> {
  const { SWARD_SOCKET: _, ...env } = process.env;
  const guard = [nativeBuild('sward-stress'), 'guard', process.execPath];
  const leader = new Program('the leader', [...guard, commandPath('leader'), '--socket', socket], env);
  try {
    await leader.said(/leader ready/);
  } catch (error) {
    throw error instanceof Ended ? new Failure(error.message, 1) : error;
  }
  return leader;
}

/** Errors: Failure. What was made is removed when this process ends, whatever happens. */
export async function prepare(plan: Plan): Promise<Surroundings> {
  const runtime = mkdtempSync(join(realpathSync(process.env.XDG_RUNTIME_DIR || tmpdir()), 'sward-stress-'));
  const made = [runtime];
  let leader: Program | undefined;
  const remove = (): void => {
    leader?.kill('SIGTERM');
    for (const directory of made) rmSync(directory, { recursive: true, force: true });
  };
  process.on('exit', remove);
  try {
    const directory = mkdtempSync(
      join(plan.directory === undefined ? runtime : plan.directory, 'sward-stress-'),
    );
    made.push(directory);
    const socket = plan.socket ?? join(runtime, 'leader.sock');
    if (plan.socket === undefined) leader = await startLeader(socket);
    checkLeader(socket, directory);
    return {
      socket,
      directory,
      memoryPath: join(runtime, 'memory'),
      locks: () =>
        ask(socket, (client) => fetchLocks(client)).filter(({ path }) => path.startsWith(`${directory}/`)),
      async end() {
        leader?.kill('SIGTERM');
        await leader?.ended;
        remove();
        process.off('exit', remove);
      },
    };
  } catch (error) {
    remove();
    throw error;
  }
}
