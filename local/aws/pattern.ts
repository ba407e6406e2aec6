/** Wildcards as IAM has them: `*` any run of characters, colons and slashes included, `?` exactly one. */
export function matchesPattern(text: string, pattern: string): boolean {
  let [t, p, star, retry] = [0, 0, -1, 0];
  // One backtracking point is enough, and unlike a regular expression it cannot be made to run for ever.
  while (t < text.length) {
    if (p < pattern.length && pattern[p] === '*') {
      star = p++;
      retry = t;
    } else if (p < pattern.length && (pattern[p] === '?' || unquoteWildcards(pattern[p] ?? '') === text[t])) {
      p++;
      t++;
    } else if (star !== -1) {
      p = star + 1;
      t = ++retry;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** Stand-ins from Unicode's private use area for a `*` or `?` that means itself. */
const QUOTED = new Map([
  ['*', '\uE02A'],
  ['?', '\uE03F'],
]);

/** Makes the wildcards in a value that was filled into a pattern stand for themselves only. */
export const quoteWildcards = (text: string): string =>
  text.replace(/[*?]/g, (character) => QUOTED.get(character) ?? '');

export const unquoteWildcards = (text: string): string => text.replaceAll('\uE02A', '*').replaceAll('\uE03F', '?');
