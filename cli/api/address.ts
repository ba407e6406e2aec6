/** Where the API is. */
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';

const LOOPBACK = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/** `--url`, else HALLPASS_URL. Plain http only on this machine: a session token travels in a header. */
export function findAddress(io: Io, given: string | undefined): URL {
  const text = given ?? io.env['HALLPASS_URL'];
  if (!text) {
    throw new Failure(
      'usage',
      'Where Hallpass is, is not known: HALLPASS_URL is not set. Set it to the address of the API, or pass --url.',
    );
  }
  const url = URL.parse(text);
  const allowed = url && (url.protocol === 'https:' || (url.protocol === 'http:' && LOOPBACK.test(url.hostname)));
  if (!url || !allowed || url.search || url.hash || url.username || url.password) {
    throw new Failure(
      'usage',
      `"${text}" is not the address of a Hallpass API. Write it like https://abc123.execute-api.eu-west-1.amazonaws.com (http only on this machine; no user, query or fragment).`,
    );
  }
  return url;
}
