/** libseccomp(3) through koffi: rules in, a BPF program out. */
import { closeSync, fstatSync, readSync } from 'node:fs';
import koffi from 'koffi';
import { checkResult, SyscallError } from '../errno.js';
import { lib } from './library.js';

/** What a matching call gets: seccomp(2)'s SECCOMP_RET_*. */
export const Action = { allow: 0x7fff0000, notify: 0x7fc00000, noSuchCall: 0x00050000 | 38 } as const;

/** A condition on an argument: its bits under the mask equal the value. */
export interface ArgumentIs {
  readonly argument: number;
  readonly value: number;
  /** All 32 bits when left out. */
  readonly mask?: number;
}

/** libseccomp's numbers. */
const badArchitecture = 2;
const maskedEqual = 7;
const nativeArchitecture = 0;
const argumentMask = 0xffffffff;
/** SCMP_ARCH_X86, that is AUDIT_ARCH_I386. */
export const i386 = 0x40000003;

/** __NR_SCMP_ERROR. */
const unknownCall = -1;
/** Calls newer than a libseccomp may be; their numbers are the same on all machines. */
const recentCalls: Readonly<Record<string, number>> = {
  fchmodat2: 452,
  setxattrat: 463,
  getxattrat: 464,
  listxattrat: 465,
  removexattrat: 466,
};

const memoryFile = lib.func('int sward_memory_file(void)') as () => number;

interface Library {
  readonly init: (action: number) => unknown;
  readonly attribute: (context: unknown, attribute: number, value: number) => number;
  readonly rule: (
    context: unknown,
    action: number,
    call: number,
    count: number,
    conditions: object[],
  ) => number;
  readonly resolve: (name: string) => number;
  readonly merge: (context: unknown, other: unknown) => number;
  readonly archAdd: (context: unknown, arch: number) => number;
  readonly archRemove: (context: unknown, arch: number) => number;
  readonly exportBpf: (context: unknown, fd: number) => number;
}

function load(): Library {
  let library: ReturnType<typeof koffi.load>;
  try {
    library = koffi.load('libseccomp.so.2');
  } catch {
    throw new SyscallError('ENOENT', 'libseccomp.so.2 is missing (Debian: apt-get install libseccomp2)');
  }
  koffi.struct('scmp_arg_cmp', { argument: 'uint', op: 'int', mask: 'uint64_t', value: 'uint64_t' });
  return {
    init: library.func('void *seccomp_init(uint32_t)'),
    attribute: library.func('int seccomp_attr_set(void *, int, uint32_t)'),
    rule: library.func('int seccomp_rule_add_array(void *, uint32_t, int, uint, scmp_arg_cmp *)'),
    resolve: library.func('int seccomp_syscall_resolve_name(const char *)'),
    merge: library.func('int seccomp_merge(void *, void *)'),
    archAdd: library.func('int seccomp_arch_add(void *, uint32_t)'),
    archRemove: library.func('int seccomp_arch_remove(void *, uint32_t)'),
    exportBpf: library.func('int seccomp_export_bpf(void *, int)'),
  };
}

let loaded: Library | undefined;

/** A filter under construction. Calls without a rule are allowed; foreign architectures answer ENOSYS. */
export class FilterBuilder {
  readonly #library: Library;
  readonly #context: unknown;

  /** `architecture` is libseccomp's number; left out, this machine's own. */
  constructor(architecture?: number) {
    loaded ??= load();
    this.#library = loaded;
    this.#context = loaded.init(Action.allow);
    this.#check(loaded.attribute(this.#context, badArchitecture, Action.noSuchCall), 'ACT_BADARCH');
    if (architecture !== undefined) {
      this.#check(loaded.archRemove(this.#context, nativeArchitecture), 'the native architecture');
      this.#check(loaded.archAdd(this.#context, architecture), 'an architecture');
    }
  }

  /** This machine's number of a call, undefined when it has no such call. */
  number(name: string): number | undefined {
    const number = this.#library.resolve(name);
    return number < 0 ? recentCalls[name] : number;
  }

  /** Adds a rule; a call that this machine lacks is left out. */
  rule(action: number, name: string, ...conditions: ArgumentIs[]): void {
    const known = this.#library.resolve(name);
    const number = known === unknownCall ? (recentCalls[name] ?? unknownCall) : known;
    if (number === unknownCall) return;
    const list = conditions.map(({ argument, value, mask = argumentMask }) => ({
      argument,
      op: maskedEqual,
      mask,
      value,
    }));
    this.#check(this.#library.rule(this.#context, action, number, list.length, list), name);
  }

  /** Takes another architecture's rules in. */
  merge(other: FilterBuilder): void {
    this.#check(this.#library.merge(this.#context, other.#context), 'the merge');
  }

  /** The BPF program: an array of struct sock_filter. */
  program(): Buffer {
    const fd = checkResult(memoryFile(), 'memfd_create');
    try {
      this.#check(this.#library.exportBpf(this.#context, fd), 'the export');
      const program = Buffer.alloc(fstatSync(fd).size);
      readSync(fd, program, 0, program.length, 0);
      return program;
    } finally {
      closeSync(fd);
    }
  }

  #check(result: number, what: string): void {
    if (result < 0) throw new SyscallError('EINVAL', `libseccomp refused ${what} (${result})`);
  }
}
