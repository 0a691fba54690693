/** Requests that only look, as a stranger sends them: each is answered with an errno and a text; the leader lives on. */
import { spawnSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { inspect } from 'node:util';
import { expect } from 'chai';
import { pack } from 'msgpackr';
import { errnoName } from '../../src/shared/errno.js';
import { FrameKind, messages } from '../../src/shared/messages.js';
import { LeaderProcess, type Locker } from '../protocol/leader-process.js';

const vanished = (): number => spawnSync('true').pid;

/** Fields in declared order, and what is answered: an errno and its text, or how many bytes or rows come back. */
interface Case {
  readonly name: string;
  readonly message: keyof typeof messages;
  readonly fields: readonly unknown[] | (() => readonly unknown[]);
  readonly answer: RegExp;
}

const own = process.pid;
const scopes = [1, 2, 3];
const noPids = [-2, 2 ** 31, 2 ** 40, 1.5, Number.NaN, Infinity, '1', null, true, [1], { pid: 1 }];
const processes = (fields: {
  scope?: unknown;
  pid?: unknown;
  groups?: unknown;
  cursor?: unknown;
  limit?: unknown;
}) => {
  const { scope = 0, pid = -1, groups = 0, cursor = 0, limit = 10 } = fields;
  return { message: 'processesList' as const, fields: [scope, pid, groups, cursor, limit] };
};
const descriptors = (fields: { pid?: unknown; start?: unknown; details?: unknown; limit?: unknown }) => {
  const { pid = own, start = 0, details = true, limit = 10 } = fields;
  return { message: 'descriptorsList' as const, fields: [pid, start, details, limit] };
};

const cases: readonly Case[] = [
  ...[0x40, 0x8000_0000, 0xffff_ffff].map((groups) => ({
    name: `groups 0x${groups.toString(16)}`,
    ...processes({ groups }),
    answer: /^EINVAL: unknown groups 0x[0-9a-f]+; known are 0x3f$/,
  })),
  ...[-1, 2 ** 32, 1.5, 'base', null].map((groups) => ({
    name: `groups ${groups}`,
    ...processes({ groups }),
    answer: /^EINVAL: wanted u32$/,
  })),
  ...noPids.flatMap((pid) => [
    { name: `a process ${inspect(pid)}`, ...processes({ scope: 1, pid }), answer: /^EINVAL: wanted a pid$/ },
    { name: `descriptors of ${inspect(pid)}`, ...descriptors({ pid }), answer: /^EINVAL: wanted a pid$/ },
  ]),
  ...[-1, 0, 1, process.ppid, 2 ** 31 - 1].flatMap((pid) => [
    ...scopes.map((scope) => ({
      name: `process ${pid === process.ppid ? 'of others' : pid}, scope ${scope}`,
      ...processes({ scope, pid }),
      answer: new RegExp(`^ESRCH: no process ${pid}$`),
    })),
    {
      name: `descriptors of ${pid === process.ppid ? 'others' : pid}`,
      ...descriptors({ pid }),
      answer: new RegExp(`^ESRCH: no process ${pid}$`),
    },
  ]),
  {
    name: 'a process that has ended',
    message: 'processesList',
    fields: () => [1, vanished(), 0, 0, 10],
    answer: /^ESRCH: no process \d+$/,
  },
  {
    name: 'descriptors of one that has ended',
    message: 'descriptorsList',
    fields: () => [vanished(), 0, true, 10],
    answer: /^ESRCH: no process \d+$/,
  },
  { name: 'an unknown scope', ...processes({ scope: 4 }), answer: /^EINVAL: wanted one of 0 all, 1 one, / },
  {
    name: 'a cursor of nobody',
    ...processes({ cursor: 7 }),
    answer: /^EINVAL: cursor 7 is not the next one$/,
  },
  { name: 'a cursor beyond all', ...processes({ cursor: 2 ** 32 }), answer: /^EINVAL: wanted cursor$/ },
  ...[65_537, 2 ** 40, -1].flatMap((limit) => [
    { name: `${limit} processes`, ...processes({ limit }), answer: /^EINVAL: wanted 0\.\.65536$/ },
    { name: `${limit} descriptors`, ...descriptors({ limit }), answer: /^EINVAL: wanted 0\.\.65536$/ },
  ]),
  { name: 'the most processes', ...processes({ limit: 65_536 }), answer: /^answered$/ },
  { name: 'the last start', ...descriptors({ start: 2 ** 32 - 1 }), answer: /^answered nothing$/ },
  { name: 'a start beyond', ...descriptors({ start: 2 ** 32 }), answer: /^EINVAL: wanted descriptor$/ },
  { name: 'a negative start', ...descriptors({ start: -1 }), answer: /^EINVAL: wanted descriptor$/ },
  { name: 'details that are no bool', ...descriptors({ details: 1 }), answer: /^EINVAL: wanted a bool$/ },
  {
    name: 'a field too few',
    message: 'processesList',
    fields: [0, -1, 0, 0],
    answer: /^EINVAL: 4 fields, not 5$/,
  },
  { name: 'a field too many', message: 'statistics', fields: [1], answer: /^EINVAL: 1 fields, not 0$/ },
  {
    name: 'too many locks',
    message: 'locksList',
    fields: [0, 501, '', false],
    answer: /^EINVAL: wanted 0\.\.500$/,
  },
  {
    name: 'a cursor of locks',
    message: 'locksList',
    fields: [3, 1, '', false],
    answer: /^EINVAL: cursor 3 is not/,
  },
  {
    name: 'locks of a file with a long name',
    message: 'locksList',
    fields: [0, 1, 'x'.repeat(65), false],
    answer: /^EINVAL: wanted text ≤ 64$/,
  },
  {
    name: 'locks of what is no file',
    message: 'locksList',
    fields: [0, 500, '../etc/passwd', false],
    answer: /^answered nothing$/,
  },
  {
    name: 'an unknown order',
    message: 'contentionList',
    fields: [5, 1],
    answer: /^EINVAL: wanted one of 0 waited/,
  },
  {
    name: 'too many files',
    message: 'contentionList',
    fields: [0, 501],
    answer: /^EINVAL: wanted 0\.\.500$/,
  },
  { name: 'too many waits', message: 'waitGraph', fields: [0, 501], answer: /^EINVAL: wanted 0\.\.500$/ },
  {
    name: 'waits from the end of time',
    message: 'waitGraph',
    fields: [Number.MAX_SAFE_INTEGER, 500],
    answer: /^answered nothing$/,
  },
  { name: 'waits beyond', message: 'waitGraph', fields: [2 ** 53, 1], answer: /^EINVAL: wanted cursor$/ },
  {
    name: 'sessions beyond all',
    message: 'sessionsList',
    fields: [2 ** 32 - 1, 500],
    answer: /^answered nothing$/,
  },
];

describe('requests that only look, of all manners', () => {
  const leader = new LeaderProcess();
  let client: Locker;

  before(async () => {
    await leader.start('--log-level', 'error');
    client = leader.connect('stranger');
  });

  after(async () => {
    client.close();
    expect(await leader.stop()).to.equal(0);
    expect(leader.log.trim().split('\n')).to.have.length(1);
  });

  /** Sends the fields as they are. */
  function ask(message: keyof typeof messages, fields: readonly unknown[]): string {
    const payload = pack([messages[message].id, 77, ...fields]);
    const bytes = Buffer.alloc(4 + payload.length);
    bytes.writeUInt32LE(payload.length);
    bytes.set(payload, 4);
    writeSync(client.fd, bytes);
    const [kind, id, errno, first] = client.receive() as [number, number, number, unknown];
    expect([kind, id]).to.deep.equal([FrameKind.done, 77]);
    if (errno !== 0) return String(first).startsWith(errnoName(errno)) ? String(first) : `${errno} ${first}`;
    return (first as { length: number }).length === 0 ? 'answered nothing' : 'answered';
  }

  for (const { name, message, fields, answer } of cases) {
    it(`${message}: ${name}`, () => {
      expect(ask(message, typeof fields === 'function' ? fields() : fields)).to.match(answer);
      expect(client.call('status', {}).pid).to.equal(leader.pid);
    });
  }

  it('cursors are good on their own connection, once', () => {
    const other = leader.connect('other');
    for (const start of [0, 10, 20]) expect(client.tryLock({ start, end: start + 1 })).to.equal('granted');
    const page = { limit: 1, file: '', waiting: false };
    const { next } = client.call('locksList', { cursor: 0, ...page });
    expect(next).to.equal(1);
    expect(() => other.call('locksList', { cursor: 1, ...page })).to.throw(
      'EINVAL: cursor 1 is not the next one',
    );
    expect(client.call('locksList', { cursor: 1, ...page }).rows[0]!.start).to.equal(10);
    expect(() => client.call('locksList', { cursor: 1, ...page })).to.throw(
      'EINVAL: cursor 1 is not the next one',
    );
    other.call('locksList', { cursor: 0, ...page });
    expect(other.call('locksList', { cursor: 1, ...page }).rows).to.have.length(1);
    const few = { scope: 3, pid: process.pid, groups: 0, limit: 1 } as const;
    expect(client.call('processesList', { ...few, cursor: 0 }).next).to.equal(1);
    expect(() => other.call('processesList', { ...few, cursor: 1 })).to.throw('EINVAL: cursor 1 is not');
    expect(client.call('processesList', { ...few, cursor: 1 }).records.length).to.be.greaterThan(0);
    other.close();
    client.unlock();
  });
});
