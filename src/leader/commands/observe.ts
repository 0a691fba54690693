/** The commands that only look: locks, ps, fds, top. */
import { statSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ProcessGroup, ProcessScope, processGroupNames } from '../../shared/process-records.js';
import type { BlockingClient } from '../../shared/protocol-call.js';
import { ask, Failure, socketOption } from './ask.js';
import {
  descriptorsAsJson,
  descriptorsAsTable,
  fetchDescriptors,
  fetchNumbers,
  numbersAsText,
} from './fds.js';
import { fetchLocks, type LockRow, locksAsJson, locksAsTable } from './locks.js';
import { fetchProcesses, processesAsJson, processesAsTable } from './ps.js';
import { top } from './top.js';
import { outputWidth } from './width.js';

interface Asking {
  readonly socket?: string;
  readonly json?: boolean;
}

function pidArgument(text: string): number {
  const pid = Number(text);
  if (/^[0-9]+$/.test(text) && pid > 0 && pid <= 0x7fff_ffff) return pid;
  throw new InvalidArgumentError(`${text} is no process id.`);
}

function numberArgument(text: string): number {
  if (/^[0-9]+$/.test(text) && Number(text) <= 0xffff_ffff) return Number(text);
  throw new InvalidArgumentError(`${text} is no descriptor.`);
}

function groupsArgument(text: string): number {
  return text.split(',').reduce((groups, name) => {
    const known = processGroupNames.find((one) => one === name);
    if (known !== undefined) return groups | ProcessGroup[known];
    throw new InvalidArgumentError(
      `${name === '' ? 'An empty name' : name} is none of ${processGroupNames.join(', ')}.`,
    );
  }, 0);
}

interface ProcessOptions extends Asking {
  readonly children?: number;
  readonly threads?: number;
  readonly one?: number;
  readonly show: number;
}

function chosen({ children, threads, one }: ProcessOptions): { scope: ProcessScope; pid: number } {
  if (children !== undefined) return { scope: ProcessScope.children, pid: children };
  if (threads !== undefined) return { scope: ProcessScope.threads, pid: threads };
  if (one !== undefined) return { scope: ProcessScope.one, pid: one };
  return { scope: ProcessScope.all, pid: -1 };
}

function fileArgument(text: string): string {
  if (text !== '') return text;
  throw new InvalidArgumentError('It is empty.');
}

/** `device:inode` of the file that is there as seen from here, or why there is none. */
function fileKey(path: string): { key?: string; code?: string } {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return { key: `${dev}:${ino}` };
  } catch (error) {
    return { code: (error as NodeJS.ErrnoException).code ?? 'EIO' };
  }
}

/**
 * A path may be one as the leader lists it (in a mount, or of a removed file) and name another file here: what is listed
 * comes first, then the locks of the file that is here. Errors: Failure when it is neither.
 */
function locksOf(client: BlockingClient, path: string, waiting: boolean): LockRow[] {
  const rows = fetchLocks(client, waiting);
  const listed = rows.filter((row) => row.path === path);
  const { key, code } = fileKey(path);
  if (code !== undefined && listed.length === 0) {
    throw new Failure(`no lock is listed for ${path}, and it cannot be found here: ${code}`, 1);
  }
  return [...listed, ...rows.filter((row) => row.file === key && row.path !== path)];
}

export function addObserveCommands(program: Command): void {
  const command = (name: string, description: string) =>
    program.command(name).description(description).addOption(socketOption());

  command('locks', 'Lists the held and the waiting locks.')
    .option('--file <path>', 'of this file only: as it is listed, or where it is here', fileArgument)
    .option('--waiting', 'only those that wait')
    .option('--json', 'as JSON')
    .action((options: Asking & { file?: string; waiting?: boolean }) =>
      ask(options.socket, (client) => {
        const { file, waiting = false } = options;
        const rows = file === undefined ? fetchLocks(client, waiting) : locksOf(client, file, waiting);
        return options.json ? locksAsJson(rows) : locksAsTable(rows, outputWidth());
      }),
    );

  const scopes = ['all', 'children', 'threads', 'one'];
  const scope = (flags: string, name: string, description: string) =>
    new Option(flags, description).conflicts(scopes.filter((other) => other !== name));
  command('ps', 'Lists the processes of the members.')
    .addOption(scope('--all', 'all', 'of all members (default)'))
    .addOption(scope('--children <pid>', 'children', 'the children of one').argParser(pidArgument))
    .addOption(scope('--threads <pid>', 'threads', 'the threads of one').argParser(pidArgument))
    .addOption(scope('--one <pid>', 'one', 'this one').argParser(pidArgument))
    .addOption(
      new Option('--show <groups>', `what to tell: ${processGroupNames.join(',')}`)
        .argParser(groupsArgument)
        .default(groupsArgument('base,cred,usage,cmd,locks'), 'base,cred,usage,cmd,locks'),
    )
    .option('--json', 'as JSON')
    .action((options: ProcessOptions) => {
      const { scope, pid } = chosen(options);
      const question = (client: BlockingClient) => {
        const listing = fetchProcesses(client, { scope, pid, groups: options.show });
        return options.json ? processesAsJson(listing) : processesAsTable(listing, outputWidth());
      };
      ask(options.socket, question, pid);
    });

  command('fds', 'Lists the open descriptors of a process of a member.')
    .argument('<pid>', 'the process', pidArgument)
    .option('--start <n>', 'from this descriptor on', numberArgument, 0)
    .option('--numbers', 'the numbers alone')
    .option('--json', 'as JSON')
    .action((pid: number, options: Asking & { start: number; numbers?: boolean }) => {
      const question = (client: BlockingClient) => {
        const { start } = options;
        if (options.numbers) return numbersAsText(fetchNumbers(client, pid, start), options.json === true);
        const rows = fetchDescriptors(client, pid, start);
        return options.json ? descriptorsAsJson(rows) : descriptorsAsTable(rows, outputWidth());
      };
      ask(options.socket, question, pid);
    });

  command(
    'top',
    'Shows what is going on, once a second: hottest files, longest waits, rates of the members.',
  ).action((options: Asking) => top(options.socket));
}
