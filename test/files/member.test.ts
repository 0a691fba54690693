import { cases } from './cases.js';
import { describeMount, guestPath } from './mount-table.js';
import { append, behindSocket, bind, embedded, tmpfs } from './settings.js';

const shared = guestPath('shared', 'memory');
const data = guestPath('data', 'disk');
const logs = guestPath('logs', 'disk');

describeMount({
  title: 'files: a tmpfs mount',
  cases,
  kind: 'memory',
  start: () => embedded(tmpfs, shared, 'memory'),
});

describeMount({
  title: 'files: a host mount',
  cases,
  kind: 'disk',
  start: () => embedded(bind, data, 'disk'),
});

describeMount({
  title: 'files: an append mount',
  cases,
  kind: 'disk',
  append: true,
  start: () => embedded(append, logs, 'disk'),
});

describeMount({
  title: 'files: a tmpfs mount, two members of a leader',
  cases,
  kind: 'memory',
  start: () => behindSocket(tmpfs, shared, 'memory'),
});

describeMount({
  title: 'files: an append mount, two members of a leader',
  cases,
  kind: 'disk',
  append: true,
  start: () => behindSocket(append, logs, 'disk'),
});
