/** Unix sockets by name, inotify. */
import { group, story } from '../story.js';

export const socketCases = group('sockets', [
  story(
    'a stream',
    `socket stream -> fd=3
     bind 3 s -> ok
     stat s -> socket 0755 n1 u$U
     sockname 3 -> s
     B socket stream -> fd=3
     B connect 3 s -> ECONNREFUSED
     listen 3 -> ok
     B connect 3 s -> ok
     B peername 3 -> s
     accept 3 -> fd=4
     B write 3 hello -> 5
     read 4 9 -> hello
     write 4 back -> 4
     B read 3 9 -> back
     sockname 4 -> s
     peername 4 -> unnamed
     list . -> s:s`,
  ),
  story(
    'by absolute path and through links',
    `mkdir d 0755
     symlink d l
     symlink $R/d/s m
     socket stream -> fd=3
     bind 3 $R/l/s -> ok
     sockname 3 -> $R/l/s ! s
     listen 3
     B socket stream -> fd=3
     B connect 3 m -> ok
     B peername 3 -> $R/l/s ! s
     B socket stream -> fd=4
     B connect 4 $R/d/../l/s -> ok
     accept 3 -> fd=4
     list d -> s:s`,
  ),
  story(
    'bind refuses',
    `put f x
     symlink no l
     socket stream -> fd=3
     bind 3 f -> EADDRINUSE
     bind 3 l -> EADDRINUSE
     bind 3 . -> EADDRINUSE
     bind 3 no/s -> ENOENT
     bind 3 f/s -> ENOTDIR
     bind 3 s -> ok
     bind 3 t -> EINVAL
     socket stream -> fd=4
     bind 4 s -> EADDRINUSE
     open f O_RDONLY 0 -> fd=5
     bind 5 u -> ENOTSOCK
     bind 99 u -> EBADF
     list . -> f:f l:l s:s`,
  ),
  story(
    'connect refuses',
    `put f x
     mkdir d 0755
     socket stream -> fd=3
     connect 3 no -> ENOENT
     connect 3 f -> ECONNREFUSED
     connect 3 d -> ECONNREFUSED
     connect 3 f/s -> ENOTDIR
     symlink l l
     connect 3 l -> ELOOP
     mknod s S_IFSOCK|0755 0
     connect 3 s -> ECONNREFUSED
     socket dgram -> fd=4
     bind 4 g
     connect 3 g -> EPROTOTYPE
     connect 99 g -> EBADF`,
  ),
  story(
    'renamed, unlinked, linked',
    `socket stream -> fd=3
     bind 3 s
     listen 3
     rename s t
     B socket stream -> fd=3
     B connect 3 s -> ENOENT
     B connect 3 t -> ok
     link t u
     B socket stream -> fd=4
     B connect 4 u -> ok
     unlink t
     unlink u
     B socket stream -> fd=5
     B connect 5 u -> ENOENT
     sockname 3 -> s
     accept 3 -> fd=4
     socket stream -> fd=5
     bind 5 s -> ok`,
  ),
  story(
    'datagrams',
    `socket dgram -> fd=3
     bind 3 a -> ok
     B socket dgram -> fd=3
     B bind 3 b -> ok
     B connect 3 a -> ok
     B write 3 hello -> 5
     recvfrom 3 -> hello from b
     connect 3 b -> ok
     write 3 back -> 4
     B recvfrom 3 -> back from a
     B peername 3 -> a`,
  ),
  story(
    'datagrams to a name',
    `socket dgram -> fd=3
     bind 3 a
     B socket dgram -> fd=3
     B sendto 3 a one -> ok
     recvfrom 3 -> one from unnamed
     B sendto 3 no x -> ENOENT
     B bind 3 b
     B sendmsg 3 a two -> ok
     recvfrom 3 -> two from b
     B sendmsg 3 $R/a three -> ok ! ENOENT`,
  ),
  story(
    'sequenced packets',
    `socket seqpacket -> fd=3
     bind 3 s
     listen 3
     B socket seqpacket -> fd=3
     B connect 3 s -> ok
     accept 3 -> fd=4
     B write 3 one
     B write 3 two
     read 4 9 -> one
     read 4 9 -> two`,
  ),
  story(
    'abstract names are not files',
    `socket stream -> fd=3
     bind 3 @sward$R -> ok
     listen 3
     sockname 3 -> @sward$R
     B socket stream -> fd=3
     B connect 3 @sward$R -> ok
     list . -> empty`,
  ),
  story(
    'descriptors are sent',
    `mkdir d 0755
     put d/f x
     socket stream -> fd=3
     bind 3 s
     listen 3
     B socket stream -> fd=3
     B connect 3 s -> ok
     accept 3 -> fd=4
     open d O_RDONLY 0 -> fd=5
     open d/f O_RDWR 0 -> fd=6
     open d O_PATH 0 -> fd=7
     sendfd 4 5 -> ok
     B recvfd 3 -> fd=4
     sendfd 4 6 -> ok
     B recvfd 3 -> fd=5
     sendfd 4 7 -> ok
     B recvfd 3 -> fd=6
     B readlink /proc/self/fd/4 -> $R/d
     B readlink /proc/self/fd/5 -> $R/d/f
     B openat 4 f O_RDONLY 0 -> fd=7
     B openat 6 f O_RDONLY 0 -> fd=8
     B openat 4 ../d/f O_RDONLY 0 -> fd=9
     B listfd 4 -> f:f
     B fchdir 6 -> ok
     B getcwd -> $R/d
     rename d e
     B openat 4 f O_RDONLY 0 -> fd=10
     B getcwd -> $R/e
     B ftruncate 5 0 -> ok ~ EPERM
     B pwrite 5 0 y -> 1
     cat e/f -> y ~ xy
     B setfl 5 0
     B getfl 5 -> O_RDWR ~ O_RDWR|O_APPEND`,
  ),
  story(
    'long names',
    `socket stream -> fd=3
     bind 3 {s*107} -> ok
     listen 3
     sockname 3 -> {s*107}
     B socket stream -> fd=3
     B connect 3 {s*107} -> ok
     socket stream -> fd=4
     bind 4 {t*108} -> ok
     sockname 4 -> {t*108}
     stat {t*108}
     listen 4
     B socket stream -> fd=4
     B connect 4 {t*108} -> ok`,
  ),
  story(
    'a name deep below',
    `mkdir {d*100} 0755
     mkdir {d*100}/{e*100} 0755
     chdir {d*100}/{e*100}
     socket stream -> fd=3
     bind 3 s -> ok
     listen 3
     sockname 3 -> s
     B chdir {d*100}/{e*100}
     B socket stream -> fd=3
     B connect 3 s -> ok
     B connect 3 ./s -> EISCONN
     accept 3 -> fd=4`,
  ),
  story(
    'umask and bind',
    `umask 077
     socket stream -> fd=3
     bind 3 s
     stat s -> socket 0700 n1 u$U
     B socket stream -> fd=3
     B bind 3 EMPTY -> ok
     B listen 3`,
  ),
]);

