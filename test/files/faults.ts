/** What members do not do as the kernel does, yet: cases that are skipped until it is put right. */
export const faults: ReadonlySet<string> = new Set([
  // An absolute link whose text ends in a slash may lead to a file.
  'links: a link with a slash at its end',
  // getsockname tells a name that was not given to bind.
  'sockets: by absolute path and through links',
  'mounts: sockets across mounts',
  // sendto and sendmsg with a name.
  'sockets: datagrams to a name',
  // Walks open directories, which inotify tells.
  'watches: a directory is only opened by who opens it',
  // getdents (the old call), small buffers.
  'mounts: appear in the listings of their parents',
  // The order of errors.
  'mounts: cannot be removed or renamed',
  'mounts: cannot be made anew',
  'mounts: another user in mounts',
  'readonly: opening to write',
  // openat2 from outside a mount, with RESOLVE flags.
  'mounts: what openat2 may not cross',
]);

/** In append mounts only. */
export const appendFaults: ReadonlySet<string> = new Set([
  // ftruncate of an O_PATH descriptor.
  'open: O_PATH of each type',
]);
