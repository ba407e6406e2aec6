/**
 * Text that people typed, made safe for a terminal and honest to the eye. Everything that comes from outside goes
 * through here before it is printed: names, justifications, reasons, error messages, file names.
 */

// Control (escape sequences begin with one), format (bidi, zero width, tags), unassigned, private and lone surrogate
// characters; line and paragraph separators; letters that look like nothing. Variation selectors only choose a glyph.
const HIDDEN = /[[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]--[\ufe00-\ufe0f]]/gv;

const codePoint = (character: string): number => character.codePointAt(0) ?? 0;

/** Shows characters that a terminal would obey, or hide, as `\u{202e}`. */
export const visible = (text: string): string =>
  text.replace(HIDDEN, (character) => `\\u{${codePoint(character).toString(16)}}`);

/** The same for JSON text: its own escapes, so that what is parsed from it is what was there. */
export const visibleJson = (value: unknown): string =>
  JSON.stringify(value, null, 2).replace(HIDDEN, (character) =>
    character === '\n'
      ? character
      : Array.from({ length: character.length }, (_, i) => {
          return `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`;
        }).join(''),
  );
