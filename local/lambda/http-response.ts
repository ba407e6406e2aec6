/** What a function answered as an HTTP response, by the rules of payload format 2.0, and API Gateway's own refusals. */

export type HttpResponse = {
  status: number;
  /** An array is sent as that many headers. */
  headers: Record<string, string | string[]>;
  body: Uint8Array;
};

/** Refusals of HTTP APIs (not REST APIs, which say more): the whole text is the message. */
export const REFUSALS = {
  /** By a JWT authoriser. */
  unauthorized: [401, 'Unauthorized'],
  forbidden: [403, 'Forbidden'],
  notFound: [404, 'Not Found'],
  tooLarge: [413, 'Request Entity Too Large'],
  /** The function failed, timed out by its own limit, or answered what is no response. */
  functionFailed: [500, 'Internal Server Error'],
  /** The function did not answer within the integration's time-out. */
  noAnswer: [503, 'Service Unavailable'],
} as const;

export function refusal(kind: keyof typeof REFUSALS): HttpResponse {
  const [status, message] = REFUSALS[kind];
  const headers = {
    'content-type': 'application/json',
    ...(kind === 'unauthorized' && { 'www-authenticate': 'Bearer' }),
  };
  return { status, headers, body: Buffer.from(JSON.stringify({ message })) };
}

/**
 * With `statusCode` the answer says everything itself; without, it is the body: a string as it is, anything else as
 * JSON, status 200. What cannot be understood is the function's failure.
 */
export function asHttpResponse(payload: unknown): HttpResponse {
  if (!isObject(payload) || payload['statusCode'] === undefined) return inferred(payload);
  const { statusCode, headers, cookies, body, isBase64Encoded } = payload;
  const status = Number(statusCode);
  if (!Number.isInteger(status) || status < 100 || status > 599) return refusal('functionFailed');
  if (body !== undefined && body !== null && typeof body !== 'string') return refusal('functionFailed');
  if (headers !== undefined && headers !== null && !isObject(headers)) return refusal('functionFailed');
  return {
    status,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...lowerCase(headers ?? {}),
      ...(Array.isArray(cookies) && cookies.length > 0 && { 'set-cookie': cookies.map(String) }),
    },
    body: Buffer.from(body ?? '', isBase64Encoded === true ? 'base64' : 'utf8'),
  };
}

function inferred(payload: unknown): HttpResponse {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  return { status: 200, headers: { 'content-type': 'application/json' }, body: Buffer.from(text) };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const lowerCase = (headers: Record<string, unknown>): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), String(value)]));
