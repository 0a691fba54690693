/**
 * A container whose seccomp profile refuses pidfd_getfd and kcmp, as Docker's default does: record locks are
 * coordinated all the same, flock and OFD locks stay the kernel's.
 */
import { join } from 'node:path';
import { assert } from 'chai';
import { cases } from './cases.js';
import { expected, probe, type Run, repoRoot, runCases, tableMillisecondsMax, told } from './harness.js';

/** x86-64's numbers of pidfd_getfd(2) and kcmp(2). */
const refusedCalls = ['438', '312'];

describe('lock semantics: record locks in a container that refuses pidfd_getfd and kcmp', () => {
  const table = cases.filter(
    (entry) =>
      !/shared table|thread_exit|pending storm/.test(entry.name + JSON.stringify(expected(entry))) &&
      !/flock|ofd/.test(JSON.stringify(expected(entry))),
  );
  let run: Run;

  before(async function () {
    this.timeout(tableMillisecondsMax);
    const member = [join(repoRoot, 'bin/member'), '--log-level', 'error', '--'];
    run = await runCases(table, [probe('refuse'), ...refusedCalls, '--', ...member]);
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
