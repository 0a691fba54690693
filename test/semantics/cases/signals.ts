import { story } from '../story.js';

/** Waits interrupted: EINTR without SA_RESTART, going on with it; what a signal may leave behind. */
export const signalCases = [
  ...(
    [
      ['record lock', 'setlk 3 w 0 10', 'setlkw 3 w 0 10', 'setlk 3 u 0 10'],
      ['OFD lock', 'ofd_setlk 3 w 0 10', 'ofd_setlkw 3 w 0 10', 'ofd_setlk 3 u 0 10'],
      ['flock', 'flock 3 ex nb', 'flock 3 ex', 'flock 3 un'],
    ] as const
  ).flatMap(([kind, lock, wait, unlock]) => [
    story(
      `${kind}: a handler without SA_RESTART ends the wait with EINTR`,
      'ABC',
      `A ${lock}
       B handler USR1 norestart
       B bg ${wait} -> blocked
       A signal B USR1
       B wait -> EINTR
       B handled USR1 -> 1
       A ${unlock}
       C ${lock}
       B ${lock} -> EAGAIN`,
    ),
    story(
      `${kind}: a handler with SA_RESTART lets the wait go on`,
      'ABC',
      `A ${lock}
       B handler USR1 restart
       B bg ${wait} -> blocked
       A signal B USR1
       B poll -> blocked
       A signal B USR1
       B poll -> blocked
       A ${unlock}
       B wait
       B handled USR1 -> 2
       C ${lock} -> EAGAIN`,
    ),
    story(
      `${kind}: an interrupted waiter waits again`,
      'AB',
      `A ${lock}
       B handler USR1 norestart
       B bg ${wait} -> blocked
       A signal B USR1
       B wait -> EINTR
       B bg ${wait} -> blocked
       A ${unlock}
       B wait
       A ${lock} -> EAGAIN`,
    ),
    story(
      `${kind}: stopped and continued, the wait goes on`,
      'ABC',
      `A ${lock}
       B bg ${wait} -> blocked
       A signal B STOP
       A signal B CONT
       B poll -> blocked
       A ${unlock}
       B wait
       C ${lock} -> EAGAIN`,
    ),
  ]),
  story(
    'a repeated timer ends the wait',
    'AB',
    `A setlk 3 w 0 10
     B handler ALRM norestart
     B alarm 50
     B setlkw 3 w 0 10 -> EINTR
     B alarm 0
     B flock 3 ex
     B alarm 50
     B setlkw 3 w 5 1 -> EINTR
     B alarm 0
     B setlk 3 w 20 10`,
  ),
  story(
    'a repeated timer with SA_RESTART does not',
    'AB',
    `A setlk 3 w 0 10
     B handler ALRM restart
     B alarm 5
     B bg setlkw 3 w 0 10 -> blocked
     B poll -> blocked
     A setlk 3 u 0 10
     B wait
     B alarm 0`,
  ),
  story(
    'a blocking call without conflict is not interrupted by a pending storm',
    'A',
    `A handler ALRM norestart
     A alarm 1
     ${'A setlkw 3 w 0 10\nA setlkw 3 u 0 10\nA flock 3 ex\nA flock 3 un\n'.repeat(5)}
     A alarm 0`,
  ),
  story(
    'ignored signals do not interrupt',
    'AB',
    `A setlk 3 w 0 10
     B handler USR1 ignore
     B bg setlkw 3 w 0 10 -> blocked
     A signal B USR1
     A signal B CHLD
     A signal B WINCH
     A signal B CONT
     B poll -> blocked
     A setlk 3 u 0 10
     B wait
     B handled USR1 -> 0`,
  ),
  story(
    'masked signals do not interrupt and come later',
    'AB',
    `A setlk 3 w 0 10
     B handler USR1 norestart
     B mask USR1
     B bg setlkw 3 w 0 10 -> blocked
     A signal B USR1
     B poll -> blocked
     A setlk 3 u 0 10
     B wait
     B handled USR1 -> 0
     B unmask USR1
     B handled USR1 -> 1`,
  ),
  story(
    'of two signals at once, one without SA_RESTART is enough',
    'AB',
    `A setlk 3 w 0 10
     B handler USR1 restart
     B handler USR2 norestart
     B bg setlkw 3 w 0 10 -> blocked
     A signal B USR1
     B poll -> blocked
     A signal B USR2
     B wait -> EINTR
     B handled USR1 -> 1
     B handled USR2 -> 1`,
  ),
  story(
    'an upgrade interrupted keeps the read lock',
    'ABC',
    `A setlk 3 r 0 10
     B setlk 3 r 0 10
     B handler USR1 norestart
     B bg setlkw 3 w 0 10 -> blocked
     A signal B USR1
     B wait -> EINTR
     A setlk 3 u 0 10
     C setlk 3 w 0 10 -> EAGAIN
     C getlk 3 w 0 10 -> r 0 10 pid=B`,
  ),
  story(
    'an interrupted waiter leaves the queue to those behind it',
    'ABC',
    `A setlk 3 w 0 10
     B handler USR1 norestart
     B bg setlkw 3 w 0 10 -> blocked
     C bg setlkw 3 w 0 10 -> blocked
     A signal B USR1
     B wait -> EINTR
     A setlk 3 u 0 10
     C wait
     B setlk 3 w 0 10 -> EAGAIN`,
  ),
  story(
    'an interrupted writer lets waiting readers behind it stay in line',
    'ABCD',
    `A setlk 3 r 0 10
     B handler USR1 norestart
     B bg setlkw 3 w 0 10 -> blocked
     C setlk 3 r 0 10
     D bg setlkw 3 w 0 10 -> blocked
     A signal B USR1
     B wait -> EINTR
     A setlk 3 u 0 10
     D poll -> blocked
     C setlk 3 u 0 10
     D wait`,
  ),
  story(
    'a stopped waiter is not granted the lock, which others may take',
    'ABC',
    `A setlk 3 w 0 10
     B bg setlkw 3 w 0 10 -> blocked
     A signal B STOP
     A setlk 3 u 0 10
     C setlk 3 w 0 10
     A signal B CONT
     B poll -> blocked
     C setlk 3 u 0 10
     B wait`,
  ),
  story(
    'SIGTERM kills a waiter, which leaves nothing',
    'ABC',
    `A setlk 3 w 0 10
     B bg setlkw 3 w 0 10 -> blocked
     A signal B TERM
     B wait -> dead
     A setlk 3 u 0 10
     C setlk 3 w 0 10`,
  ),
  story(
    'a stopped waiter is killed',
    'ABC',
    `A setlk 3 w 0 10
     B bg setlkw 3 w 0 10 -> blocked
     A signal B STOP
     A kill9 B
     B wait -> dead
     A setlk 3 u 0 10
     C setlk 3 w 0 10`,
  ),
];
