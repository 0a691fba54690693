/** Links, programs, sockets and commands that go from one mount to another; mounts.ts says where. */
import { group, story } from '../story.js';

/** Links that lead from one mount to the other and back; the last is a file. */
const alternating = (count: number): string =>
  Array.from({ length: count }, (_, index) => {
    const [from, to] = index % 2 === 0 ? ['shared', 'data'] : ['data', 'shared'];
    return `symlink $R/${to}/l${index + 1} ${from}/l${index}`;
  }).join('\n');

export const crossingCases = group('mounts', [
  story(
    'links into a mount from outside',
    `put shared/f inside
     symlink ../shared/f host/near
     symlink $R/shared/f host/absolute
     symlink ../shared host/directory
     symlink $R/deep host/deep
     cat host/near -> inside
     cat host/absolute -> inside
     cat host/directory/f -> inside
     cat host/deep/er/mount/below -> deep
     list host/directory/ -> f:f
     lstat host/directory -> symlink 0777 u$U s9
     put host/directory/g new
     cat shared/g -> new
     chdir host/directory
     getcwd -> $R/shared
     chdir ..
     getcwd -> $R
     same host/directory/.. . -> yes
     symlink ../shared/made host/dangling
     open host/dangling O_WRONLY|O_CREAT 0644 -> fd=3
     readlink /proc/self/fd/3 -> $R/shared/made
     open host/dangling O_WRONLY|O_CREAT|O_EXCL 0644 -> EEXIST
     mkdir host/directory/d 0755 -> ok
     rename host/directory/g host/directory/d/g -> ok
     rename host/near shared/near -> EXDEV
     unlink host/near -> ok
     cat shared/f -> inside
     unlink host/directory/f -> ok
     stat host/absolute -> ENOENT`,
  ),
  story(
    'links out of a mount',
    `symlink ../hostfile shared/near
     symlink $R/hostfile shared/absolute
     symlink .. shared/up
     symlink / shared/slash
     symlink $R/host shared/host
     cat shared/near -> here
     cat shared/absolute -> here
     cat shared/up/hostfile -> here
     cat shared/slash$R/hostfile -> here
     cat shared/slash$R/shared/near -> here
     same shared/up/. . -> yes
     list shared/up/only -> m:d
     put shared/host/f x
     cat host/f -> x
     chdir shared/up
     getcwd -> $R
     chdir shared/slash
     getcwd -> /
     open $R/shared/near O_RDONLY 0 -> fd=3
     readlink /proc/self/fd/3 -> $R/hostfile
     same $R/shared/slash/etc/passwd /etc/passwd -> yes
     symlink $R/made $R/shared/dangling
     open $R/shared/dangling O_WRONLY|O_CREAT 0644 -> fd=4
     readlink /proc/self/fd/4 -> $R/made
     stat $R/made -> file 0644 n1 u$U s0`,
  ),
  story(
    'links across mounts',
    `put data/f data
     put shared/f shared
     symlink ../data/f shared/near
     symlink $R/data/f shared/absolute
     symlink ../shared data/shared
     symlink ../data shared/data
     cat shared/near -> data
     cat shared/absolute -> data
     cat data/shared/f -> shared
     cat shared/data/shared/data/f -> data
     cat shared/data/shared/near -> data
     cat data/shared/../hostfile -> here
     symlink inner data/tree/no
     symlink ../inner data/tree/in
     put data/tree/in/f inner
     cat data/inner/f -> inner
     cat $R/shared/data/tree/in/../file -> data
     lstat shared/near -> symlink 0777 u$U s9
     chdir shared/data/shared
     getcwd -> $R/shared`,
  ),
  story(
    'loops across mounts',
    `symlink $R/data/b shared/a
     symlink $R/shared/a data/b
     stat shared/a -> ELOOP
     open data/b O_RDWR|O_CREAT 0644 -> ELOOP
     symlink ../shared/c host/c
     symlink ../host/c shared/c
     stat host/c -> ELOOP
     unlink shared/a -> ok
     stat data/b -> ENOENT`,
  ),
  story(
    '40 links across mounts',
    `${alternating(40)}\nput shared/l40 x\ncat shared/l0 -> x\ncat data/l1 -> x`,
  ),
  story(
    '41 links across mounts',
    `${alternating(41)}\nput data/l41 x\ncat shared/l0 -> ELOOP\ncat data/l1 -> x`,
  ),
  story(
    'a mounted file',
    `cat config -> mounted
     stat config -> file 0644 n1 u$U s7
     stat config/ -> ENOTDIR
     stat config/x -> ENOTDIR
     chdir config -> ENOTDIR
     open config O_RDWR|O_CREAT 0644 -> fd=3
     readlink /proc/self/fd/3 -> $R/config
     write 3 MOUNT -> 5
     cat config -> MOUNTed
     open config O_WRONLY|O_TRUNC 0 -> fd=4
     stat config -> file 0644 n1 u$U s0
     write 4 new
     chmod config 0600 -> ok
     stat config -> file 0600 n1 u$U s3
     truncate config 1 -> ok
     cat $R/config -> n
     utimensat AT_FDCWD config 5 6
     times config -> a=5.000000000 m=6.000000000
     setxattr config user.a b -> ok
     getxattr config user.a -> b
     inotify_init1 O_NONBLOCK -> fd=5
     inotify_add_watch 5 config IN_MODIFY -> fd=1
     B put config xyz
     events 5 -> 1:MODIFY
     symlink ../config host/l
     cat host/l -> xyz
     readlink config -> EINVAL
     open config O_RDONLY|O_NOFOLLOW 0 -> fd=6
     open config O_RDONLY|O_DIRECTORY 0 -> ENOTDIR
     access config R_OK|W_OK -> ok`,
  ),
  story(
    'descriptors of roots',
    `open shared O_RDONLY|O_DIRECTORY 0 -> fd=3
     readlink /proc/self/fd/3 -> $R/shared
     openat 3 f O_RDWR|O_CREAT 0644 -> fd=4
     readlink /proc/self/fd/4 -> $R/shared/f
     samefd 3 shared -> yes
     openat 3 ../hostfile O_RDONLY 0 -> fd=5
     newfstatat 3 ../data/file 0 -> file 0644 n1 u$U s4
     open /proc/self/fd/3/f O_RDONLY 0 -> fd=6
     cat /proc/self/fd/3/../hostfile -> here
     open shared O_PATH|O_DIRECTORY 0 -> fd=7
     openat 7 f O_RDONLY 0 -> fd=8
     fchdir 7
     getcwd -> $R/shared
     cat /proc/self/cwd/../hostfile -> here
     cat /proc/self/root$R/data/file -> data
     unlinkat 3 f 0 -> ok
     readlink /proc/self/fd/4 -> $R/shared/f%20(deleted)
     fchmod 3 0700 -> ok
     access $R/shared R_OK -> ok`,
  ),
  story(
    'programs across mounts',
    `copy $A shared/p 0755
     symlink ../shared/p data/l
     symlink $R/shared/p host/l
     run shared/p p --tell -> 7 argv%20p%20--tell;%20comm%20p;%20exe%20$R/shared/p;%20cwd%20$R%0a
     run data/l l --tell -> 7 argv%20l%20--tell;%20comm%20l;%20exe%20$R/shared/p;%20cwd%20$R%0a
     run host/l l --tell -> 7 argv%20l%20--tell;%20comm%20l;%20exe%20$R/shared/p;%20cwd%20$R%0a
     put data/s #!$R/shared/p%20--tell%0a
     chmod data/s 0755
     chdir data/inner
     run ../s s -> 7 argv%20$R/shared/p%20--tell%20../s;%20comm%20s;%20exe%20$R/shared/p;%20cwd%20$R/data/inner%0a
     run ../../shared/p p --tell -> 7 argv%20p%20--tell;%20comm%20p;%20exe%20$R/shared/p;%20cwd%20$R/data/inner%0a
     copy $A $R/host/p 0755
     run $R/host/p p --tell -> 7 argv%20p%20--tell;%20comm%20p;%20exe%20$R/host/p;%20cwd%20$R/data/inner%0a
     put $R/host/s #!../l%20--tell%0a
     chmod $R/host/s 0755
     run $R/host/s s -> 7 argv%20../l%20--tell%20$R/host/s;%20comm%20s;%20exe%20$R/shared/p;%20cwd%20$R/data/inner%0a`,
  ),
  story(
    'sockets across mounts',
    `chdir data
     socket stream -> fd=3
     bind 3 ../shared/s -> ok
     listen 3
     sockname 3 -> ../shared/s ~ s
     symlink ../shared/s l
     B chdir host
     B socket stream -> fd=3
     B connect 3 ../data/l -> ok
     B peername 3 -> ../shared/s ~ s
     B socket stream -> fd=4
     B connect 4 $R/shared/s -> ok
     B socket stream -> fd=5
     B bind 5 ../data/inner/t -> ok
     list inner -> t:s`,
  ),
  story(
    'watches across mounts',
    `inotify_init1 O_NONBLOCK -> fd=3
     inotify_add_watch 3 shared IN_CREATE -> fd=1
     inotify_add_watch 3 data IN_CREATE -> fd=2
     inotify_add_watch 3 host/../shared IN_CREATE -> fd=1
     inotify_add_watch 3 . IN_CREATE -> fd=3
     B put shared/f x
     B put data/g x
     B put h x
     events 3 -> 1:CREATE=f 2:CREATE=g 3:CREATE=h`,
  ),
  story(
    'commands that walk',
    `put shared/f x
     mkdir shared/d 0755
     run /usr/bin/find find . -name f -> 0 ./shared/f%0a
     run /usr/bin/find find . -xdev -name f -> 0
     run /usr/bin/realpath realpath shared/../data/inner/.. -> 0 $R/data%0a
     run /bin/mv mv shared/f data/g -> 0
     cat data/g -> x
     run /bin/cp cp -a data/tree shared/copy -> 0
     list shared/copy -> leaf:f
     run /bin/rm rm -r data/tree -> 0
     run /bin/ls ls shared/copy -> 0 leaf%0a
     run /bin/rmdir rmdir shared -> 1 rmdir:%20failed%20to%20remove%20'shared':%20Device%20or%20resource%20busy%0a
     run /bin/ls ls . -> 0 config%0adata%0adeep%0ahost%0ahostfile%0aonly%0areadonly%0ashared%0a`,
  ),
]);
