import { story } from '../story.js';

/** A lock is on the inode: names, links and kinds of files. */
export const fileCases = [
  story(
    'rename moves the lock with the file',
    'AB',
    `A setlk 3 w 0 10
     A flock 3 ex
     A rename f g
     B setlk 3 w 0 10 -> EAGAIN
     B open g rw -> fd=4
     B setlk 4 w 0 10 -> EAGAIN
     B flock 4 sh nb -> EAGAIN
     B open f rw -> fd=5
     B setlk 5 w 0 10
     B flock 5 ex nb`,
  ),
  story(
    'rename over a locked file leaves both locks on their files',
    'A',
    `A setlk 3 w 0 10
     B open g rw -> fd=3
     B setlk 3 w 20 10
     A rename f g
     C open g rw -> fd=3
     C getlk 3 w 0 0 -> w 0 10 pid=A
     B fork D
     D getlk 3 w 0 0 -> w 20 10 pid=B`,
  ),
  story(
    'an unlinked file keeps its locks, a new one of that name has none',
    'AB',
    `A setlk 3 w 0 10
     A flock 3 ex
     A unlink f
     B setlk 3 w 0 10 -> EAGAIN
     B flock 3 ex nb -> EAGAIN
     B open f rw -> fd=4
     B setlk 4 w 0 10
     B flock 4 ex nb
     A close 3
     B setlk 3 w 0 10
     B flock 3 ex nb`,
  ),
  story(
    'closing a new file of the same name drops nothing of the old',
    'AB',
    `A setlk 3 w 0 10
     A unlink f
     A open f rw -> fd=4
     A setlk 4 w 0 10
     A close 4
     B setlk 3 w 0 10 -> EAGAIN
     B open f rw -> fd=4
     B setlk 4 w 0 10`,
  ),
  story(
    'an unlinked file reopened through /proc is the same file',
    'AB',
    `A unlink f
     A setlk 3 w 0 10
     B reopen 3 rw -> fd=4
     B setlk 4 w 0 10 -> EAGAIN
     A close 3
     B setlk 4 w 0 10`,
  ),
  story(
    'a file made, locked, closed and unlinked many times starts clean',
    'A',
    `A setlk 3 w 0 10
     A unlink f
     A close 3
     B open f rw -> fd=3
     B setlk 3 w 0 10
     B unlink f
     B close 3
     A open f rw -> fd=3
     A setlk 3 w 0 10
     A unlink f
     A exit
     B open f rw -> fd=3
     B getlk 3 w 0 0 -> unlck
     B flock 3 ex nb`,
  ),
  story(
    'hard links are one file',
    'AB',
    `A link f g
     B open g rw -> fd=4
     A setlk 3 w 0 10
     A flock 3 ex
     B getlk 4 w 0 0 -> w 0 10 pid=A
     B flock 4 sh nb -> EAGAIN
     A open g ro -> fd=4
     A close 4
     B setlk 4 w 0 10
     B flock 4 sh nb -> EAGAIN`,
  ),
  story(
    'a symbolic link leads to the file',
    'A',
    `A symlink f s
     B open s rw -> fd=3
     A setlk 3 w 0 10
     B setlk 3 w 0 10 -> EAGAIN
     A open s ro -> fd=4
     A close 4
     B setlk 3 w 0 10`,
  ),
  story(
    'a directory: flock and read locks, no write locks',
    '',
    `A opendir d -> fd=3
     B opendir d -> fd=3
     A flock 3 ex
     B flock 3 sh nb -> EAGAIN
     A setlk 3 w 0 10 -> EBADF
     A setlk 3 r 0 10
     B setlk 3 r 0 10
     B getlk 3 w 0 0 -> r 0 10 pid=A
     A ofd_setlk 3 r 0 10
     A close 3
     B flock 3 ex nb
     B getlk 3 w 0 0 -> unlck`,
  ),
  story(
    'locks of a directory do not touch the files in it',
    '',
    `A opendir d -> fd=3
     A open d/f rw -> fd=4
     A flock 3 ex
     B open d/f rw -> fd=3
     B flock 3 ex nb
     B setlk 3 w 0 0
     A setlk 4 w 0 0 -> EAGAIN`,
  ),
  story(
    'a directory renamed while locked',
    '',
    `A opendir d -> fd=3
     A flock 3 ex
     A rename d e
     B opendir e -> fd=3
     B flock 3 ex nb -> EAGAIN
     B opendir d -> fd=4
     B flock 4 ex nb`,
  ),
  story(
    'a memory file',
    '',
    `A memfd -> fd=3
     A fork B
     A setlk 3 w 0 10
     B setlk 3 w 0 10 -> EAGAIN
     B reopen 3 rw -> fd=4
     A flock 3 ex
     B flock 4 sh nb -> EAGAIN
     B flock 3 sh nb
     A close 3
     B setlk 4 w 0 10`,
  ),
  story(
    'a pipe',
    '',
    `A pipe -> fd=3,4
     A fork B
     A setlk 4 w 0 10
     A setlk 3 w 0 10 -> EBADF
     B setlk 4 w 0 10 -> EAGAIN
     B setlk 3 r 5 1 -> EAGAIN
     A flock 4 ex
     B flock 3 sh nb -> EAGAIN
     A exit
     B setlk 4 w 0 10`,
  ),
  story(
    'a FIFO',
    '',
    `A mkfifo p
     A open p rw -> fd=3
     B open p rw -> fd=3
     A setlk 3 w 0 10
     A flock 3 ex
     B getlk 3 w 0 0 -> w 0 10 pid=A
     B flock 3 sh nb -> EAGAIN
     A close 3
     B setlk 3 w 0 10
     B flock 3 sh nb`,
  ),
  story(
    'files in append mode lock like others',
    '',
    `A open f wo+append -> fd=3
     A write 3 10
     A setlk 3 w 0 0 cur
     B open f rw -> fd=3
     B getlk 3 w 0 0 -> w 10 0 pid=A
     A setlk 3 w -10 0 end
     B getlk 3 w 0 0 -> w 0 0 pid=A`,
  ),
];
