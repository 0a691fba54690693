/** The writing half of frames.ts: frames are appended to one growing buffer, without an object for each. */
import { Packr } from 'msgpackr';
import { frameBytesMax } from './limits.js';
import { FrameKind, type MessageName, messages, type Request } from './messages.js';
import type { AnyMessage } from './protocol-declare.js';
import { FramingError } from './protocol-decode.js';
import { packField } from './schema.js';

const packr = new Packr({ useRecords: false });

const headerBytes = 4;
/** Bytes that any scalar but a text needs at most. */
const scalarBytes = 9;

/** Frames that wait to be sent, with the descriptors that go with them. */
export class FrameWriter {
  bytes: Buffer;
  /** Offset of the first unsent byte. */
  start = 0;
  /** Descriptors of the unsent frames, in order; the sender does not close them. */
  readonly descriptors: number[] = [];
  /** For each descriptor, the position in the stream of the frame that carries it. */
  private readonly carriers: number[] = [];
  /** Position of the first unsent byte. */
  private position = 0;
  private end = 0;

  constructor(capacity = 4096) {
    this.bytes = Buffer.allocUnsafeSlow(capacity);
  }

  /** Unsent bytes. */
  get length(): number {
    return this.end - this.start;
  }

  /** Unsent bytes in front of the first frame that carries more than the next `count` descriptors. */
  lengthWithin(count: number): number {
    return this.descriptors.length <= count ? this.length : this.carriers[count]! - this.position;
  }

  /** How many descriptors the next message takes: at most `most`, but all of the first frame that carries some. */
  descriptorsWithin(most: number): number {
    const { carriers } = this;
    let count = Math.min(most, carriers.length);
    const whole = (at: number) => at === carriers.length || carriers[at] !== carriers[at - 1];
    while (count > 0 && !whole(count)) count--;
    if (count > 0 || carriers.length === 0) return count;
    for (count = 1; !whole(count); ) count++;
    return count;
  }

  /** These were sent: so many bytes, the first of them with so many descriptors. */
  consume(count: number, descriptorCount = 0): void {
    if (descriptorCount > 0) {
      this.descriptors.splice(0, descriptorCount);
      this.carriers.splice(0, descriptorCount);
    }
    this.position += count;
    this.start += count;
    if (this.start === this.end) this.start = this.end = 0;
  }

  request<N extends MessageName>(
    name: N,
    id: number,
    request: Request<N>,
    descriptors?: readonly number[],
  ): void {
    const spec = messages[name] as unknown as AnyMessage;
    const { requestNames: names } = spec;
    const from = this.open(2 + names.length);
    this.integer(spec.id);
    this.integer(id);
    for (const field of names) {
      this.value(packField(spec.request[field]!, (request as Record<string, unknown>)[field]));
    }
    this.close(from);
    if (descriptors !== undefined) this.carry(from, descriptors);
  }

  /** The final answer to a call; `detail` says more about an error. */
  done(id: number, errno: number, detail?: string): void {
    const from = this.open(detail === undefined ? 3 : 4);
    this.bytes[this.end++] = FrameKind.done;
    this.integer(id);
    this.integer(errno);
    if (detail !== undefined) this.value(detail);
    this.close(from);
  }

  reply(
    id: number,
    spec: AnyMessage,
    reply: Readonly<Record<string, unknown>>,
    descriptors: readonly number[] = [],
  ): void {
    const from = this.open(3 + spec.replyNames.length);
    this.bytes[this.end++] = FrameKind.done;
    this.integer(id);
    this.integer(0);
    for (const field of spec.replyNames) this.value(packField(spec.reply[field]!, reply[field]));
    this.close(from);
    this.carry(from, descriptors);
  }

  pending(id: number): void {
    this.signal(FrameKind.pending, id);
  }

  cancel(id: number): void {
    this.signal(FrameKind.cancel, id);
  }

  goodbye(errno: number, reason: string): void {
    const from = this.open(3);
    this.bytes[this.end++] = FrameKind.goodbye;
    this.integer(errno);
    this.value(reason);
    this.close(from);
  }

  private carry(from: number, descriptors: readonly number[]): void {
    for (const fd of descriptors) {
      this.descriptors.push(fd);
      this.carriers.push(this.position + from - this.start);
    }
  }

  private signal(kind: number, id: number): void {
    const from = this.open(2);
    this.bytes[this.end++] = kind;
    this.integer(id);
    this.close(from);
  }

  /** Begins a frame with an array of at most 15 elements; returns where it begins. */
  private open(elements: number): number {
    this.ensure(headerBytes + 1 + elements * scalarBytes);
    const from = this.end;
    this.bytes[from + headerBytes] = 0x90 | elements;
    this.end = from + headerBytes + 1;
    return from;
  }

  private close(from: number): void {
    const length = this.end - from - headerBytes;
    if (length > frameBytesMax) {
      this.end = from;
      throw new FramingError(`a frame of ${length} bytes`);
    }
    this.bytes.writeUInt32LE(length, from);
  }

  /** `open` has made room for it. */
  private integer(value: number): void {
    const { bytes } = this;
    if (value < 0x80) {
      bytes[this.end++] = value;
    } else if (value <= 0xffff) {
      bytes[this.end++] = 0xcd;
      bytes[this.end++] = value >>> 8;
      bytes[this.end++] = value;
    } else if (value <= 0xffff_ffff) {
      bytes[this.end++] = 0xce;
      this.end = bytes.writeUInt32BE(value, this.end);
    } else {
      bytes[this.end++] = 0xcf;
      this.end = bytes.writeUInt32BE(Math.floor(value / 2 ** 32), this.end);
      this.end = bytes.writeUInt32BE(value % 2 ** 32, this.end);
    }
  }

  private value(value: unknown): void {
    if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) {
      this.integer(value);
    } else if (value === true || value === false) {
      this.bytes[this.end++] = value ? 0xc3 : 0xc2;
    } else if (value === Infinity) {
      this.bytes[this.end++] = 0xcb;
      this.end = this.bytes.writeDoubleBE(value, this.end);
    } else {
      const packed = packr.pack(value);
      // What follows keeps the room that `open` made for it.
      this.ensure(packed.length + 16 * scalarBytes);
      this.bytes.set(packed, this.end);
      this.end += packed.length;
    }
  }

  private ensure(room: number): void {
    if (this.bytes.length - this.end >= room) return;
    const { length } = this;
    const larger =
      this.bytes.length - length >= room && this.start > length
        ? this.bytes
        : Buffer.allocUnsafeSlow(Math.max(2 * this.bytes.length, length + room));
    this.bytes.copy(larger, 0, this.start, this.end);
    this.bytes = larger;
    this.start = 0;
    this.end = length;
  }
}
