/** Extended attributes. */
import { group, story } from '../story.js';

export const attributeCases = group('attributes', [
  story(
    'set, get, list, remove',
    `put f x
     listxattr f -> empty
     setxattr f user.a one -> ok
     setxattr f user.b two -> ok
     getxattr f user.a -> one
     getxattr f user.a 0 -> 3 bytes
     getxattr f user.a 2 -> ERANGE
     listxattr f -> user.a user.b
     listxattr f 3 -> ERANGE
     removexattr f user.a -> ok
     removexattr f user.a -> ENODATA
     getxattr f user.a -> ENODATA
     listxattr f -> user.b
     setxattr f user.e EMPTY -> ok
     getxattr f user.e -> empty
     B getxattr f user.b -> two`,
  ),
  story(
    'create and replace',
    `put f x
     setxattr f user.a one XATTR_REPLACE -> ENODATA
     setxattr f user.a one XATTR_CREATE -> ok
     setxattr f user.a two XATTR_CREATE -> EEXIST
     setxattr f user.a two XATTR_REPLACE -> ok
     getxattr f user.a -> two
     setxattr f user.a x 8 -> EINVAL`,
  ),
  story(
    'bad names',
    `put f x
     setxattr f noprefix x -> EOPNOTSUPP
     setxattr f user. x -> EINVAL
     setxattr f EMPTY x -> ERANGE
     setxattr f user.{n*250} x -> ok
     setxattr f user.{n*251} x -> ERANGE
     setxattr f NULL x -> EFAULT
     getxattr f BAD -> EFAULT
     setxattr no user.a x -> ENOENT
     getxattr no/f user.a -> ENOENT
     setxattr f/g user.a x -> ENOTDIR`,
  ),
  story(
    'links and descriptors',
    `put f x
     symlink f l
     setxattr l user.a one -> ok
     getxattr f user.a -> one
     lgetxattr f user.a -> one
     lgetxattr l user.a
     lsetxattr l user.b two -> EPERM
     llistxattr l -> empty
     listxattr l -> user.a
     lremovexattr l user.a
     lremovexattr f user.a -> ok
     open f O_RDONLY 0 -> fd=3
     fsetxattr 3 user.c three -> ok
     fgetxattr 3 user.c -> three
     flistxattr 3 -> user.c
     fremovexattr 3 user.c -> ok
     open f O_PATH 0 -> fd=4
     fgetxattr 4 user.c -> EBADF
     fgetxattr 99 user.c -> EBADF
     setxattr /proc/self/fd/4 user.d four -> ok
     getxattr f user.d -> four`,
  ),
  story(
    'of directories and others',
    `mkdir d 0755
     setxattr d user.a x -> ok
     setxattr d/ user.b y -> ok
     listxattr d -> user.a user.b
     setxattr . user.c z -> ok
     getxattr $R user.c -> z
     mknod p S_IFIFO|0644 0
     setxattr p user.a x -> EPERM
     getxattr p user.a
     put d/f x
     open d O_RDONLY 0 -> fd=3
     fsetxattr 3 user.d w -> ok
     getxattr d user.d -> w`,
  ),
  story(
    'they stay with the file',
    `put f x
     setxattr f user.a one
     rename f g
     getxattr g user.a -> one
     link g h
     setxattr h user.b two
     getxattr g user.b -> two
     unlink g
     listxattr h -> user.a user.b`,
  ),
]);

/** Calls younger than Linux 6.12: a member may answer ENOSYS, as an older kernel does. */
export const recentCases = group('recent', [
  story(
    'setxattrat and its family',
    `mkdir d 0755
     put d/f x
     symlink f d/l
     open d O_RDONLY 0 -> fd=3
     setxattrat 3 f 0 user.a one
     getxattrat 3 f 0 user.a
     getxattrat AT_FDCWD $R/d/f 0 user.a
     listxattrat 3 l 0
     listxattrat 3 l AT_SYMLINK_NOFOLLOW
     removexattrat 3 f 0 user.a
     getxattrat 3 f 0 user.a
     setxattrat 3 EMPTY AT_EMPTY_PATH user.b two`,
  ),
]);
