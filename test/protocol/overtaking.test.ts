/** Which releases may be applied before the requests in front of them (src/leader/overtaking.ts). */
import { expect } from 'chai';
import { Overtaking } from '../../src/leader/overtaking.js';
import { FrameReader, FrameWriter } from '../../src/shared/frames.js';
import type { MessageName, Request } from '../../src/shared/messages.js';

type Call = { [N in MessageName]: [name: N, request: Request<N>] }[MessageName];

const lock = (owner: number, start: number, end: number): Call => [
  'lockSet',
  { file: 1, owner, process: 1, kind: 0, type: 1, start, end, wait: true },
];
const unlock = (owner: number, start: number, end: number, file = 1): Call => [
  'lockUnset',
  { file, owner, kind: 0, start, end },
];
const release = (owner: number): Call => ['lockRelease', { file: 1, owner, kind: 0 }];
const closeOwner = (owner: number): Call => ['ownerClose', { owner }];
const openOwner = (owner: number): Call => [
  'ownerOpen',
  { owner, pid: 1, command: 'x', kind: 0, hasPidfd: false, copy: null },
];

const cases: { name: string; stream: Call[]; applied: number[] }[] = [
  { name: 'a release alone', stream: [unlock(1, 0, 9)], applied: [0] },
  { name: 'behind a lock call of another owner', stream: [lock(2, 0, 9), unlock(1, 0, 9)], applied: [1] },
  { name: 'behind a lock call on other bytes', stream: [lock(1, 9, 12), unlock(1, 0, 9)], applied: [1] },
  { name: 'not what a lock call in front takes', stream: [lock(1, 0, 9), unlock(1, 8, 10)], applied: [] },
  { name: 'not all, when a lock call in front takes some', stream: [lock(1, 0, 9), release(1)], applied: [] },
  { name: 'the end of an owner, whatever it asked', stream: [lock(1, 0, 9), closeOwner(1)], applied: [1] },
  {
    name: 'not for an owner that is yet to be registered',
    stream: [openOwner(1), unlock(1, 0, 9)],
    applied: [],
  },
  { name: 'not the end of such an owner', stream: [openOwner(1), closeOwner(1), closeOwner(1)], applied: [] },
  {
    name: 'not on a file that is yet to be registered',
    stream: [['fileOpen', { file: 2 }], unlock(1, 0, 9, 2)],
    applied: [],
  },
  {
    name: 'several, in order',
    stream: [unlock(1, 0, 1), lock(3, 0, 9), release(2), closeOwner(1)],
    applied: [0, 2, 3],
  },
];

describe('releases overtake', () => {
  for (const { name, stream, applied } of cases) {
    it(name, () => {
      const writer = new FrameWriter();
      const positions = stream.map(([message, request], id) => {
        const position = writer.length;
        writer.request(message, id, request as never);
        return position;
      });
      const reader = new FrameReader();
      reader.push(writer.bytes, 0, writer.length);
      const overtaking = new Overtaking();
      const seen: number[] = [];
      overtaking.scan(reader, (_name, id) => seen.push(id) > 0);
      expect(seen).to.deep.equal(applied);
      expect(
        overtaking.scan(reader, () => true),
        'each frame is looked at once',
      ).to.equal(false);
      // Later the reader meets every frame, and steps over those that were applied.
      for (const [id, position] of positions.entries()) {
        expect(reader.position).to.equal(position);
        expect(overtaking.takeApplied(position)).to.equal(applied.includes(id));
        reader.skipFrame();
      }
    });
  }

  it('one that cannot be applied keeps its turn', () => {
    const writer = new FrameWriter();
    writer.request('lockUnset', 1, { file: 1, owner: 1, kind: 0, start: 0, end: 9 });
    const reader = new FrameReader();
    reader.push(writer.bytes, 0, writer.length);
    const overtaking = new Overtaking();
    expect(overtaking.scan(reader, () => false)).to.equal(false);
    expect(overtaking.takeApplied(0)).to.equal(false);
  });
});
