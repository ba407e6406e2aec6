/**
 * Names that look like somebody else's: a word with letters of two scripts that have look-alikes of each other. A whole
 * name in one script is somebody's name, whatever the script.
 * https://www.unicode.org/reports/tr39/#Mixed_Script_Detection
 */
import { asciiOnly } from './printable.ts';

/** Scripts with letters that pass for those of another. */
const SCRIPTS = {
  Latin: /\p{Script=Latin}/u,
  Cyrillic: /\p{Script=Cyrillic}/u,
  Greek: /\p{Script=Greek}/u,
  Armenian: /\p{Script=Armenian}/u,
  Cherokee: /\p{Script=Cherokee}/u,
  Coptic: /\p{Script=Coptic}/u,
  Lisu: /\p{Script=Lisu}/u,
} as const;

const ASCII = /^[\x20-\x7e]*$/;

/** What is wrong with the name; undefined when nothing is. */
export function nameProblem(name: string): string | undefined {
  // Of one script already, as most are.
  if (ASCII.test(name)) return undefined;
  for (const word of name.split(/[\s\p{P}]+/u)) {
    const scripts = Object.entries(SCRIPTS).flatMap(([script, letters]) => (letters.test(word) ? [script] : []));
    if (scripts.length > 1)
      return `"${asciiOnly(word)}" mixes ${scripts.join(' and ')} letters, which can look alike; write the name in one script`;
  }
  return undefined;
}
