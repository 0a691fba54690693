/** bin/member: puts the member together with a leader of its own, for when no other is named. */
import { createCore } from '../leader/core/core.js';
import { type OpenMounts, openMounts } from '../leader/mounts/open.js';
import { createEmbeddedLink } from '../member/embedded-link.js';
import type { End } from '../member/end.js';
import { main } from '../member/main.js';
import { describeDeadlock } from '../shared/describe.js';
import { ignoreSignals } from '../shared/native/signals.js';
import { endProcess } from '../shared/native/workload.js';
import { deafTo } from '../shared/started.js';

// What could not end whoever started us does not end us; the signals that are passed on are caught later.
ignoreSignals(deafTo);

let opened: OpenMounts | undefined;
let end: End;
try {
  end = await main(process.argv.slice(2), {
    embeddedLink(directories, mounts, log) {
      const core = createCore({
        now: () => performance.now(),
        onDeadlock: (report) => log.warn(describeDeadlock(report)),
      });
      if (mounts.length > 0) opened = openMounts(mounts, log);
      return createEmbeddedLink(core, directories, opened?.mounts ?? []);
    },
  });
} finally {
  opened?.close();
}
// A shell that runs a loop of members stops it when a signal ended one, as it does for any command.
endProcess(end.status, end.signal ?? 0);
