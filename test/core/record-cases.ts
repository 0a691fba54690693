/** Cases of fcntl(2) record and OFD locks: ranges, conflicts, queries. Notation: table.ts. */
import type { Case } from './table.js';

const top = '9223372036854775807';
const belowTop = '9223372036854775806';
const beyondDouble = '9007199254740993';

export const recordCases: readonly Case[] = [
  // Splitting and merging.
  { name: 'a lock is held', call: 'A try w0-9', after: 'A:w0-9' },
  { name: 'unlocking the middle splits', before: 'A:w0-9', call: 'A unlock 3-5', after: 'A:w0-2 A:w6-9' },
  { name: 'unlocking the beginning shrinks', before: 'A:w0-9', call: 'A unlock 0-5', after: 'A:w6-9' },
  { name: 'unlocking the end shrinks', before: 'A:w0-9', call: 'A unlock 5-20', after: 'A:w0-4' },
  { name: 'unlocking more than was held', before: 'A:w5-9', call: 'A unlock 0-20', after: '' },
  { name: 'unlocking nothing is no error', before: 'A:w5-9', call: 'A unlock 10-20', after: 'A:w5-9' },
  { name: 'unlocking what others hold does nothing', before: 'A:w0-9', call: 'B unlock 0-', after: 'A:w0-9' },
  {
    name: 'unlocking across several locks',
    before: 'A:w0-9 A:r10-19 A:w20-29',
    call: 'A unlock 5-24',
    after: 'A:w0-4 A:w25-29',
  },
  { name: 'touching locks of one type merge', before: 'A:w0-4', call: 'A try w5-9', after: 'A:w0-9' },
  { name: 'touching from below merges', before: 'A:w5-9', call: 'A try w0-4', after: 'A:w0-9' },
  { name: 'overlapping locks of one type merge', before: 'A:r0-6', call: 'A try r3-9', after: 'A:r0-9' },
  { name: 'filling a gap merges three', before: 'A:w0-3 A:w7-9', call: 'A try w4-6', after: 'A:w0-9' },
  { name: 'covering several merges all', before: 'A:w2-3 A:r5-6 A:w8-9', call: 'A try w0-', after: 'A:w0-' },
  {
    name: 'locking inside an own lock changes nothing',
    before: 'A:w0-9',
    call: 'A try w3-5',
    after: 'A:w0-9',
  },
  { name: 'locking the same twice is one lock', before: 'A:r0-9', call: 'A try r0-9', after: 'A:r0-9' },
  { name: 'a gap of one byte keeps two locks', before: 'A:w0-4', call: 'A try w6-9', after: 'A:w0-4 A:w6-9' },
  {
    name: 'touching locks of two types stay two',
    before: 'A:w0-4',
    call: 'A try r5-9',
    after: 'A:w0-4 A:r5-9',
  },
  {
    name: 'a conversion in the middle makes three',
    before: 'A:w0-9',
    call: 'A try r3-5',
    after: 'A:w0-2 A:r3-5 A:w6-9',
  },
  { name: 'a conversion at the beginning', before: 'A:w0-9', call: 'A try r0-5', after: 'A:r0-5 A:w6-9' },
  { name: 'a conversion at the end', before: 'A:r0-9', call: 'A try w5-9', after: 'A:r0-4 A:w5-9' },
  {
    name: 'converting the middle back merges again',
    before: 'A:w0-2 A:r3-5 A:w6-9',
    call: 'A try w3-5',
    after: 'A:w0-9',
  },
  {
    name: 'a conversion merges with one side and cuts the other',
    before: 'A:r0-4 A:w5-9',
    call: 'A try r3-6',
    after: 'A:r0-6 A:w7-9',
  },
  // Conflicts.
  { name: 'write against write', before: 'A:w0-9', call: 'B try w5-14 -> EAGAIN', after: 'A:w0-9' },
  { name: 'read against write', before: 'A:w0-9', call: 'B try r9-9 -> EAGAIN', after: 'A:w0-9' },
  { name: 'write against read', before: 'A:r0-9', call: 'B try w0-0 -> EAGAIN', after: 'A:r0-9' },
  { name: 'read with read', before: 'A:r0-9', call: 'B try r5-14', after: 'A:r0-9 B:r5-14' },
  {
    name: 'neighbours of two owners do not merge',
    before: 'A:w0-9',
    call: 'B try w10-19',
    after: 'A:w0-9 B:w10-19',
  },
  {
    name: 'an upgrade that fails keeps the old lock',
    before: 'A:r0-9 B:r0-9',
    call: 'A try w0-9 -> EAGAIN',
    after: 'A:r0-9 B:r0-9',
  },
  {
    name: 'an upgrade beside a reader',
    before: 'A:r0-9 B:r5-9',
    call: 'A try w0-4',
    after: 'A:w0-4 A:r5-9 B:r5-9',
  },
  { name: 'other files do not matter', before: 'A:w0-9', call: 'B try w0-9@2', after: 'A:w0-9 B:w0-9@2' },
  { name: 'record against OFD', before: 'A:w0-9', call: 'B.x try r0-9 -> EAGAIN', after: 'A:w0-9' },
  {
    name: 'OFD against record of the same process',
    before: 'A:w0-9',
    call: 'A.x try w0-9 -> EAGAIN',
    after: 'A:w0-9',
  },
  {
    name: 'record against OFD of the same process',
    before: 'A.x:w0-9',
    call: 'A try w0-9 -> EAGAIN',
    after: 'A.x:w0-9',
  },
  {
    name: 'two descriptions of one process',
    before: 'A.x:w0-9',
    call: 'A.y try r0-9 -> EAGAIN',
    after: 'A.x:w0-9',
  },
  {
    name: 'two processes with one description',
    before: 'A.x:w0-9',
    call: 'B.x try r0-4',
    after: 'B.x:r0-4 A.x:w5-9',
  },
  {
    name: 'a record read lock beside an OFD one',
    before: 'A:r0-9',
    call: 'B.x try r0-9',
    after: 'A:r0-9 B.x:r0-9',
  },
  // Offsets at the far end.
  { name: 'to the end of the file', call: 'A try w100-', after: 'A:w100-' },
  { name: 'the last byte is the end of the file', call: `A try w0-${top}`, after: 'A:w0-' },
  { name: 'the last but one is not', call: `A try w0-${belowTop}`, after: `A:w0-${belowTop}` },
  {
    name: 'unlocking before the far end',
    before: 'A:w0-',
    call: `A unlock 0-${beyondDouble}`,
    after: 'A:w9007199254740994-',
  },
  {
    name: 'neighbours beyond 2^53 are told apart',
    before: `A:w${beyondDouble}-${beyondDouble}`,
    call: ['B try w9007199254740992-9007199254740992', `B try w${beyondDouble}-${beyondDouble} -> EAGAIN`],
    after: `B:w9007199254740992-9007199254740992 A:w${beyondDouble}-${beyondDouble}`,
  },
  {
    name: 'neighbours on both sides of 2^53 merge',
    before: 'A:w9007199254740980-9007199254740991',
    call: 'A try w9007199254740992-9007199254740999',
    after: 'A:w9007199254740980-9007199254740999',
  },
  {
    name: 'splitting near 2^63',
    before: 'A:w9223372036854775000-',
    call: 'A unlock 9223372036854775100-9223372036854775199',
    after: 'A:w9223372036854775000-9223372036854775099 A:w9223372036854775200-',
  },
  // Queries.
  { name: 'a query names the holder', before: 'A:w5-9', call: 'B query r0- -> 65:w5-9', after: 'A:w5-9' },
  { name: 'a query of what is free', before: 'A:r5-9', call: 'B query r0- -> free', after: 'A:r5-9' },
  {
    name: 'own locks do not conflict in a query',
    before: 'A:w5-9',
    call: 'A query w0- -> free',
    after: 'A:w5-9',
  },
  { name: 'OFD locks have pid -1', before: 'A.x:w5-9', call: 'B query r0- -> -1:w5-9', after: 'A.x:w5-9' },
  {
    name: 'the lowest start is told',
    before: 'A:w20-29 B:r5-9',
    call: 'C query w0- -> 66:r5-9',
    after: 'B:r5-9 A:w20-29',
  },
  {
    name: 'a lock that began before the range',
    before: 'A:w0-29 B:r30-39',
    call: 'C query w25- -> 65:w0-29',
    after: 'A:w0-29 B:r30-39',
  },
  {
    name: 'of two, the one granted first',
    before: 'B:r5-9 A:r5-19',
    call: 'C query w0- -> 66:r5-9',
    after: 'B:r5-9 A:r5-19',
  },
  {
    name: 'a query does not see waiters',
    before: 'A:r0-9 ?B:w0-9',
    call: 'C query r0-9 -> free',
    after: 'A:r0-9 ?B:w0-9',
  },
  {
    name: 'asking for the own lock',
    before: 'A.x:w5-9 B.y:r20-29',
    call: 'A.x own 6- -> w5-9',
    after: 'A.x:w5-9 B.y:r20-29',
  },
  {
    name: 'the own lock lies before the range',
    before: 'A.x:w5-9',
    call: 'A.x own 10- -> free',
    after: 'A.x:w5-9',
  },
  // Releases.
  {
    name: 'close releases record locks of that file only',
    before: 'A:w0-9 A:r20-29 A:w0-9@2 A.x:w40-49',
    call: ['A close', 'A holds -> false', 'A holds @2 -> true'],
    after: 'A.x:w40-49 A:w0-9@2',
  },
  {
    name: 'close of a description keeps its flock',
    before: 'A.x:w0-9 A=x:w',
    call: 'A.x close',
    after: 'A=x:w',
  },
  { name: 'exit releases everywhere', before: 'A:w0-9 A:w0-9@2 B:w20-29', call: 'A exit', after: 'B:w20-29' },
];
