/**
 * Who signed this request? AWS Signature Version 4, in its header form and in its presigned form, verified over the raw
 * bytes: nothing is decoded, parsed or believed before the signature holds. No AWS error codes here; the endpoint, the
 * API Gateway runner and the simulated cluster each say a refusal in their own words.
 *
 * Authority: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html
 */
import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Sha256 } from '@aws-crypto/sha256-js';
import { getSigningKey } from '@smithy/signature-v4';
import { type Duration, type Instant, instant, minus, minutes, plus } from '../../src/core/time.ts';
import type { Caller } from '../aws-service.ts';

/** A request as it came: `url` is the raw path and query, `headers` name–value pairs in order. */
export type SignedRequest = {
  method: string;
  url: string;
  headers: readonly (readonly [string, string])[];
  body: Uint8Array;
};

/** What a signature is checked against. `sessionToken` and `expiresAt` only for temporary credentials. */
export type KnownCredential = {
  caller: Caller;
  secretAccessKey: string;
  sessionToken?: string;
  expiresAt?: Instant;
};

export type Verification = {
  credentialOf(accessKeyId: string): KnownCredential | undefined;
  /** By which the signature's age is judged: the machine's real clock, because clients sign by it. */
  signedNow: Instant;
  /** By which sessions expire: local mode's clock. */
  sessionNow: Instant;
  /** When given, a signature made for another service is refused. */
  service?: string;
  /** How long a presigned request is good for, whatever its X-Amz-Expires says (STS: 15 minutes). */
  presignedFor?: Duration;
};

export type Refusal =
  | { reason: 'missingAuthentication' }
  | { reason: 'incompleteSignature'; detail: string }
  | { reason: 'wrongScope'; detail: string }
  | { reason: 'unknownKey' }
  | { reason: 'invalidToken' }
  | { reason: 'signatureMismatch' }
  | { reason: 'unsignedHeader'; header: string }
  | { reason: 'notCurrent'; detail: string }
  | { reason: 'sessionExpired' };

export type Authentication =
  | { ok: true; caller: Caller; service: string; region: string; signedHeaders: readonly string[]; signedAt: Instant }
  | { ok: false; refusal: Refusal /** By the credential scope, if it could be read. */; service?: string };

type Claim = {
  form: 'header' | 'presigned';
  accessKeyId: string;
  day: string;
  region: string;
  service: string;
  signedHeaders: readonly string[];
  signature: string;
  date: string;
  sessionToken: string | undefined;
  expires: number | undefined;
};

/** AWS tolerates this much between its clock and the signer's, and keeps a signature good for as long. */
const SIGNATURE_TOLERANCE = minutes(15);
const ALGORITHM = 'AWS4-HMAC-SHA256';
const LONGEST_PRESIGNED_SECONDS = 604_800;

/** Verifies the signature and answers who made it, or why not. Never throws on what a client sent. */
export async function authenticate(request: SignedRequest, verification: Verification): Promise<Authentication> {
  const read = readClaim(request);
  if ('reason' in read) return { ok: false, refusal: read };
  const refuse = (refusal: Refusal): Authentication => ({ ok: false, refusal, service: read.service });

  if (verification.service !== undefined && read.service !== verification.service) {
    return refuse({
      reason: 'wrongScope',
      detail: `Credential should be scoped to correct service: '${verification.service}'.`,
    });
  }
  const signedAt = parseAmzDate(read.date);
  if (signedAt === undefined)
    return refuse({ reason: 'incompleteSignature', detail: 'Date must be in ISO-8601 basic format' });
  if (!read.date.startsWith(read.day)) {
    return refuse({
      reason: 'wrongScope',
      detail: 'Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP',
    });
  }
  const known = verification.credentialOf(read.accessKeyId);
  if (!known) return refuse({ reason: 'unknownKey' });
  if (!sameText(known.sessionToken ?? '', read.sessionToken ?? '')) return refuse({ reason: 'invalidToken' });

  const unsigned = headerThatMustBeSigned(request, read);
  if (unsigned) return refuse({ reason: 'unsignedHeader', header: unsigned });
  const expected = await signatureOf(request, read, known.secretAccessKey);
  if (expected === undefined || !sameText(expected, read.signature)) return refuse({ reason: 'signatureMismatch' });

  const age = judgeAge(read, signedAt, verification);
  if (age) return refuse({ reason: 'notCurrent', detail: age });
  if (known.expiresAt !== undefined && known.expiresAt <= verification.sessionNow) {
    return refuse({ reason: 'sessionExpired' });
  }
  const { service, region, signedHeaders } = read;
  return { ok: true, caller: known.caller, service, region, signedHeaders, signedAt };
}

