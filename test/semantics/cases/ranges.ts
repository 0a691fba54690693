import { story } from '../story.js';

const everyOther = Array.from({ length: 40 }, (_, index) => index * 20);

/** fcntl(2) ranges: l_whence, l_start, l_len, splitting, merging, the limits of off_t. */
export const rangeCases = [
  story(
    'a write lock is told to others and refuses them',
    'AB',
    `A setlk 3 w 0 10
     B getlk 3 w 0 10 -> w 0 10 pid=A
     B getlk 3 r 0 10 -> w 0 10 pid=A
     B setlk 3 w 0 10 -> EAGAIN
     B setlk 3 r 9 1 -> EAGAIN
     B setlk 3 w 10 1
     A getlk 3 w 0 10 -> unlck`,
  ),
  story(
    'read locks share and refuse writers',
    'AB',
    `A setlk 3 r 0 10
     B setlk 3 r 0 10
     B getlk 3 w 0 10 -> r 0 10 pid=A
     B getlk 3 r 0 10 -> unlck
     B setlk 3 w 0 10 -> EAGAIN`,
  ),
  story(
    'ranges that touch do not conflict',
    'AB',
    `A setlk 3 w 10 10
     B setlk 3 w 0 10
     B setlk 3 w 20 1
     B setlk 3 w 9 2 -> EAGAIN
     B setlk 3 w 19 1 -> EAGAIN`,
  ),
  story(
    'one byte',
    'AB',
    `A setlk 3 w 5 1
     B getlk 3 w 0 5 -> unlck
     B getlk 3 w 5 1 -> w 5 1 pid=A
     B getlk 3 w 6 0 -> unlck`,
  ),
  story(
    'l_len 0 reaches beyond the end of the file',
    'AB',
    `A write 3 100
     A setlk 3 w 50 0
     B getlk 3 w 0 0 -> w 50 0 pid=A
     B setlk 3 w 1000000 1 -> EAGAIN
     B setlk 3 w max 1 -> EAGAIN
     B setlk 3 w 0 50`,
  ),
  story(
    'an empty file can be locked anywhere',
    'AB',
    `A setlk 3 w 1000 5
     B getlk 3 w 0 0 -> w 1000 5 pid=A
     B setlk 3 w 0 1000
     A getlk 3 r 0 0 -> w 0 1000 pid=B`,
  ),
  story(
    'l_len 0 on an empty file locks what will come',
    'AB',
    `A setlk 3 w 0 0
     A write 3 100
     B setlk 3 r 99 1 -> EAGAIN
     B getlk 3 r 99 1 -> w 0 0 pid=A`,
  ),
  story(
    'negative l_len counts backwards from l_start',
    'AB',
    `A setlk 3 w 10 -5
     B getlk 3 w 0 0 -> w 5 5 pid=A
     B setlk 3 w 10 1
     B setlk 3 w 0 5
     B setlk 3 w 9 1 -> EAGAIN`,
  ),
  story(
    'negative l_len down to the first byte and not further',
    'AB',
    `A setlk 3 w 5 -6 -> EINVAL
     A setlk 3 w 0 -1 -> EINVAL
     A setlk 3 w 5 -5
     B getlk 3 w 0 0 -> w 0 5 pid=A`,
  ),
  story(
    'negative l_len unlocks and asks too',
    'AB',
    `A setlk 3 w 0 10
     A setlk 3 u 10 -5
     B getlk 3 w 10 -5 -> unlck
     B getlk 3 w 10 -6 -> w 0 5 pid=A`,
  ),
  story(
    'SEEK_CUR counts from the offset',
    'AB',
    `A seek 3 100
     A setlk 3 w 0 10 cur
     B getlk 3 w 0 0 -> w 100 10 pid=A
     A setlk 3 w -50 10 cur
     B getlk 3 w 0 100 -> w 50 10 pid=A
     A setlk 3 w -101 1 cur -> EINVAL`,
  ),
  story(
    'SEEK_CUR takes the offset of the asker',
    'AB',
    `A setlk 3 w 100 10
     B seek 3 105
     B getlk 3 w 0 1 cur -> w 100 10 pid=A
     B getlk 3 w 5 1 cur -> unlck
     B getlk 3 w -5 -1 cur -> unlck
     B setlk 3 w -5 1 cur -> EAGAIN`,
  ),
  story(
    'SEEK_CUR sees an offset moved through a duplicate',
    'AB',
    `A dup 3 -> fd=4
     A seek 4 30
     A setlk 3 w 0 5 cur
     B getlk 3 w 0 0 -> w 30 5 pid=A`,
  ),
  story(
    'SEEK_END counts from the size',
    'AB',
    `A write 3 100
     A setlk 3 w -10 10 end
     B getlk 3 w 0 0 -> w 90 10 pid=A
     A setlk 3 w 0 0 end
     B getlk 3 w 100 1 -> w 90 0 pid=A
     A setlk 3 w -101 1 end -> EINVAL`,
  ),
  story(
    'SEEK_END is resolved once: the range does not follow the size',
    'AB',
    `A truncate 3 100
     A setlk 3 w 0 10 end
     A truncate 3 0
     B getlk 3 w 0 0 -> w 100 10 pid=A
     B truncate 3 50
     B setlk 3 w 0 10 end
     A getlk 3 w 0 60 -> w 50 10 pid=B`,
  ),
  story(
    'SEEK_END with negative l_len',
    'AB',
    `A truncate 3 100
     A setlk 3 w 0 -10 end
     B getlk 3 w 0 0 -> w 90 10 pid=A`,
  ),
  story(
    'the last byte of all: 2^63-1',
    'AB',
    `A setlk 3 w max 1
     B getlk 3 w 0 0 -> w 9223372036854775807 0 pid=A
     B setlk 3 w 0 max
     A getlk 3 w 0 1 -> w 0 9223372036854775807 pid=B
     A getlk 3 w max-1 1 -> w 0 9223372036854775807 pid=B`,
  ),
  story(
    'a range that ends with the last byte is one to the end of the file',
    'AB',
    `A setlk 3 w 1 max
     B getlk 3 w 0 0 -> w 1 0 pid=A
     A setlk 3 u 100 0
     B getlk 3 w 0 0 -> w 1 99 pid=A`,
  ),
  story(
    'a range beyond the last byte overflows',
    'AB',
    `A setlk 3 w max 2 -> EOVERFLOW
     A setlk 3 w 2 max -> EOVERFLOW
     A setlk 3 u max max -> EOVERFLOW
     A getlk 3 w 2 max -> EOVERFLOW
     A seek 3 1
     A setlk 3 w max 0 cur -> EOVERFLOW
     A truncate 3 10
     A setlk 3 w max 0 end -> EOVERFLOW
     B getlk 3 w 0 0 -> unlck`,
  ),
  story(
    'the smallest numbers',
    'A',
    `A setlk 3 w min 0 -> EINVAL
     A setlk 3 w max min -> EINVAL
     A setlk 3 w 0 min -> EINVAL
     A setlk 3 w -1 1 -> EINVAL
     A setlk 3 w -1 0 -> EINVAL`,
  ),
  story(
    'offsets beyond 2^53 are exact',
    'AB',
    `A setlk 3 w 9007199254740993 1
     B setlk 3 w 9007199254740992 1
     B setlk 3 w 9007199254740994 1
     B setlk 3 w 9007199254740993 1 -> EAGAIN
     B getlk 3 w 9007199254740993 1 -> w 9007199254740993 1 pid=A`,
  ),
  story(
    'unlocking the middle splits',
    'AB',
    `A setlk 3 w 0 10
     A setlk 3 u 3 3
     B getlk 3 w 0 3 -> w 0 3 pid=A
     B getlk 3 w 3 3 -> unlck
     B getlk 3 w 6 0 -> w 6 4 pid=A`,
  ),
  story(
    'unlocking the head and the tail trims',
    'AB',
    `A setlk 3 w 10 10
     A setlk 3 u 0 12
     A setlk 3 u 18 100
     B getlk 3 w 0 0 -> w 12 6 pid=A`,
  ),
  story(
    'unlocking the tail of a lock to the end of the file',
    'AB',
    `A setlk 3 w 10 0
     A setlk 3 u 20 0
     B getlk 3 w 0 0 -> w 10 10 pid=A
     A setlk 3 w 30 0
     A setlk 3 u 40 10
     B getlk 3 w 25 15 -> w 30 10 pid=A
     B getlk 3 w 45 0 -> w 50 0 pid=A`,
  ),
  story(
    'unlocking what is not locked',
    'AB',
    `A setlk 3 u 0 10
     B setlk 3 w 0 10
     A setlk 3 u 0 0
     A setlk 3 w 5 1 -> EAGAIN`,
  ),
  story(
    'unlocking across several locks and gaps',
    'AB',
    `A setlk 3 w 0 10
     A setlk 3 r 20 10
     A setlk 3 w 40 10
     A setlk 3 u 5 40
     B getlk 3 w 0 40 -> w 0 5 pid=A
     B getlk 3 w 5 40 -> unlck
     B getlk 3 w 5 0 -> w 45 5 pid=A`,
  ),
  story(
    'adjacent locks of one type merge',
    'AB',
    `A setlk 3 w 0 5
     A setlk 3 w 5 5
     B getlk 3 w 0 0 -> w 0 10 pid=A
     A setlk 3 w 20 5
     A setlk 3 w 10 10
     B getlk 3 w 0 0 -> w 0 25 pid=A`,
  ),
  story(
    'overlapping locks of one type merge',
    'AB',
    `A setlk 3 r 0 10
     A setlk 3 r 5 10
     B getlk 3 w 0 0 -> r 0 15 pid=A
     A setlk 3 r 3 4
     B getlk 3 w 0 0 -> r 0 15 pid=A
     A setlk 3 r 0 0
     B getlk 3 w 100 1 -> r 0 0 pid=A`,
  ),
  story(
    'adjacent locks of different types stay apart',
    'AB',
    `A setlk 3 r 0 5
     A setlk 3 w 5 5
     B getlk 3 r 0 0 -> w 5 5 pid=A
     B getlk 3 w 0 5 -> r 0 5 pid=A`,
  ),
  story(
    'locks of different owners do not merge',
    'ABC',
    `A setlk 3 w 0 5
     B setlk 3 w 5 5
     C getlk 3 w 0 5 -> w 0 5 pid=A
     C getlk 3 w 5 5 -> w 5 5 pid=B
     A setlk 3 u 0 0
     C getlk 3 w 0 0 -> w 5 5 pid=B`,
  ),
  story(
    'many ranges, then one unlock for all',
    'AB',
    `${everyOther.map((start) => `A setlk 3 w ${start} 10`).join('\n')}
     ${everyOther.map((start) => `B getlk 3 w ${start + 9} 11 -> w ${start} 10 pid=A`).join('\n')}
     ${everyOther.map((start) => `B setlk 3 w ${start + 10} 10`).join('\n')}
     B setlk 3 w 0 0 -> EAGAIN
     A setlk 3 u 0 0
     B setlk 3 w 0 0
     A getlk 3 w 300 1 -> w 0 0 pid=B`,
  ),
  story(
    'one lock swallows many',
    'AB',
    `${everyOther.map((start) => `A setlk 3 w ${start} 10`).join('\n')}
     A setlk 3 r 5 400
     B getlk 3 w 20 300 -> r 5 400 pid=A
     B setlk 3 r 5 400
     B getlk 3 r 0 405 -> w 0 5 pid=A
     B getlk 3 w 405 10 -> w 405 5 pid=A`,
  ),
  story(
    'two files are two tables',
    'AB',
    `A open g rw -> fd=4
     B open g rw -> fd=4
     A setlk 3 w 0 0
     B setlk 4 w 0 0
     B setlk 3 r 0 1 -> EAGAIN
     A setlk 4 r 0 1 -> EAGAIN`,
  ),
  story(
    'lockf locks, tests and unlocks from the offset',
    'AB',
    `A seek 3 10
     A lockf 3 lock 10
     B getlk 3 w 0 0 -> w 10 10 pid=A
     B seek 3 15
     B lockf 3 test 1 -> EACCES
     B lockf 3 tlock 1 -> EAGAIN
     A lockf 3 test 1
     B seek 3 20
     B lockf 3 test 0
     A seek 3 15
     A lockf 3 ulock 0
     B getlk 3 w 0 0 -> w 10 5 pid=A`,
  ),
  story(
    'lockf with a negative size and with size 0',
    'AB',
    `A seek 3 100
     A lockf 3 lock -30
     B getlk 3 w 0 0 -> w 70 30 pid=A
     A lockf 3 tlock 0
     B getlk 3 w 0 0 -> w 70 0 pid=A
     A seek 3 0
     A lockf 3 ulock 0
     B lockf 3 tlock 0
     A bg lockf 3 lock 5 -> blocked
     B lockf 3 ulock 5
     A wait`,
  ),
];
