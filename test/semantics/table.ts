import { assert } from 'chai';
import { cases } from './cases.js';
import { expected, type Run, runCases, told } from './harness.js';

/** One `it` per case of the table; all run in one agent, before the first of them. */
export function describeCases(title: string, command: () => readonly string[]): void {
  describe(title, () => {
    let run: Run;

    before(async function () {
      this.timeout(320_000);
      run = await runCases(cases, command());
    });

    it('runs the agent to its end', () => {
      assert.deepEqual(
        { status: run.status, cases: run.results.size },
        { status: 0, cases: cases.length },
        run.stderr,
      );
    });

    for (const story of cases) {
      it(story.name, () => {
        assert.deepEqual(told(story, run.results.get(story.name)), expected(story));
      });
    }
  });
}