function readClaim(request: SignedRequest): Claim | Refusal {
  const query = rawQuery(request.url);
  const authorization = headerValues(request, 'authorization');
  const presigned = query.some(([name]) => name === 'X-Amz-Algorithm' || name === 'X-Amz-Signature');
  if (authorization.length === 0 && !presigned) return { reason: 'missingAuthentication' };
  if (authorization.length + (presigned ? 1 : 0) > 1) {
    return {
      reason: 'incompleteSignature',
      detail: 'Only one of an Authorization header and a presigned query may be given',
    };
  }
  return presigned ? readPresigned(query) : readAuthorization(request, authorization[0] ?? '');
}

function readAuthorization(request: SignedRequest, text: string): Claim | Refusal {
  if (!text.startsWith(`${ALGORITHM} `))
    return { reason: 'incompleteSignature', detail: `Unsupported algorithm: only ${ALGORITHM} is` };
  const parts = new Map(
    text
      .slice(ALGORITHM.length)
      .split(',')
      .map((part) => part.trim().split(/=(.*)/s, 2) as [string, string]),
  );
  return claim('header', parts.get('Credential'), parts.get('SignedHeaders'), parts.get('Signature'), {
    date: headerValues(request, 'x-amz-date')[0],
    sessionToken: headerValues(request, 'x-amz-security-token')[0],
    expires: undefined,
  });
}

function readPresigned(query: readonly (readonly [string, string])[]): Claim | Refusal {
  const once = (name: string): string | undefined => {
    const found = query.filter(([key]) => key === name);
    return found.length === 1 ? decode(found[0]?.[1] ?? '') : undefined;
  };
  if (once('X-Amz-Algorithm') !== ALGORITHM)
    return { reason: 'incompleteSignature', detail: `X-Amz-Algorithm must be ${ALGORITHM}` };
  const expires = once('X-Amz-Expires') ?? '';
  if (!/^\d{1,6}$/.test(expires) || Number(expires) < 1 || Number(expires) > LONGEST_PRESIGNED_SECONDS) {
    return {
      reason: 'incompleteSignature',
      detail: `X-Amz-Expires must be between 1 and ${LONGEST_PRESIGNED_SECONDS} seconds`,
    };
  }
  return claim('presigned', once('X-Amz-Credential'), once('X-Amz-SignedHeaders'), once('X-Amz-Signature'), {
    date: once('X-Amz-Date'),
    sessionToken: once('X-Amz-Security-Token'),
    expires: Number(expires),
  });
}

function claim(
  form: Claim['form'],
  credential: string | undefined,
  signedHeaders: string | undefined,
  signature: string | undefined,
  rest: { date: string | undefined; sessionToken: string | undefined; expires: number | undefined },
): Claim | Refusal {
  const scope = /^(\w{16,128})\/(\d{8})\/([a-z0-9-]+)\/([a-z0-9-]+)\/aws4_request$/.exec(credential ?? '');
  if (!scope || !signedHeaders || !signature || !rest.date) {
    return {
      reason: 'incompleteSignature',
      detail:
        'A signature needs Credential (KEY/YYYYMMDD/REGION/SERVICE/aws4_request), SignedHeaders, Signature and X-Amz-Date',
    };
  }
  const [, accessKeyId = '', day = '', region = '', service = ''] = scope;
  const names = signedHeaders.split(';');
  return { form, accessKeyId, day, region, service, signedHeaders: names, signature, ...rest, date: rest.date };
}

/** `host` and every `x-amz-…` header: what is not signed could have been put there by anyone on the way. */
function headerThatMustBeSigned(request: SignedRequest, read: Claim): string | undefined {
  if (!read.signedHeaders.includes('host')) return 'host';
  for (const [name] of request.headers) {
    const lower = name.toLowerCase();
    if (lower.startsWith('x-amz-') && !read.signedHeaders.includes(lower)) return lower;
  }
  return undefined;
}

