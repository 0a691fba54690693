import { story } from '../story.js';

/** flock(2): the whole file, owned by the description; conversions may lose the lock. */
export const flockCases = [
  story(
    'exclusive refuses all, shared refuses exclusive',
    'ABC',
    `A flock 3 ex
     B flock 3 ex nb -> EAGAIN
     B flock 3 sh nb -> EAGAIN
     A flock 3 un
     B flock 3 sh nb
     C flock 3 sh nb
     A flock 3 ex nb -> EAGAIN
     A flock 3 sh nb`,
  ),
  story(
    'two descriptions in one process conflict',
    'A',
    `A open f rw -> fd=4
     A flock 3 ex
     A flock 4 ex nb -> EAGAIN
     A flock 4 sh nb -> EAGAIN
     A flock 4 un
     A flock 4 ex nb -> EAGAIN`,
  ),
  story(
    'duplicates share the lock, and any of them unlocks',
    'AB',
    `A dup 3 -> fd=4
     A flock 3 ex
     A flock 4 ex nb
     A flock 4 un
     B flock 3 ex nb`,
  ),
  story(
    'locking again and unlocking what is not locked',
    'AB',
    `A flock 3 un
     A flock 3 ex
     A flock 3 ex nb
     A flock 3 un
     B flock 3 ex nb
     A flock 3 un
     A flock 3 ex nb -> EAGAIN`,
  ),
  story(
    'conversion when alone, both ways',
    'AB',
    `A flock 3 sh
     A flock 3 ex nb
     B flock 3 sh nb -> EAGAIN
     A flock 3 sh nb
     B flock 3 sh nb`,
  ),
  story(
    'a refused conversion loses the lock',
    'AB',
    `A flock 3 sh
     B flock 3 sh
     A flock 3 ex nb -> EAGAIN
     B flock 3 ex nb`,
  ),
  story(
    'a waiting conversion has lost the lock',
    'ABC',
    `A flock 3 sh
     B flock 3 sh
     A bg flock 3 ex -> blocked
     B flock 3 ex nb
     A poll -> blocked
     C flock 3 sh nb -> EAGAIN
     B flock 3 un
     A wait
     C flock 3 sh nb -> EAGAIN`,
  ),
  story(
    'two waiting conversions do not deadlock',
    'AB',
    `A flock 3 sh
     B flock 3 sh
     A bg flock 3 ex -> blocked
     B flock 3 ex
     A poll -> blocked
     B flock 3 un
     A wait`,
  ),
  story(
    'an interrupted conversion has lost the lock',
    'AB',
    `A handler USR1 norestart
     A flock 3 sh
     B flock 3 sh
     A bg flock 3 ex -> blocked
     B signal A USR1
     A wait -> EINTR
     B flock 3 ex nb`,
  ),
  story(
    'a conversion down wakes readers',
    'ABC',
    `A flock 3 ex
     B bg flock 3 sh -> blocked
     C bg flock 3 ex -> blocked
     A flock 3 sh
     B wait
     C poll -> blocked
     A flock 3 un
     C poll -> blocked
     B flock 3 un
     C wait`,
  ),
  story(
    'read-only and write-only descriptors take both kinds',
    'A',
    `B open f ro -> fd=3
     B flock 3 ex nb
     B flock 3 un
     C open f wo -> fd=3
     C flock 3 sh nb
     B flock 3 sh nb
     B flock 3 ex nb -> EAGAIN`,
  ),
  story(
    'flock and record locks do not see each other',
    'AB',
    `A flock 3 ex
     B setlk 3 w 0 0
     B getlk 3 w 0 0 -> unlck
     A getlk 3 w 0 0 -> w 0 0 pid=B
     A flock 3 un
     B flock 3 ex nb
     A setlk 3 w 0 0 -> EAGAIN`,
  ),
  story(
    'flock and OFD locks do not see each other',
    'AB',
    `A flock 3 ex
     B ofd_setlk 3 w 0 0
     A ofd_getlk 3 w 0 0 -> w 0 0 pid=-1
     B ofd_getlk 3 w 0 0 -> unlck
     B flock 3 sh nb -> EAGAIN`,
  ),
  story(
    'closing one of several descriptions drops record locks only',
    'AB',
    `A open f rw -> fd=4
     A flock 3 ex
     A setlk 3 w 0 0
     A close 4
     B setlk 3 w 0 0
     B flock 3 ex nb -> EAGAIN`,
  ),
  story(
    'flock goes with the last duplicate',
    'AB',
    `A dup 3 -> fd=4
     A flock 3 ex
     A close 3
     B flock 3 ex nb -> EAGAIN
     A close 4
     B flock 3 ex nb`,
  ),
  story(
    'waiters come first come, first served',
    'ABCD',
    `A flock 3 ex
     B bg flock 3 ex -> blocked
     C bg flock 3 ex -> blocked
     D bg flock 3 ex -> blocked
     A flock 3 un
     B wait
     C poll -> blocked
     D poll -> blocked
     B flock 3 un
     C wait
     D poll -> blocked
     C flock 3 un
     D wait`,
  ),
  story(
    'shared waiters come in together',
    'ABCD',
    `A flock 3 ex
     B bg flock 3 sh -> blocked
     C bg flock 3 sh -> blocked
     D bg flock 3 sh -> blocked
     A flock 3 un
     B wait
     C wait
     D wait`,
  ),
  story(
    'a reader that does not block looks at held locks only',
    'ABC',
    `A flock 3 sh
     B bg flock 3 ex -> blocked
     C flock 3 sh nb
     A flock 3 un
     B poll -> blocked
     C flock 3 un
     B wait`,
  ),
  story(
    'reopening through /proc makes a new owner',
    'A',
    `A flock 3 ex
     A reopen 3 ro -> fd=4
     A flock 4 sh nb -> EAGAIN
     A close 4
     A reopen 3 ro -> fd=4
     A flock 4 sh nb -> EAGAIN`,
  ),
];
