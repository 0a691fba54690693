/** How long lines may be. */
import { isatty } from 'node:tty';

const usual = 80;

/** Of the terminal. One of 0 columns does not know them. */
export const terminalWidth = (): number => process.stdout.columns || usual;

/** As ps(1): what $COLUMNS says, else the width of the terminal; in pipes and files lines are not cut. */
export function outputWidth(): number {
  const told = Number(process.env.COLUMNS);
  if (Number.isSafeInteger(told) && told > 0) return told;
  if (!isatty(1)) return Infinity;
  return terminalWidth();
}
