import { story } from '../story.js';

const wellKnownBad = 99;

/** What is refused, and which error wins when several apply. */
export const errorCases = [
  story(
    'a bad descriptor is EBADF, before anything else',
    '',
    `A setlk ${wellKnownBad} w 0 10 -> EBADF
     A setlkw ${wellKnownBad} w 0 10 -> EBADF
     A getlk ${wellKnownBad} w 0 10 -> EBADF
     A ofd_setlk ${wellKnownBad} w 0 10 -> EBADF
     A ofd_setlkw ${wellKnownBad} w 0 10 -> EBADF
     A ofd_getlk ${wellKnownBad} w 0 10 -> EBADF
     A setlk -1 w 0 10 -> EBADF
     A flock ${wellKnownBad} ex -> EBADF
     A setlk ${wellKnownBad} badptr null -> EBADF
     A setlk ${wellKnownBad} raw 77 88 0 0 0 -> EBADF`,
  ),
  story(
    'a closed descriptor is EBADF',
    'A',
    `A close 3
     A setlk 3 w 0 10 -> EBADF
     A flock 3 ex -> EBADF
     A close 3 -> EBADF`,
  ),
  story(
    'write locks need a descriptor open for writing',
    'A',
    `B open f ro -> fd=3
     B setlk 3 w 0 10 -> EBADF
     B setlkw 3 w 0 10 -> EBADF
     B ofd_setlk 3 w 0 10 -> EBADF
     B ofd_setlkw 3 w 0 10 -> EBADF
     B setlk 3 r 0 10
     B ofd_setlk 3 r 0 10
     B setlk 3 u 0 10
     A setlk 3 w 0 10 -> EAGAIN`,
  ),
  story(
    'read locks need a descriptor open for reading',
    '',
    `A open f wo -> fd=3
     A setlk 3 r 0 10 -> EBADF
     A setlkw 3 r 0 10 -> EBADF
     A ofd_setlk 3 r 0 10 -> EBADF
     A setlk 3 w 0 10
     A setlk 3 u 0 10
     A ofd_setlk 3 w 0 10`,
  ),
  story(
    'a wrong access mode is refused before the wait',
    'A',
    `A setlk 3 w 0 10
     B open f ro -> fd=3
     B setlk 3 w 0 10 -> EBADF
     B setlkw 3 w 0 10 -> EBADF`,
  ),
  story(
    'asking and unlocking need no access mode',
    'A',
    `A setlk 3 w 0 10
     B open f ro -> fd=3
     B getlk 3 w 0 10 -> w 0 10 pid=A
     B setlk 3 u 0 0
     C open f wo -> fd=3
     C getlk 3 r 0 10 -> w 0 10 pid=A
     C setlk 3 u 0 0
     C ofd_getlk 3 r 0 10 -> w 0 10 pid=A`,
  ),
  story(
    'a failed upgrade for want of access keeps the read lock',
    'B',
    `A open f ro -> fd=3
     A setlk 3 r 0 10
     A setlk 3 w 0 10 -> EBADF
     B setlk 3 w 0 10 -> EAGAIN`,
  ),
  story(
    'O_PATH descriptors lock nothing',
    'A',
    `A open f opath -> fd=4
     A setlk 4 w 0 10 -> EBADF
     A setlk 4 r 0 10 -> EBADF
     A setlk 4 u 0 10 -> EBADF
     A getlk 4 w 0 10 -> EBADF
     A ofd_setlk 4 r 0 10 -> EBADF
     A ofd_getlk 4 r 0 10 -> EBADF
     A flock 4 sh -> EBADF
     A flock 4 ex nb -> EBADF
     A flock 4 un -> EBADF
     A setlk 4 badptr null -> EBADF`,
  ),
  story(
    'bad pointers are EFAULT',
    'AB',
    `A setlk 3 badptr null -> EFAULT
     A setlk 3 badptr low -> EFAULT
     A setlk 3 badptr kernel -> EFAULT
     A setlk 3 badptr straddle -> EFAULT
     A setlkw 3 badptr null -> EFAULT
     A getlk 3 badptr null -> EFAULT
     A getlk 3 badptr straddle -> EFAULT
     A ofd_setlk 3 badptr low -> EFAULT
     A ofd_setlkw 3 badptr straddle -> EFAULT
     A ofd_getlk 3 badptr kernel -> EFAULT
     B getlk 3 w 0 0 -> unlck`,
  ),
  story(
    'a struct flock that ends with its page is read whole',
    'AB',
    `A setlk 3 badptr edge
     B getlk 3 w 0 0 -> w 0 10 pid=A`,
  ),
  story(
    'a read-only struct flock can be set but not be answered',
    'AB',
    `A setlk 3 badptr rodata
     B getlk 3 w 0 0 -> w 0 10 pid=A
     B getlk 3 badptr rodata -> EFAULT
     A getlk 3 badptr rodata -> EFAULT
     B ofd_getlk 3 badptr rodata -> EFAULT`,
  ),
  story(
    'unknown lock types are EINVAL',
    'AB',
    `A setlk 3 raw 3 0 0 0 0 -> EINVAL
     A setlk 3 raw 4 0 0 0 0 -> EINVAL
     A setlk 3 raw 8 0 0 0 0 -> EINVAL
     A setlk 3 raw -1 0 0 0 0 -> EINVAL
     A setlkw 3 raw 32 0 0 0 0 -> EINVAL
     A ofd_setlk 3 raw 3 0 0 0 0 -> EINVAL
     A getlk 3 raw 3 0 0 0 0 -> EINVAL
     A ofd_getlk 3 raw 3 0 0 0 0 -> EINVAL
     B getlk 3 w 0 0 -> unlck`,
  ),
  story(
    'unknown whence is EINVAL',
    'A',
    `A setlk 3 raw 1 3 0 0 0 -> EINVAL
     A setlk 3 raw 1 -1 0 0 0 -> EINVAL
     A setlk 3 raw 2 4 0 0 0 -> EINVAL
     A getlk 3 raw 1 3 0 0 0 -> EINVAL
     A ofd_setlk 3 raw 1 7 0 0 0 -> EINVAL
     A ofd_getlk 3 raw 1 7 0 0 0 -> EINVAL`,
  ),
  story(
    'the form of the lock is judged before the access mode',
    '',
    `A open f wo -> fd=3
     A close 3
     A open f ro -> fd=3
     A setlk 3 raw 1 3 0 0 0 -> EINVAL
     A setlk 3 w -1 0 -> EINVAL
     A setlk 3 w max 2 -> EOVERFLOW
     A setlk 3 badptr null -> EFAULT
     A setlk 3 raw 9 0 0 0 0 -> EINVAL`,
  ),
  story(
    'the range is judged with the type unknown',
    'A',
    `A setlk 3 raw 9 0 9223372036854775807 2 0 -> EOVERFLOW
     A setlk 3 raw 9 0 -1 2 0 -> EINVAL`,
  ),
  story(
    'F_GETLK does not take F_UNLCK',
    'A',
    `A getlk 3 raw 2 0 0 0 0 -> EINVAL
     A getlk 3 raw 2 0 9223372036854775807 2 0 -> EINVAL`,
  ),
  story(
    'record locks ignore l_pid',
    'AB',
    `A setlk 3 raw 1 0 0 10 12345
     B setlk 3 raw 1 0 0 10 12345 -> EAGAIN
     B getlk 3 w 0 0 -> w 0 10 pid=A`,
  ),
  story(
    'OFD locks demand l_pid 0',
    'AB',
    `A ofd_setlk 3 raw 1 0 0 10 1 -> EINVAL
     A ofd_setlkw 3 raw 1 0 0 10 1 -> EINVAL
     A ofd_setlk 3 raw 2 0 0 10 1 -> EINVAL
     A ofd_getlk 3 raw 1 0 0 10 1 -> EINVAL
     A ofd_getlk 3 raw 1 0 0 10 -1 -> EINVAL
     B getlk 3 w 0 0 -> unlck`,
  ),
  story(
    'of l_pid and access mode, the access mode wins; the range before both',
    'A',
    `B open f ro -> fd=3
     B ofd_setlk 3 raw 1 0 0 10 1 -> EBADF
     B ofd_setlk 3 raw 1 0 9223372036854775807 2 1 -> EOVERFLOW
     B ofd_getlk 3 raw 1 0 9223372036854775807 2 1 -> EOVERFLOW`,
  ),
  story(
    'F_GETLK without conflict changes l_type alone',
    'A',
    `A seek 3 10
     A getlk 3 raw 1 1 7 3 77 -> type=2 whence=1 start=7 len=3 pid=77
     A ofd_getlk 3 raw 0 1 7 3 0 -> type=2 whence=1 start=7 len=3 pid=0
     A getlk 3 raw 0 0 20 -5 0 -> type=2 whence=0 start=20 len=-5 pid=0`,
  ),
  story(
    'F_GETLK with a conflict answers from the start of the file',
    'A',
    `A ofd_setlk 3 w 100 10
     B open f rw -> fd=3
     B seek 3 100
     B getlk 3 raw 0 1 5 1 77 -> type=1 whence=0 start=100 len=10 pid=-1
     B ofd_getlk 3 raw 0 2 105 1 0 -> type=1 whence=0 start=100 len=10 pid=-1`,
  ),
  story(
    'flock knows sh, ex and un, one at a time',
    'A',
    `A flock 3 0 -> EINVAL
     A flock 3 3 -> EINVAL
     A flock 3 4 -> EINVAL
     A flock 3 9 -> EINVAL
     A flock 3 16 -> EINVAL
     A flock 3 -1 ->  ok`,
  ),
  story(
    'flock judges the operation before the descriptor',
    '',
    `A flock ${wellKnownBad} 0 -> EINVAL
     A flock ${wellKnownBad} 3 -> EINVAL
     A flock ${wellKnownBad} un -> EBADF`,
  ),
  story(
    'an error leaves all locks as they were',
    'AB',
    `A setlk 3 w 0 10
     A setlk 3 u -1 0 -> EINVAL
     A setlk 3 raw 9 0 0 0 0 -> EINVAL
     A setlk 3 badptr null -> EFAULT
     A setlk 3 u 2 max -> EOVERFLOW
     B getlk 3 w 0 0 -> w 0 10 pid=A`,
  ),
];
