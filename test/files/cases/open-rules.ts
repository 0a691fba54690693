/** O_PATH, O_TMPFILE, openat2 and its bounds, opening through /proc. */
import { group, story } from '../story.js';

export const openRuleCases = group('open', [
  story(
    'O_PATH of each type',
    `put f x
     symlink f l
     mkdir d 0755
     mknod p S_IFIFO|0644 0
     open f O_PATH 0 -> fd=3
     open d O_PATH 0 -> fd=4
     open l O_PATH|O_NOFOLLOW 0 -> fd=5
     open p O_PATH 0 -> fd=6
     getfl 3 -> O_RDONLY|O_PATH
     fstat 3
     fstat 4
     fstat 5
     fstat 6
     read 3 1 -> EBADF
     write 3 x -> EBADF
     readlinkat 5 EMPTY -> f
     fchmod 3 0600 -> EBADF
     ftruncate 3 0 -> EBADF
     mmap 3 4096 PROT_READ MAP_PRIVATE -> EBADF
     fstatfs 3
     getfd 3 -> inherited`,
  ),
  story(
    'an O_PATH directory is a directory for the calls that take one',
    `mkdir d 0755
     put d/f x
     open d O_PATH|O_DIRECTORY 0 -> fd=3
     openat 3 f O_RDONLY 0 -> fd=4
     newfstatat 3 f 0
     newfstatat 3 EMPTY AT_EMPTY_PATH
     mkdirat 3 e 0700 -> ok
     fchdir 3 -> ok
     getcwd -> $R/d
     listfd 3 -> EBADF
     openat 3 . O_RDONLY|O_DIRECTORY 0 -> fd=5
     listfd 5 -> e:d f:f`,
  ),
  story(
    'reopening through /proc/self/fd',
    `put f hello
     open f O_PATH 0 -> fd=3
     open /proc/self/fd/3 O_RDWR 0 -> fd=4
     pread 4 0 9 -> hello
     write 4 J -> 1 ~ 1
     cat f -> Jello ~ helloJ
     unlink f
     open /proc/self/fd/3 O_RDONLY 0 -> fd=5
     pread 5 0 9 -> Jello ~ helloJ
     readlink /proc/self/fd/3 -> $R/f%20(deleted)`,
  ),
  story(
    'an open through /proc/self/fd of a directory, and below it',
    `mkdir d 0755
     put d/f x
     open d O_RDONLY 0 -> fd=3
     list /proc/self/fd/3 -> f:f
     cat /proc/self/fd/3/f -> x
     stat /proc/self/fd/3/../d
     open /proc/self/fd/3/g O_WRONLY|O_CREAT 0644 -> fd=4
     list d -> f:f g:f
     readlink /proc/self/fd/4 -> $R/d/g
     cat /dev/fd/3/f -> x
     cat /proc/thread-self/fd/3/f -> x
     readlink /proc/self/fd/3/f -> EINVAL`,
  ),
  story(
    'paths through /proc/self/cwd and root',
    `put f x
     mkdir d 0755
     cat /proc/self/cwd/f -> x
     put /proc/self/cwd/d/g y
     cat d/g -> y
     readlink /proc/self/cwd -> $R
     cat /proc/self/root$R/f -> x
     chdir d
     cat /proc/self/cwd/../f -> x
     cat /proc/thread-self/cwd/g -> y`,
  ),
  story(
    'no descriptor is free: nothing is made or lost',
    `put f hello
     limitfiles 4
     open f O_RDONLY 0 -> fd=3
     open f O_RDONLY 0 -> EMFILE
     open new O_WRONLY|O_CREAT 0644 -> EMFILE
     stat new -> ENOENT
     open f O_WRONLY|O_TRUNC 0 -> EMFILE
     open . O_TMPFILE|O_RDWR 0644 -> EMFILE
     open no O_RDONLY 0 -> EMFILE
     openat2 AT_FDCWD f O_PATH 0 0 -> EMFILE
     stat f -> file 0644 n1 u$U s5
     close 3
     cat f -> hello`,
  ),
  story(
    'O_TMPFILE',
    `open . O_TMPFILE|O_RDWR 0640 -> fd=3
     fstat 3 -> file 0640 n0 u$U s0
     write 3 hello -> 5
     list . -> empty
     linkat AT_FDCWD /proc/self/fd/3 AT_FDCWD f AT_SYMLINK_FOLLOW -> ok
     stat f -> file 0640 n1 u$U s5
     open $R O_TMPFILE|O_RDWR|O_EXCL 0600 -> fd=4
     linkat AT_FDCWD /proc/self/fd/4 AT_FDCWD g AT_SYMLINK_FOLLOW -> ENOENT
     open . O_TMPFILE|O_RDONLY 0600 -> EINVAL
     open f O_TMPFILE|O_RDWR 0600 -> ENOTDIR
     open no O_TMPFILE|O_RDWR 0600 -> ENOENT`,
  ),
  story(
    'O_TMPFILE and AT_EMPTY_PATH',
    `openat AT_FDCWD $R O_TMPFILE|O_WRONLY 0600 -> fd=3
     write 3 x -> 1
     linkat 3 EMPTY AT_FDCWD f AT_EMPTY_PATH
     linkat 3 EMPTY AT_FDCWD g AT_EMPTY_PATH
     list .
     linkat 3 EMPTY AT_FDCWD h 0 -> ENOENT`,
  ),
  story(
    'openat2: its own rules',
    `put f x
     openat2 AT_FDCWD f O_RDONLY 0644 0 -> EINVAL
     openat2 AT_FDCWD f O_RDONLY 0 0x1000 -> EINVAL
     openat2 AT_FDCWD f O_RDONLY 0 0 8 -> EINVAL
     openat2 AT_FDCWD f O_RDONLY 0 0 64 -> fd=3
     openat2 AT_FDCWD f O_RDONLY 0 0 5000 -> E2BIG
     openat2 AT_FDCWD f O_PATH|O_RDWR 0 0
     openat2 AT_FDCWD f O_RDWR|O_CREAT 0170000 0 -> EINVAL`,
  ),
  story(
    'openat2: RESOLVE_BENEATH',
    `mkdir d 0755
     put d/f x
     put g y
     symlink ../g d/up
     symlink f d/near
     symlink $R/d/f d/absolute
     open d O_RDONLY 0 -> fd=3
     openat2 3 f O_RDONLY 0 RESOLVE_BENEATH -> fd=4
     openat2 3 ../g O_RDONLY 0 RESOLVE_BENEATH -> EXDEV
     openat2 3 up O_RDONLY 0 RESOLVE_BENEATH -> EXDEV
     openat2 3 near O_RDONLY 0 RESOLVE_BENEATH -> fd=5
     openat2 3 absolute O_RDONLY 0 RESOLVE_BENEATH -> EXDEV
     openat2 3 $R/d/f O_RDONLY 0 RESOLVE_BENEATH -> EXDEV
     openat2 3 ../d/f O_RDONLY 0 RESOLVE_BENEATH -> EXDEV`,
  ),
  story(
    'openat2: RESOLVE_IN_ROOT',
    `mkdir d 0755
     put d/f x
     symlink /f d/absolute
     symlink ../../../f d/up
     open d O_RDONLY 0 -> fd=3
     openat2 3 /f O_RDONLY 0 RESOLVE_IN_ROOT -> fd=4
     openat2 3 absolute O_RDONLY 0 RESOLVE_IN_ROOT -> fd=5
     openat2 3 up O_RDONLY 0 RESOLVE_IN_ROOT -> fd=6
     openat2 3 ../../f O_RDONLY 0 RESOLVE_IN_ROOT -> fd=7
     openat2 3 .. O_RDONLY 0 RESOLVE_IN_ROOT -> fd=8
     samefd 8 d -> yes
     openat2 3 $R/d/f O_RDONLY 0 RESOLVE_IN_ROOT -> ENOENT
     openat2 3 /new O_WRONLY|O_CREAT 0644 RESOLVE_IN_ROOT -> fd=9
     list d`,
  ),
  story(
    'openat2: RESOLVE_NO_SYMLINKS and NO_MAGICLINKS',
    `put f x
     symlink f l
     mkdir d 0755
     symlink d m
     put d/g y
     openat2 AT_FDCWD l O_RDONLY 0 RESOLVE_NO_SYMLINKS -> ELOOP
     openat2 AT_FDCWD m/g O_RDONLY 0 RESOLVE_NO_SYMLINKS -> ELOOP
     openat2 AT_FDCWD $R/f O_RDONLY 0 RESOLVE_NO_SYMLINKS -> fd=3
     openat2 AT_FDCWD m/g O_RDONLY 0 RESOLVE_NO_MAGICLINKS -> fd=4
     openat2 AT_FDCWD /proc/self/fd/3 O_RDONLY 0 RESOLVE_NO_MAGICLINKS -> ELOOP
     openat2 AT_FDCWD l O_PATH|O_NOFOLLOW 0 RESOLVE_NO_SYMLINKS -> fd=5`,
  ),
  story(
    'openat2: RESOLVE_NO_XDEV within one file system',
    `mkdir d 0755
     put d/f x
     openat2 AT_FDCWD d/f O_RDONLY 0 RESOLVE_NO_XDEV -> fd=3
     openat2 AT_FDCWD d/../d/f O_RDONLY 0 RESOLVE_NO_XDEV|RESOLVE_NO_SYMLINKS -> fd=4`,
  ),
]);
