/** EKS's lists: `maxResults` 1 to 100 (default 100) and a `nextToken` that names the last item of the page before. */
import type { Input } from '../../aws-service.ts';
import { invalidParameter, read } from './checks.ts';

export function pageOf<Name extends string, T>(
  input: Input,
  name: Name,
  items: readonly T[],
  keyOf: (item: T) => string,
): Record<string, unknown> & Record<Name, T[]> {
  const most = read.optionalNumber(input, 'maxResults') ?? 100;
  if (most < 1 || most > 100) throw invalidParameter('maxResults must be between 1 and 100.');
  const token = read.optionalText(input, 'nextToken');
  const after = token === undefined ? '' : readToken(token);
  const rest = [...items].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1)).filter((item) => keyOf(item) > after);
  const chosen = rest.slice(0, most);
  const last = chosen.at(-1);
  const nextToken = rest.length > chosen.length && last !== undefined ? writeToken(keyOf(last)) : null;
  return { [name]: chosen, nextToken } as Record<string, unknown> & Record<Name, T[]>;
}

const MARK = 'after:';
const writeToken = (key: string): string => Buffer.from(`${MARK}${key}`).toString('base64');

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString();
  if (!text.startsWith(MARK)) throw invalidParameter('The specified nextToken is invalid.');
  return text.slice(MARK.length);
}
