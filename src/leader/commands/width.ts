/** How long lines may be. */
import { isatty } from 'node:tty';

const usual = 80;

/** As ps(1): what $COLUMNS says, else the width of the terminal; in pipes and files lines are not cut. */
export function outputWidth(): number {
  const told = Number(process.env.COLUMNS);
  if (Number.isSafeInteger(told) && told > 0) return told;
  if (!isatty(1)) return Infinity;
  // A terminal of 0 columns does not know them.
  return process.stdout.columns || usual;
}
