/** What a run needs and removes again: a directory for its files, and a leader, unless one is given. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BlockingClient } from '../../shared/protocol-call.js';
import { commandPath, nativeBuild } from '../../shared/root.js';
import { connectTo, Failure } from '../commands/ask.js';
import { fetchLocks, type LockRow } from '../report.js';
import { Ended, Program } from './group.js';
import type { Plan } from './plan.js';

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

/** Errors: Failure when there is no leader, SyscallError when it does not answer. */
function question<T>(socket: string, put: (client: BlockingClient) => T): T {
  const client = connectTo(socket);
  try {
    return put(client);
  } finally {
    client.close();
  }
}

/** A leader that does not coordinate our files would make a test of the kernel. */
function checkLeader(socket: string, directory: string): void {
  const locks = question(socket, (client) => client.hello.locks);
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

/** Errors: Failure. */
function makeDirectory(base: string): string {
  try {
    return mkdtempSync(join(realpathSync(base), 'sward-stress-'));
  } catch (error) {
    throw new Failure(`cannot make a directory in ${base}: ${(error as NodeJS.ErrnoException).code}`, 1);
  }
}

/** Errors: Failure. What was made is removed when this process ends, whatever happens. */
export async function prepare(plan: Plan): Promise<Surroundings> {
  const runtime = makeDirectory(process.env.XDG_RUNTIME_DIR || tmpdir());
  const made = [runtime];
  let leader: Program | undefined;
  const remove = (): void => {
    leader?.kill('SIGTERM');
    for (const directory of made) rmSync(directory, { recursive: true, force: true });
  };
  process.on('exit', remove);
  try {
    const directory = makeDirectory(plan.directory ?? runtime);
    made.push(directory);
    const socket = plan.socket ?? join(runtime, 'leader.sock');
    if (plan.socket === undefined) leader = await startLeader(socket);
    checkLeader(socket, directory);
    return {
      socket,
      directory,
      memoryPath: join(runtime, 'memory'),
      locks: () =>
        question(socket, (client) => fetchLocks(client, false)).filter(({ path }) =>
          path.startsWith(`${directory}/`),
        ),
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
