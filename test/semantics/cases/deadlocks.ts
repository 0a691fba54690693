import { story } from '../story.js';

/** EDEADLK: for cycles of waiting record-lock owners, and for nothing else. */
export const deadlockCases = [
  story(
    'two processes, one file',
    'AB',
    `A setlk 3 w 0 1
     B setlk 3 w 1 1
     A bg setlkw 3 w 1 1 -> blocked
     B setlkw 3 w 0 1 -> EDEADLK
     B getlk 3 w 0 1 -> w 0 1 pid=A
     A poll -> blocked
     B setlk 3 u 1 1
     A wait`,
  ),
  story(
    'two processes, two files',
    'AB',
    `A open g rw -> fd=4
     B open g rw -> fd=4
     A setlk 3 w 0 10
     B setlk 4 w 0 10
     A bg setlkw 4 r 5 1 -> blocked
     B setlkw 3 r 5 1 -> EDEADLK
     B close 4
     A wait`,
  ),
  story(
    'two upgrades',
    'AB',
    `A setlk 3 r 0 10
     B setlk 3 r 0 10
     A bg setlkw 3 w 0 10 -> blocked
     B setlkw 3 w 0 10 -> EDEADLK
     B setlk 3 u 0 10
     A wait`,
  ),
  story(
    'three processes',
    'ABC',
    `A setlk 3 w 0 1
     B setlk 3 w 1 1
     C setlk 3 w 2 1
     A bg setlkw 3 w 1 1 -> blocked
     B bg setlkw 3 w 2 1 -> blocked
     C setlkw 3 w 0 1 -> EDEADLK
     C exit
     B wait
     B exit
     A wait`,
  ),
  story(
    'a chain is no cycle',
    'ABCD',
    `A setlk 3 w 0 1
     B setlk 3 w 1 1
     C setlk 3 w 2 1
     A bg setlkw 3 w 1 1 -> blocked
     B bg setlkw 3 w 2 1 -> blocked
     D bg setlkw 3 w 0 1 -> blocked
     C setlk 3 u 2 1
     B wait
     B setlk 3 u 1 1
     A wait
     A setlk 3 u 0 1
     D wait`,
  ),
  story(
    'a request that does not wait is EAGAIN',
    'AB',
    `A setlk 3 w 0 1
     B setlk 3 w 1 1
     A bg setlkw 3 w 1 1 -> blocked
     B setlk 3 w 0 1 -> EAGAIN
     B setlk 3 u 1 1
     A wait`,
  ),
  story(
    'a cycle that is gone is no deadlock',
    'AB',
    `A handler USR1 norestart
     A setlk 3 w 0 1
     B setlk 3 w 1 1
     A bg setlkw 3 w 1 1 -> blocked
     B signal A USR1
     A wait -> EINTR
     B bg setlkw 3 w 0 1 -> blocked
     A setlk 3 u 0 1
     B wait`,
  ),
  story(
    'waiting for a lock behind an independent reader',
    'ABC',
    `A setlk 3 r 0 1
     C setlk 3 r 0 1
     B setlk 3 w 1 1
     A bg setlkw 3 w 1 1 -> blocked
     C setlk 3 u 0 1
     B setlkw 3 w 0 1 -> EDEADLK
     B setlk 3 u 1 1
     A wait`,
  ),
  story(
    'after EDEADLK, giving way solves it',
    'AB',
    `A setlk 3 w 0 1
     B setlk 3 w 1 1
     A bg setlkw 3 w 1 1 -> blocked
     B setlkw 3 w 0 1 -> EDEADLK
     B setlk 3 u 1 1
     A wait
     B bg setlkw 3 w 0 1 -> blocked
     A setlk 3 u 0 0
     B wait`,
  ),
  story(
    'parent and child',
    'A',
    `A fork B
     A setlk 3 w 0 1
     B setlk 3 w 1 1
     A bg setlkw 3 w 1 1 -> blocked
     B setlkw 3 w 0 1 -> EDEADLK
     B exit
     A wait`,
  ),
  story(
    'OFD locks never report a deadlock',
    'ABC',
    `A ofd_setlk 3 w 0 1
     B ofd_setlk 3 w 1 1
     A bg ofd_setlkw 3 w 1 1 -> blocked
     B bg ofd_setlkw 3 w 0 1 -> blocked
     C kill9 A
     B wait`,
  ),
  story(
    'flock never reports a deadlock',
    'ABC',
    `A open g rw -> fd=4
     B open g rw -> fd=4
     A flock 3 ex
     B flock 4 ex
     A bg flock 4 ex -> blocked
     B bg flock 3 ex -> blocked
     C kill9 B
     A wait`,
  ),
  story(
    'a cycle through two kinds is not reported',
    'ABC',
    `A setlk 3 w 0 1
     B flock 3 ex
     A bg flock 3 ex -> blocked
     B bg setlkw 3 w 0 1 -> blocked
     C kill9 A
     B wait`,
  ),
  story(
    'a cycle through an OFD lock is not reported',
    'ABC',
    `A ofd_setlk 3 w 0 1
     B setlk 3 w 1 1
     A bg setlkw 3 w 1 1 -> blocked
     B bg setlkw 3 w 0 1 -> blocked
     C kill9 A
     B wait`,
  ),
];
