import { story } from '../story.js';

/** Blocking calls: what wakes them, whom first, and what is left when a waiter goes. */
export const waitCases = [
  story('a blocking call without conflict returns at once', 'A', `A setlkw 3 w 0 10\nA ofd_setlkw 3 w 20 5`),
  story(
    'unlock wakes',
    'AB',
    `A setlk 3 w 0 10
     B bg setlkw 3 w 5 10 -> blocked
     A setlk 3 u 0 10
     B wait
     A getlk 3 w 0 0 -> w 5 10 pid=B`,
  ),
  story(
    'partial unlock wakes those it lets in',
    'ABC',
    `A setlk 3 w 0 100
     B bg setlkw 3 w 0 10 -> blocked
     C bg setlkw 3 w 50 10 -> blocked
     A setlk 3 u 0 20
     B wait
     C poll -> blocked
     A setlk 3 u 50 10
     C wait
     A getlk 3 w 0 20 -> w 0 10 pid=B`,
  ),
  story(
    'a partial unlock that is not enough leaves the waiter waiting',
    'AB',
    `A setlk 3 w 0 10
     B bg setlkw 3 w 0 10 -> blocked
     A setlk 3 u 0 9
     B poll -> blocked
     A setlk 3 u 9 1
     B wait`,
  ),
  story(
    'downgrade wakes readers and not writers',
    'ABC',
    `A setlk 3 w 0 10
     B bg setlkw 3 r 0 10 -> blocked
     C bg setlkw 3 w 0 10 -> blocked
     A setlk 3 r 0 10
     B wait
     C poll -> blocked
     A setlk 3 u 0 10
     C poll -> blocked
     B setlk 3 u 0 10
     C wait`,
  ),
  story(
    'a lock replaced by a larger one still blocks',
    'AB',
    `A setlk 3 w 0 10
     B bg setlkw 3 w 5 1 -> blocked
     A setlk 3 w 0 20
     B poll -> blocked
     A setlk 3 u 0 5
     B poll -> blocked
     A setlk 3 u 5 1
     B wait`,
  ),
  story(
    'a waiter needs all holders to go',
    'ABC',
    `A setlk 3 w 0 10
     B setlk 3 w 20 10
     C bg setlkw 3 w 0 0 -> blocked
     A setlk 3 u 0 0
     C poll -> blocked
     B setlk 3 u 0 0
     C wait`,
  ),
  story(
    'a writer waits for all readers',
    'ABCD',
    `A setlk 3 r 0 10
     B setlk 3 r 0 10
     C setlk 3 r 5 10
     D bg setlkw 3 w 0 20 -> blocked
     B setlk 3 u 0 0
     D poll -> blocked
     A close 3
     D poll -> blocked
     C exit
     D wait`,
  ),
  story(
    'close wakes',
    'AB',
    `A setlk 3 w 0 10
     B bg setlkw 3 w 0 10 -> blocked
     A close 3
     B wait`,
  ),
  story(
    'closing another descriptor of the file wakes',
    'AB',
    `A open f ro -> fd=4
     A setlk 3 w 0 10
     B bg setlkw 3 w 0 10 -> blocked
     A close 4
     B wait`,
  ),
  story(
    'dup2 over the descriptor wakes',
    'AB',
    `A open g rw -> fd=4
     A setlk 3 w 0 10
     B bg setlkw 3 w 0 10 -> blocked
     A dup2 4 3 -> fd=3
     B wait`,
  ),
  story(
    'close_range wakes',
    'ABC',
    `A setlk 3 w 0 10
     A flock 3 ex
     B bg setlkw 3 w 0 10 -> blocked
     C bg flock 3 ex -> blocked
     A close_range 3 5
     B wait
     C wait`,
  ),
  story(
    'exit wakes',
    'ABC',
    `A setlk 3 w 0 10
     A flock 3 ex
     B bg setlkw 3 w 0 10 -> blocked
     C bg flock 3 sh -> blocked
     A exit
     B wait
     C wait`,
  ),
  story(
    'kill -9 wakes',
    'ABCD',
    `A setlk 3 w 0 10
     A ofd_setlk 3 w 20 10
     A flock 3 ex
     B bg setlkw 3 w 0 10 -> blocked
     C bg ofd_setlkw 3 w 20 10 -> blocked
     D bg flock 3 ex -> blocked
     E kill9 A
     B wait
     C wait
     D wait`,
  ),
  story(
    'exec that closes wakes',
    'BC',
    `A open f rw+cloexec -> fd=3
     A setlk 3 w 0 10
     A flock 3 ex
     B bg setlkw 3 w 0 10 -> blocked
     C bg flock 3 ex -> blocked
     A exec
     B wait
     C wait`,
  ),
  story(
    'exec that keeps does not wake',
    'AB',
    `A setlk 3 w 0 10
     B bg setlkw 3 w 0 10 -> blocked
     A exec
     B poll -> blocked
     A exit
     B wait`,
  ),
  story(
    'the last of several copies wakes',
    'AC',
    `A flock 3 ex
     A fork B
     A dup 3 -> fd=4
     C bg flock 3 ex -> blocked
     A close 3
     A close 4
     C poll -> blocked
     B close 3
     C wait`,
  ),
  story(
    'munmap of the last use wakes',
    'AB',
    `A write 3 100
     A flock 3 ex
     A mmap 3
     B bg flock 3 ex -> blocked
     A close 3
     B poll -> blocked
     A munmap
     B wait`,
  ),
  story(
    'writers come first come, first served',
    'ABCD',
    `A setlk 3 w 0 10
     B bg setlkw 3 w 0 10 -> blocked
     C bg setlkw 3 w 0 10 -> blocked
     D bg setlkw 3 w 0 10 -> blocked
     A setlk 3 u 0 10
     B wait
     C poll -> blocked
     D poll -> blocked
     B setlk 3 u 0 10
     C wait
     D poll -> blocked
     C exit
     D wait`,
  ),
  story(
    'OFD and record waiters share one queue',
    'ABCD',
    `A ofd_setlk 3 w 0 10
     B bg setlkw 3 w 0 10 -> blocked
     C bg ofd_setlkw 3 w 0 10 -> blocked
     D bg setlkw 3 w 0 10 -> blocked
     A ofd_setlk 3 u 0 10
     B wait
     C poll -> blocked
     B setlk 3 u 0 10
     C wait
     D poll -> blocked
     C close 3
     D wait`,
  ),
  story(
    'waiting readers come in together',
    'ABCD',
    `A setlk 3 w 0 10
     B bg setlkw 3 r 0 10 -> blocked
     C bg setlkw 3 r 0 10 -> blocked
     D bg setlkw 3 r 5 10 -> blocked
     A setlk 3 u 0 10
     B wait
     C wait
     D wait
     A getlk 3 w 12 1 -> r 5 10 pid=D`,
  ),
  story(
    'a writer first, then the readers that came after it',
    'ABCD',
    `A setlk 3 w 0 10
     B bg setlkw 3 w 0 10 -> blocked
     C bg setlkw 3 r 0 10 -> blocked
     D bg setlkw 3 r 0 10 -> blocked
     A setlk 3 u 0 10
     B wait
     C poll -> blocked
     D poll -> blocked
     B setlk 3 u 0 10
     C wait
     D wait`,
  ),
  story(
    'a reader first, then the writer that came after it',
    'ABC',
    `A setlk 3 w 0 10
     B bg setlkw 3 r 0 10 -> blocked
     C bg setlkw 3 w 0 10 -> blocked
     A setlk 3 u 0 10
     B wait
     C poll -> blocked
     B setlk 3 u 0 10
     C wait`,
  ),
  story(
    'a request looks at held locks only, not at waiters',
    'ABC',
    `A setlk 3 r 0 10
     B bg setlkw 3 w 0 20 -> blocked
     C setlk 3 r 0 10
     C setlk 3 w 10 10
     C getlk 3 w 0 0 -> r 0 10 pid=A
     A setlk 3 u 0 0
     B poll -> blocked
     C setlkw 3 u 0 0
     B wait`,
  ),
  story(
    'waiters of disjoint ranges do not hold each other up',
    'ABC',
    `A setlk 3 w 0 100
     B bg setlkw 3 w 0 10 -> blocked
     C bg setlkw 3 w 90 10 -> blocked
     A setlk 3 u 90 10
     C wait
     B poll -> blocked
     A setlk 3 u 0 10
     B wait`,
  ),
  story(
    'F_GETLK does not tell of waiters',
    'ABC',
    `A setlk 3 w 0 10
     B bg setlkw 3 w 0 30 -> blocked
     C getlk 3 w 20 0 -> unlck
     C setlk 3 w 20 10
     A setlk 3 u 0 0
     B poll -> blocked
     C setlk 3 u 0 0
     B wait`,
  ),
  story(
    'a waiter killed leaves nothing behind',
    'ABC',
    `A setlk 3 w 0 10
     B bg setlkw 3 w 0 10 -> blocked
     C kill9 B
     B wait -> dead
     A setlk 3 u 0 10
     C setlk 3 w 0 10`,
  ),
  story(
    'a killed waiter lets those behind it in',
    'ABCD',
    `A setlk 3 r 0 10
     B bg setlkw 3 w 0 10 -> blocked
     C bg setlkw 3 w 0 10 -> blocked
     D kill9 B
     C poll -> blocked
     A setlk 3 u 0 10
     C wait`,
  ),
  story(
    'a killed flock waiter leaves nothing behind',
    'ABC',
    `A flock 3 ex
     B bg flock 3 ex -> blocked
     C bg flock 3 ex -> blocked
     D kill9 B
     B wait -> dead
     A flock 3 un
     C wait`,
  ),
  story(
    'a waiter that holds other locks and is killed frees both',
    'ABC',
    `A setlk 3 w 0 10
     B setlk 3 w 20 10
     B bg setlkw 3 w 0 10 -> blocked
     C bg setlkw 3 w 20 10 -> blocked
     A kill9 B
     C wait
     A setlk 3 u 0 0
     C setlk 3 w 0 10`,
  ),
  story(
    'waits on two files do not mix',
    'AB',
    `A open g rw -> fd=4
     A setlk 3 w 0 10
     A setlk 4 w 0 10
     B open g rw -> fd=4
     B bg setlkw 4 w 0 10 -> blocked
     A setlk 3 u 0 10
     B poll -> blocked
     A setlk 4 u 0 10
     B wait`,
  ),
  story(
    'the granted waiter hands on when it exits',
    'ABC',
    `A setlk 3 w 0 10
     B bg setlkw 3 w 0 10 -> blocked
     C bg setlkw 3 w 0 10 -> blocked
     A close 3
     B wait
     B exit
     C wait
     C getlk 3 w 0 0 -> unlck`,
  ),
  story(
    'to and fro',
    'AB',
    `${`A setlkw 3 w 0 1
     B bg setlkw 3 w 0 1 -> blocked
     A setlk 3 u 0 1
     B wait
     A bg setlkw 3 w 0 1 -> blocked
     B setlk 3 u 0 1
     A wait
     A setlk 3 u 0 1\n`.repeat(4)}`,
  ),
];
