/** One text for one value, whatever order its properties were made in: what digests and the audit chain are made over. */

/** The text of RFC 8785 (JSON Canonicalization Scheme) for strings, booleans, null, whole numbers, arrays and objects. */
export function canonicalJson(value: unknown): string {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return JSON.stringify(value);
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value)) throw new TypeError(`${value} has no canonical form here: whole numbers only`);
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(',')}]`;
  if (typeof value === 'object') {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : 1));
    return `{${entries.map(([key, item]) => `${JSON.stringify(key)}:${canonicalJson(item)}`).join(',')}}`;
  }
  throw new TypeError(`a ${typeof value} has no canonical form`);
}

/** SHA-256 in lower-case hexadecimal. It is handed in: the core imports nothing. */
export type Sha256 = (text: string) => string;

export const digestOf = (value: unknown, sha256: Sha256): string => sha256(canonicalJson(value));
