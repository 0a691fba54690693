import { conversionCases } from './cases/conversions.js';
import { deadlockCases } from './cases/deadlocks.js';
import { descriptorCases } from './cases/descriptors.js';
import { errorCases } from './cases/errors.js';
import { execCases } from './cases/exec.js';
import { fileCases } from './cases/files.js';
import { flockCases } from './cases/flock.js';
import { ofdCases } from './cases/ofd.js';
import { passingCases } from './cases/passing.js';
import { processCases } from './cases/processes.js';
import { rangeCases } from './cases/ranges.js';
import { sharedTableCases } from './cases/shared-table.js';
import { signalCases } from './cases/signals.js';
import { threadCases } from './cases/threads.js';
import { waitCases } from './cases/waits.js';
import type { Case } from './story.js';

const groups: Readonly<Record<string, readonly Case[]>> = {
  ranges: rangeCases,
  conversions: conversionCases,
  errors: errorCases,
  OFD: ofdCases,
  flock: flockCases,
  descriptors: descriptorCases,
  files: fileCases,
  processes: processCases,
  exec: execCases,
  passing: passingCases,
  threads: threadCases,
  'shared table': sharedTableCases,
  waits: waitCases,
  signals: signalCases,
  deadlocks: deadlockCases,
};

/** What Linux does, told as stories; run against the kernel and against the leader through a member. */
export const cases: readonly Case[] = Object.entries(groups).flatMap(([group, stories]) =>
  stories.map(({ name, steps }) => ({ name: `${group}: ${name}`, steps })),
);
