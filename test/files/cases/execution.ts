/** Programs and scripts executed in the directory. The agent's `--tell` says how it was called. */
import { group, story } from '../story.js';

export const executionCases = group('execution', [
  story(
    'a static program',
    `copy $A p 0755
     run p me --tell -> 7 argv%20me%20--tell;%20comm%20p;%20exe%20$R/p;%20cwd%20$R%0a
     run ./p ./p --tell
     run $R/p $R/p --tell a b
     mkdir d 0755
     rename p d/q
     run d/q q --tell
     chdir d
     run q q --tell
     run ../d/./q q --tell -> 7 argv%20q%20--tell;%20comm%20q;%20exe%20$R/d/q;%20cwd%20$R/d%0a`,
  ),
  story(
    'through links',
    `copy $A program 0755
     symlink program l
     symlink $R/l m
     link program hard
     run l l --tell -> 7 argv%20l%20--tell;%20comm%20l;%20exe%20$R/program;%20cwd%20$R%0a
     run m m --tell -> 7 argv%20m%20--tell;%20comm%20m;%20exe%20$R/program;%20cwd%20$R%0a
     run hard hard --tell -> 7 argv%20hard%20--tell;%20comm%20hard;%20exe%20$R/hard;%20cwd%20$R%0a
     symlink $A out
     run out out --tell -> 7 argv%20out%20--tell;%20comm%20out;%20exe%20$A;%20cwd%20$R%0a`,
  ),
  story(
    'what cannot be executed',
    `put f text
     run f f -> EACCES
     chmod f 0755
     run f f -> ENOEXEC
     open e O_WRONLY|O_CREAT 0755 -> fd=3
     close 3
     run e e -> ENOEXEC
     run no no -> ENOENT
     run f/g g -> ENOTDIR
     mkdir d 0755
     run d d -> EACCES
     run EMPTY x -> ENOENT
     run NULL x -> EFAULT
     symlink no l
     run l l -> ENOENT
     mknod p S_IFIFO|0755 0
     run p p -> EACCES
     run {n*256} x -> ENAMETOOLONG
     run $R/{/^4096}f x -> ENAMETOOLONG`,
  ),
  story(
    'a busy program',
    `copy $A p 0755
     open p O_RDWR 0 -> fd=3
     run p p --tell -> ETXTBSY
     close 3
     run p p --tell
     B exec p -> ok
     open p O_WRONLY 0 -> ETXTBSY
     truncate p 0 -> ETXTBSY ~ EPERM
     unlink p -> ok
     B readlink /proc/self/exe -> $R/p%20(deleted)
     B put f x -> ok`,
  ),
  story(
    'a dynamic program',
    `copy /usr/bin/env e 0755
     run e e -> 0 PATH=/usr/bin:/bin%0a
     copy /bin/pwd p 0755
     mkdir d 0755
     chdir d
     run ../p p -> 0 $R/d%0a
     run $R/p p -P -> 0 $R/d%0a`,
  ),
  story(
    'a script',
    `put s #!/bin/sh%0aecho%20"%240%20%241%20%24%23";pwd;exit%203%0a
     chmod s 0755
     run s s one -> 3 s%20one%201%0a$R%0a
     run ./s s
     run $R/s whatever a%20b
     mkdir d 0755
     chdir d
     run ../s s x`
      .replaceAll('$0', '%240')
      .replaceAll('$1', '%241')
      .replaceAll('$#', '%24#'),
  ),
  story(
    'a script whose interpreter is here',
    `copy $A p 0755
     put s #!$R/p%20--tell%0a
     chmod s 0755
     run s s one -> 7 argv%20$R/p%20--tell%20s%20one;%20comm%20s;%20exe%20$R/p;%20cwd%20$R%0a
     run $R/s x -> 7 argv%20$R/p%20--tell%20$R/s;%20comm%20s;%20exe%20$R/p;%20cwd%20$R%0a
     put r #!p%20--tell%20and%20more%0a
     chmod r 0755
     run r r one -> 7 argv%20p%20--tell%20and%20more%20r%20one;%20comm%20r;%20exe%20$R/p;%20cwd%20$R%0a
     mkdir d 0755
     chdir d
     run ../r r -> ENOENT
     run ../s s
     put t #!%20%20../p%20%20%20--tell%20%0a
     chmod t 0755
     run t t`,
  ),
  story(
    'a script of a script',
    `copy $A p 0755
     put s #!$R/p%20--tell%0a
     chmod s 0755
     put t #!$R/s%20x%0a
     chmod t 0755
     run t t y
     put u #!u%0a
     chmod u 0755
     run u u -> ELOOP
     put v #!$R/no%0a
     chmod v 0755
     run v v -> ENOENT
     put w #!%0a
     chmod w 0755
     run w w -> ENOEXEC
     put y #!$R/p
     chmod y 0644
     run y y -> EACCES
     put z #!$R/y%0a
     chmod z 0755
     run z z -> EACCES`,
  ),
  story(
    'execveat',
    `mkdir d 0755
     copy $A d/p 0755
     symlink p d/l
     open d O_RDONLY 0 -> fd=3
     open d/p O_RDONLY 0 -> fd=4
     open d/p O_PATH|O_CLOEXEC 0 -> fd=5
     runat 3 p 0 p --tell -> 7 argv%20p%20--tell;%20comm%20p;%20exe%20$R/d/p;%20cwd%20$R%0a
     runat 3 l 0 l --tell
     runat 3 l AT_SYMLINK_NOFOLLOW l --tell -> ELOOP
     runat AT_FDCWD d/p 0 p --tell
     runat 99 $R/d/p 0 p --tell
     runat 99 p 0 p --tell -> EBADF
     runat 4 p 0 p --tell -> ENOTDIR
     runat 4 EMPTY AT_EMPTY_PATH p --tell -> 7 argv%20p%20--tell;%20comm%20p;%20exe%20$R/d/p;%20cwd%20$R%0a
     runat 5 EMPTY AT_EMPTY_PATH p --tell
     runat 4 EMPTY 0 p --tell -> ENOENT
     runat 3 EMPTY AT_EMPTY_PATH p -> EACCES
     runat 3 p 0x1 p -> EINVAL`,
  ),
  story(
    'execveat of a script',
    `put s #!/bin/echo%0a
     chmod s 0755
     open s O_RDONLY 0 -> fd=3
     open s O_RDONLY|O_CLOEXEC 0 -> fd=4
     open . O_RDONLY 0 -> fd=5
     open . O_RDONLY|O_CLOEXEC 0 -> fd=6
     runat 3 EMPTY AT_EMPTY_PATH s x -> 0 /dev/fd/3%20x%0a
     runat 4 EMPTY AT_EMPTY_PATH s x -> ENOENT
     runat 5 s 0 s x -> 0 /dev/fd/5/s%20x%0a
     runat 6 s 0 s x -> ENOENT
     runat AT_FDCWD s 0 s x -> 0 s%20x%0a`,
  ),
  story(
    'an actor goes on in a copy of its program',
    `copy $A p 0755
     mkdir d 0755
     put d/f x
     open d O_RDONLY 0 -> fd=3
     exec p -> ok
     comm -> p
     readlink /proc/self/exe -> $R/p
     openat 3 f O_RDONLY 0 -> fd=4
     read 4 5 -> x
     rename p q
     readlink /proc/self/exe -> $R/q
     copy /proc/self/exe r 0755
     run r r --tell
     run /proc/self/exe x --tell -> 7 argv%20x%20--tell;%20comm%20exe;%20exe%20$R/q;%20cwd%20$R%0a
     exec no -> ENOENT
     put g y
     list .`,
  ),
  story(
    'an actor goes on in a thread-started exec',
    `copy $A p 0755
     inthread run p p --tell
     inthread run no no -> ENOENT
     inthread cat no -> ENOENT`,
  ),
  story(
    'exec by another thread than the first',
    `copy $A p 0755
     mkdir d 0755
     open d O_RDONLY 0 -> fd=3
     chdir d
     inthread exec ../p -> ok
     comm -> p
     readlink /proc/self/exe -> $R/p
     getcwd -> $R/d
     put f x
     openat 3 f O_RDONLY 0 -> fd=4
     read 4 5 -> x
     inthread run ../p p --tell -> 7 argv%20p%20--tell;%20comm%20p;%20exe%20$R/p;%20cwd%20$R/d%0a`,
  ),
  story(
    'programs of the system on names of the case',
    `put f hello
     mkdir d 0755
     run /bin/cat cat f -> 0 hello
     run /bin/cat cat $R/f -> 0 hello
     run /bin/ls ls -> 0 d%0af%0a
     run /bin/cp cp f d/g -> 0
     cat d/g -> hello
     run /bin/mv mv d/g $R/h -> 0
     run /bin/rm rm -r d -> 0
     run /bin/ln ln -s h l
     run /bin/readlink readlink -f l -> 0 $R/h%0a
     run /bin/sh sh -c pwd -> 0 $R%0a
     run /usr/bin/env env -C / pwd -> 0 /%0a
     list .`,
  ),
  story(
    'a program with arguments from the file system',
    `copy $A p 0755
     run p EMPTY --tell
     run p {a*200} --tell {b*300}
     run p none --tell
     chmod p 04755
     run p p --tell
     chmod p 0111
     run p p --tell`,
  ),
]);
