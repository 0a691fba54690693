/** Opening and creating: open, openat, openat2, creat and their flags. */
import { group, story } from '../story.js';

export const openCases = group('open', [
  story(
    'creates a file',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     stat f -> file 0644 n1 u$U s0
     getfl 3 -> O_RDWR ~ O_RDWR|O_APPEND
     write 3 hello -> 5
     lstat f -> file 0644 n1 u$U s5
     fstat 3 -> file 0644 n1 u$U s5
     cat f -> hello`,
  ),
  story(
    'each form of open',
    `creat a 0640 -> fd=3
     getfl 3 -> O_WRONLY ~ O_WRONLY|O_APPEND
     openat AT_FDCWD b O_WRONLY|O_CREAT 0600 -> fd=4
     openat2 AT_FDCWD c O_RDWR|O_CREAT 0444 0 -> fd=5
     open $R/d O_RDONLY|O_CREAT 0 -> fd=6
     list . -> a:f b:f c:f d:f
     tree . `,
  ),
  story(
    'creat truncates',
    `put f hello
     creat f 0600 -> fd=3 ~ EPERM
     stat f -> file 0644 n1 u$U s0 ~ file 0644 n1 u$U s5`,
  ),
  story(
    'O_EXCL',
    `open f O_RDWR|O_CREAT|O_EXCL 0644 -> fd=3
     open f O_RDWR|O_CREAT|O_EXCL 0644 -> EEXIST
     symlink nowhere l
     open l O_RDWR|O_CREAT|O_EXCL 0644 -> EEXIST
     mkdir d 0755
     open d O_RDWR|O_CREAT|O_EXCL 0644 -> EEXIST
     open . O_RDWR|O_CREAT|O_EXCL 0644
     open .. O_RDWR|O_CREAT|O_EXCL 0644
     B open f O_RDWR|O_CREAT|O_EXCL 0644 -> EEXIST`,
  ),
  story(
    'O_CREAT through a dangling link makes its target',
    `symlink target l
     open l O_RDWR|O_CREAT 0644 -> fd=3
     list . -> l:l target:f
     samefd 3 target -> yes
     symlink $R/other m
     open m O_RDWR|O_CREAT 0644 -> fd=4
     stat other -> file 0644 n1 u$U s0
     symlink no/target n
     open n O_RDWR|O_CREAT 0644 -> ENOENT`,
  ),
  story(
    'O_TRUNC',
    `put f hello
     open f O_RDONLY|O_TRUNC 0 -> fd=3 ~ EPERM
     stat f -> file 0644 n1 u$U s0 ~ file 0644 n1 u$U s5
     put g hello
     open g O_WRONLY|O_TRUNC 0 -> fd=4 ~ EPERM
     cat g -> end ~ hello`,
  ),
  story(
    'O_TRUNC of what is new or empty',
    `open f O_WRONLY|O_CREAT|O_TRUNC 0644 -> fd=3
     write 3 abc -> 3
     open e O_WRONLY|O_CREAT 0644 -> fd=4
     open e O_WRONLY|O_TRUNC 0 -> fd=5
     write 5 x -> 1
     cat e -> x`,
  ),
  story(
    'O_APPEND',
    `put f one
     open f O_WRONLY|O_APPEND 0 -> fd=3
     write 3 two -> 3
     lseek 3 0 SEEK_SET -> 0
     write 3 three -> 5
     cat f -> onetwothree
     getfl 3 -> O_WRONLY|O_APPEND`,
  ),
  story(
    'O_DIRECTORY and files',
    `put f x
     mkdir d 0755
     open f O_RDONLY|O_DIRECTORY 0 -> ENOTDIR
     open d O_RDONLY|O_DIRECTORY 0 -> fd=3
     getfl 3 -> O_RDONLY|O_DIRECTORY
     open d O_WRONLY 0 -> EISDIR
     open d O_RDWR 0 -> EISDIR
     open d O_RDONLY|O_CREAT 0 -> EISDIR
     open d O_RDONLY|O_TRUNC 0 -> EISDIR
     open d O_RDONLY|O_DIRECTORY|O_CREAT 0644 -> EINVAL
     open n O_RDONLY|O_DIRECTORY|O_CREAT 0644 -> EINVAL
     list . -> d:d f:f
     open n O_RDONLY|O_DIRECTORY 0 -> ENOENT`,
  ),
  story(
    'O_NOFOLLOW',
    `put f x
     symlink f l
     mkdir d 0755
     symlink d m
     open l O_RDONLY|O_NOFOLLOW 0 -> ELOOP
     open m O_RDONLY|O_NOFOLLOW|O_DIRECTORY 0 -> ENOTDIR
     open m/ O_RDONLY|O_NOFOLLOW 0
     open m/. O_RDONLY|O_NOFOLLOW 0
     put d/g y
     open m/g O_RDONLY|O_NOFOLLOW 0
     open l O_RDONLY|O_NOFOLLOW|O_CREAT 0644 -> ELOOP`,
  ),
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
    'the lowest descriptor is used',
    `put f x
     open f O_RDONLY 0 -> fd=3
     open f O_RDONLY 0 -> fd=4
     close 3
     open f O_RDONLY 0 -> fd=3
     dup 3 -> fd=5
     open nothing O_RDONLY 0 -> ENOENT
     openat2 AT_FDCWD f O_RDONLY 0 0 -> fd=6`,
  ),
  story(
    'O_CLOEXEC',
    `open f O_RDWR|O_CREAT|O_CLOEXEC 0644 -> fd=3
     open f O_RDWR 0 -> fd=4
     getfd 3 -> cloexec
     getfd 4 -> inherited
     copy $A agent 0755
     exec agent -> ok
     getfd 3 -> EBADF
     getfd 4 -> inherited
     write 4 x -> 1
     cat f -> x`,
  ),
  story(
    'each open has an offset of its own, dup shares it',
    `put f abcdef
     open f O_RDONLY 0 -> fd=3
     open f O_RDONLY 0 -> fd=4
     dup 3 -> fd=5
     read 3 2 -> ab
     read 4 1 -> a
     read 5 2 -> cd
     read 3 1 -> e`,
  ),
  story(
    'access modes',
    `put f abc
     open f O_RDONLY 0
     open f O_WRONLY 0
     open f O_RDWR 0
     open f 3 0
     write 3 x -> EBADF
     read 4 1 -> EBADF
     read 5 1 -> a
     read 6 1 -> EBADF
     write 6 x -> EBADF
     getfl 3 -> O_RDONLY
     getfl 4 -> O_WRONLY ~ O_WRONLY|O_APPEND
     getfl 5 -> O_RDWR ~ O_RDWR|O_APPEND`,
  ),
  story(
    'flags that are kept and flags that are not',
    `open f O_RDWR|O_CREAT|O_EXCL|O_NONBLOCK|O_SYNC|O_NOFOLLOW|O_NOCTTY 0644 -> fd=3
     getfl 3 ~ O_RDWR|O_APPEND|O_NONBLOCK|O_SYNC|O_DSYNC|O_NOFOLLOW
     open f O_RDONLY|O_NOATIME 0 -> fd=4
     getfl 4
     open f O_RDWR|O_DSYNC 0 -> fd=5
     getfl 5 -> O_RDWR|O_DSYNC ~ O_RDWR|O_APPEND|O_DSYNC`,
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
  story(
    'a directory descriptor: relative, absolute, bad',
    `mkdir d 0755
     put d/f x
     put g y
     open d O_RDONLY 0 -> fd=3
     open g O_RDONLY 0 -> fd=4
     openat 3 f O_RDONLY 0 -> fd=5
     openat 3 ../g O_RDONLY 0 -> fd=6
     openat 3 $R/g O_RDONLY 0 -> fd=7
     openat 99 $R/g O_RDONLY 0 -> fd=8
     openat 99 g O_RDONLY 0 -> EBADF
     openat -1 g O_RDONLY 0 -> EBADF
     openat 4 f O_RDONLY 0 -> ENOTDIR
     openat 4 EMPTY O_RDONLY 0 -> ENOENT
     openat 3 EMPTY O_RDONLY 0 -> ENOENT
     openat 99 EMPTY O_RDONLY 0 -> ENOENT`,
  ),
  story(
    'device nodes and what is opened elsewhere',
    `open /dev/null O_RDWR 0 -> fd=3
     write 3 x -> 1
     readlink /proc/self/fd/3 -> /dev/null
     symlink /dev/null n
     open n O_RDWR 0 -> fd=4
     readlink /proc/self/fd/4 -> /dev/null
     open /proc/self/status O_RDONLY 0 -> fd=5`,
  ),
  story(
    'a sparse file',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     pwrite 3 100000 x -> 1
     stat f -> file 0644 n1 u$U s100001 ~ file 0644 n1 u$U s1
     lseek 3 0 SEEK_DATA ~ 0
     lseek 3 0 SEEK_HOLE ~ 1`,
  ),
  story(
    'more than one name at once: a new file is in the listing at once',
    `open d/f O_WRONLY|O_CREAT 0644 -> ENOENT
     mkdir d 0755
     B open d/f O_WRONLY|O_CREAT 0644 -> fd=3
     list d -> f:f
     B unlink d/f
     list d -> empty
     stat d/f -> ENOENT`,
  ),
]);
