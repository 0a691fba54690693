/** Locks on files in a mount are those of files elsewhere: the semantic table once more. */
import { cases } from '../semantics/cases.js';
import { describeCases } from '../semantics/table.js';
import { memberPath } from './settings.js';

/** Where members differ from the kernel, mount or not: test/semantics/member.test.ts. */
const differing = /shared table|a blocking call without conflict|mapping|munmap/;

const table = cases.filter(({ name }) => !differing.test(name));

/** The agent is given a directory of the host; in the member it works in the mount instead. */
const inMount = ['sh', '-euc', `exec ${memberPath} --tmpfs /shared -- "$0" /shared`];

describeCases('lock semantics: in a tmpfs mount', table, 'no', inMount);
