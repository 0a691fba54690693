/** Data: what is written is seen by all, at once; mappings; fallocate; descriptors of one file in two processes. */
import { group, story } from '../story.js';

export const dataCases = group('data', [
  story(
    'two processes, one file',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     B open f O_RDWR 0 -> fd=3
     write 3 hello -> 5
     B read 3 9 -> hello
     B pwrite 3 0 J -> 1
     pread 3 0 9 -> Jello ~ helloJ
     B fstat 3 -> file 0644 n1 u$U s5 ~ file 0644 n1 u$U s6`,
  ),
  story(
    'a shared mapping',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     write 3 {z*64} -> 64
     mmap 3 64 PROT_READ|PROT_WRITE MAP_SHARED -> ok ~ EPERM
     close 3
     B open f O_RDONLY 0 -> fd=3
     B mmap 3 64 PROT_READ MAP_SHARED -> ok
     B peek 0 5 -> zzzzz`,
  ),
  story(
    'a private mapping',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     write 3 hello -> 5
     mmap 3 5 PROT_READ|PROT_WRITE MAP_PRIVATE -> ok
     poke 0 J
     peek 0 5 -> Jello
     B cat f -> hello
     munmap -> ok`,
  ),
  story(
    'a mapping outlives its name',
    `put f hello
     open f O_RDONLY 0 -> fd=3
     mmap 3 5 PROT_READ MAP_SHARED -> ok
     close 3
     unlink f
     peek 0 5 -> hello
     mprotect PROT_READ|PROT_WRITE -> EACCES`,
  ),
  story(
    'mapping modes',
    `put f hello
     open f O_RDONLY 0 -> fd=3
     open f O_WRONLY 0 -> fd=4
     open f O_RDONLY 0 -> fd=5
     mmap 3 5 PROT_READ|PROT_WRITE MAP_SHARED -> EACCES
     mmap 4 5 PROT_READ MAP_PRIVATE -> EACCES
     mmap 3 5 PROT_READ|PROT_WRITE MAP_PRIVATE -> ok
     mmap 5 5 PROT_READ|PROT_EXEC MAP_PRIVATE -> ok
     mmap 99 5 PROT_READ MAP_PRIVATE -> EBADF
     mmap 3 0 PROT_READ MAP_PRIVATE -> EINVAL`,
  ),
  story(
    'fallocate that keeps what is there',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     write 3 hello -> 5
     fallocate 3 FALLOC_FL_KEEP_SIZE 0 100 -> ok
     cat f -> hello
     fstat 3 -> file 0644 n1 u$U s5
     fallocate 3 0 -1 5 -> EINVAL
     open f O_RDONLY 0 -> fd=4
     fallocate 4 0 0 10 -> EBADF
     fallocate 99 0 0 10 -> EBADF`,
  ),
  story(
    'seek, read, end',
    `put f hello
     open f O_RDONLY 0 -> fd=3
     lseek 3 0 SEEK_END -> 5
     read 3 5 -> end
     lseek 3 -2 SEEK_CUR -> 3
     read 3 5 -> lo
     lseek 3 -1 SEEK_SET -> EINVAL
     lseek 3 100 SEEK_SET -> 100
     read 3 5 -> end
     B open f O_WRONLY|O_APPEND 0 -> fd=3
     B write 3 more
     lseek 3 5 SEEK_SET
     read 3 9 -> more`,
  ),
  story(
    'sync',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     write 3 x
     fsync 3 -> ok
     fdatasync 3 -> ok
     open . O_RDONLY 0 -> fd=4
     fsync 4 -> ok`,
  ),
  story(
    'duplicates',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     dup 3 -> fd=4
     dup2 3 9 -> fd=9
     dup3 3 10 O_CLOEXEC -> fd=10
     write 4 ab -> 2
     write 9 cd -> 2
     close 3
     write 10 ef -> 2
     cat f -> abcdef
     getfd 10 -> cloexec
     readlink /proc/self/fd/9 -> $R/f
     fork C
     C write 9 gh -> 2
     lseek 9 0 SEEK_CUR -> 8
     close 9
     C cat f -> abcdefgh`,
  ),
  story(
    'status flags are changed',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     write 3 hello
     setfl 3 O_APPEND|O_NONBLOCK -> ok
     getfl 3 -> O_RDWR|O_APPEND|O_NONBLOCK
     pwrite 3 0 x -> 1
     cat f -> hellox
     open f O_RDONLY 0 -> fd=4
     getfl 4 -> O_RDONLY`,
  ),
]);

/** What an append mount takes otherwise; natively it all works. */
export const overwriteCases = group('overwrites', [
  story(
    'writes at offsets',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     getfl 3 -> O_RDWR ~ O_RDWR|O_APPEND
     write 3 hello -> 5
     lseek 3 0 SEEK_SET -> 0
     write 3 J -> 1
     cat f -> Jello ~ helloJ
     pwrite 3 1 E -> 1
     cat f -> JEllo ~ helloJE
     open f O_WRONLY 0 -> fd=4
     write 4 x -> 1
     cat f -> xEllo ~ helloJEx
     B open f O_WRONLY 0 -> fd=3
     B pwrite 3 2 y -> 1
     cat f -> xEylo ~ helloJExy
     creat g 0644 -> fd=5
     write 5 ab
     pwrite 5 0 c
     cat g -> cb ~ abc`,
  ),
  story(
    'O_APPEND cannot be taken off',
    `open f O_RDWR|O_CREAT|O_APPEND 0644 -> fd=3
     write 3 hello
     setfl 3 O_NONBLOCK -> ok
     getfl 3 -> O_RDWR|O_NONBLOCK ~ O_RDWR|O_APPEND|O_NONBLOCK
     setfl 3 0 -> ok
     getfl 3 -> O_RDWR ~ O_RDWR|O_APPEND
     pwrite 3 0 J -> 1
     cat f -> Jello ~ helloJ
     dup 3 -> fd=4
     setfl 4 0
     pwrite 4 0 K -> 1
     cat f -> Kello ~ helloJK`,
  ),
  story(
    'RWF_NOAPPEND',
    `open f O_RDWR|O_CREAT|O_APPEND 0644 -> fd=3
     write 3 hello
     pwrite 3 0 J RWF_NOAPPEND -> 1 ~ EPERM
     cat f -> Jello ~ hello
     pwrite 3 0 x RWF_APPEND -> 1
     cat f -> Jellox ~ hellox`,
  ),
  story(
    'fallocate',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     write 3 hello
     fallocate 3 0 0 3 -> ok
     cat f -> hello
     fallocate 3 FALLOC_FL_PUNCH_HOLE|FALLOC_FL_KEEP_SIZE 0 2 -> ok ~ EPERM
     cat f -> %00%00llo ~ hello
     fallocate 3 FALLOC_FL_ZERO_RANGE 0 5 ~ EPERM
     fallocate 3 FALLOC_FL_COLLAPSE_RANGE 0 4096 ~ EPERM
     fallocate 3 FALLOC_FL_INSERT_RANGE 0 4096 ~ EPERM`,
  ),
  story(
    'writable shared mappings',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     write 3 hello
     mmap 3 5 PROT_READ|PROT_WRITE MAP_SHARED -> ok ~ EPERM
     mmap 3 5 PROT_READ MAP_SHARED -> ok ~ EPERM
     mmap 3 5 PROT_READ|PROT_WRITE MAP_SHARED_VALIDATE -> ok ~ EPERM
     mmap 3 5 PROT_READ|PROT_WRITE MAP_PRIVATE -> ok
     open f O_RDONLY 0 -> fd=4
     mmap 4 5 PROT_READ MAP_SHARED -> ok
     peek 0 5 -> hello
     mprotect PROT_READ|PROT_WRITE -> EACCES`,
  ),
  story(
    'a mapping is seen by the other process',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     write 3 {z*8} -> 8
     mmap 3 8 PROT_READ|PROT_WRITE MAP_SHARED -> ok ~ EPERM
     B open f O_RDWR 0 -> fd=3
     B mmap 3 8 PROT_READ|PROT_WRITE MAP_SHARED -> ok ~ EPERM
     B cat f -> zzzzzzzz`,
  ),
  story(
    'reopened through /proc',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     write 3 hello
     open /proc/self/fd/3 O_WRONLY 0 -> fd=4
     getfl 4 -> O_WRONLY ~ O_WRONLY|O_APPEND
     pwrite 4 0 J -> 1
     cat f -> Jello ~ helloJ
     open /dev/fd/3 O_RDWR 0 -> fd=5
     pwrite 5 0 K -> 1
     cat f -> Kello ~ helloJK
     open f O_PATH 0 -> fd=6
     open /proc/self/fd/6 O_RDWR 0 -> fd=7
     pwrite 7 0 L -> 1
     cat f -> Lello ~ helloJKL
     open /proc/self/fd/3 O_WRONLY|O_TRUNC 0 -> fd=8 ~ EPERM
     cat f -> end ~ helloJKL
     truncate /proc/self/fd/3 0 -> ok ~ EPERM
     cat f -> end ~ helloJKL`,
  ),
  story(
    'through links and other directories',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     write 3 hello
     symlink f l
     symlink $R/f m
     mkdir d 0755
     link f d/g
     open l O_WRONLY 0 -> fd=4
     pwrite 4 0 A
     open m O_WRONLY 0 -> fd=5
     pwrite 5 0 B
     chdir d
     open g O_WRONLY 0 -> fd=6
     pwrite 6 0 C
     open ../f O_RDWR|O_TRUNC 0 -> fd=7 ~ EPERM
     cat g -> end ~ helloABC
     openat2 AT_FDCWD g O_WRONLY 0 0 -> fd=8 ~ fd=7
     getfl 7 ~ O_WRONLY|O_APPEND`,
  ),
  story(
    'O_TMPFILE appends too',
    `open . O_TMPFILE|O_RDWR 0644 -> fd=3
     write 3 hello
     pwrite 3 0 J -> 1
     linkat AT_FDCWD /proc/self/fd/3 AT_FDCWD f AT_SYMLINK_FOLLOW -> ok
     cat f -> Jello ~ helloJ`,
  ),
  story(
    'data moved inside the kernel',
    `put from abcdef
     open from O_RDONLY 0 -> fd=3
     open f O_RDWR|O_CREAT 0644 -> fd=4
     write 4 hello
     copy_file_range 3 4 0 2 -> 2 ~ EBADF
     cat f -> abllo ~ hello
     sendfile 3 4 0 2 ~ EINVAL
     pipe -> fd=5,6
     write 6 xy
     splice 5 4 0 2 -> 2 ~ EINVAL`,
  ),
  story(
    'rotation',
    `open log O_WRONLY|O_CREAT|O_APPEND 0644 -> fd=3
     write 3 one
     B open log O_RDONLY 0 -> fd=3
     B read 3 9 -> one
     rename log log.1 -> ok
     write 3 two
     open log O_WRONLY|O_CREAT|O_EXCL 0644 -> fd=4
     write 4 three
     B read 3 9 -> two
     cat log.1 -> onetwo
     cat log -> three
     rename log log.1 -> ok
     unlink log.1 -> ok
     list . -> empty`,
  ),
  story(
    'a child inherits the rule',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     write 3 hello
     fork C
     C pwrite 3 0 J -> 1
     C cat f -> Jello ~ helloJ
     C ftruncate 3 0 -> ok ~ EPERM
     copy $A p 0755
     exec p
     pwrite 3 0 K -> 1
     cat f ~ helloJK
     run /bin/sh sh -c echo%20x>f -> 0 ~ 2 sh:%201:%20cannot%20create%20f:%20Operation%20not%20permitted%0a
     cat f -> x%0a ~ helloJK`,
  ),
]);
