/** What members do not do as the kernel does, yet: cases that are skipped until it is put right. */
export const faults: ReadonlySet<string> = new Set([
  // getsockname tells a name that was not given to bind.
  'sockets: by absolute path and through links',
  'mounts: sockets across mounts',
  // sendto and sendmsg with a name.
  'sockets: datagrams to a name',
  // Walks open directories, which inotify tells.
  'watches: a directory is only opened by who opens it',
  // The order of errors.
  'mounts: another user in mounts',
]);

/** In append mounts only. */
export const appendFaults: ReadonlySet<string> = new Set([]);
