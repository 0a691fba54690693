/** Errnos by name, and the one error that carries one. */
import { constants } from 'node:os';

/** An errno's name, such as `'EAGAIN'`. */
export type ErrnoName = keyof typeof constants.errno;

const numbers = constants.errno;
const names = new Map<number, ErrnoName>();
for (const [name, number] of Object.entries(numbers)) {
  // EWOULDBLOCK is EAGAIN and ENOTSUP is EOPNOTSUPP on Linux: the first name wins.
  if (!names.has(number)) names.set(number, name as ErrnoName);
}

/** The number of an errno on this machine, positive. */
export function errnoNumber(name: ErrnoName): number {
  return numbers[name];
}

/** The name of an errno given as a positive or a negative number. */
export function errnoName(number: number): ErrnoName {
  return names.get(Math.abs(number)) ?? 'EIO';
}

/** Thrown by handlers to answer a call with an errno; caught in one place per process. */
export class SyscallError extends Error {
  readonly code: ErrnoName;

  constructor(code: ErrnoName, detail?: string) {
    super(detail === undefined ? code : `${code}: ${detail}`);
    this.name = 'SyscallError';
    this.code = code;
  }
}

/** Throws a SyscallError when a native function answered -errno; passes any other result on. */
export function checkResult(result: number, detail: string): number {
  if (result < 0) throw new SyscallError(errnoName(result), detail);
  return result;
}
