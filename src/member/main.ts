/** The `member` command: options, the link to a leader, the launch, the hot loop. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import { checkResult, SyscallError } from '../shared/errno.js';
import { addLocksOption, type LocksOptions, locksOf } from '../shared/locks-option.js';
import { createLog, type Log, type LogLevel, logLevels } from '../shared/log.js';
import { addMountOptions, givenMountOption, type MountOptions, mountsOf } from '../shared/mounts/options.js';
import { MountError, type MountSpec } from '../shared/mounts/spec.js';
import {
  becomeSubreaper,
  closeDescriptor,
  lookThroughProc,
  refusedCall,
  vitalCall,
} from '../shared/native/workload.js';
import { complain, OutputError, print } from '../shared/output.js';
import { foreignProc, procIsOurs } from '../shared/own-proc.js';
import { versionText } from '../shared/root.js';
import { type End, memberFailed } from './end.js';
import { buildFilter } from './filter.js';
import { passInherited } from './inherited.js';
import { Launcher } from './launcher.js';
import type { LeaderLink } from './link.js';
import { MountTable } from './paths/mount-table.js';
import { pathCalls } from './paths/path-calls.js';
import { openGuestDirectory } from './paths/start.js';
import { openSignals } from './signals.js';
import { Supervisor } from './supervisor.js';

const usageStatus = 2;
const kernelStatus = 6;
const nestedStatus = 7;
const now = (): number => performance.now();

interface Options extends MountOptions, LocksOptions {
  readonly socket?: string;
  readonly workdir?: string;
  readonly killOnExit?: true;
  readonly logLevel: LogLevel;
}

/** What bin/member brings along: this folder does not know the leader's. */
export interface Surroundings {
  /** An embedded leader for these directories, with these mounts. */
  embeddedLink(directories: readonly string[], mounts: readonly MountSpec[], log: Log): LeaderLink;
}

function logLevel(text: string): LogLevel {
  if (!(logLevels as readonly string[]).includes(text)) {
    throw new InvalidArgumentError(`one of ${logLevels.join(', ')}`);
  }
  return text as LogLevel;
}

interface CommandLine {
  readonly options: Options;
  readonly command: readonly string[];
  /** The leader's socket; undefined: an embedded leader. */
  readonly socket: string | undefined;
  readonly mounts: readonly MountSpec[];
}

/** Errors: CommanderError, which has been printed; MountError and OutputError, which have not. */
function parse(argv: readonly string[]): CommandLine {
  const program = new Command('member')
    .description('Runs a program whose file locks are coordinated with those of other members by a leader.')
    .usage('[options] -- program [argument...]')
    .version(versionText(), '--version', 'tell the version')
    .argument('<program...>', 'the program and its arguments')
    .option('--socket <path>', 'the leader (default: $SWARD_SOCKET, else an embedded leader of its own)')
    .option('-w, --workdir <dir>', 'start the program in this directory, as the program sees it')
    .option('--kill-on-exit', 'when the program ends, kill what it left running')
    .option('--log-level <level>', `one of ${logLevels.join(', ')}`, logLevel, 'warn' as LogLevel)
    .addHelpText(
      'after',
      `
Exit status: that of the program; when signal n ended it, signal n ends the
member, too, which a shell shows as 128+n; 2 usage, 3 no leader at the socket,
5 refused by the leader, 6 the kernel is too old, the container refuses what a
member needs, or /proc shows another pid namespace, 7 already inside a member,
125 the member failed, 126 the program is not executable, 127 it was not found.`,
    )
    .passThroughOptions()
    .exitOverride()
    .showSuggestionAfterError(false)
    .configureOutput({
      writeOut: print,
      writeErr: complain,
      outputError: (text) => complain(text.replace(/^error:/, 'member:')),
    });
  addMountOptions(program);
  addLocksOption(program, 'embedded leader: coordinate files beneath this directory');
  program.parse(argv as string[], { from: 'user' });
  const options = program.opts<Options>();
  // A variable of a script that is not set must not become a leader of its own.
  if (options.socket === '') program.error('error: --socket is empty');
  const socket = options.socket ?? process.env.SWARD_SOCKET;
  if (socket === undefined || socket === '')
    return { options, command: program.args, socket: undefined, mounts: mountsOf(options) };
  const given =
    givenMountOption(options) ?? (options.locks === undefined ? undefined : `--locks ${options.locks[0]}`);
  if (given !== undefined)
    program.error(`error: ${given}: the leader at ${socket} decides: give it to bin/leader`);
  return { options, command: program.args, socket: resolve(socket), mounts: [] };
}

