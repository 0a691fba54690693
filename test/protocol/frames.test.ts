/** Frames: whatever the cut of the byte stream, and whatever bytes come, the reader says what it must and no more. */
import { expect } from 'chai';
import { unpack } from 'msgpackr';
import { FrameReader, FrameWriter, FramingError } from '../../src/shared/frames.js';
import { frameBytesMax } from '../../src/shared/limits.js';
import { checkReply, checkRequest, FrameKind, messages, type Request } from '../../src/shared/messages.js';
import type { AnyMessage } from '../../src/shared/protocol-declare.js';
import { randomOf } from './random.js';

const edge: Request<'lockSet'> = {
  file: 0xffff_ffff,
  owner: 0x10000,
  process: 0x80,
  kind: 0,
  type: 1,
  start: 2n ** 53n,
  end: Infinity,
  wait: true,
};

function written(fill: (writer: FrameWriter) => void): Buffer {
  const writer = new FrameWriter(16);
  fill(writer);
  return Buffer.from(writer.bytes.subarray(writer.start, writer.start + writer.length));
}

describe('frames', () => {
  const stream = written((writer) => {
    writer.request('lockSet', 7, edge);
    writer.request('lockSet', 8, { ...edge, start: 2n ** 63n - 2n, end: 2n ** 63n - 1n, wait: false });
    writer.request('lockSet', 9, { ...edge, start: Number.MAX_SAFE_INTEGER, end: 2n ** 53n + 1n });
    writer.request('hello', 10, { version: 1, name: 'naïve ✓', mounts: false });
    writer.done(300, 11, 'why');
    writer.reply(0xffff_ffff, messages.lockGet as unknown as AnyMessage, {
      conflict: { type: 0, start: 0, end: Infinity, pid: -1 },
    });
    writer.cancel(12);
  });

  function checkStream(reader: FrameReader): void {
    expect(checkRequest('lockSet', reader.next()!)).to.deep.equal(edge);
    expect(checkRequest('lockSet', reader.next()!)).to.include({
      start: 2n ** 63n - 2n,
      end: 2n ** 63n - 1n,
    });
    expect(checkRequest('lockSet', reader.next()!)).to.include({
      start: Number.MAX_SAFE_INTEGER,
      end: 2n ** 53n + 1n,
    });
    expect(checkRequest('hello', reader.next()!)).to.deep.equal({
      version: 1,
      name: 'naïve ✓',
      mounts: false,
    });
    expect(() => checkReply('hello', reader.next()!)).to.throw('EAGAIN: why');
    expect(checkReply('lockGet', reader.next()!).conflict).to.deep.equal({
      type: 0,
      start: 0,
      end: Infinity,
      pid: -1,
    });
    expect(reader.next()).to.deep.equal([FrameKind.cancel, 12]);
    expect(reader.next()).to.equal(undefined);
  }

  it('come out as they went in, cut at any byte', () => {
    for (let cut = 0; cut <= stream.length; cut++) {
      const reader = new FrameReader(16);
      reader.push(stream, 0, cut);
      reader.push(stream, cut);
      checkStream(reader);
    }
  });

  it('come out byte by byte', () => {
    const reader = new FrameReader(1);
    const seen: unknown[] = [];
    for (const byte of stream) {
      reader.push(Uint8Array.of(byte));
      for (let values = reader.next(); values !== undefined; values = reader.next()) seen.push(values[0]);
    }
    expect(seen).to.deep.equal([10, 10, 10, 1, FrameKind.done, FrameKind.done, FrameKind.cancel]);
  });

  it('are msgpack for everybody', () => {
    const frame = written((writer) => writer.request('lockSet', 7, { ...edge, start: 300 }));
    expect(frame.readUInt32LE(0)).to.equal(frame.length - 4);
    const plain = unpack(frame.subarray(4));
    expect(plain).to.deep.equal([10, 7, 0xffff_ffff, 0x10000, 0x80, 0, 1, 300, Infinity, true]);
  });

  it('are peeked at without being taken', () => {
    const reader = new FrameReader();
    reader.push(stream);
    const first = reader.peek(0)!;
    const second = reader.peek(first.next)!;
    expect([first.kind, second.kind]).to.deep.equal([10, 10]);
    checkStream(reader);
    expect(reader.position).to.equal(stream.length);
  });

  it('too long: refused as soon as the length is known', () => {
    const reader = new FrameReader();
    const length = Buffer.alloc(4);
    length.writeUInt32LE(frameBytesMax + 1);
    reader.push(length);
    expect(() => reader.next()).to.throw(FramingError, 'a frame of');
    expect(() => written((writer) => writer.done(1, 5, 'x'.repeat(frameBytesMax)))).to.throw(FramingError);
  });

  it('descriptors leave with their frames, however many', () => {
    const writer = new FrameWriter();
    for (let file = 0; file < 600; file++) writer.request('fileOpen', file, { file }, [file + 1000]);
    const sent: number[] = [];
    while (writer.length > 0) {
      const count = Math.min(253, writer.descriptors.length);
      sent.push(...writer.descriptors.slice(0, count));
      writer.consume(Math.min(writer.lengthWithin(count), 1000), count);
    }
    expect(sent).to.have.length(600);
  });

  it('garbage gives frames or FramingError, nothing else (seeded)', () => {
    for (let seed = 1; seed <= 3000; seed++) {
      const random = randomOf(seed);
      const bytes = Buffer.from(stream);
      for (let i = 0; i < 1 + random(8); i++) bytes[random(bytes.length)] = random(256);
      if (seed % 3 === 0) for (let i = 4; i < bytes.length; i++) bytes[i] = random(256);
      const reader = new FrameReader();
      reader.push(bytes);
      try {
        for (let values = reader.next(); values !== undefined; values = reader.next()) {
          expect(Array.isArray(values), `seed ${seed}`).to.equal(true);
        }
      } catch (error) {
        if (!(error instanceof FramingError)) throw new Error(`seed ${seed}: ${(error as Error).stack}`);
      }
    }
  });
});
