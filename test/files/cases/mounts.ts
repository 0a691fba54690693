/**
 * What only mounts show: $R is a host directory with mounts beneath it (landscape.ts has them all). After ~ is what a
 * member answers where mount points without a directory on the host differ from real ones.
 */
import { group, story } from '../story.js';

/** Links that lead from one mount to the other and back; the last is a file. */
const alternating = (count: number): string =>
  Array.from({ length: count }, (_, index) => {
    const [from, to] = index % 2 === 0 ? ['shared', 'data'] : ['data', 'shared'];
    return `symlink $R/${to}/l${index + 1} ${from}/l${index}`;
  }).join('\n');

export const mountCases = group('mounts', [
  story(
    'appear in the listings of their parents',
    `list . -> config:f data:d deep:d host:d hostfile:f only:d readonly:d shared:d
     list $R 64 -> config:f data:d deep:d host:d hostfile:f only:d readonly:d shared:d
     listold . -> config:f data:d deep:d host:d hostfile:f only:d readonly:d shared:d
     list data -> file:f inner:d tree:d
     list only -> m:d
     list deep -> er:d
     list deep/er -> mount:d
     listold deep/er -> mount:d
     list deep/er/mount -> below:f
     list shared -> empty
     list data/inner -> empty
     put new x
     list . -> config:f data:d deep:d host:d hostfile:f new:f only:d readonly:d shared:d`,
  ),
  story(
    'appear in a listing that is read anew',
    `open . O_RDONLY 0 -> fd=3
     listfd 3 -> config:f data:d deep:d host:d hostfile:f only:d readonly:d shared:d
     listfd 3 -> nothing
     lseek 3 0 SEEK_SET -> 0
     unlink hostfile
     listfd 3 -> config:f data:d deep:d host:d only:d readonly:d shared:d
     open shared/.. O_RDONLY 0 -> fd=4
     listfd 4 -> config:f data:d deep:d host:d only:d readonly:d shared:d`,
  ),
  story(
    'cover what is there',
    `list data -> file:f inner:d tree:d
     stat data/covered -> ENOENT
     cat config -> mounted
     open data O_RDONLY 0 -> fd=3
     openat 3 covered O_RDONLY 0 -> ENOENT
     openat 3 file O_RDONLY 0 -> fd=4`,
  ),
  story(
    'cannot be removed or renamed',
    `rmdir shared -> EBUSY
     rmdir shared/ -> EBUSY
     rmdir $R/data -> EBUSY
     rmdir data/inner -> EBUSY
     rmdir deep/er/mount -> EBUSY
     unlink config -> EBUSY
     unlink shared -> EISDIR
     rename shared other -> EBUSY
     rename config other -> EBUSY
     rename data/inner data/other -> EBUSY
     mkdir new 0755
     rename new shared -> EBUSY
     rename hostfile config -> EBUSY
     rename hostfile shared -> EISDIR
     renameat2 AT_FDCWD new AT_FDCWD shared RENAME_EXCHANGE -> EBUSY
     renameat2 AT_FDCWD hostfile AT_FDCWD config RENAME_NOREPLACE -> EEXIST
     open . O_RDONLY 0 -> fd=3
     unlinkat 3 shared AT_REMOVEDIR -> EBUSY
     renameat 3 shared 3 other -> EBUSY
     rmdir only -> ENOTEMPTY
     rmdir deep -> ENOTEMPTY ~ EBUSY
     rmdir deep/er -> ENOTEMPTY ~ EROFS
     list . -> config:f data:d deep:d host:d hostfile:f new:d only:d readonly:d shared:d`,
  ),
  story(
    'cannot be made anew',
    `mkdir shared 0755 -> EEXIST
     mkdir shared/ 0755 -> EEXIST
     mkdir deep 0755 -> EEXIST
     mkdir deep/er 0755 -> EEXIST
     mkdir deep/er/mount 0755 -> EEXIST
     symlink x shared -> EEXIST
     mknod shared S_IFIFO|0644 0 -> EEXIST
     open config O_RDWR|O_CREAT|O_EXCL 0644 -> EEXIST
     open shared O_RDWR|O_CREAT 0644 -> EISDIR
     link hostfile config -> EEXIST
     link hostfile shared -> EEXIST
     socket stream -> fd=3
     bind 3 shared -> EADDRINUSE`,
  ),
  story(
    'have a file system of their own',
    `put shared/f x
     put data/f y
     rename shared/f data/g -> EXDEV
     rename shared/f g -> EXDEV
     rename hostfile shared/g -> EXDEV
     rename hostfile data/g -> EXDEV
     rename shared/f data/inner/g -> EXDEV
     rename data/f data/inner/f -> EXDEV
     rename data/f deep/er/mount/f -> EXDEV
     rename config g -> EBUSY
     renameat2 AT_FDCWD shared/f AT_FDCWD data/f RENAME_EXCHANGE -> EXDEV
     renameat2 AT_FDCWD shared/f AT_FDCWD data/f RENAME_NOREPLACE -> EXDEV
     link shared/f data/g -> EXDEV
     link shared/f g -> EXDEV
     link hostfile data/g -> EXDEV
     link hostfile shared/g -> EXDEV
     link data/f deep/er/mount/g -> EXDEV
     link config g -> EXDEV
     link data/f data/g -> ok
     rename shared/f shared/g -> ok
     rename shared/no data/g -> EXDEV
     rename shared/g data/no/x -> ENOENT
     open shared/g O_RDONLY 0 -> fd=3
     linkat AT_FDCWD /proc/self/fd/3 AT_FDCWD data/h AT_SYMLINK_FOLLOW -> EXDEV
     linkat 3 EMPTY AT_FDCWD h AT_EMPTY_PATH -> EXDEV
     samedev shared/g shared -> yes
     samedev shared . -> no
     samedev shared data -> no`,
  ),
  story(
    'the directory above a root',
    `same shared/.. . -> yes
     same data/inner/.. data -> yes
     same data/inner/../.. . -> yes
     same deep/er/mount/../../.. . -> yes
     same deep/.. . -> yes
     cat shared/../hostfile -> here
     cat shared/../data/../shared/../hostfile -> here
     cat data/tree/../../hostfile -> here
     mkdir shared/d 0755
     chdir shared/d
     cat ../../hostfile -> here
     cat ../../data/file -> data
     open .. O_RDONLY 0 -> fd=3
     openat 3 ../hostfile O_RDONLY 0 -> fd=4
     openat 3 .. O_RDONLY 0 -> fd=5
     samefd 5 $R -> yes
     chdir ../..
     getcwd -> $R
     put shared/../made y
     cat made -> y
     rename shared/../made data/../made2 -> ok
     cat made2 -> y
     stat hostfile/../shared -> ENOTDIR`,
  ),
  story(
    'as working directories',
    `chdir shared
     getcwd -> $R/shared
     readlink /proc/self/cwd -> $R/shared
     put f x
     mkdir d 0755
     chdir d
     getcwd -> $R/shared/d
     chdir ../../data/inner
     getcwd -> $R/data/inner
     chdir ..
     getcwd -> $R/data
     chdir ..
     getcwd -> $R
     chdir deep/er/mount
     getcwd -> $R/deep/er/mount
     cat below -> deep
     chdir /
     chdir $R/shared/d/..
     getcwd -> $R/shared
     run /bin/pwd pwd -P -> 0 $R/shared%0a
     run /bin/sh sh -c pwd;cd%20d;pwd;cd%20../..;pwd -> 0 $R/shared%0a$R/shared/d%0a$R%0a
     fork C
     C getcwd -> $R/shared`,
  ),
  story(
    'the way to a mount point that the host does not have',
    `chdir deep
     getcwd -> $R/deep
     list . -> er:d
     readlink /proc/self/cwd -> $R/deep
     chdir er
     getcwd -> $R/deep/er
     same .. $R/deep -> yes
     cat mount/below -> deep
     cat ../er/mount/below -> deep
     chdir ../..
     getcwd -> $R
     open deep O_RDONLY|O_DIRECTORY 0 -> fd=3
     openat 3 er/mount/below O_RDONLY 0 -> fd=4
     newfstatat 3 er/no 0 -> ENOENT
     openat 3 .. O_RDONLY 0 -> fd=5
     samefd 5 . -> yes
     fchdir 3
     getcwd -> $R/deep
     readlink /proc/self/fd/3 -> $R/deep
     readlink /proc/self/fd/4 -> $R/deep/er/mount/below
     access . R_OK|X_OK -> ok
     stat no -> ENOENT
     open er O_WRONLY 0 -> EISDIR
     unlink er -> EISDIR ~ EROFS
     put er/x y -> ok ~ EROFS
     mkdir er/d 0755 -> ok ~ EROFS
     symlink x er/l -> ok ~ EROFS`,
  ),
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
    'a nested mount',
    `put data/inner/f x
     mkdir data/inner/d 0755
     cat data/inner/d/../f -> x
     cat data/inner/../inner/f -> x
     cat data/tree/../inner/f -> x
     open data O_RDONLY 0 -> fd=3
     openat 3 inner/f O_RDONLY 0 -> fd=4
     openat 3 tree/../inner/../file O_RDONLY 0 -> fd=5
     readlink /proc/self/fd/4 -> $R/data/inner/f
     fchdir 3
     cat inner/f -> x
     rename tree moved
     cat moved/../inner/f -> x
     rename inner/f g -> EXDEV
     list . -> file:f inner:d moved:d
     list inner -> d:d f:f
     chdir inner/d
     getcwd -> $R/data/inner/d
     cat ../../file -> data
     run /usr/bin/find find $R/data -name f -> 0 $R/data/inner/f%0a`,
  ),
  story(
    'what openat2 may not cross',
    `put shared/f x
     open . O_RDONLY 0 -> fd=3
     openat2 3 shared/f O_RDONLY 0 RESOLVE_NO_XDEV -> EXDEV
     openat2 3 shared O_RDONLY 0 RESOLVE_NO_XDEV -> EXDEV
     openat2 3 shared/f O_RDONLY 0 RESOLVE_BENEATH -> fd=4
     openat2 3 host O_RDONLY 0 RESOLVE_NO_XDEV -> fd=5
     open shared O_RDONLY 0 -> fd=6
     openat2 6 f O_RDONLY 0 RESOLVE_NO_XDEV -> fd=7
     openat2 6 .. O_RDONLY 0 RESOLVE_NO_XDEV -> EXDEV
     openat2 6 .. O_RDONLY 0 RESOLVE_BENEATH -> EXDEV
     openat2 6 .. O_RDONLY 0 RESOLVE_IN_ROOT -> fd=8
     samefd 8 shared -> yes
     openat2 3 /shared/f O_RDONLY 0 RESOLVE_IN_ROOT -> fd=9
     openat2 3 /shared/../hostfile O_RDONLY 0 RESOLVE_IN_ROOT -> fd=10`,
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
     sockname 3 -> ../shared/s
     symlink ../shared/s l
     B chdir host
     B socket stream -> fd=3
     B connect 3 ../data/l -> ok
     B peername 3 -> ../shared/s
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
  story(
    'a changed root is refused',
    `chroot no -> ENOENT ~ EPERM
     chroot hostfile -> ENOTDIR ~ EPERM
     chroot shared -> ok ~ EPERM`,
  ),
  story(
    'another user in mounts',
    `mkdir shared/d 0700
     put data/f x
     chmod data/f 0600
     B become 1001 1001
     B chdir shared/d -> EACCES
     B cat data/f -> EACCES
     B list . -> config:f data:d deep:d host:d hostfile:f only:d readonly:d shared:d
     B cat shared/../hostfile -> here
     B rmdir shared
     B list deep/er -> mount:d`,
  ),
]);

