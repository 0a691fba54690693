/**
 * How this process was started: what Node has changed of it since then, as native/start.c noted it before. Nothing is
 * known when Node was started by hand, on one of the files in dist/bin.
 */
import { constants } from 'node:os';

const variable = 'SWARD_STARTED';
const note = /^([0-9a-f]{16}) ([0-9a-f]{16}) [0-9a-f]{16}$/.exec(process.env[variable] ?? '');
// Nobody is to inherit it: this module is loaded before anything is started.
delete process.env[variable];

/** The note as it came, for native/launcher.c; empty when there is none. */
export const started = note?.[0] ?? '';

const bits = (digits: string | undefined): bigint => BigInt(`0x${digits ?? '0'}`);
const ignored = bits(note?.[1]);

/** Bit n-1 for each signal n that could not end this process when it was started: ignored or blocked. */
export const deafTo: bigint = ignored | bits(note?.[2]);

/** Whether the signal was ignored; so it stays in a command that keeps to nohup(1) and to `&` of a shell without jobs. */
export const wasIgnored = (name: NodeJS.Signals): boolean =>
  ((ignored >> BigInt(constants.signals[name] - 1)) & 1n) === 1n;
