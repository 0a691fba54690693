/** Mocha's dots; at the end the reasons of what was skipped, each with its number of tests. */
import Mocha from 'mocha';
import { reasonOf } from './skips.js';

export default class Reporter extends Mocha.reporters.Dot {
  readonly #skipped = new Map<string, number>();

  constructor(runner: Mocha.Runner, options: Mocha.MochaOptions) {
    super(runner, options);
    runner.on(Mocha.Runner.constants.EVENT_TEST_PENDING, (test) => {
      const reason = reasonOf(test);
      this.#skipped.set(reason, (this.#skipped.get(reason) ?? 0) + 1);
    });
  }

  override epilogue(): void {
    super.epilogue();
    for (const [reason, tests] of this.#skipped) console.log(`  skipped ${tests}: ${reason}`);
    if (this.#skipped.size > 0) console.log();
  }
}
