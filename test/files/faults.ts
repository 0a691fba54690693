/** What members do not do as the kernel does, yet: cases that are skipped until it is put right. */
export const faults: ReadonlySet<string> = new Set([
  // getsockname tells a name that was not given to bind.
  'sockets: by absolute path and through links',
  'mounts: sockets across mounts',
  // sendto and sendmsg with a name.
  'sockets: datagrams to a name',
  // Walks open directories, which inotify tells.
  'watches: a directory is only opened by who opens it',
  // A full table of descriptors is noticed before the name is looked up.
  'open: no descriptor is free: nothing is made or lost',
  // The member truncates within its own limit of sizes, not the workload's.
  'status: truncate beyond the limit of sizes',
  // chown in a user namespace without a map.
  'identity: root of a user namespace of its own',
  // `..` of a directory that is no longer beneath the mount's root.
  'mounts: a directory that leaves its mount on the host',
  // A walk up from a mount's root keeps the descriptor that it came with.
  'a member keeps no descriptors of what is over',
  // The order of errors.
  'mounts: another user in mounts',
]);

/** In append mounts only. */
export const appendFaults: ReadonlySet<string> = new Set([]);
