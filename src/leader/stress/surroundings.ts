/** What a run needs and removes again: a directory for its files, and a leader, unless one is given. */
import { mkdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { complain } from '../../shared/output.js';
import type { BlockingClient } from '../../shared/protocol-call.js';
import { builtFile, nativeBuild } from '../../shared/root.js';
import { asFailure, connectTo, Failure } from '../commands/ask.js';
import { fetchLocks, type LockRow } from '../commands/locks.js';
import { OwnDirectory, removeStale } from '../mounts/own-directory.js';
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
  const leader = new Program('the leader', [...guard, builtFile('bin/leader.js'), '--socket', socket], env);
  try {
    await leader.said(/leader ready/);
  } catch (error) {
    throw error instanceof Ended ? new Failure(error.message, 1) : error;
  }
  return leader;
}

const tell = (text: string): void => complain(`leader: ${text}\n`);

/** Runs that were killed have left theirs. Errors: Failure. */
function makeDirectory(base: string): OwnDirectory {
  removeStale([base], tell);
  return asFailure(`cannot make a directory in ${base}`, {}, () => OwnDirectory.create([base]));
}

/** Errors: Failure. What was made is removed when this process ends, whatever happens. */
export async function prepare(plan: Plan): Promise<Surroundings> {
  const runtime = makeDirectory(process.env.XDG_RUNTIME_DIR || tmpdir());
  const made = [runtime];
  const files = join(realpathSync(runtime.path), 'files');
  let leader: Program | undefined;
  const remove = (): void => {
    leader?.kill('SIGTERM');
    for (const directory of made.splice(0)) {
      try {
        directory.remove();
      } catch (error) {
        tell(`the directory ${directory.path} stays: ${(error as Error).message}`);
      }
    }
  };
  process.on('exit', remove);
  try {
    if (plan.directory === undefined) mkdirSync(files);
    else made.push(makeDirectory(plan.directory));
    const directory = plan.directory === undefined ? files : made[1]!.path;
    const socket = plan.socket ?? join(runtime.path, 'leader.sock');
    if (plan.socket === undefined) leader = await startLeader(socket);
    checkLeader(socket, directory);
    return {
      socket,
      directory,
      memoryPath: join(runtime.path, 'memory'),
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
