/**
 * The one endpoint of local mode's AWS: an HTTP server on loopback that every SDK, CLI and function talks to. It reads
 * the bytes, verifies who signed them, finds service and operation, asks the fault plan, checks the caller's rights,
 * runs the operation and answers in the service's wire form. Nothing happens for a request that is not signed.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { instant, minutes } from '../../src/core/time.ts';
import { type AccessRequest, AwsError, type Caller, type Context } from '../aws-service.ts';
import type { Clock } from '../clock.ts';
import type { Faults } from '../faults.ts';
import { accessDenied, findDenial, keysOf } from './authorization.ts';
import { conflictError, dynamodbAccess } from './dynamodb-access.ts';
import type { JournaledStorage } from './journal.ts';
import type { Services } from './operations.ts';
import { type Ending, perform } from './perform.ts';
import { credentialOf, principalOf } from './principal.ts';
import { type Randomness, systemRandomness, uuid } from './randomness.ts';
import { authenticationError } from './refusals.ts';
import { authenticate, type SignedRequest } from './sigv4.ts';
import { type Call, type HttpAnswer, notImplemented } from './wire/protocol.ts';
import { guessService, isServiceName, type ServiceName, type Wire, wireOf } from './wire/services.ts';

/** A DynamoDB request that is to be passed on as it came. */
export type ForwardedRequest = SignedRequest & {
  operation: string;
  caller: Caller;
  region: string;
  /** A read that is to be answered as things were this long ago (fault `stale`); undefined otherwise. */
  staleSince?: number;
};

type Forward = (request: ForwardedRequest) => Promise<HttpAnswer>;

export type AccessObserver = (caller: Caller, access: Required<AccessRequest>) => void;

export type EndpointOptions = {
  /** 0: any free port. */
  port: number;
  clock: Clock;
  /** Shared with whoever seeds the world and with the simulated clusters: see `journaled`. */
  storage: JournaledStorage;
  faults: Faults;
  /** `simulatedServices()` and Step Functions' operations. */
  services: Services;
  forward?: { dynamodb?: Forward };
  random?: Randomness;
  /** The machine's clock, by which clients sign. Only tests give another. */
  signedNow?: () => number;
  /** Told of every right that a call needed, with all condition keys that policies knew of it, allowed or not. */
  onAccess?: AccessObserver;
  /** Told of bugs: exceptions that are no `AwsError`. Default: standard error. */
  report?: (error: unknown) => void;
};

export type Endpoint = { url: string; port: number; close(): Promise<void> };

const KEEP_ALIVE_MS = 120_000;
const LARGEST_BODY = 2 * 1_024 * 1_024;
/** STS takes a presigned GetCallerIdentity for this long, whatever X-Amz-Expires says. */
const PRESIGNED_FOR = minutes(15);

export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const server = createServer((request, response) => {
    handle(request, response, options).catch((error: unknown) => {
      (options.report ?? console.error)(error);
      response.destroy();
    });
  });
  // Calls hang and answer late here on purpose; the caller's own time-outs are what is under test.
  server.requestTimeout = 0;
  server.timeout = 0;
  // Longer than any SDK keeps an idle connection, so that none is cut just as it is used again.
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()));
        server.closeAllConnections();
      }),
  };
}

async function handle(incoming: IncomingMessage, response: ServerResponse, options: EndpointOptions): Promise<void> {
  const body = await readBody(incoming);
  const requestId = uuid(options.random ?? systemRandomness);
  if (!body) {
    response.writeHead(413, { connection: 'close' }).end();
    return;
  }
  const request: SignedRequest = {
    method: incoming.method ?? 'GET',
    url: incoming.url ?? '/',
    headers: headerPairs(incoming.rawHeaders),
    body,
  };
  const ending = await decide(request, requestId, options);
  await finish(ending, response, options.clock);
}

async function decide(
  request: SignedRequest,
  requestId: string,
  options: EndpointOptions,
): Promise<Ending<HttpAnswer>> {
  const { storage, clock, services, forward } = options;
  const authentication = await authenticate(request, {
    credentialOf: (accessKeyId) => credentialOf(storage, accessKeyId),
    signedNow: instant((options.signedNow ?? Date.now)()),
    sessionNow: clock.now(),
    presignedFor: PRESIGNED_FOR,
  });
  const named = authentication.service;
  const service = named !== undefined && isServiceName(named) ? named : undefined;
  const wire = wireOf(service ?? guessService(request.headers));
  const refuse = (error: AwsError): Ending<HttpAnswer> => ({
    kind: 'answer',
    answer: wire.protocol.error(error, requestId),
  });
  if (!authentication.ok) return refuse(authenticationError(authentication.refusal, wire.errors));
  if (!service) return refuse(notImplemented(authentication.service, 'anything'));

  const call = wire.protocol.read(request);
  if (call instanceof AwsError) return refuse(call);
  const { caller, region } = authentication;
  const context: Context = { caller, region, clock, storage };
  const target =
    service === 'dynamodb' ? forwarded(request, call, context, forward?.dynamodb) : simulated(service, call, services);
  if (!target) return refuse(notImplemented(service, call.operation));
  return strike({ service, wire, call, target, context, requestId }, options);
}

