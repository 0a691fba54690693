/** Bad input is answered clearly or ends its own connection, with a logged reason; nobody else notices. */
import { closeSync, openSync, readdirSync } from 'node:fs';
import { expect } from 'chai';
import { pack } from 'msgpackr';
import { errnoName } from '../../src/shared/errno.js';
import { FrameReader } from '../../src/shared/frames.js';
import { frameBytesMax } from '../../src/shared/limits.js';
import { FrameKind, protocolVersion } from '../../src/shared/messages.js';
import { connectUnix, receiveFrames, sendFrames, waitForSocket } from '../../src/shared/native/socket.js';
import { LeaderProcess, type Locker } from './leader-process.js';
import { randomOf } from './random.js';

const frame = (value: unknown): Buffer => {
  const payload = pack(value);
  const header = Buffer.alloc(4);
  header.writeUInt32LE(payload.length);
  return Buffer.concat([header, payload]);
};
const hello = frame([1, 1, protocolVersion, 'bad', false]);

/** Asked last of all: when it is answered, all before it has been. */
const lastId = 0x7fff_fff0;
const last = frame([21, lastId]);
const silentMillisecondsMax = 40_000;

/** Sends bytes on a connection of its own and collects what comes back until the leader closes or, if it is not to, has answered all. */
function exchange(
  socket: string,
  given: Buffer,
  closes: boolean,
  descriptors: number[] = [],
): { frames: unknown[][]; closed: boolean } {
  const fd = connectUnix(socket);
  const reader = new FrameReader();
  const frames: unknown[][] = [];
  let closed = false;
  let answered = false;
  const bytes = closes ? given : Buffer.concat([given, last]);
  const writer = { bytes, start: 0, length: bytes.length, descriptors: [...descriptors] };
  // A part of the bytes for each load of descriptors.
  const lengthWithin = (count: number) => (writer.descriptors.length > count ? hello.length : writer.length);
  const consume = (count: number, descriptorCount: number) => {
    writer.start += count;
    writer.length -= count;
    writer.descriptors.splice(0, descriptorCount);
  };
  const descriptorsWithin = (most: number) => Math.min(most, writer.descriptors.length);
  sendFrames(fd, Object.assign(writer, { consume, lengthWithin, descriptorsWithin }) as never);
  while (!closed && !answered) {
    if (!waitForSocket(fd, 'readable', silentMillisecondsMax)) throw new Error('the leader is silent');
    closed = receiveFrames(fd, reader) <= 0;
    for (let values = reader.next(); values !== undefined; values = reader.next()) {
      if (values[1] === lastId) answered = true;
      else frames.push(values);
    }
  }
  closeSync(fd);
  return { frames, closed };
}

const lockSet: unknown[] = [10, 5, 1, 1, 1, 0, 1, 0, 9, false];
const oversized = Buffer.alloc(4);
oversized.writeUInt32LE(frameBytesMax + 1);

/** What comes after HELLO's reply: `DONE id errno`, `GOODBYE errno`. */
const cases: { name: string; bytes: Buffer; answers: string[]; closed: boolean }[] = [
  { name: 'unknown message', bytes: frame([99, 5]), answers: ['DONE 5 EPROTO'], closed: false },
  {
    name: 'message that is no number',
    bytes: frame(['hello', 5]),
    answers: ['DONE 5 EPROTO'],
    closed: false,
  },
  { name: 'wrong type', bytes: frame(lockSet.with(7, 'x')), answers: ['DONE 5 EINVAL'], closed: false },
  { name: 'negative offset', bytes: frame(lockSet.with(7, -1)), answers: ['DONE 5 EINVAL'], closed: false },
  { name: 'fraction', bytes: frame(lockSet.with(7, 0.5)), answers: ['DONE 5 EINVAL'], closed: false },
  {
    name: 'offset beyond 2^63-1',
    bytes: frame(lockSet.with(7, 2n ** 63n)),
    answers: ['DONE 5 EINVAL'],
    closed: false,
  },
  { name: 'empty range', bytes: frame(lockSet.with(7, 9)), answers: ['DONE 5 EINVAL'], closed: false },
  { name: 'backward range', bytes: frame(lockSet.with(7, 10)), answers: ['DONE 5 EINVAL'], closed: false },
  { name: 'unknown kind', bytes: frame(lockSet.with(5, 3)), answers: ['DONE 5 EINVAL'], closed: false },
  { name: 'missing field', bytes: frame(lockSet.slice(0, 9)), answers: ['DONE 5 EINVAL'], closed: false },
  { name: 'additional field', bytes: frame([...lockSet, 1]), answers: ['DONE 5 EINVAL'], closed: false },
  { name: 'unknown handle', bytes: frame(lockSet), answers: ['DONE 5 EBADF'], closed: false },
  { name: 'missing descriptor', bytes: frame([2, 5, 1]), answers: ['DONE 5 EBADF'], closed: false },
  {
    name: 'second hello',
    bytes: frame([1, 5, protocolVersion, 'again', false]),
    answers: ['DONE 5 EPROTO'],
    closed: false,
  },
  { name: 'no request id', bytes: frame([10]), answers: ['GOODBYE EPROTO'], closed: true },
  { name: 'negative request id', bytes: frame([10, -5]), answers: ['GOODBYE EPROTO'], closed: true },
  { name: 'oversized frame', bytes: oversized, answers: ['GOODBYE EPROTO'], closed: true },
  { name: 'empty frame', bytes: Buffer.alloc(4), answers: ['GOODBYE EPROTO'], closed: true },
  { name: 'a map', bytes: frame({ message: 10 }), answers: ['GOODBYE EPROTO'], closed: true },
  {
    name: 'truncated msgpack',
    bytes: Buffer.from([2, 0, 0, 0, 0x92, 10]),
    answers: ['GOODBYE EPROTO'],
    closed: true,
  },
  {
    name: 'array that promises four billion elements',
    bytes: Buffer.from([7, 0, 0, 0, 0x92, 1, 0xdd, 0xff, 0xff, 0xff, 0xff]),
    answers: ['GOODBYE EPROTO'],
    closed: true,
  },
  {
    name: 'wrong field in a frame with a descriptor',
    bytes: frame([2, 5, 'x']),
    answers: ['DONE 5 EINVAL', 'GOODBYE EPROTO'],
    closed: true,
  },
];

