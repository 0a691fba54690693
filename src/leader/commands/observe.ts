/** The commands that only look: locks, ps, fds, top. */
import { statSync } from 'node:fs';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { ProcessGroup, ProcessScope, processGroupNames } from '../../shared/process-records.js';
import type { BlockingClient } from '../../shared/protocol-call.js';
import { fetchLocks, locksAsJson, locksAsTable } from '../report.js';
import { ask, socketOption } from './ask.js';
import {
  descriptorsAsJson,
  descriptorsAsTable,
  fetchDescriptors,
  fetchNumbers,
  numbersAsText,
} from './fds.js';
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
    throw new InvalidArgumentError(`${name} is none of ${processGroupNames.join(', ')}.`);
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

/** `device:inode` of a file that can be seen from here. */
function fileKey(path: string): string | undefined {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch {
    return undefined;
  }
}

export function addObserveCommands(program: Command): void {
  const command = (name: string, description: string) =>
    program.command(name).description(description).addOption(socketOption());

  command('locks', 'Lists the held and the waiting locks.')
    .option(
      '--file <path>',
      'of this file only; a path as it is listed will do, if it cannot be seen from here',
    )
    .option('--waiting', 'only those that wait')
    .option('--json', 'as JSON')
    .action((options: Asking & { file?: string; waiting?: boolean }) =>
      ask(options.socket, (client) => {
        const { file: path, waiting = false } = options;
        const file = path === undefined ? '' : fileKey(path);
        const rows = fetchLocks(client, { file: file ?? '', waiting }).filter(
          (row) => file !== undefined || row.path === path,
        );
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
