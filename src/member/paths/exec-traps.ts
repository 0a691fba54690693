/**
 * execve and execveat of a file in a mount: the thread executes it in the directory that it is given for the purpose.
 * Scripts are not left to the kernel: it would show their interpreter the wrong path, and look for the interpreter
 * outside the mounts.
 */
import { readFileSync, readSync } from 'node:fs';
import { errnoNumber } from '../../shared/errno.js';
import {
  directoryReopen,
  memoryReadSome,
  objectAccess,
  ownOpen,
  pathOpen,
  pathReopen,
} from '../../shared/native/paths.js';
import { closeDescriptor, processGroupOf } from '../../shared/native/workload.js';
import { answer } from '../interceptor.js';
import type { ExecTable } from '../release-traps.js';
import { type InjectedCall, type Outcome, withMemory } from './injections.js';
import { At, fileTypeOf, noEntry, type PathMember, regularType, symlinkType } from './paths.js';
import { beneath, currentDirectory, outside } from './resolver.js';
import { Open } from './walk.js';

const crossing = -errnoNumber('EXDEV');
const tryAgain = -errnoNumber('EAGAIN');
const accessDenied = -errnoNumber('EACCES');
const tooManyLinks = -errnoNumber('ELOOP');
const badAddress = -errnoNumber('EFAULT');
const executeAccess = 1;
/** AT_EXECVE_CHECK (Linux 6.14): whether it could be executed. */
const checkOnly = 0x10000;
const execFlags = At.symlinkNoFollow | At.emptyPath | checkOnly;
/** BINPRM_BUF_SIZE: so much of a file's beginning says what it is. */
const headerBytes = 256;
/** Interpreters of interpreters, as binfmt_script counts them. */
const scriptsMax = 5;
const pointerBytes = 8;
const argumentsMax = 1 << 18;

/** A file to execute: a directory descriptor (ours) and its name there. */
interface Executable {
  readonly directory: number;
  readonly name: string;
  readonly header: Buffer;
}

export const execveTrap = (member: PathMember, execs: ExecTable): void =>
  execute(member, execs, currentDirectory, 0, 0);

export const execveatTrap = (member: PathMember, execs: ExecTable): void =>
  execute(member, execs, member.block.int(0), 1, member.block.int(4));

function execute(
  member: PathMember,
  execs: ExecTable,
  directory: number,
  pathAt: number,
  flags: number,
): void {
  const { block, paths } = member;
  const { resolver } = paths;
  if (flags & ~execFlags) return execs.trap();
  paths.identity.forget(block.tid);
  const result = resolver.fetch(resolver.first, block.address(pathAt));
  if (result < 0) {
    if (flags & At.emptyPath || result === badAddress || result === outside) return execs.trap();
    return answer(member, result);
  }
  const { text } = resolver.first;
  const found = find(member, directory, flags);
  if (found === outside) return executeOutside(member, execs, directory, text, pathAt);
  if (typeof found === 'number') return answer(member, found);
  if (flags & checkOnly) {
    closeDescriptor(found.directory);
    return answer(member, 0);
  }
  const isScript = found.header[0] === 0x23 && found.header[1] === 0x21;
  const comm = baseName(text);
  if (!isScript) return run(member, execs, { ...found, before: [], comm }, pathAt);
  closeDescriptor(found.directory);
  if (losesDirectory(member, directory, text)) return answer(member, noEntry);
  runScript(member, execs, scriptName(directory, text), found.header, pathAt);
}

/** How the kernel names a script to its interpreter (binfmt_script, execveat(2)). */
const scriptName = (directory: number, text: string): string =>
  directory === currentDirectory || text.startsWith('/') ? text : `/dev/fd/${directory}/${text}`;

/** execveat(2): a script below a close-on-exec descriptor cannot be found by its interpreter (ENOENT). */
function losesDirectory(member: PathMember, directory: number, text: string): boolean {
  if (directory === currentDirectory || text.startsWith('/')) return false;
  const info = readFileSync(`/proc/${member.block.tid}/fdinfo/${directory}`, 'latin1');
  return (Number.parseInt(/^flags:\s*(\d+)/m.exec(info)?.[1] ?? '0', 8) & Open.closeOnExec) !== 0;
}

