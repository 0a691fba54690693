/** Scenes with mounts: what test/programs/support.ts has, with a leader that has mounts. */
import { chmodSync } from 'node:fs';
import { leaderPath, memberPath, type Program, type Scene, type StartOptions } from '../programs/support.js';

/** A leader with the given mounts, for as long as the play lasts. */
export async function withLeader(
  scene: Scene,
  options: readonly string[],
  play: (leader: MountLeader) => Promise<void>,
): Promise<void> {
  chmodSync(scene.directory, 0o755); // for users that a program becomes
  const program = scene.start([leaderPath, '--socket', scene.socket, ...options]);
  await program.said(/ready/, 'stderr');
  await play(new MountLeader(scene));
  program.child.kill('SIGTERM');
  const { status, stderr } = await program.result;
  if (status !== 0) throw new Error(`the leader ended with ${status}: ${stderr}`);
}

export class MountLeader {
  readonly #scene: Scene;

  constructor(scene: Scene) {
    this.#scene = scene;
  }

  /** Starts a program in a member of its own. */
  start(command: readonly string[], options: StartOptions = {}): Program {
    return this.#scene.start([memberPath, '--socket', this.#scene.socket, '--', ...command], options);
  }

  /** Runs a program in a member of its own; it must succeed, silently on standard error. Gives what it said. */
  async run(command: readonly string[], options: StartOptions = {}): Promise<string> {
    return succeed(this.start(command, { input: '', ...options }));
  }

  sh(text: string, options: StartOptions = {}): Promise<string> {
    return this.run(['sh', '-euc', text], options);
  }
}

/** What a program that must succeed said. */
export async function succeed(program: Program): Promise<string> {
  const { status, signal, stdout, stderr } = await program.result;
  if (status !== 0 || stderr !== '') throw new Error(`status ${status ?? signal}: ${stdout}${stderr}`);
  return stdout;
}
