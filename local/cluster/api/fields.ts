/**
 * Fields that a kind does not have: refused where the client asks for strict validation, as kubectl does, and dropped
 * otherwise. Only the outermost fields are known here; a real cluster knows them all the way down.
 */
import type { ObjectRequest } from './cluster-state.ts';
import type { JsonRecord } from './object.ts';
import { badRequest } from './refusal.ts';

const COMMON = ['apiVersion', 'kind', 'metadata'] as const;
const WITH_STATUS = ['spec', 'status'] as const;
const BINDING = ['roleRef', 'subjects'] as const;

/** Kinds that are not here keep whatever they are sent. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  ConfigMap: ['binaryData', 'data', 'immutable'],
  Secret: ['data', 'immutable', 'stringData', 'type'],
  ServiceAccount: ['automountServiceAccountToken', 'imagePullSecrets', 'secrets'],
  Endpoints: ['subsets'],
  Namespace: WITH_STATUS,
  Node: WITH_STATUS,
  Pod: WITH_STATUS,
  Service: WITH_STATUS,
  DaemonSet: WITH_STATUS,
  Deployment: WITH_STATUS,
  ReplicaSet: WITH_STATUS,
  Job: WITH_STATUS,
  Role: ['rules'],
  ClusterRole: ['aggregationRule', 'rules'],
  RoleBinding: BINDING,
  ClusterRoleBinding: BINDING,
};

export function keepKnownFields({ kind, query }: ObjectRequest, body: JsonRecord): JsonRecord {
  const own = FIELDS[kind.kind];
  if (!own) return body;
  const known = new Set<string>([...COMMON, ...own]);
  const unknown = Object.keys(body).filter((field) => !known.has(field));
  if (unknown.length === 0) return body;
  if (query.get('fieldValidation') === 'Strict') {
    const fields = unknown.slice(0, 10).map((field) => `unknown field ${JSON.stringify(field.slice(0, 64))}`);
    throw badRequest(
      `${kind.kind} in version "${kind.version}" cannot be handled as a ${kind.kind}: strict decoding error: ${fields.join(', ')}`,
    );
  }
  return Object.fromEntries(Object.entries(body).filter(([field]) => known.has(field)));
}
