/**
 * A case of the semantic table: steps of the lock-agent probe (test/probes/agent.h says what they mean) and
 * what Linux answers. The kernel is the oracle; an expectation must not depend on the order of its lists.
 */
export interface Case {
  readonly name: string;
  readonly steps: readonly (readonly [step: string, expected: string])[];
}

/**
 * `openers`, such as 'AB', are actors that have opened `f` read-write as descriptor 3 before the story.
 * Each line is `STEP -> EXPECTED`; without an arrow, `ok` is expected.
 */
export function story(name: string, openers: string, text: string): Case {
  const opening = [...openers].map((actor) => [`${actor} open f rw`, 'fd=3'] as const);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return { name, steps: [...opening, ...lines.map(parseLine)] };
}

function parseLine(line: string): readonly [string, string] {
  const [step = '', expected = 'ok'] = line.split('->');
  return [step.trim(), expected.trim()];
}
