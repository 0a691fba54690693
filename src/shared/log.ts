/**
 * Lines for people, on stderr: one per event, `name: level: text`. A pipe or terminal that nobody reads must not stop
 * the hot loop: lines that do not fit at once are dropped and counted, and the next line that fits says how many.
 */
import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { clean } from './clean.js';

export const logLevels = ['error', 'warn', 'info', 'debug'] as const;
export type LogLevel = (typeof logLevels)[number];
export type Log = Readonly<Record<LogLevel, (text: string) => void>>;

/** Writes whole lines; false when the reader is not keeping up. */
type WriteLine = (line: string) => boolean;

function stderrWriter(): WriteLine {
  let fd = 2;
  try {
    const info = fstatSync(2);
    // A description of our own: O_NONBLOCK must not hit the other processes that share stderr.
    if (info.isFIFO() || info.isCharacterDevice()) {
      fd = openSync('/proc/self/fd/2', constants.O_WRONLY | constants.O_NONBLOCK | constants.O_NOCTTY);
    }
  } catch {
    // Not to be reopened (another user's terminal, no /proc): written as it is.
  }
  return (line) => {
    try {
      writeSync(fd, line);
      return true;
    } catch {
      return false;
    }
  };
}

export function createLog(name: string, level: LogLevel, write: WriteLine = stderrWriter()): Log {
  const threshold = logLevels.indexOf(level);
  let lost = 0;
  const logger = (at: LogLevel) =>
    logLevels.indexOf(at) > threshold
      ? () => {}
      : (text: string) => {
          const line = `${name}: ${at}: ${clean(text.replaceAll('\n', '\\n'))}\n`;
          const note = lost > 0 ? `${name}: warn: ${lost} lines lost, nobody was reading\n` : '';
          if (write(note + line)) lost = 0;
          else lost++;
        };
  return { error: logger('error'), warn: logger('warn'), info: logger('info'), debug: logger('debug') };
}
