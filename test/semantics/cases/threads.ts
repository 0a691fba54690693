import { story } from '../story.js';

/** Threads are one owner; what one does, all have done. */
export const threadCases = [
  story(
    'threads of a process do not conflict',
    'AB',
    `A setlk 3 w 0 10
     A.1 setlk 3 w 5 10
     A.1 getlk 3 w 0 0 -> unlck
     B getlk 3 w 0 0 -> w 0 15 pid=A
     A.2 setlk 3 u 0 0
     B setlk 3 w 0 0`,
  ),
  story(
    'a close by one thread drops the locks of all',
    'AB',
    `A setlk 3 w 0 10
     A.1 open f ro -> fd=4
     A.1 close 4
     B setlk 3 w 0 0`,
  ),
  story(
    'a thread that ends releases nothing',
    'AB',
    `A.1 setlk 3 w 0 10
     A.1 flock 3 ex
     A.1 thread_exit
     B getlk 3 w 0 0 -> w 0 10 pid=A
     B flock 3 ex nb -> EAGAIN
     A exit
     B setlk 3 w 0 0
     B flock 3 ex nb`,
  ),
  story(
    'the main thread that ends releases nothing while others live',
    'AB',
    `A setlk 3 w 0 10
     A flock 3 ex
     A.1 getlk 3 w 0 0 -> unlck
     A thread_exit
     B setlk 3 w 0 10 -> EAGAIN
     B flock 3 ex nb -> EAGAIN
     A.1 setlk 3 w 10 10
     B getlk 3 w 0 0 -> w 0 20 pid=A
     A.1 exit
     B setlk 3 w 0 0
     B flock 3 ex nb`,
  ),
  story(
    'exit by any thread releases',
    'AB',
    `A setlk 3 w 0 10
     A flock 3 ex
     A.1 exit
     B setlk 3 w 0 0
     B flock 3 ex nb`,
  ),
  story(
    'one thread waits while another works',
    'AB',
    `B setlk 3 w 0 10
     A.1 bg setlkw 3 w 0 10 -> blocked
     A setlk 3 w 20 10
     A setlk 3 w 0 10 -> EAGAIN
     B setlk 3 u 0 0
     A.1 wait
     B getlk 3 w 0 15 -> w 0 10 pid=A`,
  ),
  story(
    'two threads of a process wait for one range and both get it',
    'AB',
    `B setlk 3 w 0 10
     A.1 bg setlkw 3 w 0 10 -> blocked
     A.2 bg setlkw 3 w 0 10 -> blocked
     B setlk 3 u 0 0
     A.1 wait
     A.2 wait`,
  ),
  story(
    'a waiter whose descriptor another thread closed gets EBADF and no lock',
    'ABC',
    `B setlk 3 w 0 10
     A.1 bg setlkw 3 w 0 10 -> blocked
     A close 3
     A.1 poll -> blocked
     B setlk 3 u 0 0
     A.1 wait -> EBADF
     C setlk 3 w 0 10`,
  ),
  story(
    'a waiter whose descriptor another thread replaced gets EBADF and no lock',
    'ABC',
    `A open g rw -> fd=4
     B setlk 3 w 0 10
     A.1 bg setlkw 3 w 0 10 -> blocked
     A dup2 4 3 -> fd=3
     B setlk 3 u 0 0
     A.1 wait -> EBADF
     C setlk 3 w 0 10`,
  ),
  story(
    'a flock waiter whose descriptor another thread closed gets and leaves the lock',
    'ABC',
    `B flock 3 ex
     A.1 bg flock 3 ex -> blocked
     A close 3
     B flock 3 un
     A.1 wait
     C flock 3 ex nb`,
  ),
  story(
    'an OFD waiter whose descriptor another thread closed gets and leaves the lock',
    'ABC',
    `B ofd_setlk 3 w 0 10
     A.1 bg ofd_setlkw 3 w 0 10 -> blocked
     A close 3
     B ofd_setlk 3 u 0 0
     A.1 wait
     C ofd_setlk 3 w 0 10`,
  ),
  story(
    'exec ends the wait of another thread',
    'ABC',
    `B setlk 3 w 0 10
     A.1 bg setlkw 3 w 0 10 -> blocked
     A exec
     B setlk 3 u 0 0
     C setlk 3 w 0 10
     A setlk 3 w 0 10 -> EAGAIN`,
  ),
  story(
    'exec with other threads keeps the locks',
    'AB',
    `A setlk 3 w 0 10
     A.1 setlk 3 w 10 10
     A.2 flock 3 ex
     A exec
     B getlk 3 w 0 0 -> w 0 20 pid=A
     B flock 3 ex nb -> EAGAIN`,
  ),
  story(
    'exec by another than the main thread keeps the locks',
    'AB',
    `A setlk 3 w 0 10
     A flock 3 ex
     A.1 exec
     B getlk 3 w 0 0 -> w 0 10 pid=A
     B flock 3 ex nb -> EAGAIN
     A setlk 3 u 0 0
     B setlk 3 w 0 10`,
  ),
  story(
    'a thread forks: the child is another owner',
    'A',
    `A setlk 3 w 0 10
     A.1 fork B
     B getlk 3 w 0 0 -> w 0 10 pid=A
     B close 3
     A.1 exit`,
  ),
  story(
    'a signal to one waiting thread leaves the other waiting',
    'AB',
    `B setlk 3 w 0 10
     A handler USR1 norestart
     A.1 bg setlkw 3 w 0 10 -> blocked
     A.2 bg setlkw 3 w 0 10 -> blocked
     B signal A.1 USR1
     A.1 wait -> EINTR
     A.2 poll -> blocked
     B setlk 3 u 0 0
     A.2 wait`,
  ),
];
