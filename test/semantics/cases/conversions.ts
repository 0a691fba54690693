import { story } from '../story.js';

/** Upgrades and downgrades of fcntl record locks: atomic, and never losing what is held. */
export const conversionCases = [
  story(
    'upgrade when alone',
    'AB',
    `A setlk 3 r 0 10
     A setlk 3 w 0 10
     B getlk 3 r 0 0 -> w 0 10 pid=A
     B setlk 3 r 0 1 -> EAGAIN`,
  ),
  story(
    'a refused upgrade keeps the read lock',
    'AB',
    `A setlk 3 r 0 10
     B setlk 3 r 0 10
     A setlk 3 w 0 10 -> EAGAIN
     B setlk 3 w 0 10 -> EAGAIN
     A getlk 3 w 0 10 -> r 0 10 pid=B
     B getlk 3 w 0 10 -> r 0 10 pid=A`,
  ),
  story(
    'downgrade lets readers in',
    'AB',
    `A setlk 3 w 0 10
     A setlk 3 r 0 10
     B setlk 3 r 0 10
     B setlk 3 w 0 10 -> EAGAIN
     A setlk 3 w 0 10 -> EAGAIN`,
  ),
  story(
    'downgrading the middle splits in three',
    'AB',
    `A setlk 3 w 0 30
     A setlk 3 r 10 10
     B setlk 3 r 10 10
     B getlk 3 r 0 15 -> w 0 10 pid=A
     B getlk 3 w 10 10 -> r 10 10 pid=A
     B getlk 3 r 15 0 -> w 20 10 pid=A`,
  ),
  story(
    'upgrading the middle splits in three',
    'AB',
    `A setlk 3 r 0 30
     A setlk 3 w 10 10
     B setlk 3 r 10 1 -> EAGAIN
     B setlk 3 r 0 10
     B setlk 3 r 20 10
     B getlk 3 r 0 0 -> w 10 10 pid=A`,
  ),
  story(
    'converting all parts back merges them',
    'AB',
    `A setlk 3 w 0 30
     A setlk 3 r 10 10
     A setlk 3 w 10 10
     B getlk 3 w 0 0 -> w 0 30 pid=A`,
  ),
  story(
    'a conversion across the boundary of two locks',
    'AB',
    `A setlk 3 r 0 10
     A setlk 3 w 10 10
     A setlk 3 w 5 10
     B getlk 3 r 0 0 -> w 5 15 pid=A
     B getlk 3 w 0 5 -> r 0 5 pid=A
     A setlk 3 r 0 15
     B getlk 3 r 0 0 -> w 15 5 pid=A
     B getlk 3 w 0 15 -> r 0 15 pid=A`,
  ),
  story(
    'a wider upgrade refused in part changes nothing',
    'ABC',
    `A setlk 3 r 0 10
     B setlk 3 w 15 5
     A setlk 3 w 0 20 -> EAGAIN
     C setlk 3 r 0 10
     C setlk 3 w 10 5
     C getlk 3 w 0 10 -> r 0 10 pid=A`,
  ),
  story(
    'a waiting upgrade keeps the read lock and is granted when the other goes',
    'ABC',
    `A setlk 3 r 0 10
     B setlk 3 r 0 10
     A bg setlkw 3 w 0 10 -> blocked
     C setlk 3 w 0 10 -> EAGAIN
     C setlk 3 r 0 10
     B setlk 3 u 0 10
     A poll -> blocked
     C setlk 3 u 0 10
     A wait
     B setlk 3 r 0 1 -> EAGAIN`,
  ),
  story(
    'a waiting wider lock keeps what is held meanwhile',
    'ABC',
    `A setlk 3 w 0 10
     B setlk 3 w 10 10
     A bg setlkw 3 w 0 20 -> blocked
     C getlk 3 w 0 5 -> w 0 10 pid=A
     B setlk 3 u 0 0
     A wait
     C getlk 3 w 0 0 -> w 0 20 pid=A`,
  ),
];
