/**
 * Text of other programs (commands, paths, names) for those who look at it. Whatever is no visible character becomes
 * U+FFFD: controls (also C1), line and paragraph separators, halves of a surrogate pair, and the format characters, which
 * turn the direction of the text around them (U+202E, U+2066, …) or hide what is there (U+200B, U+FEFF, …).
 */
const invisible = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu;

export const clean = (text: string): string => text.replace(invisible, '\ufffd');
