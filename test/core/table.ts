/**
 * The notation of the table of core cases, and the world in which a case runs.
 *
 * `A` is process A (record locks), `A.x` process A with the description x (OFD locks), `A=x` the same with
 * flock. A lock is `A:w0-9` (bytes 0 to 9), `A:r5-` (to the end of the file), `A=x:w`; `@2` names another file
 * than the first. A waiting request begins with `?`. A call is `A try w0-9 -> EAGAIN`; no arrow means `-> 0`.
 * `B=x inherit A`: what A took through x counts for B.
 */
import { createCore } from '../../src/leader/core/core.js';
import type {
  Core,
  DeadlockReport,
  Inode,
  LockRequest,
  LockRow,
  Owner,
} from '../../src/shared/core-types.js';
import { PENDING } from '../../src/shared/core-types.js';
import { errnoName } from '../../src/shared/errno.js';
import {
  LockKind,
  type LockRange,
  LockType,
  normalizeOffset,
  type Offset,
} from '../../src/shared/lock-types.js';

export interface Case {
  readonly name: string;
  readonly before?: string;
  readonly call: string | readonly string[];
  readonly after: string;
  /** Who was granted while waiting, in order. */
  readonly granted?: string;
  /** The cycles reported, each as the processes in it. */
  readonly deadlocks?: string;
}

interface Actor {
  readonly owner: Owner;
  readonly process: Owner;
  readonly kind: LockKind;
}

export class World {
  readonly core: Core;
  readonly granted: string[] = [];
  readonly reports: string[] = [];
  readonly requests = new Map<string, LockRequest>();
  readonly #owners = new Map<string, Owner>();
  readonly #inodes = new Map<string, Inode>();

  constructor() {
    this.core = createCore({ now: () => 0, onDeadlock: (report) => this.reports.push(cycle(report)) });
  }

  /** Runs `A try w0-9 -> EAGAIN`; answers what was got and what was expected. */
  run(text: string): { got: string; expected: string } {
    const [call, expected = '0'] = text.split(' -> ');
    const [name, verb, wanted = ''] = call!.split(' ');
    return { got: this.call(name!, verb!, wanted), expected };
  }

  call(name: string, verb: string, wanted: string): string {
    const actor = this.actor(name);
    const { owner, process, kind } = actor;
    const { inode, type, range } = this.parse(wanted);
    switch (verb) {
      case 'try':
        return resultName(this.core.lock({ inode, owner, process, kind, type, ...range }));
      case 'wait':
        return this.wait(name, { inode, owner, process, kind, type, ...range });
      case 'unlock':
        this.core.unlock(inode, owner, kind, range);
        return '0';
      case 'close':
        this.core.releaseInode(inode, owner, kind);
        return '0';
      case 'inherit':
        this.core.passLocks(owner, wanted === '' ? undefined : this.owner(wanted), process);
        return '0';
      case 'exit':
        this.core.releaseOwner(owner);
        return '0';
      case 'cancel':
        return String(this.core.cancel(this.requests.get(name)!));
      case 'query': {
        const found = this.core.query(inode, owner, kind, type, range);
        return found === undefined ? 'free' : `${found.pid}:${letter(found.type)}${rangeText(found)}`;
      }
      case 'own': {
        const found = this.core.queryOwn(inode, owner, kind, range);
        return found === undefined ? 'free' : `${letter(found.type)}${rangeText(found)}`;
      }
      case 'holds':
        return String(this.core.holds(owner, inode, kind));
      default:
        throw new Error(`unknown verb ${verb}`);
    }
  }

  wait(name: string, wanted: Omit<LockRequest, 'settle'>): string {
    const settle = (result: number) =>
      this.granted.push(result === 0 ? name : `${name}!${errnoName(result)}`);
    const request = { ...wanted, settle };
    this.requests.set(name, request);
    return resultName(this.core.lock(request));
  }

  actor(name: string): Actor {
    const [processName, description] = name.split(/[.=]/);
    const process = this.owner(processName!);
    if (description === undefined) return { owner: process, process, kind: LockKind.record };
    const owner = this.owner(description);
    return { owner, process, kind: name.includes('=') ? LockKind.flock : LockKind.ofd };
  }

  owner(name: string): Owner {
    let owner = this.#owners.get(name);
    if (owner === undefined) {
      owner = this.core.createOwner({ pid: name.charCodeAt(0), command: name, session: this });
      this.#owners.set(name, owner);
    }
    return owner;
  }

  inode(name: string): Inode {
    let inode = this.#inodes.get(name);
    if (inode === undefined) {
      inode = this.core.openInode(name, () => {});
      this.#inodes.set(name, inode);
    }
    return inode;
  }

  /** `w0-9@2`, `0-9`, `w`, or nothing: the whole file. */
  parse(wanted: string): { inode: Inode; type: LockType; range: LockRange } {
    const [what = '', file = '1'] = wanted.split('@');
    const [, type, first = '0', last = ''] = /^([rw]?)(?:(\d+)-(\d*))?$/.exec(what) ?? [];
    const start: Offset = normalizeOffset(BigInt(first));
    const past = last === '' ? undefined : BigInt(last) + 1n;
    const end =
      past === undefined || past > 2n ** 63n - 1n ? Number.POSITIVE_INFINITY : normalizeOffset(past);
    return {
      inode: this.inode(file),
      type: type === 'r' ? LockType.read : LockType.write,
      range: { start, end },
    };
  }

  /** Takes `A:w0-9 ?B:w5-` in order. */
  prepare(state: string): void {
    for (const token of state.split(' ').filter(Boolean)) {
      const waits = token.startsWith('?');
      const [name, wanted] = token.replace('?', '').split(':');
      const got = this.call(name!, waits ? 'wait' : 'try', wanted!);
      if (got !== (waits ? 'waits' : '0')) throw new Error(`${token}: ${got}`);
    }
  }

  state(): string {
    return [...this.core.rows()].map((row) => this.#rowText(row)).join(' ');
  }

  finish(): void {
    for (const owner of this.#owners.values()) this.core.releaseOwner(owner);
    for (const inode of this.#inodes.values()) this.core.closeInode(inode);
  }

  #rowText(row: LockRow): string {
    const { kind, owner, process, inode } = row;
    const separator = kind === LockKind.flock ? '=' : '.';
    const name = kind === LockKind.record ? owner.command : process.command + separator + owner.command;
    const range = kind === LockKind.flock ? '' : rangeText(row);
    const file = inode.key === '1' ? '' : `@${inode.key}`;
    return `${row.waiting ? '?' : ''}${name}:${letter(row.type)}${range}${file}`;
  }
}

export function cycle(report: DeadlockReport): string {
  const names = report.processes.map((process) => process.command);
  const first = names.indexOf([...names].sort()[0]!);
  return [...names.slice(first), ...names.slice(0, first)].join('');
}

function letter(type: LockType): string {
  return type === LockType.read ? 'r' : 'w';
}

function rangeText({ start, end }: LockRange): string {
  return `${start}-${end === Number.POSITIVE_INFINITY ? '' : BigInt(end) - 1n}`;
}

function resultName(result: number): string {
  if (result === 0) return '0';
  return result === PENDING ? 'waits' : errnoName(result);
}
