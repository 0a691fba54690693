/** All tables that one run can tell: natively, and in every writable mount. */

import { notRoot } from '../run/machine.js';
import { attributeCases, recentCases } from './cases/attributes.js';
import { dataCases, overwriteCases } from './cases/data.js';
import { directoryCases } from './cases/directories.js';
import { executionCases } from './cases/execution.js';
import { identityCases } from './cases/identity.js';
import { linkCases } from './cases/links.js';
import { openRuleCases } from './cases/open-rules.js';
import { openCases } from './cases/opens.js';
import { pathCases } from './cases/paths.js';
import { privilegeCases } from './cases/privileges.js';
import { removeCases } from './cases/removals.js';
import { renameCases } from './cases/renames.js';
import { socketCases, watchCases } from './cases/sockets.js';
import { statusCases } from './cases/status.js';
import { type FileCase, storiesUnless } from './story.js';

export const cases: readonly FileCase[] = [
  ...openCases,
  ...openRuleCases,
  ...pathCases,
  ...linkCases,
  ...renameCases,
  ...removeCases,
  ...directoryCases,
  ...statusCases,
  ...storiesUnless(notRoot, [...identityCases, ...privilegeCases]),
  ...attributeCases,
  ...recentCases,
  ...executionCases,
  ...socketCases,
  ...watchCases,
  ...dataCases,
  ...overwriteCases,
];
