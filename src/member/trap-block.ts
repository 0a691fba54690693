/**
 * The memory that native/trap.c and the hot loop share: the trap in hand and what it refers to.
 * It holds one trap at a time; a handler that answers later takes what it needs out of it first.
 */

const trapBytes = 184;

export class TrapBlock {
  readonly buffer = Buffer.allocUnsafeSlow(4096).fill(0);
  readonly #ints: Int32Array;
  readonly #words: Uint32Array;
  readonly #longs: BigInt64Array;
  readonly #unsigned: BigUint64Array;
  readonly #shorts: Int16Array;

  constructor() {
    const { buffer, byteOffset } = this.buffer;
    this.#ints = new Int32Array(buffer, byteOffset, trapBytes / 4);
    this.#words = new Uint32Array(buffer, byteOffset, trapBytes / 4);
    this.#longs = new BigInt64Array(buffer, byteOffset, trapBytes / 8);
    this.#unsigned = new BigUint64Array(buffer, byteOffset, trapBytes / 8);
    this.#shorts = new Int16Array(buffer, byteOffset, trapBytes / 2);
  }

  // struct seccomp_notif
  get idLow(): number {
    return this.#words[0]!;
  }
  get idHigh(): number {
    return this.#words[1]!;
  }
  get tid(): number {
    return this.#ints[2]!;
  }
  get call(): number {
    return this.#ints[4]!;
  }
  get architecture(): number {
    return this.#words[5]!;
  }
  /** Argument as the int that the kernel takes of it (descriptors, commands). */
  int(index: number): number {
    return this.#ints[8 + 2 * index]!;
  }
  word(index: number): number {
    return this.#words[8 + 2 * index]!;
  }
  /** Argument as an address; user addresses are below 2^53. */
  address(index: number): number {
    return this.#words[9 + 2 * index]! * 2 ** 32 + this.#words[8 + 2 * index]!;
  }

  long(index: number): bigint {
    return this.#longs[4 + index]!;
  }

  // The answer to the trap in hand

  /** As `answer`; the call returns a count. */
  answerValue(value: number): void {
    this.answer(0, 0);
    this.#longs[20] = BigInt(value);
  }

  /** The next trapWait sends it before it blocks. */
  answer(result: number, flags: number): void {
    this.#ints[40] = 0;
    this.#ints[41] = 0;
    this.#ints[42] = result;
    this.#words[43] = flags;
    this.#words[44] = 1;
  }

  // What trapInspect found out

  /** Takes our duplicate of the descriptor over: the next answer does not close it. */
  claimCopy(): number {
    const copy = this.#ints[20]!;
    this.#ints[20] = -1;
    return copy;
  }
  get copy(): number {
    return this.#ints[20]!;
  }
  get mode(): number {
    return this.#words[21]!;
  }
  get device(): bigint {
    return this.#unsigned[11]!;
  }
  get inode(): bigint {
    return this.#unsigned[12]!;
  }
  /** True when the inode is this one; cheaper than reading the two as bigints. */
  isInode(words: Uint32Array): boolean {
    const own = this.#words;
    return own[24] === words[2] && own[22] === words[0] && own[25] === words[3] && own[23] === words[1];
  }
  /** Low 32 bits of the inode number: a hash, no more. */
  get inodeHash(): number {
    return this.#ints[24]!;
  }
  inodeWords(): Uint32Array {
    return this.#words.slice(22, 26);
  }
  get size(): bigint {
    return this.#longs[13]!;
  }
  get position(): bigint {
    return this.#longs[14]!;
  }
  get flags(): number {
    return this.#ints[30]!;
  }

  // struct flock
  get lockType(): number {
    return this.#shorts[64]!;
  }
  set lockType(type: number) {
    this.#shorts[64] = type;
  }
  get lockWhence(): number {
    return this.#shorts[65]!;
  }
  set lockWhence(whence: number) {
    this.#shorts[65] = whence;
  }
  get lockStart(): bigint {
    return this.#longs[17]!;
  }
  set lockStart(start: bigint) {
    this.#longs[17] = start;
  }
  get lockLength(): bigint {
    return this.#longs[18]!;
  }
  set lockLength(length: bigint) {
    this.#longs[18] = length;
  }
  get lockPid(): number {
    return this.#ints[38]!;
  }
  set lockPid(pid: number) {
    this.#ints[38] = pid;
  }
  /** Start and length when both are small and not negative (the common case), else -1. */
  smallStart(): number {
    const words = this.#words;
    return words[35]! < 2 ** 20 && words[37]! < 2 ** 20 ? words[35]! * 2 ** 32 + words[34]! : -1;
  }
  smallLength(): number {
    return this.#words[37]! * 2 ** 32 + this.#words[36]!;
  }
}
