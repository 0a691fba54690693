/** How a command asks a running leader: its socket, its failures as one line and an exit status. */
import { Option } from 'commander';
import { type ErrnoName, SyscallError } from '../../shared/errno.js';
import { complain, print } from '../../shared/output.js';
import { BlockingClient } from '../../shared/protocol-call.js';

const answerMillisecondsMax = 10_000;

/** Ends the command with this line and status. */
export class Failure extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

/** Of codes that could mean something else. */
const meanings: { readonly [code in ErrnoName]?: string } = {
  ENOTSOCK: ', the path exists and is no socket',
};

/** Turns a SyscallError into `what: CODE` and the exit status that the code has, else 1. */
export function asFailure<T>(what: string, statuses: Readonly<Record<string, number>>, run: () => T): T {
  try {
    return run();
  } catch (error) {
    if (!(error instanceof SyscallError)) throw error;
    const { code } = error;
    throw new Failure(`${what}: ${code}${meanings[code] ?? ''}`, statuses[code] ?? 1);
  }
}

export function socketPath(given: string | undefined): string {
  if (given !== undefined && given !== '') return given;
  throw new Failure('no socket: use --socket PATH or set SWARD_SOCKET', 2);
}

export const socketOption = () =>
  new Option('--socket <path>', 'Unix socket of the leader').env('SWARD_SOCKET');

export function connectTo(given: string | undefined): BlockingClient {
  const path = socketPath(given);
  const statuses = { ENOENT: 3, ECONNREFUSED: 3, EACCES: 5 };
  const connect = () => new BlockingClient(path, 'leader command', answerMillisecondsMax);
  return asFailure(`cannot connect to ${path}`, statuses, connect);
}

/** Whether the leader calls us what we call ourselves. */
function numbersAgree(client: BlockingClient): boolean {
  const { rows } = client.call('sessionsList', { cursor: client.hello.session - 1, limit: 1 });
  return rows[0] === undefined || rows[0].pid === process.pid;
}

/** Prints what a running leader answers; `pid`: about this process. Errors: Failure, OutputError. */
export function ask(
  given: string | undefined,
  question: (client: BlockingClient) => string,
  pid?: number,
): void {
  const client = connectTo(given);
  const answer = () => {
    try {
      return question(client);
    } catch (error) {
      if (!(error instanceof SyscallError) || pid === undefined) throw error;
      if (error.code === 'ESRCH') throw new Failure(`no process ${pid} in a member: ESRCH`, 1);
      if (error.code === 'EACCES' || error.code === 'EPERM') {
        throw new Failure(`the leader may not look at process ${pid}: ${error.code}`, 1);
      }
      throw error;
    }
  };
  if (!asFailure(`no answer from ${socketPath(given)}`, {}, () => numbersAgree(client))) {
    complain('leader: pids are those of its pid namespace, which is not the one here\n');
  }
  const text = asFailure(`no answer from ${socketPath(given)}`, {}, answer);
  client.close();
  print(text);
}
