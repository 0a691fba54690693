import { story } from '../story.js';

/** fork, exit, kill, vfork and posix_spawn. */
export const processCases = [
  story(
    'fork does not inherit record locks',
    'AC',
    `A setlk 3 w 0 10
     A fork B
     B getlk 3 w 0 0 -> w 0 10 pid=A
     B setlk 3 w 0 10 -> EAGAIN
     B setlk 3 u 0 0
     C getlk 3 w 0 0 -> w 0 10 pid=A
     A setlk 3 u 0 0
     B setlk 3 w 0 10
     A getlk 3 w 0 0 -> w 0 10 pid=B`,
  ),
  story(
    'a child that closes drops nothing of its parent',
    'AC',
    `A setlk 3 w 0 10
     A fork B
     B close 3
     C setlk 3 w 0 10 -> EAGAIN
     B open f rw -> fd=3
     B close 3
     C setlk 3 w 0 10 -> EAGAIN
     B exit
     C setlk 3 w 0 10 -> EAGAIN
     A close 3
     C setlk 3 w 0 10`,
  ),
  story(
    'fork shares flock',
    'AC',
    `A flock 3 ex
     A fork B
     B flock 3 ex nb
     A close 3
     C flock 3 ex nb -> EAGAIN
     B close 3
     C flock 3 ex nb`,
  ),
  story(
    'a child can unlock and convert the flock of its parent',
    'AC',
    `A flock 3 ex
     A fork B
     B flock 3 sh
     C flock 3 sh nb
     C flock 3 un
     B flock 3 un
     C flock 3 ex nb
     A flock 3 sh nb -> EAGAIN`,
  ),
  story(
    'fork shares OFD locks',
    'AC',
    `A ofd_setlk 3 w 0 10
     A fork B
     B ofd_setlk 3 w 10 10
     C getlk 3 w 0 0 -> w 0 20 pid=-1
     A exit
     C getlk 3 w 0 0 -> w 0 20 pid=-1
     B ofd_setlk 3 u 0 5
     C getlk 3 w 0 0 -> w 5 15 pid=-1
     B exit
     C getlk 3 w 0 0 -> unlck`,
  ),
  story(
    'a grandchild keeps the flock alive',
    'AD',
    `A flock 3 ex
     A fork B
     B fork C
     A exit
     B exit
     D flock 3 sh nb -> EAGAIN
     C exit
     D flock 3 sh nb`,
  ),
  story(
    'descriptors opened after fork are not shared',
    '',
    `A fork B
     A open f rw -> fd=3
     A flock 3 ex
     B open f rw -> fd=3
     B flock 3 ex nb -> EAGAIN
     A exit
     B flock 3 ex nb`,
  ),
  story(
    'exit releases all kinds',
    'AB',
    `A setlk 3 w 0 10
     A ofd_setlk 3 w 20 10
     A flock 3 ex
     A exit
     B setlk 3 w 0 0
     B flock 3 ex nb`,
  ),
  story(
    'kill -9 releases all kinds',
    'AB',
    `A setlk 3 w 0 10
     A ofd_setlk 3 w 20 10
     A flock 3 ex
     B kill9 A
     B setlk 3 w 0 0
     B flock 3 ex nb`,
  ),
  story(
    'kill -9 of the parent leaves what the child shares',
    'AC',
    `A setlk 3 w 0 10
     A ofd_setlk 3 w 20 10
     A flock 3 ex
     A fork B
     C kill9 A
     C setlk 3 w 0 10
     C setlk 3 w 20 10 -> EAGAIN
     C flock 3 sh nb -> EAGAIN
     C kill9 B
     C setlk 3 w 20 10
     C flock 3 sh nb`,
  ),
  story(
    'kill -9 of the child leaves the locks of the parent',
    'AC',
    `A setlk 3 w 0 10
     A flock 3 ex
     A fork B
     A kill9 B
     C setlk 3 w 0 10 -> EAGAIN
     C flock 3 ex nb -> EAGAIN`,
  ),
  story(
    'SIGTERM releases',
    'AB',
    `A setlk 3 w 0 10
     A flock 3 ex
     B signal A TERM
     B setlk 3 w 0 10
     B flock 3 ex nb`,
  ),
  story(
    'a stopped process keeps its locks',
    'AB',
    `A setlk 3 w 0 10
     A flock 3 ex
     B signal A STOP
     B setlk 3 w 0 10 -> EAGAIN
     B flock 3 ex nb -> EAGAIN
     B signal A CONT
     A setlk 3 u 0 0
     B setlk 3 w 0 10`,
  ),
  story(
    'a new process is a new owner',
    'AC',
    `A fork B
     B setlk 3 w 0 10
     B exit
     A fork D
     D getlk 3 w 0 0 -> unlck
     D setlk 3 w 0 10
     C getlk 3 w 0 0 -> w 0 10 pid=D`,
  ),
  story(
    'a vfork child that closes has its own descriptors',
    'AB',
    `A setlk 3 w 0 10
     A flock 3 ex
     A vfork_close 3
     B setlk 3 w 0 10 -> EAGAIN
     B flock 3 ex nb -> EAGAIN
     A close 3
     B setlk 3 w 0 10
     B flock 3 ex nb`,
  ),
  story(
    'vfork and exec of another program',
    'AB',
    `A setlk 3 w 0 10
     A flock 3 ex
     A vfork_exec
     A cloexec 3 on
     A vfork_exec
     B getlk 3 w 0 0 -> w 0 10 pid=A
     B flock 3 ex nb -> EAGAIN`,
  ),
  story(
    'posix_spawn of another program',
    'AB',
    `A setlk 3 w 0 10
     A ofd_setlk 3 w 20 10
     A flock 3 ex
     A posix_spawn
     A cloexec 3 on
     A posix_spawn
     B getlk 3 w 0 15 -> w 0 10 pid=A
     B getlk 3 w 15 0 -> w 20 10 pid=-1
     B flock 3 ex nb -> EAGAIN`,
  ),
];