/** The file that the path in the resolver's first place names, `outside`, or -errno. */
function find(member: PathMember, directory: number, flags: number): Executable | number {
  const { resolver } = member.paths;
  const { first, second } = resolver;
  const { text } = first;
  const follow = !(flags & At.symlinkNoFollow);
  const entry = resolver.entry(first, directory);
  if (entry === 0 && !first.mountPoint && !first.mount?.nested) {
    const { name } = first;
    const openFlags = Open.path | (follow ? 0 : Open.noFollow);
    const fd = pathOpen(first.directory, first.buffer, first.offset, openFlags, 0, beneath);
    if (fd !== crossing && fd !== tryAgain) {
      const found = fd < 0 ? fd : check(fd, first.directory, name);
      first.release();
      return found;
    }
  }
  first.release();
  second.begin(text, false);
  const begun = resolver.start(second, directory, follow, text.length);
  if (begun !== 0) return begun;
  const fd = resolver.objectSlowly(second, follow);
  const { parent, name } = resolver.walk;
  const found = fd < 0 ? fd : parent && !second.mountPoint ? check(fd, parent.fd, name) : accessDenied;
  resolver.walk.release();
  return found;
}

/** Checks what the kernel would check, and reads the beginning. Closes the file. */
function check(fd: number, parent: number, name: string): Executable | number {
  const type = fileTypeOf(fd);
  const refused =
    type === symlinkType
      ? tooManyLinks
      : type !== regularType
        ? accessDenied
        : objectAccess(fd, executeAccess);
  const directory = refused < 0 ? refused : directoryReopen(parent);
  const header = directory < 0 ? Buffer.alloc(0) : readHeader(pathReopen(fd, 0, 0));
  closeDescriptor(fd);
  return directory < 0 ? directory : { directory, name, header };
}

/** The first bytes of a file; none when it may not be read: then it is no script. */
function readHeader(fd: number): Buffer {
  const header = Buffer.alloc(headerBytes);
  if (fd < 0) return header;
  try {
    readSync(fd, header, 0, headerBytes, 0);
  } catch {
    // A directory, for example: the kernel knows the error.
  } finally {
    closeDescriptor(fd);
  }
  return header;
}

/** A program outside the mounts may be a script whose interpreter is in one. */
function executeOutside(
  member: PathMember,
  execs: ExecTable,
  directory: number,
  text: string,
  pathAt: number,
): void {
  const header = outsideHeader(member, directory, text);
  const script = parse(header);
  if (!script || !isInMount(member, script.interpreter)) return execs.trap();
  runScript(member, execs, scriptName(directory, text), header, pathAt);
}

/** The first bytes of a file outside the mounts. */
function outsideHeader(member: PathMember, directory: number, text: string): Buffer {
  const { tid } = member.block;
  const base = directory === currentDirectory ? `/proc/${tid}/cwd/` : `/proc/${tid}/fd/${directory}/`;
  const path = Buffer.from(`${text.startsWith('/') ? text : base + text}\0`, 'latin1');
  return readHeader(ownOpen(path, 0, Open.nonBlocking));
}

function isInMount(member: PathMember, path: string): boolean {
  const { resolver } = member.paths;
  resolver.first.begin(path, false);
  const fd = resolver.object(resolver.first, currentDirectory, true);
  resolver.walk.release();
  if (fd >= 0) closeDescriptor(fd);
  return fd !== outside;
}

interface Script {
  readonly interpreter: string;
  readonly argument: string | undefined;
}

/** execve(2): `#!interpreter [optional-arg]`. */
function parse(header: Buffer): Script | undefined {
  if (header[0] !== 0x23 || header[1] !== 0x21) return undefined;
  const line = header.toString('latin1', 2).split(/[\n\0]/, 1)[0]!;
  const match = /^[ \t]*([^ \t]+)(?:[ \t]+(.*?))?[ \t]*$/.exec(line);
  if (!match) return undefined;
  return { interpreter: match[1]!, argument: match[2] === '' ? undefined : match[2] };
}

/** Executes the interpreter of a script, which may be a script itself. */
function runScript(member: PathMember, execs: ExecTable, name: string, header: Buffer, pathAt: number): void {
  const { resolver } = member.paths;
  const before: string[] = [];
  let script = name;
  let current = header;
  for (let depth = 0; depth < scriptsMax; depth++) {
    const parsed = parse(current);
    if (!parsed) return answer(member, -errnoNumber('ENOEXEC'));
    const { interpreter, argument } = parsed;
    // The interpreter takes the place of the first argument, which was the script.
    before.shift();
    before.unshift(interpreter, ...(argument === undefined ? [] : [argument]), script);
    resolver.first.begin(interpreter, false);
    const found = find(member, currentDirectory, 0);
    const comm = baseName(name);
    if (typeof found === 'number' && found !== outside) return answer(member, found);
    const file =
      typeof found === 'number'
        ? {
            directory: undefined,
            name: interpreter,
            header: outsideHeader(member, currentDirectory, interpreter),
          }
        : found;
    if (!parse(file.header)) return run(member, execs, { ...file, before, comm }, pathAt);
    if (file.directory !== undefined) closeDescriptor(file.directory);
    current = file.header;
    script = interpreter;
  }
  answer(member, tooManyLinks);
}