export const readonlyCases = group('readonly', [
  story(
    'reading',
    `list readonly -> empty:d file:f link:l script:f
     cat readonly/file -> data
     stat readonly/file -> file 0644 n1 u$U s4
     open readonly/file O_RDONLY 0 -> fd=3
     read 3 9 -> data
     readlink readonly/link -> file
     chdir readonly
     getcwd -> $R/readonly
     access file R_OK -> ok
     run script script -> 0 run%0a
     mmap 3 4 PROT_READ MAP_SHARED -> ok`,
  ),
  story(
    'opening to write',
    `open readonly/file O_WRONLY 0 -> EROFS
     open readonly/file O_RDWR 0 -> EROFS
     open readonly/file O_RDONLY|O_TRUNC 0 -> EROFS
     open readonly/file O_RDONLY|O_CREAT 0644 -> fd=3
     open readonly/file O_RDONLY|O_CREAT|O_EXCL 0644 -> EEXIST
     open readonly/new O_WRONLY|O_CREAT 0644 -> EROFS
     open readonly/new O_RDONLY|O_CREAT 0644 -> EROFS
     open readonly O_TMPFILE|O_RDWR 0644 -> EROFS
     open readonly/no/new O_WRONLY|O_CREAT 0644 -> ENOENT
     creat readonly/file 0644 -> EROFS
     open readonly/link O_WRONLY 0 -> EROFS
     open readonly/empty O_WRONLY 0 -> EISDIR
     access readonly/file W_OK -> EROFS
     access readonly W_OK -> EROFS
     access readonly/no W_OK -> ENOENT
     truncate readonly/file 0 -> EROFS
     open /proc/self/fd/3 O_WRONLY 0 -> EROFS
     openat2 AT_FDCWD readonly/file O_RDWR 0 0 -> EROFS
     list readonly -> empty:d file:f link:l script:f`,
  ),
  story(
    'changing',
    `mkdir readonly/d 0755 -> EROFS
     mkdir readonly/empty 0755 -> EEXIST
     rmdir readonly/empty -> EROFS
     rmdir readonly -> EBUSY
     unlink readonly/file -> EROFS
     unlink readonly/no -> EROFS
     symlink x readonly/l -> EROFS
     mknod readonly/p S_IFIFO|0644 0 -> EROFS
     link readonly/file readonly/g -> EROFS
     link readonly/file g -> EXDEV
     rename readonly/file readonly/g -> EROFS
     rename readonly/file g -> EXDEV
     rename hostfile readonly/g -> EXDEV
     chmod readonly/file 0600 -> EROFS
     chown readonly/file 0 0 -> EROFS
     lchown readonly/link 0 0 -> EROFS
     utimensat AT_FDCWD readonly/file 5 5 -> EROFS
     utimensat AT_FDCWD readonly/file - -> EROFS
     utime readonly/file 5 5 -> EROFS
     setxattr readonly/file user.a x -> EROFS
     removexattr readonly/file user.a -> EROFS
     getxattr readonly/file user.a -> ENODATA
     socket stream -> fd=3
     bind 3 readonly/s -> EROFS
     open readonly/file O_RDONLY 0 -> fd=4
     fchmod 4 0600 -> EROFS
     fchown 4 0 0 -> EROFS
     fsetxattr 4 user.a x -> EROFS
     utimensat 4 NULL 5 5 -> EROFS
     open readonly O_RDONLY 0 -> fd=5
     mkdirat 5 d 0755 -> EROFS
     unlinkat 5 file 0 -> EROFS
     chdir readonly
     put new x -> EROFS
     mkdir ../made 0755 -> ok
     stat file -> file 0644 n1 u$U s4`,
  ),
]);
