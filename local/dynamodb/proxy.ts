/**
 * Passes DynamoDB requests on to the engine as they are. Who may call and which fault strikes is decided before, by
 * the AWS endpoint; here is only what needs to know DynamoDB's requests: what a stale read answers, and what wrote.
 */
import { Agent, type IncomingMessage, request as send } from 'node:http';
import { crc32 } from 'node:zlib';

export type RawRequest = {
  method: string;
  /** Name–value pairs in order, as they came. */
  headers: readonly (readonly [string, string])[];
  body: Uint8Array;
  /** Given: the read is to be answered as before (see `forwardTo`). */
  staleSince?: number;
};
export type RawResponse = { status: number; headers: Record<string, string>; body: Buffer };

export type Forwarder = {
  /** The engine's answer, unchanged. Rejects when the engine cannot be reached. */
  forward(request: RawRequest): Promise<RawResponse>;
  close(): void;
};

export type ForwardOptions = {
  /** Told of every write that succeeded, so that whoever follows the stream need not poll. */
  onWrite?: (operation: string) => void;
  /** Told what each call that succeeded would be billed. */
  meter?: Meter;
};

/** Units by the engine's reckoning, which follows DynamoDB's: transactions twice; in an index two writes where its key moves. */
export type Metered = {
  readonly operation: string;
  readonly request: Readonly<Record<string, unknown>>;
  readonly writeUnits: number;
  readonly readUnits: number;
};
export type Meter = (metered: Metered) => void;

/** Only between this hop and the next, or set anew by the client below. */
const HOP_BY_HOP = new Set(['connection', 'keep-alive', 'transfer-encoding', 'host', 'content-length', 'expect']);

/** An empty answer for each read that may be eventually consistent. */
const EMPTY: Readonly<Record<string, object>> = {
  GetItem: {},
  Query: { Items: [], Count: 0, ScannedCount: 0 },
  Scan: { Items: [], Count: 0, ScannedCount: 0 },
};
const WRITES = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem', 'TransactWriteItems']);

/** Answers remembered for stale reads; the oldest is forgotten first. */
const REMEMBERED = 500;

/** The engine closes an idle connection at some time of its own; closing first avoids writing into one that is going. */
const IDLE_MS = 5_000;

/**
 * A stale read gets what the same request got last time, or, if it was never made, that there is nothing: the table
 * before the item was written. Reads with ConsistentRead, transactions and writes are never stale, as on AWS.
 */
export function forwardTo(engineUrl: string, { onWrite, meter }: ForwardOptions = {}): Forwarder {
  const { hostname, port } = new URL(engineUrl);
  const agent = new Agent({ keepAlive: true, timeout: IDLE_MS });
  const answers = new Map<string, RawResponse>();

  const remember = (key: string, response: RawResponse): void => {
    answers.delete(key);
    answers.set(key, response);
    for (const oldest of answers.keys()) {
      if (answers.size <= REMEMBERED) break;
      answers.delete(oldest);
    }
  };

  return {
    async forward(request) {
      const operation = operationOf(request);
      const key = eventualReadKey(operation, request.body);
      if (key && request.staleSince !== undefined) return answers.get(key) ?? answer(EMPTY[operation] ?? {});
      const response = await exchange({ agent, hostname, port }, meter ? asking(request) : request);
      if (response.status === 200) {
        if (meter) measure(meter, operation, request, response);
        if (key) remember(key, response);
        if (WRITES.has(operation)) onWrite?.(operation);
      }
      return response;
    },
    close: () => agent.destroy(),
  };
}

type Destination = { agent: Agent; hostname: string; port: string };

async function exchange(to: Destination, { method, headers, body }: RawRequest): Promise<RawResponse> {
  const passed = Object.fromEntries(headers.filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase())));
  const incoming = await new Promise<IncomingMessage>((settle, fail) => {
    const all = { ...passed, 'content-length': body.byteLength };
    send({ ...to, method, path: '/', headers: all }, settle)
      .once('error', fail)
      .end(body);
  });
  const parts: Buffer[] = [];
  for await (const part of incoming as AsyncIterable<Buffer>) parts.push(part);
  const kept = Object.entries(incoming.headers).filter(([name]) => !HOP_BY_HOP.has(name));
  return {
    status: incoming.statusCode ?? 502,
    headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])),
    body: Buffer.concat(parts),
  };
}

const parsed = (bytes: Uint8Array): Record<string, unknown> =>
  JSON.parse(Buffer.from(bytes).toString()) as Record<string, unknown>;

/** The same call, to be answered with what it consumed. */
const asking = (request: RawRequest): RawRequest => ({
  ...request,
  body: Buffer.from(JSON.stringify({ ...parsed(request.body), ReturnConsumedCapacity: 'TOTAL' })),
});

function measure(meter: Meter, operation: string, { body }: RawRequest, response: RawResponse): void {
  const { ConsumedCapacity: consumed } = parsed(response.body) as {
    ConsumedCapacity?: Consumed | readonly Consumed[];
  };
  const units = [consumed ?? []].flat().reduce((sum, one) => sum + one.CapacityUnits, 0);
  const isWrite = WRITES.has(operation);
  meter({ operation, request: parsed(body), writeUnits: isWrite ? units : 0, readUnits: isWrite ? 0 : units });
}
type Consumed = { readonly CapacityUnits: number };

/** `Query` of `X-Amz-Target: DynamoDB_20120810.Query`. */
function operationOf({ headers }: RawRequest): string {
  const target = headers.find(([name]) => name.toLowerCase() === 'x-amz-target')?.[1] ?? '';
  return target.slice(target.indexOf('.') + 1);
}

/** The same text for the same eventually consistent read; undefined for everything else. */
function eventualReadKey(operation: string, body: Uint8Array): string | undefined {
  if (!Object.hasOwn(EMPTY, operation)) return undefined;
  const text = Buffer.from(body).toString();
  try {
    const input = JSON.parse(text) as { ConsistentRead?: unknown } | null;
    return input?.ConsistentRead === true ? undefined : `${operation} ${text}`;
  } catch {
    return undefined; // not JSON: the engine says so better
  }
}

function answer(content: object): RawResponse {
  const body = Buffer.from(JSON.stringify(content));
  // botocore verifies this checksum, and takes a wrong one for a broken answer.
  const headers = { 'content-type': 'application/x-amz-json-1.0', 'x-amz-crc32': String(crc32(body)) };
  return { status: 200, headers, body };
}
