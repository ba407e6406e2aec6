/**
 * A request to an HTTP API as the event that API Gateway sends (payload format 2.0), with its habits, which are not
 * all documented:
 * - `rawPath` is percent-decoded, so `%2F` is a slash to the function, and ends at a decoded `?`; the query string
 *   stays encoded (honojs/hono#2156, middleapi/standard-server#93);
 * - the body is text for `text/*` and JSON, XML and JavaScript only; all else, forms and no content type included, is
 *   base64 (ministackorg/ministack#766, checked there against AWS);
 * - `cookie` moves out of the headers; what is empty is absent; there is no `authentication` without mutual TLS.
 * Authority: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
 */
import { type Instant, toIso } from '../../src/core/time.ts';

/** A request as it came: `url` is the raw path and query, `headers` name–value pairs in order. */
export type HttpRequest = {
  method: string;
  url: string;
  headers: readonly (readonly [string, string])[];
  body: Uint8Array;
  sourceIp: string;
};

/** What an authoriser found out, as it stands under `requestContext.authorizer`; absent on an open route. */
export type AuthorizerContext = Readonly<Record<string, unknown>>;

/** Where the API is, as far as an event tells. */
export type ApiIdentity = { apiId: string; account: string; region: string };

export type MatchedRoute = { routeKey: string; pathParameters: Readonly<Record<string, string>> };

export type HttpApiEvent = {
  version: '2.0';
  routeKey: string;
  rawPath: string;
  rawQueryString: string;
  cookies?: string[];
  headers: Record<string, string>;
  queryStringParameters?: Record<string, string>;
  requestContext: {
    accountId: string;
    apiId: string;
    authorizer?: AuthorizerContext;
    domainName: string;
    domainPrefix: string;
    http: { method: string; path: string; protocol: string; sourceIp: string; userAgent: string };
    requestId: string;
    routeKey: string;
    stage: '$default';
    time: string;
    timeEpoch: number;
  };
  body?: string;
  pathParameters?: Record<string, string>;
  isBase64Encoded: boolean;
};

const TEXT = /^(text\/|application\/(json|xml|javascript)(;|$))/i;
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const;

export function httpApiEvent(
  request: HttpRequest,
  api: ApiIdentity,
  route: MatchedRoute,
  about: { requestId: string; at: Instant; authorizer?: AuthorizerContext },
): HttpApiEvent {
  const { path, query } = splitUrl(request.url);
  const { cookie, ...headers } = joinHeaders(request.headers);
  const parameters = joinPairs(new URLSearchParams(query));
  const isBase64Encoded = request.body.byteLength > 0 && !TEXT.test(headers['content-type'] ?? '');
  return {
    version: '2.0',
    routeKey: route.routeKey,
    rawPath: path,
    rawQueryString: query,
    ...(cookie !== undefined && { cookies: cookie.split(/[;,]\s*/) }),
    headers: forwarded(headers, request.sourceIp, about.requestId),
    ...(Object.keys(parameters).length > 0 && { queryStringParameters: parameters }),
    requestContext: {
      accountId: api.account,
      apiId: api.apiId,
      ...(about.authorizer && { authorizer: about.authorizer }),
      domainName: `${api.apiId}.execute-api.${api.region}.amazonaws.com`,
      domainPrefix: api.apiId,
      http: {
        method: request.method,
        path,
        protocol: 'HTTP/1.1',
        sourceIp: request.sourceIp,
        userAgent: headers['user-agent'] ?? '',
      },
      requestId: about.requestId,
      routeKey: route.routeKey,
      stage: '$default',
      time: accessLogTime(about.at),
      timeEpoch: about.at,
    },
    ...(request.body.byteLength > 0 && {
      body: Buffer.from(request.body).toString(isBase64Encoded ? 'base64' : 'utf8'),
    }),
    ...(Object.keys(route.pathParameters).length > 0 && { pathParameters: route.pathParameters }),
    isBase64Encoded,
  };
}

/** The path as the function sees it, and the query as it came. A path that cannot be decoded is left as it is. */
export function splitUrl(url: string): { path: string; query: string } {
  const mark = url.indexOf('?');
  const encoded = mark < 0 ? url : url.slice(0, mark);
  const query = mark < 0 ? '' : url.slice(mark + 1);
  let decoded = encoded;
  try {
    decoded = decodeURIComponent(encoded);
  } catch {
    // A bare % or broken UTF-8.
  }
  return { path: decoded.split('?')[0] ?? '', query };
}

/** Lower-case names; what was sent more than once is joined with commas. */
const joinHeaders = (pairs: HttpRequest['headers']): Record<string, string> =>
  joinPairs(pairs.map(([name, value]) => [name.toLowerCase(), value] as const));

function joinPairs(pairs: Iterable<readonly [string, string]>): Record<string, string> {
  const joined = new Map<string, string>();
  for (const [name, value] of pairs) {
    const before = joined.get(name);
    joined.set(name, before === undefined ? value : `${before},${value}`);
  }
  return Object.fromEntries(joined);
}

function forwarded(headers: Record<string, string>, sourceIp: string, requestId: string): Record<string, string> {
  const { connection: _, ...passed } = headers;
  const before = passed['x-forwarded-for'];
  return {
    ...passed,
    'content-length': passed['content-length'] ?? '0',
    'x-amzn-trace-id': passed['x-amzn-trace-id'] ?? `Root=${requestId}`,
    'x-forwarded-for': before ? `${before}, ${sourceIp}` : sourceIp,
    'x-forwarded-port': '443',
    'x-forwarded-proto': 'https',
  };
}

/** `12/Mar/2020:19:03:58 +0000` */
function accessLogTime(at: Instant): string {
  const iso = toIso(at);
  const month = MONTHS[Number(iso.slice(5, 7)) - 1];
  return `${iso.slice(8, 10)}/${month}/${iso.slice(0, 4)}:${iso.slice(11, 19)} +0000`;
}
