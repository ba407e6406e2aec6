/**
 * The form of an EKS token: `k8s-aws-v1.` + base64url(presigned `GetCallerIdentity` URL). This file reads and judges
 * the text alone; it opens no connection and knows no keys. The rules are those of aws-iam-authenticator
 * (`pkg/token/token.go`), which EKS runs: everything that is not expected is refused, because whoever could slip in a
 * parameter or a host of their own would choose who answers the question "who is this?".
 */
import { type Duration, type Instant, instant, minus, minutes, plus } from '../../src/core/time.ts';

const PREFIX = 'k8s-aws-v1.';
const LONGEST_TOKEN = 4_096;
/** EKS counts from X-Amz-Date and pays no regard to X-Amz-Expires. */
const LIFETIME: Duration = minutes(15);
/** How far ahead of its own clock AWS lets a signature be dated. */
const CLOCK_SKEW: Duration = minutes(5);
export const CLUSTER_HEADER = 'x-k8s-aws-id';

const KNOWN_PARAMETERS: ReadonlySet<string> = new Set([
  'action',
  'version',
  'x-amz-algorithm',
  'x-amz-credential',
  'x-amz-date',
  'x-amz-expires',
  'x-amz-security-token',
  'x-amz-signature',
  'x-amz-signedheaders',
  'x-amz-user-agent',
]);

type ReadToken = { url: URL } | { refusal: string };

const refuse = (why: string): ReadToken => ({ refusal: `input token was not properly formatted: ${why}` });

/** Parameters by lower-case name, or why they are not acceptable. */
function readParameters(url: URL): Map<string, string> | string {
  const found = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    const lower = name.toLowerCase();
    if (!KNOWN_PARAMETERS.has(lower)) return `non-whitelisted query parameter ${JSON.stringify(name.slice(0, 64))}`;
    if (found.has(lower)) return 'query parameter with multiple values not supported';
    found.set(lower, value);
  }
  return found;
}

/** `20261124T030000Z` → an instant. */
function readAmzDate(text: string): Instant | undefined {
  const part = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(text);
  if (!part) return undefined;
  const [, year, month, day, hour, minute, second] = part;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : instant(at);
}

function decode(token: string): URL | string {
  if (token.length > LONGEST_TOKEN) return 'token is too large';
  if (!token.startsWith(PREFIX)) return `token is missing expected "${PREFIX}" prefix`;
  const encoded = token.slice(PREFIX.length);
  const bytes = Buffer.from(encoded, 'base64url');
  // Buffer skips what it cannot read: only text that encodes back to itself was base64url.
  if (bytes.toString('base64url') !== encoded) return 'illegal base64 data';
  return URL.parse(bytes.toString('utf8')) ?? 'not a URL';
}

/**
 * Reads a token made for one of `stsHosts` (`host:port`, as the simulator's own STS is reached) and not older than 15
 * minutes at `now`. Whether the signature is right, and for which cluster, is not known yet.
 */
export function readToken(token: string, stsHosts: readonly string[], now: Instant): ReadToken {
  const url = decode(token);
  if (typeof url === 'string') return refuse(url);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return refuse(`unexpected scheme "${url.protocol}"`);
  if (!stsHosts.includes(url.host)) return refuse(`unexpected hostname "${url.host.slice(0, 128)}" in pre-signed URL`);
  if (url.username || url.password || url.hash) return refuse('unexpected user or fragment in pre-signed URL');
  if (url.pathname !== '/') return refuse('unexpected path in pre-signed URL');

  const parameters = readParameters(url);
  if (typeof parameters === 'string') return refuse(parameters);
  if (parameters.get('action') !== 'GetCallerIdentity') return refuse('unexpected action parameter in pre-signed URL');
  const signed = (parameters.get('x-amz-signedheaders') ?? '').split(';');
  if (!signed.includes(CLUSTER_HEADER)) return refuse(`client did not sign the ${CLUSTER_HEADER} header`);

  const date = readAmzDate(parameters.get('x-amz-date') ?? '');
  if (date === undefined) return refuse('X-Amz-Date parameter must be present and a date in pre-signed URL');
  if (plus(date, LIFETIME) < now) return refuse('X-Amz-Date parameter is expired (15 minute window)');
  if (minus(date, CLOCK_SKEW) > now) return refuse('X-Amz-Date parameter lies in the future');
  return { url };
}
