/** Times for people: to the second, in UTC and saying so, as everybody who reads the same grant reads the same. */

/** `2026-11-24T18:00:00.000Z` → `2026-11-24 18:00:00Z`. What is no such time stays as it is. */
export const moment = (iso: string): string =>
  iso.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2})(?:\.\d+)?Z$/, '$1 $2Z');
