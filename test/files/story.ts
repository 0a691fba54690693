/**
 * A case of the file tables: steps of the file-agent probe (test/probes/file-agent.h says what they mean). What is
 * right is what a native run of the same steps answers; an expectation in the table is there to be read, and is
 * checked natively.
 */
import type { Reason } from '../run/skips.js';

export interface Step {
  readonly actor: string;
  /** Told not to be waited for: a later `wait` has its answer. */
  readonly background: boolean;
  readonly call: string;
  readonly expected?: string;
  /** In an append mount, where that differs. */
  readonly append?: string;
  /** In any mount, where members differ: design/paths.md. */
  readonly member?: string;
}

export interface FileCase {
  readonly name: string;
  /** Why it cannot be played here. */
  readonly reason?: Reason;
  readonly steps: readonly Step[];
}

/**
 * Each line is `[ACTOR[&]] CALL [-> EXPECTED] [~ EXPECTED IN AN APPEND MOUNT] [! EXPECTED IN
 * ANY MOUNT]`, the actor being A if none is named. `$R`
 * is the directory of the case, `$A` the agent's program, `$H` what lies behind mounts, `$U` our uid:gid; `{xy*9}` is xy nine times, `{x^4095}` as
 * many as make the word 4095 bytes long.
 */
export function story(name: string, text: string): FileCase {
  const lines = text.split('\n').map((line) => line.trim());
  return { name, steps: lines.filter((line) => line !== '').map(parseLine) };
}

function parseLine(line: string): Step {
  const [, actor = 'A', mark, call = '', expected, append, member] =
    /^(?:([A-F])(&?) )?(.*?)(?: -> (.*?))?(?: ~ (.*?))?(?: ! (.*))?$/.exec(line) ?? [];
  return {
    actor,
    background: mark === '&',
    call,
    ...(expected !== undefined && { expected }),
    ...(append !== undefined && { append }),
    ...(member !== undefined && { member }),
  };
}

/** What is played unless there is a reason to skip it. */
export const storiesUnless = (reason: Reason, stories: readonly FileCase[]): FileCase[] =>
  stories.map((entry) => ({ ...entry, reason: entry.reason ?? reason }));

/** A group's stories bear its name. */
export function group(name: string, stories: readonly FileCase[]): FileCase[] {
  return stories.map((entry) => ({ ...entry, name: `${name}: ${entry.name}` }));
}

export interface Places {
  readonly root: string;
  readonly agent: string;
  /** What is mounted, as the host sees it. */
  readonly host?: string;
}

const ownIds = `${process.getuid?.()}:${process.getgid?.()}`;

/** A step or an expectation with what it leaves open filled in. */
export function expand(text: string, { root, agent, host = '$H' }: Places): string {
  const words = text.split(' ').map((word) => {
    const filled = word
      .replaceAll('$R', root)
      .replaceAll('$A', agent)
      .replaceAll('$H', host)
      .replaceAll('$U', ownIds)
      .replace(/\{([^{}]*?)\*(\d+)\}/g, (_, part: string, times) => part.repeat(Number(times)));
    return filled.replace(/\{(.)\^(\d+)\}/, (found, part: string, length) =>
      part.repeat(Number(length) - (filled.length - found.length)),
    );
  });
  return words.join(' ');
}

/** An answer with the places named as in the table. */
export function abstract(text: string, { root, agent, host }: Places): string {
  const named = text.replaceAll(root, '$R').replaceAll(agent, '$A');
  return host === undefined ? named : named.replaceAll(host, '$H');
}
