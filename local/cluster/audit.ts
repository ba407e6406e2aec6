/**
 * The cluster's audit log: one `audit.k8s.io/v1` event a request (two for a watch), at level Metadata, as EKS writes
 * it to CloudWatch. It says who did what to which object and how that was answered: never a header, a token or a body.
 */
import { type Instant, toIso } from '../../src/core/time.ts';
import type { Status } from './api/refusal.ts';
import type { RequestInfo } from './api/request-info.ts';
import type { UserInfo } from './review.ts';

export type AuditEvent = {
  kind: 'Event';
  apiVersion: 'audit.k8s.io/v1';
  level: 'Metadata';
  auditID: string;
  stage: 'ResponseStarted' | 'ResponseComplete';
  requestURI: string;
  verb: string;
  user: Partial<UserInfo>;
  impersonatedUser?: UserInfo;
  sourceIPs: readonly string[];
  userAgent: string;
  objectRef?: {
    resource: string;
    namespace?: string;
    name?: string;
    apiGroup?: string;
    apiVersion: string;
    subresource?: string;
  };
  responseStatus: { metadata: Record<string, never>; code: number; status?: string; reason?: string; message?: string };
  requestReceivedTimestamp: string;
  stageTimestamp: string;
  annotations?: Record<string, string>;
};
export type AuditSink = (event: AuditEvent) => void;

/** What becomes known of a request while it is served. */
export type AuditRecord = {
  auditID: string;
  requestURI: string;
  info?: RequestInfo;
  user?: UserInfo;
  impersonatedUser?: UserInfo;
  sourceIp: string;
  userAgent: string;
  receivedAt: Instant;
  annotations: Record<string, string>;
  /** The name of an object whose path does not say it: one just made. */
  createdName?: string;
};

/** Longer texts are cut, as Kubernetes cuts user agents: a caller must not fill the log. */
const LONGEST_TEXT = 1_024;
const cut = (text: string): string =>
  text.length <= LONGEST_TEXT ? text : `${text.slice(0, LONGEST_TEXT)}...TRUNCATED`;

function objectRef({ info, createdName }: AuditRecord): AuditEvent['objectRef'] {
  if (!info?.on) return undefined;
  const { group, version, namespace, resource, subresource } = info.on;
  const name = info.on.name || createdName;
  return {
    resource: cut(resource),
    ...(namespace ? { namespace: cut(namespace) } : {}),
    ...(name ? { name: cut(name) } : {}),
    ...(group ? { apiGroup: cut(group) } : {}),
    apiVersion: cut(version),
    ...(subresource ? { subresource: cut(subresource) } : {}),
  };
}

/** Refusals of a body may quote it, which might be a secret: their texts stay out. */
const QUOTING_CODES: ReadonlySet<number> = new Set([400, 422]);

function responseStatus(code: number, status: Status | undefined): AuditEvent['responseStatus'] {
  if (!status || status.status === 'Success') return { metadata: {}, code };
  return {
    metadata: {},
    status: status.status,
    ...(status.message && !QUOTING_CODES.has(code) ? { message: cut(status.message) } : {}),
    ...(status.reason ? { reason: status.reason } : {}),
    code,
  };
}

type AuditOutcome = { stage: AuditEvent['stage']; code: number; status?: Status | undefined; at: Instant };

export function auditEvent(record: AuditRecord, { stage, code, status, at }: AuditOutcome): AuditEvent {
  const on = objectRef(record);
  return {
    kind: 'Event',
    apiVersion: 'audit.k8s.io/v1',
    level: 'Metadata',
    auditID: record.auditID,
    stage,
    requestURI: cut(record.requestURI),
    verb: record.info?.verb ?? '',
    user: record.user ?? {},
    ...(record.impersonatedUser ? { impersonatedUser: record.impersonatedUser } : {}),
    sourceIPs: [record.sourceIp],
    userAgent: cut(record.userAgent),
    ...(on ? { objectRef: on } : {}),
    responseStatus: responseStatus(code, status),
    requestReceivedTimestamp: toIso(record.receivedAt),
    stageTimestamp: toIso(at),
    ...(Object.keys(record.annotations).length > 0 ? { annotations: record.annotations } : {}),
  };
}
