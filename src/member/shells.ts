/**
 * Shells that take an interrupted close(2) for done. A signal whose handler lacks SA_RESTART can end a trapped call with EINTR
 * before the trap is received (design/interception.md, Signals). dash and busybox catch SIGCHLD that way and do not
 * look at what close returns: a pipe end stays open, and the pipeline never ends. Their SIGCHLD handlers get
 * SA_RESTART. They wait for children with sigsuspend(2), which ends at a signal all the same.
 */
import { readlinkSync } from 'node:fs';
import { constants } from 'node:os';
import { basename } from 'node:path';
import { memoryRead, memoryWrite } from '../shared/native/paths.js';
import { letRun, type Member } from './interceptor.js';

/** rt_sigaction(2) for this signal is trapped. */
export const watchedSignal = constants.signals.SIGCHLD;

const shells = ['dash', 'busybox'];

/** The kernel's struct sigaction begins with the handler and the flags, 64 bits each. */
const handlerBytes = 8;
const flagsBytes = 8;
const defaultOrIgnore = 1n;
const restart = 0x10000000n;

export function sigactionTrap(member: Member): void {
  const { block } = member;
  const address = block.address(1);
  if (address !== 0) addRestart(block.tid, address);
  letRun(member);
}

function isShell(tid: number): boolean {
  try {
    return shells.includes(basename(readlinkSync(`/proc/${tid}/exe`)));
  } catch {
    // Its thread has ended, or it may not be looked at.
    return false;
  }
}

/** An address that cannot be read or written is left to the kernel. */
function addRestart(tid: number, address: number): void {
  const action = Buffer.alloc(handlerBytes + flagsBytes);
  if (memoryRead(tid, address, action, action.length) < 0) return;
  if (action.readBigUInt64LE(0) <= defaultOrIgnore || !isShell(tid)) return;
  action.writeBigUInt64LE(action.readBigUInt64LE(handlerBytes) | restart, handlerBytes);
  memoryWrite(tid, address + handlerBytes, action, handlerBytes, flagsBytes);
}
