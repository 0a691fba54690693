/**
 * Field types of messages: each describes itself for design/protocol.md and checks what came over the wire.
 * A check returns the value in its one normal form or throws EINVAL; on the wire a field is one msgpack value.
 */
import { SyscallError } from './errno.js';
import type { Offset } from './lock-types.js';

export interface Field<T> {
  /** As the table of messages shows it. */
  readonly description: string;
  check(value: unknown): T;
  /** How a value goes onto the wire, where that is not the value itself. */
  pack?(value: T): unknown;
  /** What it is taken for in a reply of a leader that does not know it yet. */
  readonly absent?: T;
}

export type Fields = Readonly<Record<string, Field<unknown>>>;
type ValueOf<F> = F extends Field<infer T> ? T : never;
export type Values<F extends Fields> = { readonly [N in keyof F]: ValueOf<F[N]> };

function invalid(description: string): never {
  throw new SyscallError('EINVAL', `wanted ${description}`);
}

/** An integer of at least 0. */
export function uint(max: number = 0xffff_ffff, description?: string): Field<number> {
  const name = description ?? (max === 0xffff_ffff ? 'u32' : `0..${max}`);
  return {
    description: name,
    check: (value) =>
      typeof value === 'number' && value >= 0 && value <= max && Number.isInteger(value)
        ? value
        : invalid(name),
  };
}

/** A process id; -1 for none. */
export const pid: Field<number> = {
  description: 'pid',
  check: (value) =>
    typeof value === 'number' && value >= -1 && value <= 0x7fff_ffff && Number.isInteger(value)
      ? value
      : invalid('a pid'),
};

export const boolean: Field<boolean> = {
  description: 'bool',
  check: (value) => (typeof value === 'boolean' ? value : invalid('a bool')),
};

export function text(charactersMax: number): Field<string> {
  return {
    description: `text ≤ ${charactersMax}`,
    check: (value) =>
      typeof value === 'string' && value.length <= charactersMax ? value : invalid(`text ≤ ${charactersMax}`),
  };
}

/** One of the numbers of a constant such as `LockKind`. */
export function choice<T extends number>(values: Readonly<Record<string, T>>): Field<T> {
  const allowed = new Set<unknown>(Object.values(values));
  const description = Object.entries(values)
    .map(([name, value]) => `${value} ${name}`)
    .join(', ');
  return {
    description,
    check: (value) => (allowed.has(value) ? (value as T) : invalid(`one of ${description}`)),
  };
}

const largest = (1n << 63n) - 1n;

/** An offset below 2^63 in its normal form (see `Offset`): above 2^53-1 a bigint. */
export const offset: Field<Offset> = {
  description: 'offset',
  check(value) {
    if (typeof value === 'number') {
      if (Number.isSafeInteger(value) && value >= 0) return value;
      // msgpackr gives 2^53 itself as a number.
      if (value === 2 ** 53) return 1n << 53n;
    } else if (typeof value === 'bigint' && value > 0n && value <= largest) {
      return value > BigInt(Number.MAX_SAFE_INTEGER) ? value : Number(value);
    }
    return invalid('an offset');
  },
};

/** The exclusive end of a range: an offset, or Infinity (a msgpack float) for the end of the file. */
export const rangeEnd: Field<Offset> = {
  description: 'offset or Infinity',
  check: (value) => (value === Infinity ? Infinity : offset.check(value)),
};

/** Bytes in a layout of their own: a copy, for those that arrive are overwritten. */
export function binary(bytesMax: number): Field<Buffer> {
  return {
    description: `bytes ≤ ${bytesMax}`,
    check: (value) =>
      value instanceof Uint8Array && value.length <= bytesMax
        ? Buffer.from(value)
        : invalid(`bytes ≤ ${bytesMax}`),
  };
}

export function optional<T>(field: Field<T>): Field<T | null> {
  return {
    description: `${field.description} or nil`,
    check: (value) => (value === null ? null : field.check(value)),
    pack: (value) => (value === null ? null : packField(field, value)),
  };
}

export function list<T>(field: Field<T>): Field<readonly T[]> {
  return {
    description: `[${field.description}, …]`,
    check: (value) => (Array.isArray(value) ? value.map((item) => field.check(item)) : invalid('a list')),
    pack: (values) => values.map((value) => packField(field, value)),
  };
}

/** A field that a reply, or a record in one, did not always have: only behind all others. */
export const added = <T>(field: Field<T>, absent: T): Field<T> => ({ ...field, absent });

/** Several fields of a reply as one value: an array on the wire, in declared order. */
export function record<F extends Fields>(fields: F): Field<Values<F>> {
  const names = Object.keys(fields);
  return {
    description: `(${names.map((name) => `${name}: ${fields[name]!.description}`).join('; ')})`,
    check: (value) =>
      Array.isArray(value) ? (readFields(fields, names, value, 0) as Values<F>) : invalid('a record'),
    pack: (values) =>
      names.map((name) => packField(fields[name]!, (values as Record<string, unknown>)[name])),
  };
}

export function packField<T>(field: Field<T>, value: T): unknown {
  return field.pack === undefined ? value : field.pack(value);
}

/** Reads values[first…] as these fields; there must be no more and no less. */
export function checkFields(
  fields: Fields,
  names: readonly string[],
  values: readonly unknown[],
  first: number,
): Record<string, unknown> {
  if (values.length !== first + names.length) {
    throw new SyscallError('EINVAL', `${values.length - first} fields, not ${names.length}`);
  }
  return readFields(fields, names, values, first);
}

/** The same of what a leader sent, perhaps a later one (the fields behind are passed over), or an earlier one. */
export function readFields(
  fields: Fields,
  names: readonly string[],
  values: readonly unknown[],
  first: number,
): Record<string, unknown> {
  const read: Record<string, unknown> = {};
  for (let i = 0; i < names.length; i++) {
    const name = names[i]!;
    const field = fields[name]!;
    const isMissing = first + i >= values.length;
    if (isMissing && field.absent === undefined) {
      throw new SyscallError('EINVAL', `${values.length - first} fields, not ${names.length}`);
    }
    read[name] = isMissing ? field.absent : field.check(values[first + i]);
  }
  return read;
}
