/** Text of a file that somebody wrote, made safe for a terminal and honest to the eye. */

// Control, format (bidi marks, zero-width), unassigned, private and lone surrogate characters; and line separators.
const HIDDEN = /[\p{C}\u2028\u2029]/gu;
const NOT_ASCII = /[^\x20-\x7e]/gu;
const LONGEST_QUOTE = 80;

const escaped = (character: string): string => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`;

/** Shows characters that a terminal would hide or obey as `\u{202e}`. */
export const printable = (text: string): string => text.replace(HIDDEN, escaped);

/** Shows everything beyond ASCII as `\u{430}`, so that look-alikes can be told apart. */
export const asciiOnly = (text: string): string => text.replace(NOT_ASCII, escaped);

/** A value in a message: in quotes, printable, cut where it is long. */
export function quote(text: string): string {
  const shown = text.length > LONGEST_QUOTE ? `${text.slice(0, LONGEST_QUOTE)}…` : text;
  return `"${printable(shown)}"`;
}
