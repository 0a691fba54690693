/** Where the tables are played: a mount of each type, in a member of its own or in two members of one leader. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { repoRoot } from '../semantics/harness.js';
import type { Setting } from './stage.js';
import { type Kind, makeDirectory, removeDirectory } from './table.js';

export const memberPath = join(repoRoot, 'bin/member');
const leaderPath = join(repoRoot, 'bin/leader');

export interface Running extends Setting {
  end(): Promise<void>;
}

/** The mount options that show `host` (if the mount has something behind it) at `guest`. */
export type MountOptions = (guest: string, host: string) => readonly string[];

export const tmpfs: MountOptions = (guest) => ['--tmpfs', guest];
export const bind: MountOptions = (guest, host) => ['--bind', `${host}:${guest}`];
export const append: MountOptions = (guest, host) => ['--append', `${guest}=${host}`];

/** One member with an embedded leader. */
export function embedded(options: MountOptions, guest: string, kind: Kind): Running {
  const host = makeDirectory(kind);
  return {
    root: guest,
    commands: [[memberPath, ...options(guest, host), '--']],
    async end() {
      removeDirectory(host);
    },
  };
}

/** Two members of a leader behind a socket. */
export async function behindSocket(options: MountOptions, guest: string, kind: Kind): Promise<Running> {
  const host = makeDirectory(kind);
  const place = makeDirectory('disk');
  const socket = join(place, 'leader.sock');
  const leader = await startLeader(['--socket', socket, ...options(guest, host)]);
  const member = [memberPath, '--socket', socket, '--'];
  return {
    root: guest,
    commands: [member, member],
    async end() {
      leader.kill();
      await once(leader, 'exit');
      removeDirectory(host);
      removeDirectory(place);
    },
  };
}

/** Resolves when the leader has said that it is ready. */
export async function startLeader(options: readonly string[]): Promise<ChildProcess> {
  const child = spawn(leaderPath, options, { stdio: ['ignore', 'inherit', 'pipe'] });
  const lines = createInterface({ input: child.stderr });
  const said: string[] = [];
  const ready = new Promise<void>((resolve) => {
    lines.on('line', (line) => {
      said.push(line);
      if (/ready/.test(line)) resolve();
    });
  });
  const ended = once(child, 'exit').then(() => {
    throw new Error(`the leader has ended: ${said.join('\n')}`);
  });
  await Promise.race([ready, ended]);
  ended.catch(() => {}); // it ends one day
  return child;
}
