/** bin/member: puts the member together with a leader of its own, for when no other is named. */
import { createCore } from '../leader/core/core.js';
import { createEmbeddedLink } from '../member/embedded-link.js';
import { main } from '../member/main.js';
import { describeDeadlock } from '../shared/describe.js';

process.exit(
  await main(process.argv.slice(2), {
    embeddedLink(directories, warn) {
      const core = createCore({
        now: () => performance.now(),
        onDeadlock: (report) => warn(describeDeadlock(report)),
      });
      return createEmbeddedLink(core, directories);
    },
  }),
);