/** The last `count` arguments of this process byte for byte: Node's own argv is decoded as UTF-8. */
function rawArguments(count: number): Buffer {
  const bytes = readFileSync('/proc/self/cmdline');
  let start = bytes.length - 1;
  for (let left = count; left > 0; left--) start = bytes.lastIndexOf(0, start - 1);
  return bytes.subarray(start + 1);
}

/** A directory as the workload sees it, opened; it becomes the workload's $PWD. Errors: those of open(2). */
function startDirectory(table: MountTable, path: string): number {
  const guest = resolve(path);
  const fd = openGuestDirectory(table, Buffer.from(guest).toString('latin1'));
  process.env.PWD = guest;
  return checkResult(fd, `cannot start in ${guest}`);
}

async function connect(
  { options, socket, mounts }: CommandLine,
  surroundings: Surroundings,
  log: Log,
): Promise<LeaderLink> {
  if (socket === undefined) {
    return surroundings.embeddedLink(locksOf(options), mounts, log);
  }
  process.env.SWARD_SOCKET = socket;
  const { connectLink } = await import('./socket-connect.js');
  return connectLink(socket, log, now);
}

function refuse(error: MountError): End {
  complain(`member: ${error.message}\n`);
  return { status: usageStatus };
}

/** Runs the command line; returns how the member is to end. */
export async function main(argv: readonly string[], surroundings: Surroundings): Promise<End> {
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(argv);
  } catch (error) {
    if (error instanceof MountError) return refuse(error);
    if (error instanceof CommanderError) return { status: error.exitCode === 0 ? 0 : usageStatus };
    if (!(error instanceof OutputError)) throw error;
    if (error.message !== '') complain(`member: ${error.message}\n`);
    return { status: error.exitStatus };
  }
  const { options, command } = parsed;
  const dropInherited = passInherited();
  const log = createLog('member', options.logLevel);
  if (!procIsOurs()) {
    log.error(foreignProc);
    return { status: kernelStatus };
  }
  try {
    const link = await connect(parsed, surroundings, log);
    const table = new MountTable(link.mounts);
    const filter = buildFilter(pathCalls(table), table.hasAppends);
    const refused = refusedCall();
    if (refused === vitalCall) {
      log.error(`${refused} is refused here: a container must allow it`);
      return { status: kernelStatus };
    }
    if (refused) {
      lookThroughProc();
      log.warn(
        `${refused} is refused here (Docker: --cap-add SYS_PTRACE): flock and OFD locks are left to the kernel`,
      );
    }
    becomeSubreaper();
    const signals = openSignals();
    const start = options.workdir === undefined ? -1 : startDirectory(table, options.workdir);
    const launcher = new Launcher(rawArguments(command.length), command.length, start);
    if (start >= 0) closeDescriptor(start);
    try {
      launcher.installFilter(filter.program);
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      const nested = error.code === 'EBUSY';
      log.error(
        nested
          ? 'EBUSY: this is already inside a member, whose leader coordinates it'
          : `${error.message}: Linux 5.19 or later is needed (seccomp with WAIT_KILLABLE_RECV)`,
      );
      return { status: nested ? nestedStatus : kernelStatus };
    }
    dropInherited();
    return new Supervisor({
      link,
      launcher,
      filter,
      table,
      signals,
      descriptionsKnowable: refused === undefined,
      killOnExit: options.killOnExit === true,
      command: command[0]!,
      log,
      now,
    }).run();
  } catch (error) {
    if (error instanceof MountError) return refuse(error);
    const status = (error as { exitStatus?: number }).exitStatus ?? memberFailed;
    log.error(error instanceof SyscallError ? error.message : String((error as Error).stack));
    return { status };
  }
}
