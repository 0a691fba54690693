/** A path of the workload on its way: its bytes, and the directory from which the kernel can walk the rest of it. */
import { closeDescriptor } from '../../shared/native/workload.js';
import type { MountPoint } from './mount-table.js';

export const pathBytesMax = 4096;

export class Place {
  /** The path, ended by a zero byte. */
  readonly buffer = Buffer.allocUnsafeSlow(2 * pathBytesMax + 16);
  /** The same, one character a byte. */
  text = '';
  /** The directory in which the name (or the rest of the path) at `offset` lies; -1 for none. */
  directory = -1;
  owned = false;
  offset = 0;
  /** The mount of the directory, once an object was resolved: of the object. */
  mount: MountPoint | undefined;
  /** Guest path of the directory; only where other mounts may matter. */
  guest = '';
  /** The kernel can walk the rest by itself. */
  direct = false;
  /** The path as it looks from the root, links not resolved. */
  full = '';
  /** The name is a mount point. */
  mountPoint: MountPoint | undefined;

  /** Starts over with this path; its bytes are in the buffer already when `length` is given. */
  begin(text: string, isInBuffer: boolean): void {
    this.release();
    this.text = text;
    if (!isInBuffer) this.write(text);
    this.offset = 0;
    this.mount = undefined;
    this.guest = '';
    this.full = text;
    this.direct = false;
    this.mountPoint = undefined;
  }

  write(text: string): void {
    this.buffer[this.buffer.write(text, 'latin1')] = 0;
  }

  setName(name: string): void {
    this.write(name);
    this.offset = 0;
  }

  setDirectory(fd: number, owned: boolean): void {
    this.release();
    this.directory = fd;
    this.owned = owned;
  }

  /** Gives the directory to the caller, who closes it. */
  takeDirectory(): number {
    const fd = this.directory;
    this.directory = -1;
    this.owned = false;
    return fd;
  }

  get isRoot(): boolean {
    return this.buffer[this.offset] === 0;
  }

  /** Name at `offset`. */
  get name(): string {
    return this.buffer.toString('latin1', this.offset, this.buffer.indexOf(0, this.offset));
  }

  release(): void {
    if (this.owned) closeDescriptor(this.directory);
    this.directory = -1;
    this.owned = false;
  }
}
