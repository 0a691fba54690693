/** bin/member: puts the member together with a leader of its own, for when no other is named. */
import { createCore } from '../leader/core/core.js';
import { type OpenMounts, openMounts } from '../leader/mounts/open.js';
import { createEmbeddedLink } from '../member/embedded-link.js';
import { main } from '../member/main.js';
import type { End } from '../member/supervisor.js';
import { describeDeadlock } from '../shared/describe.js';
import { dieBySignal } from '../shared/native/workload.js';

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
if (end.signal !== undefined) dieBySignal(end.signal);
process.exit(end.status);
