/**
 * execve and execveat of a file in a mount: the thread executes it in the directory that it is given for the purpose.
 * Scripts are not left to the kernel: it would show their interpreter the wrong path, and look for the interpreter
 * outside the mounts.
 */
import { readSync } from 'node:fs';
import { errnoNumber } from '../../shared/errno.js';
import {
  descriptorFacts,
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
import { withMemory } from './injections.js';
import { At, fileTypeMask, type PathMember } from './paths.js';
import { beneath, currentDirectory, outside } from './resolver.js';
import { Open } from './walk.js';

const crossing = -errnoNumber('EXDEV');
const tryAgain = -errnoNumber('EAGAIN');
const accessDenied = -errnoNumber('EACCES');
const tooManyLinks = -errnoNumber('ELOOP');
const badAddress = -errnoNumber('EFAULT');
const regularFile = 0o100000;
const executeAccess = 1;
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
  const result = resolver.fetch(resolver.first, block.address(pathAt));
  if (result < 0) {
    if (flags & At.emptyPath || result === badAddress) return execs.trap();
    return answer(member, result);
  }
  const { text } = resolver.first;
  const found = find(member, directory, flags);
  if (found === outside) return executeOutside(member, execs, directory, text, pathAt);
  if (typeof found === 'number') return answer(member, found);
  const isScript = found.header[0] === 0x23 && found.header[1] === 0x21;
  if (!isScript) return run(member, execs, found, block.address(pathAt + 1), pathAt);
  closeDescriptor(found.directory);
  runScript(member, execs, scriptName(directory, text), found.header, pathAt);
}

/** How the kernel names a script to its interpreter (binfmt_script, execveat(2)). */
const scriptName = (directory: number, text: string): string =>
  directory === currentDirectory || text.startsWith('/') ? text : `/dev/fd/${directory}/${text}`;

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
  const mode = descriptorFacts(fd)?.mode ?? 0;
  const refused =
    (mode & fileTypeMask) === 0o120000
      ? tooManyLinks
      : (mode & fileTypeMask) !== regularFile
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
  const { tid } = member.block;
  const base = directory === currentDirectory ? `/proc/${tid}/cwd/` : `/proc/${tid}/fd/${directory}/`;
  const path = Buffer.from(`${text.startsWith('/') ? text : base + text}\0`, 'latin1');
  const header = readHeader(ownOpen(path, 0, Open.nonBlocking));
  const script = parse(header);
  if (!script || !isInMount(member, script.interpreter)) return execs.trap();
  runScript(member, execs, scriptName(directory, text), header, pathAt);
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
    if (found === outside) return runWith(member, execs, undefined, interpreter, before, pathAt);
    if (typeof found === 'number') return answer(member, found);
    if (!parse(found.header)) return runWith(member, execs, found, interpreter, before, pathAt);
    closeDescriptor(found.directory);
    current = found.header;
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

/** Executes an interpreter with these arguments in front of the script's own (from the second on). */
function runWith(
  member: PathMember,
  execs: ExecTable,
  found: Executable | undefined,
  interpreter: string,
  before: readonly string[],
  pathAt: number,
): void {
  const { block, paths } = member;
  const { tid } = block;
  const own = readPointers(tid, block.address(pathAt + 1));
  if (typeof own === 'number') {
    if (found) closeDescriptor(found.directory);
    return answer(member, own);
  }
  const strings = [found ? found.name : interpreter, ...before].map((text) =>
    Buffer.from(`${text}\0`, 'latin1'),
  );
  const stringBytes = Buffer.concat(strings);
  const start = (stringBytes.length + 7) & ~7;
  const count = before.length + Math.max(own.length - 1, 0) + 1;
  const fill = (address: number) => {
    const bytes = Buffer.alloc(start + count * pointerBytes);
    stringBytes.copy(bytes);
    let string = address + strings[0]!.length;
    let at = start;
    for (const text of strings.slice(1)) {
      at = bytes.writeBigUInt64LE(BigInt(string), at);
      string += text.length;
    }
    for (const pointer of own.slice(1)) at = bytes.writeBigUInt64LE(pointer, at);
    return bytes;
  };
  const environment = block.address(pathAt + 2);
  const { numbers } = paths;
  const exec = execs.prepare();
  paths.injections.start(
    found ? [found.directory] : [],
    function* ([number]) {
      const result = yield* withMemory(tid, numbers, start + count * pointerBytes, fill, function* (address) {
        const executed =
          number === undefined
            ? yield { call: numbers.execve, parameters: [address, address + start, environment] }
            : yield {
                call: numbers.execveat,
                parameters: [number, address, address + start, environment, 0],
              };
        return executed === 0n ? 'replaced' : Number(executed);
      });
      if (result === 'replaced') execs.settle(exec);
      else if (number !== undefined) yield { call: numbers.close, parameters: [number] };
      return result;
    },
    processGroupOf(tid),
  );
}

/** Executes a file that is no script. */
function run(
  member: PathMember,
  execs: ExecTable,
  { directory, name }: Executable,
  vector: number,
  pathAt: number,
): void {
  const { block, paths } = member;
  const { tid } = block;
  const { numbers } = paths;
  const bytes = Buffer.from(`${name}\0`, 'latin1');
  const environment = block.address(pathAt + 2);
  const exec = execs.prepare();
  paths.injections.start(
    [directory],
    function* ([number = -1]) {
      const result = yield* withMemory(
        tid,
        numbers,
        bytes.length,
        () => bytes,
        function* (address) {
          const parameters = [number, address, vector, environment, 0];
          const executed = yield { call: numbers.execveat, parameters };
          return executed === 0n ? 'replaced' : Number(executed);
        },
      );
      if (result === 'replaced') execs.settle(exec);
      else yield { call: numbers.close, parameters: [number] };
      return result;
    },
    processGroupOf(tid),
  );
}
