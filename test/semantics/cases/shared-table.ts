import { story } from '../story.js';

/** clone(CLONE_FILES) without CLONE_THREAD: two processes with one descriptor table are one owner. */
export const sharedTableCases = [
  story(
    'processes that share their descriptors are one owner',
    'AC',
    `A setlk 3 w 0 10
     A share-files B
     B setlk 3 w 5 10
     B getlk 3 w 0 0 -> unlck
     C setlk 3 w 0 10 -> EAGAIN
     B setlk 3 u 0 0
     C setlk 3 w 0 0`,
  ),
  story(
    'a close by one of them drops the locks of both',
    'AC',
    `A setlk 3 w 0 10
     A share-files B
     B close 3
     C setlk 3 w 0 10
     A setlk 3 w 0 10 -> EBADF`,
  ),
  story(
    'the exit of one of them releases nothing',
    'AC',
    `A share-files B
     A setlk 3 w 0 10
     A flock 3 ex
     A exit
     C setlk 3 w 0 10 -> EAGAIN
     C flock 3 ex nb -> EAGAIN
     B exit
     C setlk 3 w 0 10
     C flock 3 ex nb`,
  ),
  story(
    'exec ends the sharing and leaves the locks to the other',
    'AC',
    `A setlk 3 w 0 10
     A share-files B
     B exec
     B setlk 3 w 0 10 -> EAGAIN
     B close 3
     C getlk 3 w 0 0 -> w 0 10 pid=A
     A close 3
     C setlk 3 w 0 10`,
  ),
];
