/**
 * How this process was started: what Node has changed of it since then, as native/start.c noted it before. Nothing is
 * known when Node was started by hand, on one of the files in dist/bin.
 */
import { constants } from 'node:os';

const variable = 'SWARD_STARTED';
const note = /^(([0-9a-f]{16}) ([0-9a-f]{16}) [0-9a-f]{16}) ([0-9,-]*)$/.exec(process.env[variable] ?? '');
// Nobody is to inherit it: this module is loaded before anything is started.
delete process.env[variable];

/** What native/launcher.c is to know of the note; empty when there is none. */
export const started = note?.[1] ?? '';

const bits = (digits: string | undefined): bigint => BigInt(`0x${digits ?? '0'}`);
const ignored = bits(note?.[2]);

/** Bit n-1 for each signal n that could not end this process when it was started: ignored or blocked. */
export const deafTo: bigint = ignored | bits(note?.[3]);

/** Whether the signal was ignored; so it stays in a command that keeps to nohup(1) and to `&` of a shell without jobs. */
export const wasIgnored = (name: NodeJS.Signals): boolean =>
  ((ignored >> BigInt(constants.signals[name] - 1)) & 1n) === 1n;

/** The descriptors that were open, all of them inherited, in ascending order; undefined when that is not known. */
export function inheritedDescriptors(): number[] | undefined {
  const runs = note?.[4] ?? '';
  if (runs === '') return undefined;
  if (runs === '-') return [];
  return runs.split(',').flatMap((run) => {
    const [first = 0, last = first] = run.split('-').map(Number);
    return Array.from({ length: last - first + 1 }, (_, index) => first + index);
  });
}
