/** Users, groups, umask, capabilities: only root can tell these stories. */
import { group, story } from '../story.js';

export const identityCases = group('identity', [
  story(
    'umask',
    `umask 0 -> 0022
     mkdir a 0777
     stat a -> dir 0777 n2 u$U
     open b O_WRONLY|O_CREAT 0666 -> fd=3
     stat b -> file 0666 n1 u$U s0
     umask 077 -> 0000
     mkdir c 0777
     stat c -> dir 0700 n2 u$U
     open d O_WRONLY|O_CREAT 0666 -> fd=4
     stat d -> file 0600 n1 u$U s0
     mknod e S_IFIFO|0666 0
     stat e -> fifo 0600 n1 u$U
     umask 0777 -> 0077
     creat f 0666 -> fd=5
     stat f -> file 0000 n1 u$U s0
     open . O_TMPFILE|O_WRONLY 0666 -> fd=6
     fstat 6 -> file 0000 n0 u$U s0
     umask 022 -> 0777
     chmod a 0777 -> ok
     stat a -> dir 0777 n2 u$U
     B mkdir g 0777
     stat g -> dir 0755 n2 u$U`,
  ),
  story(
    'umask of a child',
    `umask 027 -> 0022
     fork C
     C creat f 0666 -> fd=3
     stat f -> file 0640 n1 u$U s0
     C umask 0
     creat g 0666 -> fd=3
     stat g -> file 0640 n1 u$U s0
     run /bin/sh sh -c umask
     run /bin/mkdir mkdir h
     stat h`,
  ),
  story(
    'what another user may not',
    `put f x
     chmod f 0600
     mkdir d 0700
     put d/g y
     mkdir open 0755
     put open/h z
     B become 1001 1001 -> ok
     B cat f -> EACCES
     B stat f
     B open f O_WRONLY 0 -> EACCES
     B open f O_RDONLY|O_TRUNC 0 -> EACCES
     B open f O_PATH 0 -> fd=3
     B cat d/g -> EACCES
     B stat d/g -> EACCES
     B list d -> EACCES
     B chdir d -> EACCES
     B cat open/h -> z
     B put open/h w -> EACCES
     B put open/new x -> EACCES
     B unlink open/h -> EACCES
     B rename open/h open/i -> EACCES
     B mkdir open/e 0755 -> EACCES
     B symlink x open/l -> EACCES
     B link open/h open/k
     B mknod open/p S_IFIFO|0644 0 -> EACCES
     B chmod open/h 0777 -> EPERM
     B chown open/h 1001 1001 -> EPERM
     B truncate open/h 0 -> EACCES ~ EACCES
     B utimensat AT_FDCWD open/h 1 1 -> EPERM
     B utimensat AT_FDCWD open/h - -> EACCES
     B setxattr open/h user.a x -> EACCES
     B access open/h W_OK -> EACCES
     B access open/h R_OK -> ok
     B rmdir open/no -> ENOENT
     B stat open/no/x -> ENOENT`,
  ),
  story(
    'what another user makes is its own',
    `mkdir d 0777
     chmod d 0777
     B become 1001 1002 -> ok
     B open d/f O_RDWR|O_CREAT 0666 -> fd=3
     stat d/f -> file 0644 n1 u1001:1002 s0
     B mkdir d/e 0777
     stat d/e -> dir 0755 n2 u1001:1002
     B symlink x d/l
     lstat d/l -> symlink 0777 u1001:1002 s1
     B mknod d/p S_IFIFO|0666 0
     stat d/p -> fifo 0644 n1 u1001:1002
     B open d O_TMPFILE|O_RDWR 0666 -> fd=4
     B fstat 4 -> file 0644 n0 u1001:1002 s0
     B socket stream -> fd=5
     B bind 5 d/s -> ok
     stat d/s -> socket 0755 n1 u1001:1002
     B chmod d/f 0600 -> ok
     B chown d/f 1001 1002 -> ok
     B chown d/f 0 0 -> EPERM
     B chown d/f 1001 1003 -> EPERM
     B utimensat AT_FDCWD d/f 5 5 -> ok
     B setxattr d/f user.a x -> ok
     B put d/e/g y -> ok
     stat d/e/g -> file 0644 n1 u1001:1002 s1
     B unlink d/f -> ok`,
  ),
  story(
    'groups',
    `put f x
     chown f 0 1005
     chmod f 0640
     put g y
     chown g 0 1006
     chmod g 0060
     B become 1001 1002 1005 1006 -> ok
     B cat f -> x
     B open f O_WRONLY 0 -> EACCES
     B open g O_RDWR 0 -> fd=3
     D become 1001 1005 -> ok
     D cat f -> x
     D cat g -> EACCES
     mkdir d 0755
     chown d 1001 1006
     B put d/h z
     B chown d/h -1 1005 -> ok
     B chown d/h -1 1006 -> ok
     B chown d/h -1 1007 -> EPERM
     D chown d/h -1 1008 -> EPERM
     stat d/h`,
  ),
  story(
    'the owner before the group before others',
    `put f x
     chown f 1001 1002
     chmod f 0077
     B become 1001 1002 -> ok
     B cat f -> EACCES
     D become 1003 1002 -> ok
     D cat f -> x
     chmod f 0707
     D cat f -> EACCES
     chmod f 0070
     D cat f -> x
     chmod f 0007
     B cat f -> EACCES
     B chmod f 0400 -> ok
     B cat f -> x`,
  ),
  story(
    'a sticky directory',
    `mkdir d 01777
     chmod d 01777
     put d/f x
     B become 1001 1001 -> ok
     D become 1002 1002 -> ok
     B put d/g y
     B unlink d/f -> EPERM
     D unlink d/g -> EPERM
     D rename d/g d/h -> EPERM
     D put d/i z
     D rename d/i d/g -> EPERM
     B rename d/g d/h -> ok
     B unlink d/h -> ok
     D unlink d/i -> ok
     list d -> f:f`,
  ),
  story(
    'a directory that hands its group down',
    `mkdir d 0755
     chown d 1001 1005
     chmod d 02777
     put d/f x
     stat d/f -> file 0644 n1 u0:1005 s1
     mkdir d/e 0755
     stat d/e -> dir 2755 n2 u0:1005
     B become 1001 1002 -> ok
     B put d/g y
     stat d/g -> file 0644 n1 u1001:1005 s1
     B mkdir d/h 0755
     stat d/h -> dir 2755 n2 u1001:1005
     B open d/i O_WRONLY|O_CREAT 02755 -> fd=3
     stat d/i
     B symlink x d/l
     lstat d/l -> symlink 0777 u1001:1005 s1`,
  ),
  story(
    'set-id bits go when they must',
    `put f x
     chown f 1001 1002
     chmod f 06755
     chown f 1001 1002
     stat f
     chmod f 06755
     B become 1001 1002 -> ok
     B open f O_WRONLY 0 -> fd=3
     B write 3 y -> 1
     stat f -> file 0755 n1 u1001:1002 s1 ~ file 0755 n1 u1001:1002 s2
     chmod f 06755
     B chmod f 06755
     stat f -> file 6755 n1 u1001:1002 s1 ~ file 6755 n1 u1001:1002 s2
     D become 1003 1003 -> ok
     chmod f 06757
     D open f O_WRONLY 0 -> fd=3
     D write 3 z -> 1
     stat f -> file 0757 n1 u1001:1002 s1 ~ file 0757 n1 u1001:1002 s3`,
  ),
  story(
    'search permission on the way',
    `mkdir a 0755
     mkdir a/b 0755
     mkdir a/b/c 0755
     put a/b/c/f x
     chmod a/b 0711
     B become 1001 1001 -> ok
     B cat a/b/c/f -> x
     B list a/b -> EACCES
     chmod a/b 0700
     B cat a/b/c/f -> EACCES
     B stat a/b
     B stat a/b/no -> EACCES
     B stat a/b/../b -> EACCES
     B stat a/b/.. -> EACCES
     chmod a/b 0744
     B list a/b -> c:d
     B stat a/b/c -> EACCES
     B stat a/b/. -> EACCES`,
  ),
]);
