/** unlink and rmdir, also of what is in use. */
import { group, story } from '../story.js';

export const removeCases = group('remove', [
  story(
    'unlink',
    `put f x
     unlink f -> ok
     unlink f -> ENOENT
     mkdir d 0755
     unlink d -> EISDIR
     symlink d l
     unlink l -> ok
     stat d
     mknod p S_IFIFO|0644 0
     unlink p -> ok
     list . -> d:d`,
  ),
  story(
    'rmdir',
    `mkdir d 0755
     put d/f x
     rmdir d -> ENOTEMPTY
     unlink d/f
     rmdir d -> ok
     rmdir d -> ENOENT
     put f x
     rmdir f -> ENOTDIR
     symlink f l
     rmdir l -> ENOTDIR
     mkdir e 0755
     symlink e m
     rmdir m -> ENOTDIR
     rmdir m/ -> ENOTDIR
     rmdir e/. -> EINVAL
     mkdir e/g 0755
     rmdir e/g/.. -> ENOTEMPTY`,
  ),
  story(
    'unlinkat',
    `mkdir d 0755
     put d/f x
     mkdir d/e 0755
     open d O_RDONLY 0 -> fd=3
     unlinkat 3 f 0 -> ok
     unlinkat 3 e 0 -> EISDIR
     unlinkat 3 e AT_REMOVEDIR -> ok
     unlinkat 3 EMPTY 0 -> ENOENT
     unlinkat 99 f 0 -> EBADF
     unlinkat 99 $R/d AT_REMOVEDIR -> ok
     unlinkat AT_FDCWD d 0x1 -> EINVAL
     put g x
     unlinkat AT_FDCWD g AT_REMOVEDIR -> ENOTDIR
     unlinkat AT_FDCWD g 0 -> ok`,
  ),
  story(
    'while open',
    `open f O_RDWR|O_CREAT 0644 -> fd=3
     write 3 hello -> 5
     unlink f -> ok
     stat f -> ENOENT
     fstat 3 -> file 0644 n0 u$U s5
     pread 3 0 9 -> hello
     write 3 more -> 4
     fchmod 3 0600 -> ok
     fstat 3 -> file 0600 n0 u$U s9
     put f other
     fstat 3 -> file 0600 n0 u$U s9
     cat f -> other`,
  ),
  story(
    'the working directory',
    `mkdir d 0755
     chdir d
     B rmdir d -> ok
     getcwd -> ENOENT
     readlink /proc/self/cwd -> $R/d%20(deleted)
     open f O_RDWR|O_CREAT 0644 -> ENOENT
     mkdir e 0755 -> ENOENT
     stat . -> dir 0755 n0 u$U
     stat .. 
     list . -> ENOENT
     same .. $R -> yes
     stat f -> ENOENT
     chdir .. -> ok
     getcwd -> $R`,
  ),
  story(
    'the working directory, by itself',
    `mkdir d 0755
     chdir d
     rmdir $R/d -> ok
     getcwd -> ENOENT
     rmdir . -> EINVAL
     mkdir $R/d 0755
     getcwd -> ENOENT
     chdir . -> ok
     put f x -> ENOENT
     chdir $R/d -> ok
     getcwd -> $R/d
     put f x -> ok`,
  ),
  story(
    'an open directory',
    `mkdir d 0755
     open d O_RDONLY 0 -> fd=3
     rmdir d -> ok
     openat 3 f O_RDWR|O_CREAT 0644 -> ENOENT
     openat 3 . O_RDONLY 0 -> fd=4
     mkdirat 3 e 0755 -> ENOENT
     symlinkat x 3 l -> ENOENT
     newfstatat 3 EMPTY AT_EMPTY_PATH -> dir 0755 n0 u$U
     newfstatat 3 f 0 -> ENOENT
     listfd 3 -> ENOENT
     fchdir 3 -> ok
     getcwd -> ENOENT
     openat 3 .. O_RDONLY 0 -> fd=5
     readlink /proc/self/fd/3 -> $R/d%20(deleted)
     mkdir $R/d 0755
     samefd 3 $R/d -> no`,
  ),
  story(
    'and make anew: nothing stale is seen',
    `put f one
     stat f
     B unlink f
     stat f -> ENOENT
     B mkdir f 0755
     stat f
     B rmdir f
     B symlink g f
     lstat f
     cat f -> ENOENT
     B put g two
     cat f -> two
     B rename g h
     cat f -> ENOENT`,
  ),
  story(
    'a whole tree',
    `mkdir d 0755
     mkdir d/e 0755
     put d/e/f x
     put d/g y
     symlink e d/l
     rmdir d/e -> ENOTEMPTY
     unlink d/e/f
     rmdir d/e -> ok
     unlink d/l
     unlink d/g
     rmdir d -> ok
     list . -> empty`,
  ),
]);
