/** What a leader says about its locks, and programs that hold or wait for one and say so. */
import { leaderPath, type Program, python, type Scene, script, until } from './support.js';

export interface LockRow {
  readonly file: string;
  readonly kind: string;
  readonly type: string;
  readonly pid: number;
  readonly waiting: boolean;
}

export async function listLocks(scene: Scene): Promise<LockRow[]> {
  const { status, stdout, stderr } = await scene.run([
    leaderPath,
    'locks',
    '--socket',
    scene.socket,
    '--json',
  ]);
  if (status !== 0) throw new Error(`leader locks: ${status} ${stderr}`);
  return JSON.parse(stdout) as LockRow[];
}

/** Waits until the leader shows exactly so many held and waiting locks. */
export async function untilLocks(scene: Scene, held: number, waiting: number): Promise<LockRow[]> {
  let rows: LockRow[] = [];
  const count = (wanted: boolean) => rows.filter((row) => row.waiting === wanted).length;
  await until(
    async () => {
      rows = await listLocks(scene);
      return count(false) === held && count(true) === waiting;
    },
    () => `${held} held and ${waiting} waiting: ${JSON.stringify(rows)}`,
  );
  return rows;
}

export const lockKinds = ['lockf', 'flock'] as const;
export type Kind = (typeof lockKinds)[number];

/** The command of a lock actor: scripts/actor.py. */
export const actorCommand = (file: string): string[] => [python, '-S', '-E', script('actor.py'), file];

/** A lock actor in a member or outside: takes orders, each answered by one line. */
export class Actor {
  readonly program: Program;
  readonly #name: string;
  #orders = 0;

  constructor(program: Program, name = '') {
    this.program = program;
    this.#name = name;
  }

  async pid(): Promise<number> {
    return Number((await this.program.said(/^ready (\d+)$/m))[1]);
  }

  /** Gives an order such as `lockf write`; the answer comes later. */
  order(text: string): () => Promise<Answer> {
    const number = ++this.#orders;
    this.program.write(`${number} ${text}\n`);
    return async () => {
      const found = await this.program.said(new RegExp(`^${number} (\\S+) (\\S+) (\\S+)$`, 'm'));
      return { result: found[1] ?? '', began: Number(found[2]), ended: Number(found[3]) };
    };
  }

  /** Gives an order and waits for its answer, `ok` or the name of an errno. */
  async do(text: string): Promise<string> {
    return (await this.order(text)()).result;
  }

  /** Ends it; it must end by itself. */
  async end(): Promise<void> {
    this.program.child.stdin.end();
    const { status, stderr } = await this.program.result;
    if (status !== 0) throw new Error(`${this.#name} ended with ${status}: ${stderr}`);
  }
}

export interface Answer {
  readonly result: string;
  /** Seconds of CLOCK_MONOTONIC. */
  readonly began: number;
  readonly ended: number;
}

/** CLOCK_MONOTONIC in seconds, as the actors read it. */
export const monotonic = (): number => Number(process.hrtime.bigint()) / 1e9;

export function startActor(scene: Scene, file: string, inMember = true): Actor {
  const command = actorCommand(file);
  return new Actor(inMember ? scene.member(command) : scene.start(command), file);
}
