/** The reading half of frames.ts. Only short arrays are frames; what is inside is checked by schema.ts. */
import { closeSync } from 'node:fs';
import { Unpackr } from 'msgpackr';
import { frameBytesMax } from './limits.js';

// 'auto': integers beyond 2^53 become bigint. The typings of msgpackr 2.1 do not know it yet.
const unpackr = new Unpackr({ useRecords: false, int64AsType: 'auto' as 'bigint' });

/** The byte stream is not made of frames any more: the connection must be closed. */
export class FramingError extends Error {}

const headerBytes = 4;

/** Takes frames out of a byte stream, however it was cut. Positions are counted from the stream's first byte. */
export class FrameReader {
  /** Received descriptors that no frame has claimed yet, oldest first. */
  readonly descriptors: number[] = [];
  /** Where the next received byte goes. */
  end = 0;
  private bytes: Buffer;
  private start = 0;
  /** Position of bytes[0]. */
  private origin = 0;

  constructor(capacity = 4096) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** Position of the next frame. */
  get position(): number {
    return this.origin + this.start;
  }

  /** Bytes received and not taken yet. */
  get length(): number {
    return this.end - this.start;
  }

  /** A buffer with room for `count` bytes from `end` on. `commit` says how many were put there. */
  reserve(count: number): Buffer {
    if (this.bytes.length - this.end >= count) return this.bytes;
    const { length } = this;
    const target =
      this.bytes.length - length >= count
        ? this.bytes
        : Buffer.allocUnsafeSlow(2 * this.bytes.length + count);
    this.bytes.copy(target, 0, this.start, this.end);
    this.bytes = target;
    this.origin += this.start;
    this.start = 0;
    this.end = length;
    return target;
  }

  commit(count: number): void {
    this.end += count;
  }

  push(chunk: Uint8Array, from = 0, to = chunk.length): void {
    const target = this.reserve(to - from);
    if (to - from < 64) {
      for (let i = from, at = this.end; i < to; i++, at++) target[at] = chunk[i]!;
    } else {
      target.set(chunk.subarray(from, to), this.end);
    }
    this.end += to - from;
  }

  /** The next frame's array, or undefined until one is complete. Throws FramingError when it is none. */
  next(): unknown[] | undefined {
    const length = this.frameLength(this.start);
    if (length < 0) return undefined;
    const from = this.start + headerBytes;
    const values = this.decode(from, length);
    this.skip(length);
    return values;
  }

  /** The frame at a position and the position after it; undefined when it is not complete. Takes nothing. */
  peek(position: number): { kind: number; values: () => unknown[]; next: number } | undefined {
    const at = position - this.origin;
    const length = this.frameLength(at);
    if (length < 0) return undefined;
    const from = at + headerBytes;
    return {
      kind: length >= 2 ? this.bytes[from + 1]! : 0,
      values: () => this.decode(from, length),
      next: position + headerBytes + length,
    };
  }

  /** Steps over the next frame, which is complete. */
  skipFrame(): void {
    this.skip(this.frameLength(this.start));
  }

  closeDescriptors(): void {
    for (const fd of this.descriptors.splice(0)) closeSync(fd);
  }

  private skip(length: number): void {
    this.start += headerBytes + length;
    if (this.start !== this.end) return;
    this.origin += this.start;
    this.start = this.end = 0;
  }

  /** Payload length of the frame at an index, -1 when it is not complete. */
  private frameLength(at: number): number {
    if (this.end - at < headerBytes) return -1;
    const { bytes } = this;
    const length =
      (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
    if (length > frameBytesMax) throw new FramingError(`a frame of ${length} bytes`);
    return this.end - at - headerBytes < length ? -1 : length;
  }

  private decode(from: number, length: number): unknown[] {
    // Only short arrays: no other frame exists, and what an array's header promises is allocated at once.
    if (length === 0 || (this.bytes[from]! & 0xf0) !== 0x90)
      throw new FramingError('a frame that is no short array');
    try {
      return unpackr.unpack(this.bytes, { start: from, end: from + length }) as unknown[];
    } catch (error) {
      throw new FramingError(`malformed msgpack: ${(error as Error).message}`);
    }
  }
}
