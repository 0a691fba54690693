import { isRoot } from '../run/machine.js';
import type { Reason } from '../run/skips.js';

/** Of a member that is not root. */
const withoutRights = [
  // A program that may be executed but not read: a member without rights cannot read its memory.
  'execution: a program with arguments from the file system',
  // IN_DONT_FOLLOW of a symbolic link.
  'watches: links, flags, mistakes',
];

/** What members do not do as the kernel does, yet: cases that are skipped until it is put right. */
const faults: ReadonlySet<string> = new Set([
  ...(isRoot ? [] : withoutRights),
  // The kernel takes a descriptor before it looks the name up: EMFILE comes first, and nothing is created.
  'open: no descriptor is free: nothing is made or lost',
  // Ids in mounts are the host's, also for a user namespace of the workload.
  'identity: root of a user namespace of its own',
  // `..` of a directory that is no longer beneath the mount's root.
  'mounts: a directory that leaves its mount on the host',
  // A walk up from a mount's root keeps the descriptor that it came with.
  'a member keeps no descriptors of what is over',
  // The order of errors.
  'mounts: another user in mounts',
]);

/** In append mounts only. */
const appendFaults: ReadonlySet<string> = new Set([]);

const fault = 'a known fault, see test/files/faults.ts';
export const faultOf = (name: string): Reason => (faults.has(name) ? fault : undefined);
export const appendFaultOf = (name: string): Reason => (appendFaults.has(name) ? fault : undefined);
