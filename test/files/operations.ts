/** Random file operations on few names, so that they meet: what one actor does next, given what is open. */

/** A number from 0 to below the given one. */
type Random = (below: number) => number;

const letters = ['a', 'b', 'c', 'd'];
/** Others than root always may: which of two errors a rename gives is not always the kernel's choice, yet. */
const modes = process.getuid?.() === 0 ? ['0644', '0600', '0755', '0444'] : ['0755', '0700', '0711'];
const openFlags = [
  'O_RDONLY',
  'O_WRONLY',
  'O_RDWR|O_CREAT',
  'O_RDWR|O_CREAT|O_EXCL',
  'O_WRONLY|O_CREAT|O_TRUNC',
  'O_RDWR|O_APPEND',
  'O_RDONLY|O_DIRECTORY',
  'O_RDONLY|O_NOFOLLOW',
  'O_PATH',
  'O_PATH|O_NOFOLLOW',
];

export class Actor {
  readonly name: string;
  /** Descriptors that the actor has. */
  readonly open: string[] = [];
  readonly #random: Random;

  constructor(name: string, random: Random) {
    this.name = name;
    this.#random = random;
  }

  next(): string {
    if (this.open.length > 12) return `close ${this.open[0]}`;
    return this.#one(this.#operations)();
  }

  /** What became of the operation decides what is open. */
  learn(operation: string, answer: string): void {
    const [, opened] = /^fd=(\d+)$/.exec(answer) ?? [];
    if (opened !== undefined) this.open.push(opened);
    const [, closed] = /^close (\d+)$/.exec(operation) ?? [];
    if (closed !== undefined) this.open.splice(this.open.indexOf(closed), 1);
  }

  readonly #operations: readonly (() => string)[] = [
    () => `open ${this.#path()} ${this.#one(openFlags)} ${this.#one(modes)}`,
    () => `openat ${this.#directory()} ${this.#path()} ${this.#one(openFlags)} ${this.#one(modes)}`,
    () => `put ${this.#path()} ${this.#text()}`,
    () => `put ${this.#path()} ${this.#text()}`,
    () => `cat ${this.#path()}`,
    () => `close ${this.#descriptor()}`,
    () => `write ${this.#descriptor()} ${this.#text()}`,
    () => `pread ${this.#descriptor()} ${this.#below(6)} 9`,
    () => `ftruncate ${this.#descriptor()} ${this.#below(6)}`,
    () => `fstat ${this.#descriptor()}`,
    () => `fchmod ${this.#descriptor()} ${this.#one(modes)}`,
    () => `readlink /proc/self/fd/${this.#descriptor()}`,
    () => `samefd ${this.#descriptor()} ${this.#path()}`,
    () => `mkdir ${this.#path()} 0755`,
    () => `mkdir ${this.#path()} 0755`,
    () => `mkdirat ${this.#directory()} ${this.#path()} 0700`,
    () => `rmdir ${this.#path()}`,
    () => `unlink ${this.#path()}`,
    () => `unlinkat ${this.#directory()} ${this.#path()} ${this.#one(['0', 'AT_REMOVEDIR'])}`,
    () => `rename ${this.#path()} ${this.#path()}`,
    () => `rename ${this.#path()} ${this.#path()}`,
    () => `renameat ${this.#directory()} ${this.#path()} ${this.#directory()} ${this.#path()}`,
    () =>
      `renameat2 AT_FDCWD ${this.#path()} AT_FDCWD ${this.#path()} ${this.#one(['RENAME_EXCHANGE', 'RENAME_NOREPLACE'])}`,
    () => `link ${this.#path()} ${this.#path()}`,
    () => `linkat AT_FDCWD ${this.#path()} ${this.#directory()} ${this.#path()} AT_SYMLINK_FOLLOW`,
    () => `symlink ${this.#path()} ${this.#path()}`,
    () => `mknod ${this.#path()} ${this.#one(['S_IFREG', 'S_IFSOCK'])}|0644 0`,
    () => `stat ${this.#path()}`,
    () => `lstat ${this.#path()}`,
    () => `statx ${this.#directory()} ${this.#path()} 0`,
    () => `readlink ${this.#path()}`,
    () => `list ${this.#path()}`,
    () => `access ${this.#path()} ${this.#one(['R_OK', 'X_OK'])}`,
    () => `chmod ${this.#path()} ${this.#one(modes)}`,
    () => `truncate ${this.#path()} ${this.#below(6)}`,
    () => `setxattr ${this.#path()} user.${this.#one(letters)} ${this.#text()}`,
    () => `listxattr ${this.#path()}`,
    () => `utimensat AT_FDCWD ${this.#path()} ${this.#below(9)} ${this.#below(9)}`,
    () => `chdir ${this.#path()}`,
    () => `fchdir ${this.#descriptor()}`,
    () => 'chdir $R',
    () => 'getcwd',
    () => `same ${this.#path()} ${this.#path()}`,
  ];

  #below(limit: number): number {
    return this.#random(limit);
  }

  #one<T>(list: readonly T[]): T {
    return list[this.#below(list.length)]!;
  }

  #text(): string {
    return 'x'.repeat(1 + this.#below(5));
  }

  #descriptor(): string {
    return this.#one(this.open) ?? '99';
  }

  #directory(): string {
    return this.#below(3) === 0 ? 'AT_FDCWD' : this.#descriptor();
  }

  /** One to four components, now and then absolute, upwards, or with a slash at its end. */
  #path(): string {
    const parts = Array.from({ length: 1 + this.#below(3) }, () => this.#one(letters));
    // Only after a name: one more would lead out of the directory of the case.
    if (this.#below(6) === 0) parts.splice(1, 0, '..', this.#one(letters));
    if (this.#below(6) === 0) parts.splice(this.#below(parts.length), 0, '.');
    const path = parts.join('/') + (this.#below(12) === 0 ? '/' : '');
    return this.#below(4) === 0 ? `$R/${path}` : path;
  }
}