describe('bad input', () => {
  const leader = new LeaderProcess();
  let other: Locker;

  before(async () => {
    await leader.start('--log-level', 'debug');
    other = leader.connect('other');
    expect(other.tryLock()).to.equal('granted');
  });
  afterEach(() => {
    expect(other.locks(), 'another client is not disturbed').to.deep.equal(['other 0-Infinity']);
  });
  after(async () => {
    other.close();
    expect(await leader.stop()).to.equal(0);
  });

  const summary = (values: unknown[]): string =>
    values[0] === FrameKind.done
      ? `DONE ${values[1]} ${errnoName(values[2] as number)}`
      : `GOODBYE ${errnoName(values[1] as number)}`;

  for (const { name, bytes, answers, closed } of cases) {
    it(`${name}: ${answers.join(', ')}`, () => {
      const result = exchange(leader.socket, Buffer.concat([hello, bytes]), closed);
      expect(result.frames.slice(1).map(summary)).to.deep.equal(answers);
      expect(result.closed).to.equal(closed);
    });
  }

  it('says why on the log', async () => {
    exchange(leader.socket, Buffer.concat([hello, oversized]), true);
    await leader.logged(`disconnected: a frame of ${frameBytesMax + 1} bytes`);
  });

  it('before hello: EPROTO and closed', () => {
    const { frames, closed } = exchange(leader.socket, frame([21, 5]), true);
    expect(frames.map(summary)).to.deep.equal(['DONE 5 EPROTO', 'GOODBYE EPROTO']);
    expect(closed).to.equal(true);
  });

  it('another version: EPROTO that names both', () => {
    const { frames } = exchange(
      leader.socket,
      frame([1, 1, protocolVersion + 1, 'new', 'more', 'fields']),
      false,
    );
    expect(frames[0]![3]).to.equal(
      `EPROTO: version ${protocolVersion + 1}, this leader speaks ${protocolVersion}`,
    );
  });

  it('descriptors that nobody claims: closed here and at the leader', () => {
    const open = () => readdirSync(`/proc/${leader.pid}/fd`).length;
    leader.connected(other, 1);
    const before = open();
    const fd = openSync(leader.file, 'r');
    const { closed } = exchange(leader.socket, Buffer.concat([hello, hello]), true, new Array(20).fill(fd));
    closeSync(fd);
    expect(closed).to.equal(true);
    leader.connected(other, 1);
    expect(open()).to.equal(before);
  });

  it('garbage from many connections (seeded)', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = randomOf(seed);
      const parts = [hello];
      for (let i = 0; i < 20; i++) {
        const valid = frame(random(2) === 0 ? lockSet : [11, 6, 1, 1, 0, 0, 9]);
        for (let k = 0; k < random(4); k++) valid[4 + random(valid.length - 4)] = random(256);
        parts.push(valid);
      }
      exchange(leader.socket, Buffer.concat(parts), false);
      expect(other.tryLock(), `seed ${seed}`).to.equal('granted');
    }
  }).timeout(120_000);

  it('a client that does not read is disconnected, and its locks go', async () => {
    const slow = leader.connect('slow reader');
    other.unlock({ start: 100, end: 200 });
    expect(slow.tryLock({ start: 100, end: 200 })).to.equal('granted');
    let id = 1000;
    for (let sent = true; sent; ) {
      for (let i = 0; i < 100; i++)
        slow.writer.request('locksList', id++, { cursor: 0, limit: 500, file: '', waiting: false });
      const result = sendFrames(slow.fd, slow.writer);
      sent =
        result === 0 ||
        (errnoName(result) === 'EAGAIN' && waitForSocket(slow.fd, 'writable', silentMillisecondsMax));
      if (slow.writer.length === 0 && id > 2_000_000) expect.fail('never disconnected');
    }
    await leader.logged('disconnected: does not read');
    expect(other.tryLock({ start: 100, end: 200 })).to.equal('granted');
    slow.close();
  });
});
