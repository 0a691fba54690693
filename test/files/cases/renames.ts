/** rename in its three forms. */
import { group, story } from '../story.js';

export const renameCases = group('rename', [
  story(
    'moves and replaces',
    `put f x
     rename f g -> ok
     stat f -> ENOENT
     cat g -> x
     put h y
     rename g h -> ok
     cat h -> x
     rename no h -> ENOENT
     rename h no/h -> ENOENT
     mkdir d 0755
     rename h d/h -> ok
     list d -> h:f
     rename d/h $R/i -> ok
     list . -> d:d i:f`,
  ),
  story(
    'files and directories do not replace each other',
    `put f x
     mkdir d 0755
     mkdir e 0755
     put e/g y
     rename f d -> EISDIR
     rename d f -> ENOTDIR
     rename e d -> ok
     list d -> g:f
     mkdir h 0755
     rename h d -> ENOTEMPTY
     rename d h -> ok
     symlink f l
     rename h l -> ENOTDIR
     rename l h -> EISDIR
     rename l f -> ok
     readlink f -> f`,
  ),
  story(
    'a directory into itself',
    `mkdir d 0755
     mkdir d/e 0755
     rename d d/x -> EINVAL
     rename d d/e/x -> EINVAL
     rename d/e d -> ENOTEMPTY
     rename d d -> ok
     rename d/e d/e -> ok
     symlink d l
     rename d l/x -> EINVAL`,
  ),
  story(
    'two names of one file',
    `put f x
     link f g
     rename f g -> ok
     list . -> f:f g:f
     rename f f -> ok
     stat f -> file 0644 n2 u$U s1`,
  ),
  story(
    'symbolic links themselves are renamed',
    `put f x
     symlink f l
     rename l m -> ok
     readlink m -> f
     cat f -> x
     symlink no n
     rename f n -> ok
     cat n -> x
     stat m -> ENOENT`,
  ),
  story(
    'RENAME_NOREPLACE',
    `put f x
     put g y
     renameat2 AT_FDCWD f AT_FDCWD g RENAME_NOREPLACE -> EEXIST
     renameat2 AT_FDCWD f AT_FDCWD h RENAME_NOREPLACE -> ok
     renameat2 AT_FDCWD h AT_FDCWD h RENAME_NOREPLACE -> EEXIST
     symlink no l
     renameat2 AT_FDCWD h AT_FDCWD l RENAME_NOREPLACE -> EEXIST
     mkdir d 0755
     renameat2 AT_FDCWD h AT_FDCWD d/h RENAME_NOREPLACE -> ok
     list . -> d:d g:f l:l`,
  ),
  story(
    'RENAME_EXCHANGE',
    `put f x
     mkdir d 0755
     put d/g y
     renameat2 AT_FDCWD f AT_FDCWD d RENAME_EXCHANGE -> ok
     cat d -> x
     list f -> g:f
     renameat2 AT_FDCWD f AT_FDCWD no RENAME_EXCHANGE -> ENOENT
     renameat2 AT_FDCWD f AT_FDCWD d RENAME_EXCHANGE|RENAME_NOREPLACE -> EINVAL
     renameat2 AT_FDCWD f AT_FDCWD f/g RENAME_EXCHANGE
     renameat2 AT_FDCWD f/g AT_FDCWD f RENAME_EXCHANGE
     renameat2 AT_FDCWD f AT_FDCWD d 0x80 -> EINVAL`,
  ),
  story(
    'with directory descriptors',
    `mkdir d 0755
     mkdir e 0755
     put d/f x
     open d O_RDONLY 0 -> fd=3
     open e O_PATH 0 -> fd=4
     renameat 3 f 4 g -> ok
     list e -> g:f
     renameat2 4 g 3 h 0 -> ok
     renameat 99 h 3 i -> EBADF
     renameat 3 h 99 i -> EBADF
     renameat 99 $R/d/h 99 $R/d/i -> ok
     put k y
     open k O_RDONLY 0 -> fd=5
     renameat 5 h 3 i -> ENOTDIR
     rename d moved
     renameat 3 i 4 i -> ok
     list e -> i:f`,
  ),
  story(
    'over an open file',
    `put f old
     put g new
     open f O_RDWR 0 -> fd=3
     rename g f -> ok
     pread 3 0 9 -> old
     fstat 3 -> file 0644 n0 u$U s3
     write 3 NEW -> 3
     cat f -> new
     readlink /proc/self/fd/3
     samefd 3 f -> no`,
  ),
  story(
    'of an open file',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     rename f g -> ok
     write 3 x -> 1
     cat g -> x
     samefd 3 g -> yes
     readlink /proc/self/fd/3 -> $R/g
     put f y
     samefd 3 f -> no`,
  ),
  story(
    'of a directory above an open one',
    `mkdir a 0755
     mkdir a/b 0755
     put a/b/f x
     open a/b O_RDONLY 0 -> fd=3
     chdir a/b
     B rename a z -> ok
     cat f -> x
     openat 3 f O_RDONLY 0 -> fd=4
     getcwd -> $R/z/b
     readlink /proc/self/fd/4 -> $R/z/b/f
     stat ../../z
     stat $R/a/b/f -> ENOENT
     put g y
     B cat z/b/g -> y`,
  ),
  story(
    'of the directory that another process is in, to another parent',
    `mkdir a 0755
     mkdir a/b 0755
     mkdir c 0755
     B chdir a/b
     rename a/b c/d -> ok
     B getcwd -> $R/c/d
     B put f x
     list c/d -> f:f
     B same .. $R/c -> yes
     B chdir ..
     B getcwd -> $R/c`,
  ),
  story(
    'changes the times of the directories',
    `mkdir d 0755
     mkdir e 0755
     put d/f x
     utimensat AT_FDCWD d 5 5
     utimensat AT_FDCWD e 5 5
     utimensat AT_FDCWD d/f 5 5
     rename d/f e/f
     times d -> a=5.000000000 m=now
     times e -> a=5.000000000 m=now
     times e/f -> a=5.000000000 m=5.000000000
     remember e/f
     rename e/f e/g
     changed e/g -> c`,
  ),
  story(
    'link counts of directories',
    `mkdir d 0755
     stat d
     mkdir d/e 0755
     stat d
     mkdir f 0755
     rename d/e f/e
     stat d
     stat f
     rmdir f/e
     stat f`,
  ),
]);
