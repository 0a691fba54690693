/** The stat family, access, modes, owners, times, statfs, handles. */
import { group, story } from '../story.js';

export const statusCases = group('status', [
  story(
    'each form of stat',
    `put f hello
     symlink f l
     stat f -> file 0644 n1 u$U s5
     lstat l -> symlink 0777 u$U s1
     newfstatat AT_FDCWD l 0 -> file 0644 n1 u$U s5
     newfstatat AT_FDCWD l AT_SYMLINK_NOFOLLOW -> symlink 0777 u$U s1
     newfstatat AT_FDCWD l AT_NO_AUTOMOUNT
     statx AT_FDCWD l 0 -> file 0644 n1 u$U s5
     statx AT_FDCWD l AT_SYMLINK_NOFOLLOW -> symlink 0777 u$U s1
     open f O_RDONLY 0 -> fd=3
     fstat 3 -> file 0644 n1 u$U s5
     statx 3 EMPTY AT_EMPTY_PATH -> file 0644 n1 u$U s5
     newfstatat 3 EMPTY AT_EMPTY_PATH -> file 0644 n1 u$U s5
     newfstatat AT_FDCWD f 0x10 -> EINVAL
     statx AT_FDCWD f 0x10 -> EINVAL
     statx AT_FDCWD f 0x6000 -> EINVAL
     fstat 99 -> EBADF`,
  ),
  story(
    'AT_EMPTY_PATH',
    `mkdir d 0755
     put d/f x
     chdir d
     newfstatat AT_FDCWD EMPTY AT_EMPTY_PATH
     newfstatat AT_FDCWD EMPTY 0 -> ENOENT
     newfstatat 99 EMPTY AT_EMPTY_PATH -> EBADF
     newfstatat AT_FDCWD f AT_EMPTY_PATH -> file 0644 n1 u$U s1
     newfstatat AT_FDCWD NULL AT_EMPTY_PATH
     statx AT_FDCWD NULL AT_EMPTY_PATH
     open f O_RDONLY 0 -> fd=3
     newfstatat 3 NULL AT_EMPTY_PATH
     statx 3 NULL AT_EMPTY_PATH
     fchownat 3 EMPTY -1 -1 AT_EMPTY_PATH -> ok
     fchownat AT_FDCWD EMPTY -1 -1 AT_EMPTY_PATH -> ok
     faccessat2 3 EMPTY R_OK AT_EMPTY_PATH -> ok
     fchmodat2 3 EMPTY 0600 AT_EMPTY_PATH -> ok
     utimensat 3 EMPTY 5 6 AT_EMPTY_PATH -> ok
     fstat 3 -> file 0600 n1 u$U s1
     times f -> a=5.000000000 m=6.000000000`,
  ),
  story(
    'a directory descriptor',
    `mkdir d 0755
     put d/f x
     put g yy
     open d O_RDONLY 0 -> fd=3
     open g O_RDONLY 0 -> fd=4
     newfstatat 3 f 0
     newfstatat 3 ../g 0
     newfstatat 3 $R/g 0
     newfstatat 4 f 0 -> ENOTDIR
     newfstatat 99 f 0 -> EBADF
     newfstatat 99 $R/g 0
     statx 3 f 0
     statx 99 $R/g 0
     statx 99 f 0 -> EBADF
     faccessat 3 f R_OK -> ok
     faccessat 99 f R_OK -> EBADF
     fchmodat 3 f 0600 -> ok
     fchownat 3 f -1 -1 0 -> ok
     utimensat 3 f 5 6 -> ok
     stat d/f
     chdir d
     B rename d e
     newfstatat 3 f 0
     newfstatat AT_FDCWD f 0`,
  ),
  story(
    'one inode by all its names',
    `mkdir d 0755
     put d/f x
     link d/f g
     symlink d l
     same d/f g -> yes
     same l/f g -> yes
     same $R/d/f g -> yes
     B same d/f g -> yes
     samedev d g -> yes
     samedev . .. -> yes
     open g O_RDONLY 0 -> fd=3
     samefd 3 d/f -> yes
     rename d e
     samefd 3 e/f -> yes
     inodes . -> agree
     inodes e -> agree`,
  ),
  story(
    'access',
    `put f x
     chmod f 0640
     access f F_OK -> ok
     access f R_OK|W_OK -> ok
     access f X_OK -> EACCES
     access no F_OK -> ENOENT
     access f 8 -> EINVAL
     faccessat AT_FDCWD f R_OK -> ok
     faccessat2 AT_FDCWD f R_OK AT_EACCESS -> ok
     faccessat2 AT_FDCWD f R_OK 0x1 -> EINVAL
     symlink f l
     faccessat2 AT_FDCWD l X_OK AT_SYMLINK_NOFOLLOW
     faccessat2 AT_FDCWD l X_OK 0 -> EACCES
     mkdir d 0700
     access d X_OK -> ok`,
  ),
  story(
    'chmod',
    `put f x
     chmod f 0600 -> ok
     stat f -> file 0600 n1 u$U s1
     chmod f 07777 -> ok
     stat f -> file 7777 n1 u$U s1
     fchmodat AT_FDCWD f 0444 -> ok
     stat f -> file 0444 n1 u$U s1
     open f O_RDONLY 0 -> fd=3
     fchmod 3 0755 -> ok
     stat f -> file 0755 n1 u$U s1
     symlink f l
     chmod l 0700 -> ok
     stat f -> file 0700 n1 u$U s1
     lstat l -> symlink 0777 u$U s1
     fchmodat2 AT_FDCWD l 0600 AT_SYMLINK_NOFOLLOW -> EOPNOTSUPP
     fchmodat2 AT_FDCWD f 0640 AT_SYMLINK_NOFOLLOW -> ok
     fchmodat2 AT_FDCWD f 0640 0x1 -> EINVAL
     mkdir d 0700
     chmod d 01777
     stat d -> dir 1777 n2 u$U
     chmod no 0644 -> ENOENT
     fchmod 99 0644 -> EBADF`,
  ),
  story(
    'chmod changes ctime alone',
    `put f x
     remember f
     chmod f 0600
     changed f -> c
     remember f
     stat f
     changed f -> none
     remember f
     link f g
     changed f -> c
     remember f
     setxattr f user.a b
     changed f -> c`,
  ),
  story(
    'writing changes mtime and ctime',
    `put f x
     open f O_RDWR 0 -> fd=3
     remember f
     write 3 y -> 1
     changed f -> mc
     remember f
     ftruncate 3 0 -> ok ~ EPERM
     changed f -> mc ~ none
     remember f
     B truncate f 5 -> ok ~ EPERM
     changed f -> mc ~ none
     remember f
     open f O_WRONLY|O_TRUNC 0 -> fd=4 ~ EPERM
     changed f -> mc ~ none`,
  ),
  story(
    'utimensat',
    `put f x
     utimensat AT_FDCWD f 1.5 2.25 -> ok
     times f -> a=1.000000005 m=2.000000025
     utimensat AT_FDCWD f omit 3 -> ok
     times f -> a=1.000000005 m=3.000000000
     utimensat AT_FDCWD f 4 omit -> ok
     times f -> a=4.000000000 m=3.000000000
     utimensat AT_FDCWD f now omit -> ok
     times f -> a=now m=3.000000000
     utimensat AT_FDCWD f - -> ok
     times f -> a=now m=now
     utimensat AT_FDCWD f 1.1000000000 1 -> EINVAL
     utimensat AT_FDCWD no 1 1 -> ENOENT
     utimensat AT_FDCWD no omit omit
     open f O_RDONLY 0 -> fd=3
     utimensat 3 NULL 7 8 -> ok
     times f -> a=7.000000000 m=8.000000000
     utimensat AT_FDCWD NULL 7 8 -> EFAULT
     utimensat 99 f 7 8 -> EBADF
     utimensat AT_FDCWD f -5 8 -> ok
     times f -> a=-5.000000000 m=8.000000000`,
  ),
  story(
    'times of a link',
    `put f x
     symlink f l
     utimensat AT_FDCWD f 1 1
     utimensat AT_FDCWD l 5 6 AT_SYMLINK_NOFOLLOW -> ok
     times f -> a=1.000000000 m=1.000000000
     times l
     utimensat AT_FDCWD l 7 8 -> ok
     times f -> a=7.000000000 m=8.000000000`,
  ),
  story(
    'utime, utimes, futimesat',
    `put f x
     utime f 1 2 -> ok
     times f -> a=1.000000000 m=2.000000000
     utimes f 3.5 4.25 -> ok
     times f -> a=3.000005000 m=4.000025000
     futimesat AT_FDCWD f 5 6 -> ok
     times f -> a=5.000000000 m=6.000000000
     utimes f 1.1000000 1 -> EINVAL
     utime f - -> ok
     times f -> a=now m=now
     open f O_RDONLY 0 -> fd=3
     futimesat 3 NULL 7 8 -> ok
     times f -> a=7.000000000 m=8.000000000
     utime no 1 2 -> ENOENT
     utime NULL 1 2 -> EFAULT
     utimes EMPTY 1 2 -> ENOENT`,
  ),
  story(
    'reading changes atime as the mount has it',
    `put f hello
     utimensat AT_FDCWD f 5 9
     cat f -> hello
     times f
     utimensat AT_FDCWD f 5 9
     open f O_RDONLY|O_NOATIME 0 -> fd=3
     read 3 5
     times f
     mkdir d 0755
     utimensat AT_FDCWD d 5 9
     list d
     times d
     symlink f l
     utimensat AT_FDCWD l 5 9 AT_SYMLINK_NOFOLLOW
     readlink l
     times l`,
  ),
  story(
    'truncate',
    `put f hello
     truncate f 3 -> ok ~ EPERM
     cat f -> hel ~ hello
     truncate f 5 -> ok ~ EPERM
     cat f -> hel%00%00 ~ hello
     truncate f -1 -> EINVAL
     truncate no 0 -> ENOENT
     mkdir d 0755
     truncate d 0 -> EISDIR
     mknod p S_IFIFO|0644 0
     truncate p 0 -> EINVAL
     symlink f l
     truncate l 1 -> ok ~ EPERM
     lstat f ~ file 0644 n1 u$U s5`,
  ),
  story(
    'truncate beyond the limit of sizes',
    `put f hello
     limitbytes 100
     truncate f 101 -> EFBIG ~ EPERM
     truncate f 100 -> ok ~ EPERM
     stat f -> file 0644 n1 u$U s100 ~ file 0644 n1 u$U s5`,
  ),
  story(
    'ftruncate',
    `put f hello
     open f O_RDONLY 0 -> fd=3
     open f O_RDWR 0 -> fd=4
     ftruncate 3 0 -> EINVAL
     ftruncate 4 2 -> ok ~ EPERM
     cat f -> he ~ hello
     ftruncate 4 -1 -> EINVAL
     ftruncate 99 0 -> EBADF`,
  ),
  story(
    'statfs',
    `put f x
     statfs .
     statfs f
     open f O_RDONLY 0 -> fd=3
     fstatfs 3
     statfs no -> ENOENT
     statfs f/ -> ENOTDIR
     statfs /proc -> type 9fa0 name 255
     symlink /proc l
     statfs l -> type 9fa0 name 255`,
  ),
  story(
    'handles',
    `put f x
     symlink f l
     handle AT_FDCWD f 0 -> ok
     handle AT_FDCWD f 0 0 -> EOVERFLOW needs more
     handle AT_FDCWD no 0 -> ENOENT
     handle AT_FDCWD EMPTY 0 -> ENOENT
     handle AT_FDCWD f 0x8 -> EINVAL
     handle AT_FDCWD l AT_SYMLINK_FOLLOW -> ok
     link f g
     samehandle f g -> yes
     samehandle f l -> no
     open f O_RDONLY 0 -> fd=3
     handle 3 EMPTY AT_EMPTY_PATH -> ok
     handle 99 f 0 -> EBADF
     handle 99 $R/f 0 -> ok`,
  ),
  story(
    'root owns and gives away',
    `put f x
     symlink f l
     chown f 1001 1002
     stat f
     lchown l 1003 1003
     lstat l
     chown l 1004 -1
     stat f
     open f O_RDONLY 0 -> fd=3
     fchown 3 -1 1005
     stat f
     fchownat AT_FDCWD l 1006 1006 AT_SYMLINK_NOFOLLOW
     lstat l
     fchownat AT_FDCWD l 1007 1007 0
     stat f
     chown no 1 1 -> ENOENT
     lchown NULL 1 1 -> EFAULT
     fchownat AT_FDCWD f 1 1 0x1 -> EINVAL`,
  ),
]);
