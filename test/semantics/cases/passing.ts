import { story } from '../story.js';

/** Descriptors sent over a socket (SCM_RIGHTS), also while they are on their way. */
export const passingCases = [
  story(
    'a passed descriptor shares flock',
    'AC',
    `A flock 3 ex
     A sendfd B 3
     B recvfd -> fd=3
     B flock 3 ex nb
     A close 3
     C flock 3 ex nb -> EAGAIN
     B close 3
     C flock 3 ex nb`,
  ),
  story(
    'a descriptor on its way keeps the flock after the sender closed',
    'AC',
    `A flock 3 ex
     A sendfd B 3
     A close 3
     C flock 3 ex nb -> EAGAIN
     B recvfd -> fd=3
     C flock 3 ex nb -> EAGAIN
     B close 3
     C flock 3 ex nb`,
  ),
  story(
    'a descriptor on its way keeps the flock after the sender exited',
    'AC',
    `A flock 3 ex
     A sendfd B 3
     A exit
     C flock 3 sh nb -> EAGAIN
     B recvfd -> fd=3
     B flock 3 un
     C flock 3 ex nb`,
  ),
  story(
    'a descriptor on its way keeps OFD locks after the sender was killed',
    'AC',
    `A ofd_setlk 3 w 0 10
     A sendfd B 3
     C kill9 A
     C ofd_setlk 3 w 0 10 -> EAGAIN
     B recvfd -> fd=3
     B ofd_setlk 3 w 10 10
     C getlk 3 w 0 0 -> w 0 20 pid=-1
     B exit
     C ofd_setlk 3 w 0 10`,
  ),
  story(
    'record locks do not travel',
    'AC',
    `A setlk 3 w 0 10
     A sendfd B 3
     B recvfd -> fd=3
     B setlk 3 w 0 10 -> EAGAIN
     B getlk 3 w 0 0 -> w 0 10 pid=A
     B close 3
     C getlk 3 w 0 0 -> w 0 10 pid=A`,
  ),
  story(
    'the sender that closes drops its record locks while the descriptor travels',
    'AC',
    `A setlk 3 w 0 10
     A sendfd B 3
     A close 3
     C setlk 3 w 0 10
     B recvfd -> fd=3
     B getlk 3 w 0 0 -> w 0 10 pid=C`,
  ),
  story(
    'a received duplicate of one’s own description drops record locks when closed',
    'AC',
    `A setlk 3 w 0 10
     A flock 3 ex
     A sendfd A 3
     A recvfd -> fd=4
     A close 4
     C setlk 3 w 0 10
     C flock 3 ex nb -> EAGAIN`,
  ),
  story(
    'a passed read-only descriptor stays read-only',
    'C',
    `A open f ro -> fd=3
     A sendfd B 3
     B recvfd -> fd=3
     B setlk 3 w 0 10 -> EBADF
     B setlk 3 r 0 10
     C getlk 3 w 0 0 -> r 0 10 pid=B`,
  ),
  story(
    'a descriptor received twice counts twice',
    'AC',
    `A flock 3 ex
     A sendfd B 3
     A sendfd B 3
     A exit
     B recvfd -> fd=3
     B close 3
     C flock 3 ex nb -> EAGAIN
     B recvfd -> fd=3
     C flock 3 ex nb -> EAGAIN
     B close 3
     C flock 3 ex nb`,
  ),
  story(
    'SEEK_CUR through a passed descriptor uses the shared offset',
    'AC',
    `A sendfd B 3
     B recvfd -> fd=3
     A seek 3 50
     B setlk 3 w 0 5 cur
     C getlk 3 w 0 0 -> w 50 5 pid=B`,
  ),
  story(
    'a waiter is woken when the last passed copy goes',
    'AC',
    `A flock 3 ex
     A sendfd B 3
     B recvfd -> fd=3
     C bg flock 3 ex -> blocked
     A exit
     C poll -> blocked
     B exit
     C wait`,
  ),
];