export const watchCases = group('watches', [
  story(
    'a directory',
    `mkdir d 0755
     inotify_init1 O_NONBLOCK -> fd=3
     inotify_add_watch 3 d IN_CREATE|IN_DELETE|IN_MOVED_FROM|IN_MOVED_TO -> fd=1
     events 3 -> none
     B put d/f x
     events 3 -> 1:CREATE=f
     B mkdir d/e 0755
     events 3 -> 1:CREATE/=e
     B rename d/f d/g
     events 3 -> 1:MOVED_FROM=f 1:MOVED_TO=g
     B unlink d/g
     B rmdir d/e
     events 3 -> 1:DELETE=g 1:DELETE/=e
     B symlink x d/l
     B link d/l d/m
     B mknod d/p S_IFIFO|0644 0
     events 3 -> 1:CREATE=l 1:CREATE=m 1:CREATE=p
     B stat d/l
     events 3 -> none`,
  ),
  story(
    'a file',
    `put f x
     inotify_init1 O_NONBLOCK -> fd=3
     inotify_add_watch 3 $R/f IN_MODIFY|IN_ATTRIB|IN_CLOSE_WRITE|IN_DELETE_SELF|IN_MOVE_SELF -> fd=1
     B put f hello
     events 3 -> 1:MODIFY 1:CLOSE_WRITE
     B chmod f 0600
     events 3 -> 1:ATTRIB
     B rename f g
     events 3 -> 1:MOVE_SELF
     B truncate g 1 ~ EPERM
     events 3 -> 1:MODIFY ~ none
     B unlink g
     events 3 -> 1:ATTRIB 1:DELETE_SELF 1:IGNORED`,
  ),
  story(
    'opening and reading: nothing is opened that the program does not open',
    `put f hello
     inotify_init1 O_NONBLOCK -> fd=3
     inotify_add_watch 3 f IN_ALL_EVENTS -> fd=1
     B open f O_RDONLY 0 -> fd=3
     events 3 -> 1:OPEN
     B read 3 9 -> hello
     events 3 -> 1:ACCESS
     B close 3
     events 3 -> 1:CLOSE_NOWRITE
     B stat f
     B access f R_OK
     events 3 -> none
     B open f O_PATH 0
     events 3 -> none
     B chmod f 0600
     events 3 -> 1:ATTRIB
     B chdir .
     events 3 -> none`,
  ),
  story(
    'a directory is only opened by who opens it',
    `mkdir d 0755
     put d/f x
     inotify_init1 O_NONBLOCK -> fd=3
     inotify_add_watch 3 d IN_OPEN|IN_CLOSE_WRITE|IN_CLOSE_NOWRITE|IN_ACCESS -> fd=1
     B stat d/f
     B chmod d/f 0600
     B rename d/f d/g
     B unlink d/g
     events 3 -> none
     B chdir d
     events 3 -> none ! 1:OPEN/ 1:CLOSE_NOWRITE/
     B list .
     events 3`,
  ),
  story(
    'links, flags, mistakes',
    `put f x
     symlink f l
     mkdir d 0755
     inotify_init1 O_NONBLOCK -> fd=3
     inotify_add_watch 3 l IN_MODIFY -> fd=1
     inotify_add_watch 3 f IN_MODIFY -> fd=1
     inotify_add_watch 3 l IN_ATTRIB|IN_DONT_FOLLOW -> fd=2
     inotify_add_watch 3 f IN_MODIFY|IN_ONLYDIR -> ENOTDIR
     inotify_add_watch 3 no IN_MODIFY -> ENOENT
     inotify_add_watch 3 NULL IN_MODIFY -> EFAULT
     inotify_add_watch 99 f IN_MODIFY -> EBADF
     open f O_RDONLY 0 -> fd=4
     inotify_add_watch 4 f IN_MODIFY -> EINVAL
     inotify_add_watch 3 d 0 -> EINVAL
     inotify_add_watch 3 d IN_CREATE -> fd=3
     put d/x y
     events 3 -> 3:CREATE=x
     inotify_rm_watch 3 3 -> ok
     events 3 -> 3:IGNORED`,
  ),
  story(
    'a watched directory that goes',
    `mkdir d 0755
     inotify_init1 O_NONBLOCK -> fd=3
     inotify_add_watch 3 d IN_DELETE_SELF|IN_MOVE_SELF|IN_CREATE -> fd=1
     rename d e
     events 3 -> 1:MOVE_SELF
     put e/f x
     events 3 -> 1:CREATE=f
     unlink e/f
     rmdir e
     events 3 -> 1:DELETE_SELF 1:IGNORED`,
  ),
]);