/** What stands behind a call, seen the same way whether it is simulated here or passed on. */
type Target = {
  write: boolean;
  authorize(context: Context): readonly AccessRequest[];
  answer(context: Context, wire: Wire, requestId: string, staleSince?: number): Promise<HttpAnswer>;
};

function simulated(service: Exclude<ServiceName, 'dynamodb'>, call: Call, services: Services): Target | undefined {
  const operations = services[service];
  const operation = operations && Object.hasOwn(operations, call.operation) ? operations[call.operation] : undefined;
  if (!operation) return undefined;
  return {
    write: operation.write,
    authorize: (context) => [operation.authorize(call.input, context)].flat(),
    answer: async (context, wire, requestId) =>
      wire.protocol.answer(call.operation, await operation.run(call.input, context), requestId),
  };
}

const DYNAMODB_READS = /^(Get|Query|Scan|BatchGet|TransactGet|Describe|List)/;

function forwarded(request: SignedRequest, call: Call, context: Context, forward?: Forward): Target | undefined {
  if (!forward) return undefined;
  const { region, caller } = context;
  return {
    write: !DYNAMODB_READS.test(call.operation),
    authorize: () => dynamodbAccess(call.operation, call.input, region, caller.account),
    answer: (_context, _wire, _requestId, staleSince) =>
      forward({
        ...request,
        operation: call.operation,
        caller,
        region,
        ...(staleSince !== undefined && { staleSince }),
      }),
  };
}

type Work = { service: ServiceName; wire: Wire; call: Call; target: Target; context: Context; requestId: string };

async function strike(work: Work, options: EndpointOptions): Promise<Ending<HttpAnswer>> {
  const { service, wire, call, target, context, requestId } = work;
  const { caller, region, clock } = context;
  const { storage, faults } = options;
  const report = options.report ?? console.error;
  const answerError = (error: AwsError): HttpAnswer => wire.protocol.error(error, requestId);
  /** AWS's refusals are answers; anything else is a bug in the simulation, told as the service's own failure. */
  const asAnswer = (error: unknown): HttpAnswer => {
    if (error instanceof AwsError) return answerError(error);
    report(error);
    return answerError(new AwsError(...wire.errors.internal, 'The simulation failed; see its output'));
  };
  const fault = faults.strike({
    service,
    operation: call.operation,
    region,
    account: caller.account,
    caller: caller.arn,
    write: target.write,
  });

  let requests: readonly AccessRequest[];
  try {
    requests = target.authorize(context);
    if (options.onAccess) observe(options.onAccess, requests, context);
    // Rights are judged when the call arrives, also for an effect that comes later.
    const denial = findDenial(requests, context);
    if (denial)
      return { kind: 'answer', answer: answerError(accessDenied(...wire.errors.accessDenied, caller, denial)) };
  } catch (error) {
    return { kind: 'answer', answer: asAnswer(error) };
  }

  return perform(
    {
      write: target.write,
      clock,
      report,
      run: async (asOf) => {
        try {
          const seen = asOf === undefined ? context : { ...context, storage: storage.asOf(asOf) };
          return await target.answer(seen, wire, requestId, asOf);
        } catch (error) {
          return asAnswer(error);
        }
      },
      refuse: (kind) => {
        switch (kind) {
          case 'throttle':
            return answerError(new AwsError(...wire.errors.throttle, 'Rate exceeded'));
          case 'failBefore':
            return answerError(new AwsError(...wire.errors.internal, 'An internal error occurred'));
          case 'accessDenied': {
            const request = requests[0] ?? { action: `${service}:${call.operation}`, resource: '*' };
            return answerError(accessDenied(...wire.errors.accessDenied, caller, { request, explicit: true }));
          }
          case 'conflict':
            return answerError(conflictError(service, call));
        }
      },
    },
    fault,
  );
}

function observe(onAccess: AccessObserver, requests: readonly AccessRequest[], context: Context): void {
  const principal = principalOf(context.storage, context.caller);
  for (const request of requests)
    onAccess(context.caller, { ...request, conditionKeys: Object.fromEntries(keysOf(principal, request, context)) });
}

async function finish(ending: Ending<HttpAnswer>, response: ServerResponse, clock: Clock): Promise<void> {
  switch (ending.kind) {
    case 'answer':
      send(response, ending.answer);
      return;
    case 'answerLater':
      clock.at(ending.at, () => send(response, ending.answer));
      return;
    case 'cut':
      response.destroy();
      return;
    case 'hang':
      return;
  }
}

function send(response: ServerResponse, answer: HttpAnswer): void {
  if (response.destroyed) return;
  response.writeHead(answer.status, { ...answer.headers, 'content-length': Buffer.byteLength(answer.body) });
  response.end(answer.body);
}

/** Undefined when it is larger than any AWS call may be. */
async function readBody(incoming: IncomingMessage): Promise<Uint8Array | undefined> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    length += chunk.byteLength;
    if (length > LARGEST_BODY) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function headerPairs(raw: readonly string[]): [string, string][] {
  const pairs: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) pairs.push([raw[i] ?? '', raw[i + 1] ?? '']);
  return pairs;
}
