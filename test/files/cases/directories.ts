/** mkdir, mknod, listings, working directories. */
import { group, story } from '../story.js';

export const directoryCases = group('directories', [
  story(
    'mkdir',
    `mkdir d 0755 -> ok
     stat d
     mkdir d 0755 -> EEXIST
     mkdir d/e/f 0755 -> ENOENT
     mkdirat AT_FDCWD d/e 0700 -> ok
     stat d/e
     put f x
     mkdir f 0755 -> EEXIST
     open d O_RDONLY 0 -> fd=3
     mkdirat 3 g 01777 -> ok
     stat d/g
     mkdirat 3 $R/h 0 -> ok
     stat h -> dir 0000 n2 u$U
     mkdirat 99 i 0755 -> EBADF
     mkdirat 99 $R/i 0755 -> ok
     list . -> d:d f:f h:d i:d`,
  ),
  story(
    'listings',
    `list . -> empty
     put f x
     mkdir d 0755
     symlink f l
     mknod p S_IFIFO|0644 0
     mknod s S_IFSOCK|0644 0
     list . -> d:d f:f l:l p:p s:s
     listold . -> d:d f:f l:l p:p s:s
     inodes . -> agree
     list f -> ENOTDIR
     list l -> ENOTDIR
     list no -> ENOENT`,
  ),
  story(
    'a listing in small pieces',
    `${Array.from({ length: 40 }, (_, index) => `put file${index} x`).join('\n')}
     list . 64
     list . 4096
     listold . 64
     list . 8 -> EINVAL
     inodes . -> agree`,
  ),
  story(
    'a listing is read anew after a rewind',
    `put a x
     open . O_RDONLY 0 -> fd=3
     listfd 3 -> a:f
     listfd 3 -> nothing
     B put b y
     lseek 3 0 SEEK_SET -> 0
     listfd 3 -> a:f b:f
     B unlink a
     lseek 3 0 SEEK_SET -> 0
     listfd 3 -> b:f`,
  ),
  story(
    'reading a directory as a file',
    `mkdir d 0755
     open d O_RDONLY 0 -> fd=3
     read 3 10 -> EISDIR
     write 3 x -> EBADF
     mmap 3 4096 PROT_READ MAP_PRIVATE -> ENODEV
     ftruncate 3 0 -> EINVAL
     fsync 3 -> ok
     fstatfs 3`,
  ),
  story(
    'chdir and getcwd',
    `getcwd -> $R
     mkdir d 0755
     mkdir d/e 0755
     chdir d -> ok
     getcwd -> $R/d
     chdir e/ -> ok
     getcwd -> $R/d/e
     chdir ../.. -> ok
     getcwd -> $R
     chdir $R//d/./e/.. -> ok
     getcwd -> $R/d
     getcwd 3 -> ERANGE
     getcwd 0
     chdir no -> ENOENT
     put f x
     chdir f -> ENOTDIR
     getcwd -> $R/d`,
  ),
  story(
    'fchdir',
    `mkdir d 0755
     put f x
     open d O_RDONLY 0 -> fd=3
     open d O_PATH 0 -> fd=4
     open f O_RDONLY 0 -> fd=5
     fchdir 3 -> ok
     getcwd -> $R/d
     chdir ..
     fchdir 4 -> ok
     getcwd -> $R/d
     fchdir 5 -> ENOTDIR
     fchdir 99 -> EBADF
     getcwd -> $R/d
     open /etc O_RDONLY 0 -> fd=6
     fchdir 6 -> ok
     getcwd -> /etc
     fchdir 3
     put g x
     list $R/d -> g:f`,
  ),
  story(
    'out and back',
    `mkdir d 0755
     chdir /
     getcwd -> /
     chdir /usr/bin
     getcwd -> /usr/bin
     stat no -> ENOENT
     access env F_OK -> ok
     chdir $R/d
     getcwd -> $R/d
     put f x
     chdir ../../../../../../../..
     getcwd -> /
     cat $R/d/f -> x
     chdir .$R/d
     getcwd -> $R/d`,
  ),
  story(
    'the working directory is inherited',
    `mkdir d 0755
     chdir d
     A fork C -> ok
     C getcwd -> $R/d
     C put f x
     cat f -> x
     C chdir ..
     C getcwd -> $R
     getcwd -> $R/d
     C put g y
     cat ../g -> y`,
  ),
  story(
    'and shared by CLONE_FS and by threads',
    `mkdir d 0755
     mkdir e 0755
     clonefs C -> ok
     C chdir d
     getcwd -> $R/d
     put f x
     C cat f -> x
     chdir ../e
     C getcwd -> $R/e
     inthread chdir ../d -> ok
     getcwd -> $R/d
     C umask 077 -> 0022
     umask 022 -> 0077
     C unsharefs -> ok
     C chdir ../e
     getcwd -> $R/d
     C getcwd -> $R/e`,
  ),
  story(
    'a thread of its own directory',
    `mkdir d 0755
     put d/f x
     inthread getcwd -> $R
     inthread cat d/f -> x
     inthread put g y -> ok
     inthread readlink /proc/self/cwd -> $R
     inthread readlink /proc/thread-self/cwd -> $R
     cat g -> y`,
  ),
  story(
    'the directory after exec',
    `mkdir d 0755
     copy $A agent 0755
     chdir d
     put f x
     exec ../agent -> ok
     getcwd -> $R/d
     cat f -> x
     chdir ..
     list . -> agent:f d:d`,
  ),
  story(
    'mknod',
    `mknod f S_IFREG|0640 0 -> ok
     stat f -> file 0640 n1 u$U s0
     mknod g 0644 0 -> ok
     stat g -> file 0644 n1 u$U s0
     mknod p S_IFIFO|0666 0 -> ok
     stat p -> fifo 0644 n1 u$U
     mknodat AT_FDCWD s S_IFSOCK|0777 0 -> ok
     stat s -> socket 0755 n1 u$U
     mknod f S_IFREG|0640 0 -> EEXIST
     mknod d S_IFDIR|0755 0 -> EPERM
     mknod x 0170000 0 -> EINVAL
     open s O_RDONLY 0 -> ENXIO
     open . O_RDONLY 0 -> fd=3
     mknodat 3 q S_IFIFO|0600 0 -> ok
     mknodat 99 r S_IFIFO|0600 0 -> EBADF`,
  ),
  story(
    'a FIFO between two processes',
    `mknod p S_IFIFO|0644 0
     A& open p O_RDONLY 0 -> started
     B open p O_WRONLY 0
     A wait -> fd=3
     B write 3 hello -> 5 ~ 5
     read 3 9 -> hello
     B close 3
     read 3 9 -> end`,
  ),
  story(
    'a FIFO that does not block',
    `mknod p S_IFIFO|0644 0
     open p O_WRONLY|O_NONBLOCK 0 -> ENXIO
     open p O_RDONLY|O_NONBLOCK 0 -> fd=3
     open p O_WRONLY|O_NONBLOCK 0 -> fd=4
     write 4 x -> 1
     read 3 5 -> x
     read 3 5 -> EAGAIN
     open p O_RDWR 0 -> fd=5`,
  ),
  story(
    'a FIFO that waits while its directory is used',
    `mkdir d 0755
     mknod d/p S_IFIFO|0644 0
     A& open d/p O_WRONLY 0 -> started
     B put d/f x
     B rename d/f d/g
     B list d -> g:f p:p
     B open d/p O_RDONLY 0 -> fd=3
     A wait -> fd=3
     write 3 y -> 1
     B read 3 5 -> y`,
  ),
  story(
    'times of a directory',
    `mkdir d 0755
     utimensat AT_FDCWD d 5 5
     put d/f x
     times d -> a=5.000000000 m=now
     utimensat AT_FDCWD d 5 5
     put d/f y
     times d -> a=5.000000000 m=5.000000000
     unlink d/f
     times d -> a=5.000000000 m=now
     utimensat AT_FDCWD d 5 5
     mkdir d/e 0755
     times d -> a=5.000000000 m=now
     utimensat AT_FDCWD d 5 5
     symlink x d/l
     times d -> a=5.000000000 m=now
     utimensat AT_FDCWD d 5 5
     stat d/l -> ENOENT
     readlink d/l
     times d -> a=5.000000000 m=5.000000000`,
  ),
]);
