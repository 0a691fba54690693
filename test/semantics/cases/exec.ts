import { story } from '../story.js';

/** execve(2): the process keeps its locks, save those of descriptors that close. */
export const execCases = [
  story(
    'exec keeps record locks',
    'AB',
    `A setlk 3 w 0 10
     A exec
     B getlk 3 w 0 0 -> w 0 10 pid=A
     A getlk 3 w 0 0 -> unlck
     A setlk 3 u 0 0
     B setlk 3 w 0 10`,
  ),
  story(
    'exec keeps OFD locks and flock',
    'AB',
    `A ofd_setlk 3 w 0 10
     A flock 3 ex
     A exec
     B ofd_setlk 3 w 0 10 -> EAGAIN
     B flock 3 sh nb -> EAGAIN
     A ofd_getlk 3 w 0 0 -> unlck
     A close 3
     B ofd_setlk 3 w 0 10
     B flock 3 sh nb`,
  ),
  story(
    'exec closes O_CLOEXEC descriptors and releases all kinds',
    'B',
    `A open f rw+cloexec -> fd=3
     A setlk 3 w 0 10
     A ofd_setlk 3 w 20 10
     A flock 3 ex
     A exec
     A setlk 3 w 0 10 -> EBADF
     B setlk 3 w 0 0
     B flock 3 ex nb`,
  ),
  story(
    'exec that closes another descriptor of the file drops record locks only',
    'AB',
    `A open f ro+cloexec -> fd=4
     A setlk 3 w 0 10
     A ofd_setlk 3 w 20 10
     A flock 3 ex
     A exec
     B setlk 3 w 0 10
     B setlk 3 w 20 10 -> EAGAIN
     B flock 3 ex nb -> EAGAIN`,
  ),
  story(
    'FD_CLOEXEC set and cleared by fcntl',
    'AB',
    `A open g rw+cloexec -> fd=4
     A setlk 3 w 0 10
     A flock 3 ex
     A setlk 4 w 0 10
     A cloexec 3 on
     A cloexec 4 off
     A exec
     B setlk 3 w 0 10
     B flock 3 ex nb
     B open g rw -> fd=4
     B setlk 4 w 0 10 -> EAGAIN`,
  ),
  story(
    'a duplicate without FD_CLOEXEC keeps description locks over exec',
    'B',
    `A open f rw+cloexec -> fd=3
     A dup 3 -> fd=4
     A setlk 3 w 0 10
     A flock 3 ex
     A ofd_setlk 3 w 20 10
     A exec
     B setlk 3 w 0 10
     B setlk 3 w 20 10 -> EAGAIN
     B flock 3 ex nb -> EAGAIN
     A close 4
     B setlk 3 w 20 10
     B flock 3 ex nb`,
  ),
  story(
    'a forked child keeps a close-on-exec flock of its parent alive',
    'C',
    `A open f rw+cloexec -> fd=3
     A flock 3 ex
     A fork B
     A exec
     C flock 3 sh nb -> EAGAIN
     B exec
     C flock 3 sh nb`,
  ),
  story(
    'exec ends the mapping that kept the description',
    'AB',
    `A write 3 100
     A flock 3 ex
     A mmap 3
     A close 3
     B flock 3 ex nb -> EAGAIN
     A exec
     B flock 3 ex nb`,
  ),
  story(
    'a close-on-exec duplicate by F_DUPFD_CLOEXEC and dup3 drops record locks at exec',
    'AB',
    `A fdupfd_cloexec 3 10 -> fd=10
     A dup3 3 11 cloexec -> fd=11
     A setlk 3 w 0 10
     A ofd_setlk 3 w 20 10
     A exec
     B setlk 3 w 0 10
     B setlk 3 w 20 10 -> EAGAIN`,
  ),
  story(
    'exec twice, then close',
    'AB',
    `A setlk 3 w 0 10
     A flock 3 ex
     A exec
     A setlk 3 w 10 10
     A exec
     B getlk 3 w 0 0 -> w 0 20 pid=A
     A close 3
     B setlk 3 w 0 0
     B flock 3 ex nb`,
  ),
  story(
    'a fork after exec is still another owner',
    'A',
    `A setlk 3 w 0 10
     A exec
     A fork B
     B setlk 3 w 0 10 -> EAGAIN
     B exec
     B getlk 3 w 0 0 -> w 0 10 pid=A
     B close 3
     B open f rw -> fd=3
     B getlk 3 w 0 0 -> w 0 10 pid=A`,
  ),
];
