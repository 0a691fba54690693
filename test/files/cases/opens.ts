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
