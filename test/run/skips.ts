/**
 * Tests that cannot run are skipped, and the end of the run says why (reporter.ts). A reason is what keeps a test from
 * running; undefined when nothing does.
 */
export type Reason = string | undefined;

const reasons = new WeakMap<object, string>();

interface Runners {
  it(title: string, play: Mocha.Func | Mocha.AsyncFunc): void;
  describe(title: string, tests: (this: Mocha.Suite) => void): void;
}

const always: Runners = {
  it: (title, play) => void it(title, play),
  describe: (title, tests) => void describe(title, tests),
};

/** `unless(reason).it` and `.describe` are mocha's own where there is no reason to skip. */
export function unless(reason: Reason): Runners {
  if (reason === undefined) return always;
  return {
    it: (title, play) => void reasons.set(it.skip(title, play), reason),
    describe: (title, tests) =>
      void describe.skip(title, function () {
        reasons.set(this, reason);
        tests.call(this);
      }),
  };
}

/** Why a pending test, or the suite that it is in, was skipped. */
export function reasonOf(test: Mocha.Test | Mocha.Suite): string {
  return reasons.get(test) ?? (test.parent ? reasonOf(test.parent) : 'no reason given');
}
