/**
 * The entrance of the API server. Every request takes the same way: who is it, as whom, what does it want, may it,
 * then the handler; and whatever happens, one event in the audit log. Nothing of a body is read before the request is
 * authorized.
 */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Answer, Sink } from './api/answer.ts';
import { decodeObject, readBody } from './api/body.ts';
import type { ClusterState } from './api/cluster-state.ts';
import { isPublic } from './api/paths.ts';
import { forbidden, forbiddenPath, methodNotAllowed, Refusal, type Status, unauthorized } from './api/refusal.ts';
import { accessAsked, forbiddenSentence, type RequestInfo, readRequestInfo } from './api/request-info.ts';
import { route } from './api/route.ts';
import { type AuditRecord, type AuditSink, auditEvent } from './audit.ts';
import { impersonatedUser } from './impersonation.ts';
import type { UserInfo } from './review.ts';
import { isWebhook, serveWebhook, type Webhooks } from './webhooks.ts';

type ServerParts = { cluster: ClusterState; webhooks: Webhooks; audit: AuditSink };

const ANONYMOUS: UserInfo = { username: 'system:anonymous', groups: ['system:unauthenticated'] };
/** A watcher that reads nothing is cut off when this much waits for it. */
const LARGEST_BACKLOG = 8 * 1_048_576;

/** Anonymous only where everybody may look; a bad token is refused even there. */
async function authenticate(
  request: IncomingMessage,
  info: RequestInfo,
  { reviewToken }: ClusterState,
): Promise<UserInfo> {
  const header = request.headers.authorization;
  if (header === undefined && !info.on && isPublic(info.path)) return ANONYMOUS;
  const token = /^Bearer\s+(\S+)\s*$/i.exec(header ?? '')?.[1];
  if (!token) throw unauthorized();
  const { authenticated, user } = await reviewToken({ token });
  if (!authenticated || !user) throw unauthorized();
  return user;
}

/** Notes the decision for the audit log, and throws the 403 if it is no. */
function authorize(user: UserInfo, info: RequestInfo, cluster: ClusterState, record: AuditRecord): void {
  const { username, ...who } = user;
  const { allowed, reason = '' } = cluster.reviewAccess({ ...who, user: username, ...accessAsked(info) });
  record.annotations['authorization.k8s.io/decision'] = allowed ? 'allow' : 'forbid';
  record.annotations['authorization.k8s.io/reason'] = reason;
  if (allowed) return;
  const why = forbiddenSentence(username, info);
  if (!info.on) throw forbiddenPath(why);
  throw forbidden({ group: info.on.group, resource: info.on.resource, name: info.on.name }, why);
}

async function answerTo(request: IncomingMessage, record: AuditRecord, { cluster }: ServerParts): Promise<Answer> {
  const info = readRequestInfo(request.method ?? '', request.url ?? '');
  record.info = info;
  const caller = await authenticate(request, info, cluster);
  record.user = caller;
  const impersonated = impersonatedUser(caller, request.headersDistinct, cluster.reviewAccess);
  if (impersonated) record.impersonatedUser = impersonated;
  const user = impersonated ?? caller;
  authorize(user, info, cluster, record);
  return route({ cluster, user, info, request });
}

function internalError(error: unknown): Status {
  // The text of an unexpected error may hold what a client sent: it goes to the terminal of whoever runs this, alone.
  process.emitWarning(error instanceof Error ? error : String(error));
  return new Refusal(500, 'InternalError', 'Internal error occurred: see the output of the local cluster').status;
}

function send(response: ServerResponse, request: IncomingMessage, code: number, type: string, body: string): void {
  const bytes = Buffer.from(body);
  response.statusCode = code;
  response.setHeader('Content-Type', type);
  response.setHeader('Content-Length', bytes.length);
  response.setHeader('Cache-Control', 'no-cache, private');
  // A body that was not read to its end must not be taken for the next request.
  if (!request.complete) response.setHeader('Connection', 'close');
  response.end(request.method === 'HEAD' ? undefined : bytes);
}

const sendJson = (response: ServerResponse, request: IncomingMessage, code: number, body: object): void =>
  send(response, request, code, 'application/json', JSON.stringify(body));

/** Sends a stream, and resolves when it is over. */
async function stream(response: ServerResponse, start: (sink: Sink) => () => void): Promise<void> {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-cache, private' });
  response.flushHeaders();
  const over = new Promise<void>((resolve) => response.once('close', resolve));
  const stop = start({
    write(text) {
      if (response.writableLength > LARGEST_BACKLOG) response.destroy();
      else response.write(text);
    },
    end: () => void response.end(),
  });
  await over;
  stop();
}

async function serveHook(
  parts: ServerParts,
  request: IncomingMessage,
  response: ServerResponse,
  path: string,
): Promise<void> {
  try {
    if (request.method !== 'POST') throw methodNotAllowed();
    const body = decodeObject(await readBody(request), request.headers['content-type']);
    sendJson(response, request, 200, await serveWebhook(path, body, parts.webhooks));
  } catch (error) {
    const status = error instanceof Refusal ? error.status : internalError(error);
    sendJson(response, request, status.code, status);
  }
}

async function serveRequest(parts: ServerParts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { clock } = parts.cluster;
  const record: AuditRecord = {
    auditID: randomUUID(),
    requestURI: request.url ?? '',
    sourceIp: request.socket.remoteAddress ?? '',
    userAgent: request.headers['user-agent'] ?? '',
    receivedAt: clock.now(),
    annotations: {},
  };
  const note = (stage: 'ResponseStarted' | 'ResponseComplete', code: number, status?: Status): void =>
    parts.audit(auditEvent(record, { stage, code, status, at: clock.now() }));
  response.setHeader('Audit-Id', record.auditID);
  try {
    const answer = await answerTo(request, record, parts);
    if (answer.type === 'stream') {
      note('ResponseStarted', 200);
      await stream(response, answer.start);
      return note('ResponseComplete', 200);
    }
    if (answer.type === 'json' && answer.name !== undefined) record.createdName = answer.name;
    note('ResponseComplete', answer.code);
    if (answer.type === 'json') sendJson(response, request, answer.code, answer.body);
    else send(response, request, answer.code, 'text/plain; charset=utf-8', answer.body);
  } catch (error) {
    const status = error instanceof Refusal ? error.status : internalError(error);
    note('ResponseComplete', status.code, status);
    if (response.headersSent) response.destroy();
    else sendJson(response, request, status.code, status);
  }
}

/** A log that cannot be written stops nobody, as in kube-apiserver (`--audit-log-mode=batch`). */
const safely =
  (audit: AuditSink): AuditSink =>
  (event) => {
    try {
      audit(event);
    } catch (error) {
      internalError(error);
    }
  };

/** The handler for Node's server. Never rejects. */
export function serve(parts: ServerParts): (request: IncomingMessage, response: ServerResponse) => Promise<void> {
  const safe = { ...parts, audit: safely(parts.audit) };
  return (request, response) => {
    const path = (request.url ?? '').split('?', 1)[0] ?? '';
    return isWebhook(path) ? serveHook(safe, request, response, path) : serveRequest(safe, request, response);
  };
}
