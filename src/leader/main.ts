/**
 * The command `leader`: runs the leader in the foreground, or asks a running one.
 * Exit status: 0; 1 failed; 2 wrong usage; 3 no leader at the socket; 4 the socket is in use; 5 refused (another uid);
 * 6 the address of --http is in use or cannot be had, or /proc shows another pid namespace; 141 nobody reads the output.
 */
import { Command, CommanderError, Option } from 'commander';
import { AddressError, describeAddress, parseAddress } from '../http/address.js';
import { type Page, startPage } from '../http/start.js';
import { describeDeadlock } from '../shared/describe.js';
import { addLocksOption, type LocksOptions, locksOf } from '../shared/locks-option.js';
import { createLog, type Log, type LogLevel, logLevels } from '../shared/log.js';
import { addMountOptions, type MountOptions, mountsOf } from '../shared/mounts/options.js';
import { MountError } from '../shared/mounts/spec.js';
import { catchSignals, ignoreSignals } from '../shared/native/signals.js';
import { complain, OutputError, print } from '../shared/output.js';
import { foreignProc, procIsOurs } from '../shared/own-proc.js';
import { Niceness, runAt } from '../shared/priority.js';
import { versionText } from '../shared/root.js';
import { deafTo, wasIgnored } from '../shared/started.js';
import { asFailure, Failure, socketOption, socketPath } from './commands/ask.js';
import { refuseIgnored } from './commands/ignored.js';
import { addObserveCommands } from './commands/observe.js';
import { addStatus } from './commands/status.js';
import { addHelp, refuseUnknown } from './commands/usage.js';
import { createCore } from './core/core.js';
import { type OpenMount, openMounts } from './mounts/open.js';
import { startServer } from './server.js';
import { addStress } from './stress/command.js';

/** What ends a leader; under nohup(1) SIGHUP does not. A shell's `&` ignores SIGINT, which daemons do not mind. */
const ending = (['SIGTERM', 'SIGINT', 'SIGHUP'] as const).filter(
  (name) => name !== 'SIGHUP' || !wasIgnored(name),
);

interface ServeOptions extends MountOptions, LocksOptions {
  readonly socket?: string;
  readonly logLevel: LogLevel;
  readonly http?: string;
  readonly httpAllowRemote?: true;
}

function serve(options: ServeOptions): void {
  const path = socketPath(options.socket);
  if (!procIsOurs()) throw new Failure(foreignProc, 6);
  const log = createLog('leader', options.logLevel);
  const specs = mountsOf(options);
  // From here on a signal ends the leader in its loop, which cleans up.
  const signals = catchSignals(ending);
  const { mounts, close } = openMounts(specs, log);
  let page: Page | undefined;
  try {
    page = startHttp(options, path, log);
    serveMounts(options, path, log, signals, mounts, page);
  } finally {
    page?.close();
    close();
  }
}

/** Listens before the leader does: nobody shall find a leader that then gives up. */
function startHttp(options: ServeOptions, path: string, log: Log): Page | undefined {
  if (options.http === undefined) return undefined;
  const address = parseAddress(options.http, options.httpAllowRemote === true);
  const statuses = {
    EADDRINUSE: 6,
    ENOTSOCK: 6,
    EADDRNOTAVAIL: 6,
    EACCES: 6,
    ENOTFOUND: 6,
    ENOENT: 6,
    ENOTDIR: 6,
  };
  return asFailure(`cannot listen on ${describeAddress(address)}`, statuses, () =>
    startPage(address, path, options.logLevel, log),
  );
}

function serveMounts(
  options: ServeOptions,
  path: string,
  log: Log,
  signals: number,
  mounts: readonly OpenMount[],
  page: Page | undefined,
): void {
  const now = () => performance.now();
  const core = createCore({ now, onDeadlock: (report) => log.warn(describeDeadlock(report)) });
  const server = asFailure(`cannot listen on ${path}`, { EADDRINUSE: 4, ENOTSOCK: 4 }, () =>
    startServer({
      socketPath: path,
      core,
      log,
      now,
      epoch: Date.now(),
      locks: locksOf(options),
      mounts,
      signals,
      uid: process.getuid?.() ?? 0,
    }),
  );
  if (page !== undefined) complain(`live page on ${page.address}\n`);
  runAt(Niceness.first);
  complain(`leader ready on ${path} (pid ${process.pid})\n`);
  try {
    let signal: number | undefined;
    while (signal === undefined) signal = server.turn(-1);
    log.info(`stopping on signal ${signal}`);
  } finally {
    server.stop('the leader stops');
  }
}

/** What runs the leader: `leader serve`, or `leader` without a command. */
function serving(command: Command): Command {
  command
    .addOption(socketOption())
    .option('--http <address>', 'show a live page and metrics at HOST:PORT, PORT or /PATH of a socket')
    .option('--http-allow-remote', 'permit an address of --http that others can reach')
    .addOption(new Option('--log-level <level>', 'what to say on stderr').choices(logLevels).default('info'))
    .action((options: ServeOptions) => serve(options));
  addLocksOption(command, 'coordinate the locks of files beneath this directory');
  return addMountOptions(command);
}

function createProgram(): Command {
  const program = serving(new Command('leader'))
    .description('Arbitrates the locks of sandboxed programs; stays in the foreground.')
    .version(versionText(), '--version', 'tell the version')
    .enablePositionalOptions();
  serving(program.command('serve')).description('Runs the leader, as leader without a command does.');
  addStatus(program);
  addObserveCommands(program);
  addStress(program);
  addHelp(program);
  refuseUnknown(program);
  refuseIgnored(program);
  for (const command of [program, ...program.commands]) {
    command
      .exitOverride()
      .showSuggestionAfterError(false)
      .configureOutput({
        writeOut: print,
        writeErr: complain,
        outputError: (text) => complain(`leader: ${text.replace(/^error: /, '')}`),
      });
  }
  return program;
}

/** What is said of an error, and the exit status. */
function explain(error: unknown): { text: string; status: number } {
  // Said by then.
  if (error instanceof CommanderError) return { text: '', status: error.exitCode === 0 ? 0 : 2 };
  if (error instanceof MountError) return { text: error.message, status: 2 };
  if (error instanceof AddressError) return { text: `--http: ${error.message}`, status: 2 };
  if (error instanceof Failure) return { text: error.message, status: error.status };
  if (error instanceof OutputError) return { text: error.message, status: error.exitStatus };
  const { code, message, stack } = error as NodeJS.ErrnoException;
  // Of the system, which names what it was about, or unknown to us.
  return { text: code === undefined ? String(stack) : message, status: 1 };
}

ignoreSignals(deafTo);
try {
  await createProgram().parseAsync();
} catch (error) {
  const { text, status } = explain(error);
  if (text !== '') complain(`leader: ${text}\n`);
  process.exitCode = status;
}
