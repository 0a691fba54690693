/** Symbolic links, hard links, readlink. */
import { group, story } from '../story.js';

/** l0 -> l1 -> … -> f: `count` links. */
const chain = (count: number): string =>
  Array.from(
    { length: count },
    (_, index) => `symlink ${index + 1 === count ? 'f' : `l${index + 1}`} l${index}`,
  ).join('\n');

export const linkCases = group('links', [
  story(
    'a symbolic link',
    `put f x
     symlink f l -> ok
     lstat l -> symlink 0777 u$U s1
     stat l -> file 0644 n1 u$U s1
     readlink l -> f
     readlinkat AT_FDCWD l -> f
     cat l -> x
     same l f -> no
     readlink f -> EINVAL
     readlink . -> EINVAL
     readlink no -> ENOENT
     symlink f l -> EEXIST
     symlink x f -> EEXIST`,
  ),
  story(
    'readlink cuts what does not fit',
    `symlink target l
     readlink l 3 -> tar
     readlink l 6 -> target
     readlink l 0 -> EINVAL
     readlink l -1 -> EINVAL
     readlinkat AT_FDCWD l 1 -> t`,
  ),
  story(
    'relative, upwards, absolute',
    `mkdir d 0755
     mkdir d/e 0755
     put f top
     put d/f middle
     symlink f d/near
     symlink ../f d/up
     symlink ../../f d/e/far
     symlink $R/d/f absolute
     symlink d/e inner
     cat d/near -> middle
     cat d/up -> top
     cat d/e/far -> top
     cat absolute -> middle
     cat inner/../f -> middle
     cat inner/far -> top
     lstat absolute
     readlink absolute -> $R/d/f
     chdir inner
     getcwd -> $R/d/e`,
  ),
  story(
    'links to directories',
    `mkdir d 0755
     put d/f x
     symlink d l
     symlink $R/d m
     symlink . self
     symlink .. up
     cat l/f -> x
     cat m/f -> x
     cat self/self/self/l/f -> x
     same self/. . -> yes
     mkdir l/e 0755 -> ok
     list m/ -> e:d f:f
     lstat self
     put m/g y
     unlink l/f -> ok
     list d -> e:d g:f
     rmdir m/e -> ok
     same up/. .. -> yes`,
  ),
  story(
    'dangling',
    `symlink no l
     stat l -> ENOENT
     lstat l
     open l O_RDONLY 0 -> ENOENT
     access l F_OK -> ENOENT
     faccessat2 AT_FDCWD l F_OK AT_SYMLINK_NOFOLLOW -> ok
     mkdir l 0755 -> EEXIST
     mknod l S_IFREG|0644 0 -> EEXIST
     chdir l -> ENOENT
     link l m -> ok
     readlink m -> no
     linkat AT_FDCWD l AT_FDCWD n AT_SYMLINK_FOLLOW -> ENOENT
     truncate l 0 -> ENOENT ~ ENOENT
     rename l o -> ok
     unlink o -> ok
     list . -> m:l`,
  ),
  story(
    'loops',
    `symlink a a
     symlink c b
     symlink b c
     stat a -> ELOOP
     stat b -> ELOOP
     stat b/x -> ELOOP
     open c O_RDWR|O_CREAT 0644 -> ELOOP
     chdir a -> ELOOP
     mkdir a/d 0755 -> ELOOP
     unlink b/x -> ELOOP
     rename a/x y -> ELOOP
     lstat a
     rename a z -> ok
     readlink z -> a
     unlink b -> ok
     stat c -> ENOENT
     symlink $R/abs abs
     stat abs -> ELOOP
     run abs x -> ELOOP`,
  ),
  story(
    '40 links',
    `put f x\n${chain(40)}\ncat l0 -> x\nopen l0 O_RDONLY 0 -> fd=3\nreadlink /proc/self/fd/3 -> $R/f`,
  ),
  story('41 links', `put f x\n${chain(41)}\ncat l0 -> ELOOP\ncat l1 -> x\nlstat l0\nstat l0 -> ELOOP`),
  story(
    'links on the way count too',
    `mkdir d 0755
     put d/f x
     symlink . d/s
     cat d/{s/*40}f -> x
     cat d/{s/*41}f -> ELOOP
     mkdir d/{s/*40}e 0755 -> ok
     mkdir d/{s/*41}g 0755 -> ELOOP
     symlink $R/d a
     cat a/{s/*39}f -> x
     cat a/{s/*40}f -> ELOOP`,
  ),
  story(
    'a link with a slash at its end',
    `mkdir d 0755
     put f x
     symlink d/ l
     symlink f/ m
     stat l
     stat m -> ENOTDIR
     chdir l -> ok
     getcwd -> $R/d
     readlink ../l -> d/
     chdir ..
     symlink $R/f/ n
     stat n -> ENOTDIR
     open n O_RDONLY 0 -> ENOTDIR
     chmod n 0600 -> ENOTDIR
     symlink $R/new/ o
     open o O_WRONLY|O_CREAT 0644 -> EISDIR
     mkdir o 0755 -> EEXIST
     symlink $R/f/. p
     stat p -> ENOTDIR
     symlink $R/d/ q
     chdir q -> ok
     lstat $R/q/ -> dir 0755 n2 u$U
     list $R/q -> empty`,
  ),
  story(
    'hard links',
    `put f x
     link f g -> ok
     stat f -> file 0644 n2 u$U s1
     same f g -> yes
     linkat AT_FDCWD g AT_FDCWD h 0 -> ok
     stat h -> file 0644 n3 u$U s1
     unlink f -> ok
     stat g -> file 0644 n2 u$U s1
     link g h -> EEXIST
     link no i -> ENOENT
     link g no/i -> ENOENT
     mkdir d 0755
     link d e -> EPERM
     link . e -> EPERM
     link g d/g -> ok
     same g d/g -> yes
     link g g -> EEXIST`,
  ),
  story(
    'a hard link to a symbolic link',
    `put f x
     symlink f l
     link l m -> ok
     same l m -> yes
     lstat m
     linkat AT_FDCWD l AT_FDCWD n AT_SYMLINK_FOLLOW -> ok
     same n f -> yes
     linkat AT_FDCWD l AT_FDCWD o 0x4000 -> EINVAL`,
  ),
  story(
    'linking what a descriptor refers to',
    `put f x
     open f O_RDONLY 0 -> fd=3
     linkat AT_FDCWD /proc/self/fd/3 AT_FDCWD g AT_SYMLINK_FOLLOW -> ok
     same f g -> yes
     linkat AT_FDCWD /proc/self/fd/3 AT_FDCWD h 0 -> EXDEV
     unlink f
     unlink g
     linkat AT_FDCWD /proc/self/fd/3 AT_FDCWD h AT_SYMLINK_FOLLOW -> ENOENT
     linkat 3 EMPTY AT_FDCWD h AT_EMPTY_PATH -> ENOENT`,
  ),
  story(
    'linkat with directory descriptors',
    `mkdir d 0755
     mkdir e 0755
     put d/f x
     open d O_RDONLY 0 -> fd=3
     open e O_PATH 0 -> fd=4
     linkat 3 f 4 g 0 -> ok
     same d/f e/g -> yes
     linkat 99 f 4 h 0 -> EBADF
     linkat 3 f 99 h 0 -> EBADF
     linkat 99 $R/d/f 99 $R/e/h 0 -> ok
     symlinkat f 3 l -> ok
     readlinkat 3 l -> f
     symlinkat f 99 $R/e/l -> ok
     list e -> g:f h:f l:l`,
  ),
  story(
    'readlinkat with an empty path',
    `symlink target l
     put f x
     open l O_PATH|O_NOFOLLOW 0 -> fd=3
     open f O_RDONLY 0 -> fd=4
     readlinkat 3 EMPTY -> target
     readlinkat 4 EMPTY -> ENOENT
     readlinkat AT_FDCWD EMPTY -> ENOENT
     newfstatat 3 EMPTY AT_EMPTY_PATH
     fstat 3
     fchownat 3 EMPTY -1 -1 AT_EMPTY_PATH -> ok`,
  ),
  story(
    'what /proc says of descriptors',
    `put f x
     mkdir d 0755
     symlink f l
     open l O_RDONLY 0 -> fd=3
     open d O_RDONLY 0 -> fd=4
     open d/../d/. O_RDONLY 0 -> fd=5
     readlink /proc/self/fd/3 -> $R/f
     readlink /proc/self/fd/4 -> $R/d
     readlink /proc/self/fd/5 -> $R/d
     rename f g
     readlink /proc/self/fd/3 -> $R/g
     rename d e
     readlink /proc/self/fd/4 -> $R/e
     unlink g
     readlink /proc/self/fd/3 -> $R/g%20(deleted)
     rmdir e
     readlink /proc/self/fd/4 -> $R/e%20(deleted)
     readlinkat 4 /proc/self/fd/4 -> $R/e%20(deleted)`,
  ),
  story(
    'what /proc says of the other process',
    `B mkdir d 0755
     B chdir d
     B open . O_RDONLY 0 -> fd=3
     B readlink /proc/self/cwd -> $R/d
     B readlink /proc/thread-self/cwd -> $R/d
     B readlink /proc/self/fd/3 -> $R/d
     readlink /proc/self/cwd -> $R
     chdir /proc/self/cwd/d -> ok
     getcwd -> $R/d`,
  ),
  story(
    'links that lead out and back',
    `symlink /etc/passwd l
     symlink / slash
     symlink ../../../../../../../../etc up
     symlink /dev dev
     same slash/. / -> yes
     same slash/etc/passwd /etc/passwd -> yes
     same up/passwd /etc/passwd -> yes
     access l R_OK -> ok
     put f x
     cat slash$R/f -> x
     same slash$R/. . -> yes
     open dev/null O_RDWR 0 -> fd=3
     readlink /proc/self/fd/3 -> /dev/null
     open l O_RDONLY 0 -> fd=4
     readlink /proc/self/fd/4 -> /etc/passwd
     stat up/../$R/f`,
  ),
  story(
    'a link to a parent of the directory',
    `mkdir d 0755
     symlink $R/.. d/above
     symlink .. d/up
     put f x
     cat d/up/f -> x
     same d/above/. .. -> yes
     same d/up/. . -> yes
     list d/up -> d:d f:f`,
  ),
]);
