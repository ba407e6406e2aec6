/** Throws where a check would have had to refuse: then a check is missing. */
export function checked<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`a ${what} got past the checks unread`);
  return value;
}