/** The pointers of an argument vector, without the last (null) one. */
function readPointers(tid: number, address: number): bigint[] | number {
  const pointers: bigint[] = [];
  const chunk = Buffer.alloc(4096);
  while (address !== 0 && pointers.length < argumentsMax) {
    const read = memoryReadSome(tid, address + pointers.length * pointerBytes, chunk, chunk.length);
    if (read < pointerBytes) return badAddress;
    for (let i = 0; i + pointerBytes <= read; i += pointerBytes) {
      const pointer = chunk.readBigUInt64LE(i);
      if (pointer === 0n) return pointers;
      pointers.push(pointer);
    }
  }
  return address === 0 ? pointers : -errnoNumber('E2BIG');
}

/**
 * What a thread executes: a name in a directory (ours, to be closed), or a path as the thread sees it; the arguments in
 * front of its own ones from the second on, if there are any; and the name that the process shall have.
 */
interface Execution {
  readonly directory: number | undefined;
  readonly name: string;
  readonly before: readonly string[];
  readonly comm: string;
}

const baseName = (path: string): string => path.slice(path.lastIndexOf('/') + 1);

function run(member: PathMember, execs: ExecTable, execution: Execution, pathAt: number): void {
  const { block, paths } = member;
  const { tid } = block;
  const { directory, name, before, comm } = execution;
  const own = before.length === 0 ? [] : readPointers(tid, block.address(pathAt + 1));
  if (typeof own === 'number') {
    if (directory !== undefined) closeDescriptor(directory);
    return answer(member, own);
  }
  const alias = comm === baseName(name) ? undefined : paths.aliases.create();
  const descriptors = [directory, alias?.descriptor].filter((fd) => fd !== undefined);
  const { numbers } = paths;
  const vector = block.address(pathAt + 1);
  const environment = block.address(pathAt + 2);
  const exec = execs.prepare();
  const program = function* (given: readonly number[]): Generator<InjectedCall, Outcome, bigint> {
    const inDirectory = directory === undefined ? undefined : given[0];
    const target = inDirectory === undefined ? absolute(name) : `/proc/self/fd/${inDirectory}/${name}`;
    const renamed = alias?.link(comm, target) === true;
    const base = renamed ? given.at(-1) : inDirectory;
    const memory = new ExecMemory(renamed ? comm : name, before, own);
    const result = yield* withMemory(
      tid,
      numbers,
      memory.size,
      (address) => memory.fill(address),
      function* (address) {
        const list = before.length === 0 ? vector : address + memory.vector;
        const call = base === undefined ? numbers.execve : numbers.execveat;
        const parameters = [address, list, environment];
        const executed = yield {
          call,
          parameters: base === undefined ? parameters : [base, ...parameters, 0],
        };
        return executed === 0n ? 'replaced' : Number(executed);
      },
    );
    alias?.remove();
    if (result === 'replaced') execs.settle(exec);
    else for (const number of given) yield { call: numbers.close, parameters: [number] };
    return result;
  };
  paths.injections.start(descriptors, program, processGroupOf(tid));
}

/** A path that a link can have as its target, whatever directory the link is in. */
const absolute = (path: string): string => (path.startsWith('/') ? path : `/proc/self/cwd/${path}`);

/** What execve(2) is given: the name, then the arguments, then the vector of pointers to them. */
class ExecMemory {
  readonly vector: number;
  readonly size: number;
  readonly #strings: readonly Buffer[];
  readonly #own: readonly bigint[];

  constructor(name: string, before: readonly string[], own: readonly bigint[]) {
    this.#strings = [name, ...before].map((text) => Buffer.from(`${text}\0`, 'latin1'));
    this.#own = own.slice(1);
    const bytes = this.#strings.reduce((sum, text) => sum + text.length, 0);
    this.vector = (bytes + 7) & ~7;
    this.size = this.vector + (before.length + this.#own.length + 1) * pointerBytes;
  }

  fill(address: number): Buffer {
    const bytes = Buffer.alloc(this.size);
    let string = 0;
    let at = this.vector;
    for (const [i, text] of this.#strings.entries()) {
      text.copy(bytes, string);
      if (i > 0) at = bytes.writeBigUInt64LE(BigInt(address + string), at);
      string += text.length;
    }
    for (const pointer of this.#own) at = bytes.writeBigUInt64LE(pointer, at);
    return bytes;
  }
}
