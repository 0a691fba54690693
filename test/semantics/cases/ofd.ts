import { story } from '../story.js';

/** Open-file-description locks: owned by the description, in conflict with record locks of anybody. */
export const ofdCases = [
  story(
    'OFD locks of two descriptions conflict, even in one process',
    'A',
    `A open f rw -> fd=4
     A ofd_setlk 3 w 0 10
     A ofd_setlk 4 w 0 10 -> EAGAIN
     A ofd_setlk 4 r 5 1 -> EAGAIN
     A ofd_setlk 4 w 10 10
     A ofd_getlk 4 w 0 10 -> w 0 10 pid=-1
     A ofd_getlk 3 w 0 10 -> unlck`,
  ),
  story(
    'duplicates are one owner',
    'AB',
    `A dup 3 -> fd=4
     A ofd_setlk 3 w 0 10
     A ofd_setlk 4 w 5 10
     A ofd_getlk 4 w 0 0 -> unlck
     B getlk 3 w 0 0 -> w 0 15 pid=-1
     A ofd_setlk 4 u 0 0
     B getlk 3 w 0 0 -> unlck`,
  ),
  story(
    'OFD and record locks conflict, also inside one process',
    'AB',
    `A ofd_setlk 3 w 0 10
     A setlk 3 w 0 10 -> EAGAIN
     A setlk 3 r 0 1 -> EAGAIN
     B setlk 3 w 0 10 -> EAGAIN
     A setlk 3 w 10 10
     A ofd_setlk 3 w 10 10 -> EAGAIN
     A getlk 3 w 0 10 -> w 0 10 pid=-1
     A ofd_getlk 3 w 10 10 -> w 10 10 pid=A`,
  ),
  story(
    'OFD and record read locks share',
    'AB',
    `A ofd_setlk 3 r 0 10
     A setlk 3 r 0 10
     B setlk 3 r 0 10
     B ofd_setlk 3 r 0 10
     A ofd_setlk 3 w 0 10 -> EAGAIN`,
  ),
  story(
    'unlocking one kind leaves the other',
    'AB',
    `A ofd_setlk 3 r 0 10
     A setlk 3 r 0 10
     A setlk 3 u 0 0
     B getlk 3 w 0 0 -> r 0 10 pid=-1
     A setlk 3 r 0 10
     A ofd_setlk 3 u 0 0
     B getlk 3 w 0 0 -> r 0 10 pid=A`,
  ),
  story(
    'adjacent locks of the two kinds do not merge',
    'AB',
    `A ofd_setlk 3 w 0 5
     A setlk 3 w 5 5
     B getlk 3 w 0 5 -> w 0 5 pid=-1
     B getlk 3 w 5 5 -> w 5 5 pid=A`,
  ),
  story(
    'OFD locks split and merge',
    'AB',
    `A ofd_setlk 3 w 0 30
     A ofd_setlk 3 u 10 10
     B ofd_getlk 3 w 0 15 -> w 0 10 pid=-1
     B ofd_setlk 3 w 10 10
     B ofd_getlk 3 w 15 0 -> w 20 10 pid=-1
     B ofd_setlk 3 u 0 0
     A ofd_setlk 3 w 10 10
     B ofd_getlk 3 w 0 0 -> w 0 30 pid=-1`,
  ),
  story(
    'a refused OFD upgrade keeps the read lock',
    'ABC',
    `A ofd_setlk 3 r 0 10
     B ofd_setlk 3 r 0 10
     A ofd_setlk 3 w 0 10 -> EAGAIN
     B ofd_setlk 3 u 0 10
     C ofd_setlk 3 w 0 10 -> EAGAIN
     A ofd_setlk 3 w 0 10
     A ofd_setlk 3 r 0 10
     C ofd_setlk 3 r 0 10`,
  ),
  story(
    'OFD whence, limits and negative lengths',
    'AB',
    `A seek 3 100
     A ofd_setlk 3 w -10 -10 cur
     B ofd_getlk 3 w 0 0 -> w 80 10 pid=-1
     A truncate 3 50
     A ofd_setlk 3 w 0 5 end
     B ofd_getlk 3 w 0 60 -> w 50 5 pid=-1
     A ofd_setlk 3 w max 1
     B ofd_getlk 3 w 100 0 -> w 9223372036854775807 0 pid=-1
     A ofd_setlk 3 w max 2 -> EOVERFLOW
     A ofd_setlk 3 w 0 -1 -> EINVAL`,
  ),
  story(
    'closing another description of the file keeps OFD locks',
    'AB',
    `A open f rw -> fd=4
     A ofd_setlk 3 w 0 10
     A setlk 3 w 20 10
     A close 4
     B getlk 3 w 0 20 -> w 0 10 pid=-1
     B getlk 3 w 20 10 -> unlck`,
  ),
  story(
    'OFD locks go with the last duplicate',
    'AB',
    `A dup 3 -> fd=4
     A dup 3 -> fd=5
     A ofd_setlk 3 w 0 10
     A close 3
     B ofd_setlk 3 w 0 10 -> EAGAIN
     A close 5
     B ofd_setlk 3 w 0 10 -> EAGAIN
     A close 4
     B ofd_setlk 3 w 0 10`,
  ),
  story(
    'an OFD wait for a record lock and the reverse',
    'AB',
    `A setlk 3 w 0 10
     B bg ofd_setlkw 3 w 0 10 -> blocked
     A setlk 3 u 0 10
     B wait
     A bg setlkw 3 w 0 10 -> blocked
     B ofd_setlk 3 u 0 10
     A wait`,
  ),
  story(
    'a process waits for its own OFD lock until another thread unlocks',
    'A',
    `A.1 ofd_setlk 3 w 0 10
     A bg setlkw 3 w 0 10 -> blocked
     A.1 ofd_setlk 3 u 0 10
     A wait
     A bg ofd_setlkw 3 w 0 10 -> blocked
     A.1 setlk 3 u 0 10
     A wait`,
  ),
  story(
    'F_OFD_GETLK with F_UNLCK asks for one’s own locks',
    'AB',
    `A ofd_setlk 3 w 10 10
     A ofd_getlk 3 raw 2 0 0 0 0 -> type=1 whence=0 start=10 len=10 pid=-1
     A ofd_getlk 3 raw 2 0 0 10 0 -> type=2 whence=0 start=0 len=10 pid=0
     B ofd_getlk 3 raw 2 0 0 0 0 -> type=2 whence=0 start=0 len=0 pid=0`,
  ),
  story(
    'reopening through /proc makes a new owner',
    'A',
    `A ofd_setlk 3 w 0 10
     A reopen 3 rw -> fd=4
     A ofd_setlk 4 w 0 10 -> EAGAIN
     A close 4
     A open f rw -> fd=4
     A ofd_setlk 4 w 0 10 -> EAGAIN`,
  ),
];
