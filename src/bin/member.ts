/** bin/member: puts the member together with a leader of its own, for when no other is named. */
import { createCore } from '../leader/core/core.js';
import { type OpenMounts, openMounts } from '../leader/mounts/open.js';
import { createEmbeddedLink } from '../member/embedded-link.js';
import { main } from '../member/main.js';
import { describeDeadlock } from '../shared/describe.js';

let opened: OpenMounts | undefined;
let status: number;
try {
  status = await main(process.argv.slice(2), {
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
process.exit(status);
