import { story } from '../story.js';

/**
 * Where Linux is not first come, first served: a request that must wait queues behind what it conflicts
 * with, but one that conflicts with no held lock is granted past any waiter, and readers woken together pass
 * a writer that came between them. The leader may keep its own order here; these run against the kernel only.
 */
export const kernelQueueCases = [
  story(
    'a blocking shared flock passes a waiting exclusive one',
    'ABC',
    `A flock 3 sh
     B bg flock 3 ex -> blocked
     C flock 3 sh
     A flock 3 un
     B poll -> blocked
     C flock 3 un
     B wait`,
  ),
  story(
    'a blocking read lock passes a waiting write lock',
    'ABC',
    `A setlk 3 r 0 10
     B bg setlkw 3 w 0 10 -> blocked
     C setlkw 3 r 0 10
     A setlk 3 u 0 10
     B poll -> blocked
     C setlk 3 u 0 10
     B wait`,
  ),
  story(
    'a second reader passes the writer that came between the two',
    'ABCD',
    `A setlk 3 w 0 10
     B bg setlkw 3 r 0 10 -> blocked
     C bg setlkw 3 w 0 10 -> blocked
     D bg setlkw 3 r 0 10 -> blocked
     A setlk 3 u 0 10
     B wait
     D wait
     C poll -> blocked
     B setlk 3 u 0 10
     C poll -> blocked
     D setlk 3 u 0 10
     C wait`,
  ),
];
