/**
 * What only mounts show: $R is a host directory with mounts beneath it (landscape.ts has them all). After ~ is what a
 * member answers where mount points without a directory on the host differ from real ones.
 */
import { group, story } from '../story.js';

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
    'a directory that leaves its mount on the host',
    `mkdir $H/data/tree/below 0755
     put $H/secret escaped
     open data/tree/below O_RDONLY 0 -> fd=3
     chdir data/tree
     B put $H/outer/f x -> ENOENT
     B rename $H/data/tree $H/tree -> ok
     cat leaf -> leaf
     cat ../secret -> ENOENT
     stat .. -> ENOENT
     list .. -> ENOENT
     chdir .. -> ENOENT
     openat 3 ../../secret O_RDONLY 0 -> ENOENT
     openat 3 .. O_RDONLY 0 -> ENOENT
     put ../new x -> ENOENT
     rename leaf ../stolen -> ENOENT
     openat 3 ../leaf O_RDONLY 0 -> ENOENT
     cat $R/hostfile -> here
     chdir $R -> ok
     list data -> file:f inner:d
     B rename $H/tree $H/data/tree -> ok
     openat 3 ../../file O_RDONLY 0 -> fd=4`,
  ),
  story(
    'what happens on the host is seen at once',
    `cat data/file -> data
     put $H/data/new x
     cat data/new -> x
     list data -> file:f inner:d new:f tree:d
     rename $H/data/file $H/data/other
     cat data/file -> ENOENT
     unlink data/new -> ok
     stat $H/data/new -> ENOENT
     symlink other $H/data/file
     cat data/file -> data
     put data/made y
     stat $H/data/made -> file 0644 n1 u$U s1
     same data/made $H/data/made -> yes
     chmod $H/data/made 0600
     stat data/made -> file 0600 n1 u$U s1
     rename $H/config $H/config.old
     cat config -> mounted
     chdir data/tree
     rename $H/data/tree $H/data/moved
     getcwd -> $R/data/moved
     cat ../other -> data`,
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
