import { assert } from 'chai';
import { expected, type Run, runCases, tableMillisecondsMax, told } from './harness.js';
import { type Case, story } from './story.js';

/** Who answers: without this check, a member that traps nothing would pass for the kernel. */
function arbiterCase(inKernel: 'yes' | 'no') {
  return story(
    'the expected arbiter holds the locks',
    'ABC',
    `A setlk 3 w 0 10
     A in_kernel 3 -> ${inKernel}
     B ofd_setlk 3 w 20 10
     B in_kernel 3 -> ${inKernel}
     C flock 3 ex
     C in_kernel 3 -> ${inKernel}`,
  );
}

/** One `it` per case of the table but the deviations; all run in one agent, before the first of them. */
export function describeCases(
  title: string,
  cases: readonly Case[],
  inKernel: 'yes' | 'no',
  command: readonly string[],
  deviations: ReadonlySet<string> = new Set(),
): void {
  describe(title, () => {
    const table = [arbiterCase(inKernel), ...cases.filter(({ name }) => !deviations.has(name))];
    let run: Run;

    before(async function () {
      this.timeout(tableMillisecondsMax);
      run = await runCases(table, command);
    });

    it('runs the agent to its end', () => {
      assert.deepEqual(
        { status: run.status, cases: run.results.size },
        { status: 0, cases: table.length },
        run.stderr,
      );
    });

    for (const entry of table) {
      it(entry.name, () => {
        assert.deepEqual(told(entry, run.results.get(entry.name)), expected(entry));
      });
    }
  });
}
