/** Addresses of servers that Hallpass calls: over TLS, and nothing secret in them. */
import type { Context } from './context.ts';
import type { Path } from './finding.ts';
import { quote } from './printable.ts';

/** `http` only to this machine, for trying things out: nothing is deployed with such an address (`infra/check.ts`). */
export function checkServerUrl(path: Path, text: string, { report }: Context): void {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (!url || (url.protocol !== 'https:' && !isLoopback(text)))
    report(path, `${quote(text)} is not an https:// address`);
  else if (url.username !== '' || url.password !== '' || url.hash !== '')
    report(path, 'the address holds a user, a password or a fragment; what is asked is signed instead');
}

export const isLoopback = (text: string): boolean =>
  /^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?::\d+)?(?:\/|$)/.test(text);