async function signatureOf(request: SignedRequest, read: Claim, secretAccessKey: string): Promise<string | undefined> {
  const canonical = canonicalRequest(request, read);
  if (canonical === undefined) return undefined;
  const scope = `${read.day}/${read.region}/${read.service}/aws4_request`;
  const toSign = `${ALGORITHM}\n${read.date}\n${scope}\n${sha256(canonical)}`;
  const credentials = { accessKeyId: read.accessKeyId, secretAccessKey };
  const key = await getSigningKey(Sha256, credentials, read.day, read.region, read.service);
  return createHmac('sha256', key).update(toSign).digest('hex');
}

/** Undefined if a header that is named as signed is not there, or the query cannot be decoded. */
function canonicalRequest(request: SignedRequest, read: Claim): string | undefined {
  const path = request.url.split('?', 1)[0] ?? '/';
  const headers: string[] = [];
  for (const name of read.signedHeaders) {
    const values = headerValues(request, name);
    if (values.length === 0) return undefined;
    headers.push(`${name}:${values.map((value) => value.trim().replace(/ +/g, ' ')).join(',')}\n`);
  }
  const query = canonicalQuery(request.url);
  if (query === undefined) return undefined;
  // Every service but S3 encodes the already encoded path once more.
  const lines = [
    request.method,
    percentEncode(path).replaceAll('%2F', '/'),
    query,
    headers.join(''),
    read.signedHeaders.join(';'),
  ];
  return [...lines, sha256(request.body)].join('\n');
}

function canonicalQuery(url: string): string | undefined {
  const pairs: [string, string][] = [];
  for (const [name, value] of rawQuery(url)) {
    const key = decode(name);
    const text = decode(value);
    if (key === undefined || text === undefined) return undefined;
    if (key !== 'X-Amz-Signature') pairs.push([percentEncode(key), percentEncode(text)]);
  }
  const before = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
  return pairs
    .sort((a, b) => before(a[0], b[0]) || before(a[1], b[1]))
    .map((pair) => pair.join('='))
    .join('&');
}

function judgeAge(read: Claim, signedAt: Instant, { signedNow, presignedFor }: Verification): string | undefined {
  if (signedAt > plus(signedNow, SIGNATURE_TOLERANCE)) {
    return `Signature not yet current: ${read.date} is still later than ${amzDate(plus(signedNow, SIGNATURE_TOLERANCE))} (${amzDate(signedNow)} + 15 min.)`;
  }
  const goodFor =
    read.form === 'header' ? SIGNATURE_TOLERANCE : (presignedFor ?? (((read.expires ?? 0) * 1_000) as Duration));
  if (minus(signedNow, goodFor) > signedAt) {
    return `Signature expired: ${read.date} is now earlier than ${amzDate(minus(signedNow, goodFor))} (${amzDate(signedNow)} - ${goodFor / 60_000} min.)`;
  }
  return undefined;
}

function parseAmzDate(text: string): Instant | undefined {
  const found = /^(\d{4})(\d{2})(\d{2})T(\d{2})(\d{2})(\d{2})Z$/.exec(text);
  if (!found) return undefined;
  const [, year, month, day, hour, minute, second] = found;
  const at = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`);
  return Number.isNaN(at) ? undefined : instant(at);
}

const amzDate = (at: Instant): string => new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '');
const sha256 = (data: string | Uint8Array): string => createHash('sha256').update(data).digest('hex');

/** RFC 3986: everything but letters, digits and `-_.~`. */
const percentEncode = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function rawQuery(url: string): [string, string][] {
  const at = url.indexOf('?');
  if (at === -1 || at === url.length - 1) return [];
  return url
    .slice(at + 1)
    .split('&')
    .map((pair) => {
      const equals = pair.indexOf('=');
      return equals === -1 ? [pair, ''] : [pair.slice(0, equals), pair.slice(equals + 1)];
    });
}

const headerValues = (request: SignedRequest, name: string): string[] =>
  request.headers.filter(([key]) => key.toLowerCase() === name).map(([, value]) => value);

/** In constant time: how long a comparison takes must not tell how much of a secret was right. */
function sameText(a: string, b: string): boolean {
  return timingSafeEqual(Buffer.from(sha256(a)), Buffer.from(sha256(b)));
}
