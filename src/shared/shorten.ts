/** Cutting texts that may be long. */

/** At most `max` characters; one that was cut shows it by its end. */
export function shorten(text: string, max: number): string {
  if (text.length <= max) return text;
  // Half of a character that takes two is none.
  return `${text.slice(0, max - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
