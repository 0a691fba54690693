import { story } from '../story.js';

/** Descriptors: closing, duplicating over, close_range; what each does to the three kinds of locks. */
export const descriptorCases = [
  story(
    'close drops the record locks of the file',
    'AB',
    `A setlk 3 w 0 10
     A setlk 3 r 20 10
     A close 3
     B setlk 3 w 0 0`,
  ),
  story(
    'closing any description of the file drops all record locks',
    'AB',
    `A open f ro -> fd=4
     A setlk 3 w 0 10
     A close 4
     B setlk 3 w 0 0`,
  ),
  story(
    'closing a duplicate drops all record locks',
    'AB',
    `A setlk 3 w 0 10
     A dup 3 -> fd=4
     A close 4
     B setlk 3 w 0 0
     A setlk 3 w 0 10 -> EAGAIN`,
  ),
  story(
    'closing an O_PATH descriptor drops nothing',
    'AB',
    `A setlk 3 w 0 10
     A open f opath -> fd=4
     A close 4
     B setlk 3 w 0 10 -> EAGAIN`,
  ),
  story(
    'closing a descriptor of another file drops nothing',
    'AB',
    `A open g rw -> fd=4
     A setlk 3 w 0 10
     A setlk 4 w 0 10
     A close 4
     B setlk 3 w 0 10 -> EAGAIN
     B open g rw -> fd=4
     B setlk 4 w 0 10`,
  ),
  story(
    'closing in a process without locks drops nothing of others',
    'ABC',
    `A setlk 3 w 0 10
     B close 3
     C getlk 3 w 0 0 -> w 0 10 pid=A`,
  ),
  story(
    'a file can be locked again after close',
    'AB',
    `A setlk 3 w 0 10
     A close 3
     A open f rw -> fd=3
     A setlk 3 w 0 10
     B getlk 3 w 0 0 -> w 0 10 pid=A`,
  ),
  story(
    'opening and truncating do not touch locks',
    'AB',
    `A write 3 100
     A setlk 3 w 0 10
     A flock 3 ex
     B open f rw+trunc -> fd=4
     B truncate 4 5
     B setlk 3 w 0 10 -> EAGAIN
     B flock 4 sh nb -> EAGAIN`,
  ),
  story(
    'dup2 over a locked descriptor closes it',
    'AB',
    `A open g rw -> fd=4
     A setlk 3 w 0 10
     A flock 3 ex
     A ofd_setlk 3 w 20 10
     A dup2 4 3 -> fd=3
     B setlk 3 w 0 0
     B flock 3 ex nb`,
  ),
  story(
    'dup2 of a descriptor onto itself closes nothing',
    'AB',
    `A setlk 3 w 0 10
     A flock 3 ex
     A dup2 3 3 -> fd=3
     B setlk 3 w 0 10 -> EAGAIN
     B flock 3 ex nb -> EAGAIN`,
  ),
  story(
    'dup2 onto a duplicate of the same description closes that',
    'AB',
    `A dup 3 -> fd=4
     A setlk 3 w 0 10
     A flock 3 ex
     A ofd_setlk 3 w 20 10
     A dup2 3 4 -> fd=4
     B setlk 3 w 0 10
     B setlk 3 w 20 10 -> EAGAIN
     B flock 3 ex nb -> EAGAIN`,
  ),
  story(
    'dup2 onto another description of the same file drops record locks',
    'AB',
    `A open f rw -> fd=4
     A setlk 3 w 0 10
     A flock 4 ex
     A dup2 3 4 -> fd=4
     B setlk 3 w 0 10
     B flock 3 ex nb`,
  ),
  story(
    'a failed dup2 closes nothing',
    'AB',
    `A setlk 3 w 0 10
     A flock 3 ex
     A dup2 99 3 -> EBADF
     A dup2 3 -1 -> EBADF
     A dup3 3 3 -> EINVAL
     A dup3 99 3 -> EBADF
     B setlk 3 w 0 10 -> EAGAIN
     B flock 3 ex nb -> EAGAIN`,
  ),
  story(
    'dup2 onto a free number closes nothing',
    'AB',
    `A setlk 3 w 0 10
     A dup2 3 7 -> fd=7
     B setlk 3 w 0 10 -> EAGAIN
     A close 7
     B setlk 3 w 0 10`,
  ),
  story(
    'dup3 over a locked descriptor closes it',
    'AB',
    `A open g rw -> fd=4
     A setlk 3 w 0 10
     A ofd_setlk 3 w 20 10
     A dup3 4 3 cloexec -> fd=3
     B setlk 3 w 0 0`,
  ),
  story(
    'the copy that dup2 makes keeps description locks',
    'AB',
    `A flock 3 ex
     A ofd_setlk 3 w 0 10
     A dup2 3 9 -> fd=9
     A close 3
     B flock 3 ex nb -> EAGAIN
     B ofd_setlk 3 w 0 10 -> EAGAIN
     A close 9
     B flock 3 ex nb
     B ofd_setlk 3 w 0 10`,
  ),
  story(
    'F_DUPFD copies keep description locks',
    'AB',
    `A flock 3 ex
     A fdupfd 3 20 -> fd=20
     A fdupfd_cloexec 3 30 -> fd=30
     A close 3
     A close 20
     B flock 3 sh nb -> EAGAIN
     A close 30
     B flock 3 sh nb`,
  ),
  story(
    'close_range closes and releases',
    'AB',
    `A open g rw -> fd=4
     A setlk 3 w 0 10
     A flock 3 ex
     A ofd_setlk 4 w 0 10
     A close_range 3 10
     B setlk 3 w 0 0
     B flock 3 ex nb
     B open g rw -> fd=4
     B ofd_setlk 4 w 0 0`,
  ),
  story(
    'close_range beside the locked descriptor releases nothing',
    'AB',
    `A open g rw -> fd=4
     A open g rw -> fd=5
     A setlk 3 w 0 10
     A flock 3 ex
     A close_range 4 100
     B setlk 3 w 0 10 -> EAGAIN
     B flock 3 ex nb -> EAGAIN
     A setlk 5 w 0 1 -> EBADF`,
  ),
  story(
    'close_range of another description of the file drops record locks only',
    'AB',
    `A open f rw -> fd=4
     A setlk 3 w 0 10
     A flock 3 ex
     A ofd_setlk 3 w 20 10
     A close_range 4 4
     B setlk 3 w 0 10
     B setlk 3 w 20 10 -> EAGAIN
     B flock 3 ex nb -> EAGAIN`,
  ),
  story(
    'close_range of nothing and of nonsense',
    'AB',
    `A setlk 3 w 0 10
     A close_range 50 60
     A close_range 5 3 -> EINVAL
     B setlk 3 w 0 10 -> EAGAIN`,
  ),
  story(
    'CLOSE_RANGE_CLOEXEC closes nothing until exec',
    'AB',
    `A setlk 3 w 0 10
     A flock 3 ex
     A close_range_cloexec 3 10
     B setlk 3 w 0 10 -> EAGAIN
     B flock 3 ex nb -> EAGAIN
     A exec
     B setlk 3 w 0 10
     B flock 3 ex nb`,
  ),
  story(
    'a mapping keeps description locks, not record locks',
    'AB',
    `A write 3 100
     A setlk 3 w 0 10
     A flock 3 ex
     A ofd_setlk 3 w 20 10
     A mmap 3
     A close 3
     B setlk 3 w 0 10
     B setlk 3 w 20 10 -> EAGAIN
     B flock 3 ex nb -> EAGAIN
     A munmap
     B setlk 3 w 20 10
     B flock 3 ex nb`,
  ),
  story(
    'the mapping of a process that is gone keeps nothing',
    'AB',
    `A write 3 100
     A flock 3 ex
     A mmap 3
     A close 3
     B flock 3 ex nb -> EAGAIN
     A exit
     B flock 3 ex nb`,
  ),
  story(
    'reopening through /proc and closing drops record locks',
    'AB',
    `A setlk 3 w 0 10
     A reopen 3 rw -> fd=4
     B setlk 3 w 0 10 -> EAGAIN
     A setlk 4 w 5 10
     A close 4
     B setlk 3 w 0 0`,
  ),
];
