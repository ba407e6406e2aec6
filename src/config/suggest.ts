/** "Did you mean …?" */

/** The nearest of the known names, if it is near enough to be a slip of the pen. */
export function nearest(given: string, known: readonly string[]): string | undefined {
  const within = known.find((name) => name.length > 3 && given.includes(name));
  if (within !== undefined) return within;
  const limit = Math.max(1, Math.floor(given.length / 3));
  const ranked = known
    .map((name) => ({ name, distance: distance(given.toLowerCase(), name.toLowerCase()) }))
    .filter((one) => one.distance <= limit && one.distance < given.length)
    .sort((a, b) => a.distance - b.distance);
  return ranked[0]?.name;
}

/** `; did you mean "prod"?`, or nothing. */
export function didYouMean(given: string, known: readonly string[]): string {
  const name = nearest(given, known);
  return name === undefined ? '' : `; did you mean "${name}"?`;
}

/** Levenshtein's distance, in which two neighbours swapped count once. Long texts are far from everything. */
function distance(a: string, b: string): number {
  if (Math.max(a.length, b.length) > 100) return Number.POSITIVE_INFINITY;
  let before: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = at(above, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      const swap = swapped ? at(before, j - 2) + 1 : Number.POSITIVE_INFINITY;
      row.push(Math.min(change, swap, at(above, j) + 1, at(row, j - 1) + 1));
    }
    before = above;
    above = row;
  }
  return at(above, b.length);
}

const at = (row: readonly number[], index: number): number => row[index] ?? Number.POSITIVE_INFINITY;
