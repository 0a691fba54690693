/** The calls that are trapped where there are mounts, and who handles each. */
import type { ArgumentIs } from '../../shared/native/seccomp.js';
import { letRun } from '../interceptor.js';
import * as append from './append-traps.js';
import * as attribute from './attribute-traps.js';
import * as directory from './directory-traps.js';
import * as entry from './entry-traps.js';
import type { MountTable } from './mount-table.js';
import * as open from './open-traps.js';
import type { PathMember } from './paths.js';
import * as socket from './socket-traps.js';
import * as status from './stat-traps.js';
import * as xattr from './xattr-traps.js';

type PathHandler = (member: PathMember) => void;

export interface PathCall {
  readonly name: string;
  readonly handler: PathHandler;
  /** It is trapped when one of these holds; always when there are none. */
  readonly when?: readonly ArgumentIs[];
}

const idsChange: PathHandler = (member) => {
  member.paths.identity.idsChange(member.block.tid);
  letRun(member);
};

const maskChanges: PathHandler = (member) => {
  member.paths.identity.maskChanges(member.block.tid);
  letRun(member);
};

const masksShared: PathHandler = (member) => {
  member.paths.identity.masksAreShared();
  letRun(member);
};

/** unshare(2) with CLONE_NEWUSER or CLONE_FS. */
const unshares: PathHandler = (member) => {
  if (member.block.word(0) & cloneFs) member.paths.identity.masksAreShared();
  idsChange(member);
};

const handlers: Readonly<Record<string, PathHandler>> = {
  open: open.openTrap,
  openat: open.openatTrap,
  openat2: open.openat2Trap,
  creat: open.creatTrap,

  stat: status.statTrap,
  lstat: status.lstatTrap,
  newfstatat: status.newfstatatTrap,
  statx: status.statxTrap,
  access: status.accessTrap,
  faccessat: status.faccessatTrap,
  faccessat2: status.faccessat2Trap,
  readlink: status.readlinkTrap,
  readlinkat: status.readlinkatTrap,
  statfs: status.statfsTrap,
  name_to_handle_at: status.nameToHandleTrap,

  mkdir: entry.mkdirTrap,
  mkdirat: entry.mkdiratTrap,
  mknod: entry.mknodTrap,
  mknodat: entry.mknodatTrap,
  symlink: entry.symlinkTrap,
  symlinkat: entry.symlinkatTrap,
  link: entry.linkTrap,
  linkat: entry.linkatTrap,
  unlink: entry.unlinkTrap,
  unlinkat: entry.unlinkatTrap,
  rmdir: entry.rmdirTrap,
  rename: entry.renameTrap,
  renameat: entry.renameatTrap,
  renameat2: entry.renameat2Trap,

  chmod: attribute.chmodTrap,
  fchmodat: attribute.fchmodatTrap,
  fchmodat2: attribute.fchmodat2Trap,
  chown: attribute.chownTrap,
  lchown: attribute.lchownTrap,
  fchownat: attribute.fchownatTrap,
  utime: attribute.utimeTrap,
  utimes: attribute.utimesTrap,
  futimesat: attribute.futimesatTrap,
  utimensat: attribute.utimensatTrap,
  truncate: attribute.truncateTrap,
  setxattr: xattr.setxattrTrap,
  lsetxattr: xattr.lsetxattrTrap,
  getxattr: xattr.getxattrTrap,
  lgetxattr: xattr.lgetxattrTrap,
  listxattr: xattr.listxattrTrap,
  llistxattr: xattr.llistxattrTrap,
  removexattr: xattr.removexattrTrap,
  lremovexattr: xattr.lremovexattrTrap,
  setxattrat: xattr.setxattratTrap,
  getxattrat: xattr.getxattratTrap,
  listxattrat: xattr.listxattratTrap,
  removexattrat: xattr.removexattratTrap,
  inotify_add_watch: attribute.inotifyAddWatchTrap,

  chdir: directory.chdirTrap,
  chroot: directory.chrootTrap,
  getcwd: directory.getcwdTrap,
  getdents64: directory.getdents64Trap,
  getdents: directory.getdentsTrap,

  bind: socket.bindTrap,
  connect: socket.connectTrap,

  // What decides whose rights a call has; the rest is asked of the kernel.
  umask: maskChanges,
  setuid: idsChange,
  setgid: idsChange,
  setreuid: idsChange,
  setregid: idsChange,
  setresuid: idsChange,
  setresgid: idsChange,
  setfsuid: idsChange,
  setfsgid: idsChange,
  setgroups: idsChange,
  capset: idsChange,
};

const cloneFs = 0x200;
const cloneThread = 0x10000;
const cloneNewUser = 0x10000000;
/** FALLOC_FL_PUNCH_HOLE to FALLOC_FL_WRITE_ZEROES: all but FALLOC_FL_KEEP_SIZE. */
const fallocateFlags = [0x02, 0x04, 0x08, 0x10, 0x20, 0x40, 0x80];
const setFlagsCommand = 4;
const appendFlag = 0o2000;
const noAppendFlag = 0x20;
const mappingType = 0x0f;

const bits = (argument: number, value: number): ArgumentIs => ({ argument, value, mask: value });

const appendCalls: readonly PathCall[] = [
  { name: 'ftruncate', handler: append.ftruncateTrap },
  { name: 'fallocate', handler: append.overwritingTrap, when: fallocateFlags.map((flag) => bits(1, flag)) },
  { name: 'pwritev2', handler: append.overwritingTrap, when: [bits(5, noAppendFlag)] },
  {
    name: 'mmap',
    handler: append.sharedMappingTrap,
    when: [1, 3].map((value) => ({ argument: 3, value, mask: mappingType })),
  },
];

const readonlyCalls: readonly PathCall[] = ['fchmod', 'fchown', 'fsetxattr', 'fremovexattr'].map((name) => ({
  name,
  handler: attribute.onDescriptor,
}));

/** Which calls a member with these mounts traps besides those for locks. */
export function pathCalls(table: MountTable): PathCall[] {
  if (table.mounts.length === 0) return [];
  const always = Object.entries(handlers).map(([name, handler]) => ({ name, handler }));
  return [
    ...always,
    { name: 'unshare', handler: unshares, when: [bits(0, cloneNewUser), bits(0, cloneFs)] },
    {
      name: 'clone',
      handler: masksShared,
      when: [{ argument: 0, value: cloneFs, mask: cloneFs | cloneThread }],
    },
    ...(table.hasAppends ? appendCalls : []),
    ...(table.hasReadonly ? readonlyCalls : []),
  ];
}

/** fcntl(F_SETFL) without O_APPEND, where there are append mounts. */
export const appendKept = {
  command: setFlagsCommand,
  conditions: [
    { argument: 1, value: setFlagsCommand },
    { argument: 2, value: 0, mask: appendFlag },
  ],
  handler: append.setFlagsTrap,
} as const;
