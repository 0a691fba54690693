/**
 * Plays cases in file-agents: in one, or in two that share the actors, such as two members of one leader. Each case
 * has a directory of its own below `root`, which the agents see at the same path.
 */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { probe } from '../semantics/harness.js';
import { abstract, expand, type FileCase, type Places } from './story.js';

export class Agent {
  readonly child: ChildProcessWithoutNullStreams;
  readonly #answers: AsyncIterator<string>;
  stderr = '';

  /** The command is what the agent runs under: `member … --`, or nothing. */
  constructor([program, ...parameters]: readonly string[]) {
    const agent = probe('file-agent');
    const { SWARD_SOCKET: _, ...env } = process.env;
    const words = program === undefined ? [] : [...parameters, agent];
    this.child = spawn(program ?? agent, words, { cwd: '/', env });
    this.child.stdin.on('error', () => {}); // the missing answer tells
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.stderr += text;
    });
    this.#answers = createInterface({ input: this.child.stdout })[Symbol.asyncIterator]();
  }

  async ask(line: string): Promise<string> {
    this.child.stdin.write(`${line}\n`);
    const { value, done } = await this.#answers.next();
    if (done) throw new Error(`the agent has ended (${this.child.exitCode}): ${this.stderr}`);
    return value;
  }

  /** Resolves with its exit status. */
  async end(): Promise<number | null> {
    this.child.stdin.end();
    if (this.child.exitCode === null && this.child.signalCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }
}

/** For each case, by name, what each step answered. */
export type Results = ReadonlyMap<string, readonly string[]>;

/** Actors A, C, E live in the first agent, B, D, F in the last. */
export const agentOf = (agents: readonly Agent[], actor: string): Agent =>
  agents[(actor.charCodeAt(0) - 'A'.charCodeAt(0)) % agents.length]!;

export async function beginCase(agents: readonly Agent[], root: string, create = true): Promise<void> {
  for (const [index, agent] of agents.entries()) {
    const answer = await agent.ask(`case ${root} ${create && index === 0 ? 'create' : 'join'}`);
    if (answer !== 'ok') throw new Error(`mkdir ${root}: ${answer}`);
  }
}

export async function endCase(agents: readonly Agent[]): Promise<void> {
  for (const agent of agents) await agent.ask('end');
}

export async function playCase(
  entry: FileCase,
  agents: readonly Agent[],
  places: Places,
  create: boolean,
): Promise<string[]> {
  await beginCase(agents, places.root, create);
  const answers: string[] = [];
  for (const { actor, background, call } of entry.steps) {
    const line = `${actor}${background ? '&' : ''} ${expand(call, places)}`;
    answers.push(abstract(await agentOf(agents, actor).ask(line), places));
    if (answers.at(-1) === 'timeout') break;
  }
  await endCase(agents);
  return answers;
}

export interface Setting {
  /** A directory that the agents see, in which each case gets one. */
  readonly root: string;
  /** All cases are played in the root itself, which is there. */
  readonly fixed?: boolean;
  readonly host?: string;
  /** What each agent runs under. */
  readonly commands: readonly (readonly string[])[];
}

/** Plays all cases that can be played here; the agents must end well. */
export async function playAll(
  cases: readonly FileCase[],
  { root, fixed, host, commands }: Setting,
): Promise<Results> {
  const agents = commands.map((command) => new Agent(command));
  const results = new Map<string, readonly string[]>();
  try {
    for (const [index, entry] of cases.entries()) {
      if (entry.reason !== undefined) continue;
      const directory = fixed ? root : `${root}/c${String(index).padStart(4, '0')}`;
      const places = {
        root: directory,
        agent: probe('file-agent'),
        ...(host !== undefined && { host }),
      };
      results.set(entry.name, await playCase(entry, agents, places, !fixed));
    }
    for (const agent of agents) {
      const status = await agent.end();
      if (status !== 0) throw new Error(`an agent ended with ${status}: ${agent.stderr}`);
    }
    return results;
  } finally {
    for (const { child } of agents) child.kill('SIGKILL');
  }
}

/** The case with the answers given, in the notation of the table: a failed comparison reads as one. */
export function told({ steps }: FileCase, answers: readonly string[] = []): string[] {
  return steps.map(({ actor, call }, index) => `${actor} ${call} -> ${answers[index] ?? 'no answer'}`);
}
