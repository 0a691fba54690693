/** Short runs of `leader stress` in a scene, and what they print. */
import { assert } from 'chai';
import type { SideResult } from '../../src/leader/stress/result.js';
import { leaderPath, type Program, type Result, type Scene } from '../programs/support.js';

export interface Report {
  readonly version: number;
  readonly settings: Record<string, unknown>;
  readonly interrupted: boolean;
  readonly sound: boolean;
  readonly kernel: SideResult | null;
  readonly sward: SideResult | null;
}

/** Four processes in two members, all kinds; small enough for a busy machine. */
const small = ['--processes', '4', '--members', '2', '--rounds', '1', '--seed', '1'];

export function startStress(scene: Scene, options: string): Program {
  const command = [leaderPath, 'stress', ...small, ...options.split(' ').filter((word) => word !== '')];
  return scene.start(command, { env: { XDG_RUNTIME_DIR: '' }, input: '' });
}

export const stress = (scene: Scene, options: string): Promise<Result> => startStress(scene, options).result;

/** Runs it with --json. */
export async function measure(
  scene: Scene,
  options: string,
): Promise<{ status: number | null; report: Report }> {
  const { status, stdout, stderr } = await stress(scene, `--json ${options}`);
  assert.notEqual(stdout, '', stderr);
  return { status, report: JSON.parse(stdout) as Report };
}

/** Runs it and expects a sound result on both sides. */
export async function sound(
  scene: Scene,
  options: string,
): Promise<{ kernel: SideResult; sward: SideResult }> {
  const { status, report } = await measure(scene, options);
  assert.deepInclude(report, { sound: true, interrupted: false }, JSON.stringify(report));
  assert.equal(status, 0);
  return { kernel: report.kernel!, sward: report.sward! };
}
