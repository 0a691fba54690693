/** Effective and file system users, capabilities, changes of mind: only root can tell these stories. */
import { noUserNamespaces } from '../../run/machine.js';
import { group, storiesUnless, story } from '../story.js';

export const privilegeCases = group('identity', [
  story(
    'an open directory keeps what was allowed',
    `mkdir d 0755
     put d/f x
     B become 1001 1001 -> ok
     B open d O_RDONLY 0 -> fd=3
     B open d/f O_RDONLY 0 -> fd=4
     chmod d 0700
     B openat 3 f O_RDONLY 0 -> EACCES
     B listfd 3 -> f:f
     B read 4 5 -> x
     B fchdir 3 -> EACCES
     B newfstatat 3 EMPTY AT_EMPTY_PATH -> dir 0700 n2 u$U
     B open /proc/self/fd/4 O_RDONLY 0 -> fd=5
     chmod d/f 0600
     B open /proc/self/fd/4 O_RDONLY 0 -> EACCES
     B open /proc/self/fd/4 O_WRONLY 0 -> EACCES`,
  ),
  story(
    'the working directory may become closed',
    `mkdir d 0755
     mkdir d/e 0777
     chmod d/e 0777
     B become 1001 1001 -> ok
     B chdir d/e -> ok
     chmod d 0700
     B getcwd -> $R/d/e
     B put f x -> ok
     B stat $R/d/e/f -> EACCES
     B stat .. -> dir 0700 n3 u$U
     B stat ../e -> EACCES
     B chdir . -> ok
     chmod d/e 0700
     B stat f -> EACCES
     B chdir . -> EACCES`,
  ),
  story(
    'the effective user decides, access asks for the real one',
    `put f x
     chmod f 0600
     B seteuid 1001 -> ok
     B cat f -> EACCES
     B access f R_OK -> ok
     B faccessat AT_FDCWD f R_OK -> ok
     B faccessat2 AT_FDCWD f R_OK AT_EACCESS -> EACCES
     B faccessat2 AT_FDCWD f R_OK 0 -> ok
     B seteuid 0 -> ok
     B cat f -> x`,
  ),
  story(
    'the file system user decides',
    `put f x
     chmod f 0600
     mkdir d 0777
     chmod d 0777
     B setfsuid 1001
     B setfsgid 1002
     B cat f -> EACCES
     B put d/g y
     stat d/g -> file 0644 n1 u1001:1002 s1
     B mkdir d/e 0755
     stat d/e -> dir 0755 n2 u1001:1002
     B setfsuid 0
     B cat f -> x`,
  ),
  story(
    'a thread of its own user',
    `put f x
     chmod f 0600
     mkdir d 0777
     chmod d 0777
     B inthread setfsuid 1001
     B cat f -> x
     B put d/g y
     stat d/g -> file 0644 n1 u$U s1`,
  ),
  story(
    'root without capabilities',
    `put f x
     chown f 1001 1001
     chmod f 0600
     put g y
     chmod g 0
     B dropcaps -> ok
     B cat f -> EACCES
     B cat g -> EACCES
     B chmod g 0600 -> ok
     B cat g -> y
     B chown g 1001 1001 -> EPERM
     B chmod f 0644 -> EPERM
     B mknod c S_IFCHR|0600 0x103 -> EPERM
     B put h z -> ok
     stat h -> file 0644 n1 u$U s1
     B become 1001 1001 -> EPERM`,
  ),
  story(
    'root with capabilities',
    `put f x
     chown f 1001 1001
     chmod f 0
     cat f -> x
     put f y -> ok
     mkdir d 0
     chown d 1001 1001
     put d/g z -> ok
     list d -> g:f
     access f R_OK|W_OK -> ok
     access f X_OK -> EACCES
     access d X_OK -> ok
     mknod c S_IFCHR|0600 0x103 -> ok
     stat c
     run f x -> EACCES`,
  ),
  ...storiesUnless(noUserNamespaces, [
    story(
      'root of a user namespace of its own',
      `put f x
       chmod f 0
       put g y
       chown g 1001 1001
       chmod g 0600
       mkdir d 0777
       chmod d 0777
       B unshareuser -> ok
       B stat f -> file 0000 n1 u65534:65534 s1
       B lstat g -> file 0600 n1 u65534:65534 s1
       B cat f -> EACCES
       B cat g -> EACCES
       B chmod f 0600 -> ok
       B cat f -> x
       B chmod g 0666 -> EPERM
       B put d/h z -> ok
       B mkdir d/e 0755 -> ok
       stat d/h -> file 0644 n1 u$U s1
       B chown d/h 0 0 -> EINVAL`,
    ),
  ]),
  story(
    'a user changes its mind: nothing stale is used',
    `put f x
     chmod f 0600
     B cat f -> x
     B become 1001 1001
     B cat f -> EACCES
     chmod f 0644
     B cat f -> x
     chmod f 0600
     B cat f -> EACCES
     chown f 1001 1001
     B cat f -> x`,
  ),
  story(
    'protected links and files as the system has them',
    `mkdir d 01777
     chmod d 01777
     put secret x
     chmod secret 0600
     B become 1001 1001
     B symlink $R/secret d/l
     cat d/l
     B link secret d/h
     B linkat AT_FDCWD secret AT_FDCWD d/h 0
     B mknod d/p S_IFIFO|0666 0
     put d/r y
     B open d/r O_RDONLY 0 -> fd=3
     open d/p O_RDWR|O_CREAT|O_NONBLOCK 0644`,
  ),
  story(
    'execution needs its bit, reading does not help',
    `copy $A agent 0644
     B become 1001 1001
     B run agent agent --tell -> EACCES
     run agent agent --tell -> EACCES
     chmod agent 0711
     B run agent me --tell -> 7 argv%20me%20--tell;%20comm%20agent;%20exe%20$R/agent;%20cwd%20$R%0a
     B open agent O_RDONLY 0 -> EACCES
     mkdir d 0700
     copy $A d/agent 0755
     B run d/agent agent --tell -> EACCES`,
  ),
]);
