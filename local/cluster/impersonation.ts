/**
 * `kubectl --as`: a user acts as another, if authorized to `impersonate` it. On EKS access policies are bypassed then,
 * because they go by the caller's IAM principal; here, too.
 */
import { forbidden, Refusal } from './api/refusal.ts';
import type { ResourceAttributes, ReviewAccess, UserInfo } from './review.ts';

const EXTRA = 'impersonate-extra-';
const MALFORMED = 'requested [impersonation] without impersonating a user';

const valuesOf = (headers: Readonly<Record<string, readonly string[] | undefined>>, name: string): readonly string[] =>
  headers[name] ?? [];

type Asked = {
  user: string;
  uid: string;
  groups: readonly string[];
  extra: Readonly<Record<string, readonly string[]>>;
};

/** `headers` as `IncomingMessage.headersDistinct` has them: every value of a repeated header. */
function readAsked(headers: Readonly<Record<string, readonly string[] | undefined>>): Asked | undefined {
  const [user = ''] = valuesOf(headers, 'impersonate-user');
  const [uid = ''] = valuesOf(headers, 'impersonate-uid');
  const groups = valuesOf(headers, 'impersonate-group');
  const extra = Object.entries(headers)
    .filter(([name]) => name.startsWith(EXTRA))
    .map(([name, values = []]): [string, readonly string[]] => [decodeKey(name.slice(EXTRA.length)), values]);
  if (!user && (uid || groups.length > 0 || extra.length > 0)) {
    throw new Refusal(500, 'InternalError', `Internal error occurred: ${MALFORMED}`);
  }
  return user ? { user, uid, groups, extra: Object.fromEntries(extra) } : undefined;
}

function decodeKey(key: string): string {
  try {
    return decodeURIComponent(key);
  } catch {
    return key;
  }
}

const SERVICE_ACCOUNT = /^system:serviceaccount:([^:]+):([^:]+)$/;

/** One right for each thing that the caller wants to be. */
function* rightsNeeded({ user, uid, groups, extra }: Asked): Generator<ResourceAttributes> {
  const account = SERVICE_ACCOUNT.exec(user);
  const verb = 'impersonate';
  if (account)
    yield { verb, group: '', version: 'v1', resource: 'serviceaccounts', namespace: account[1], name: account[2] };
  else yield { verb, group: '', version: 'v1', resource: 'users', name: user };
  for (const name of groups) yield { verb, group: '', version: 'v1', resource: 'groups', name };
  const group = 'authentication.k8s.io';
  if (uid) yield { verb, group, version: 'v1', resource: 'uids', name: uid };
  for (const [key, values] of Object.entries(extra)) {
    for (const name of values) yield { verb, group, version: 'v1', resource: 'userextras', subresource: key, name };
  }
}

function groupsOf({ user, groups }: Asked): readonly string[] {
  const namespace = SERVICE_ACCOUNT.exec(user)?.[1];
  const given =
    groups.length === 0 && namespace ? ['system:serviceaccounts', `system:serviceaccounts:${namespace}`] : groups;
  return [...new Set([...given, user === 'system:anonymous' ? 'system:unauthenticated' : 'system:authenticated'])];
}

/** The user asked to be, or undefined when none is. Throws the 403 of the first right that is missing. */
export function impersonatedUser(
  caller: UserInfo,
  headers: Readonly<Record<string, readonly string[] | undefined>>,
  reviewAccess: ReviewAccess,
): UserInfo | undefined {
  const asked = readAsked(headers);
  if (!asked) return undefined;
  const { username, ...who } = caller;
  for (const right of rightsNeeded(asked)) {
    if (reviewAccess({ ...who, user: username, resourceAttributes: right }).allowed) continue;
    const resource = right.subresource ? `${right.resource}/${right.subresource}` : (right.resource ?? '');
    const where = right.namespace ? `in the namespace "${right.namespace}"` : 'at the cluster scope';
    throw forbidden(
      { group: right.group ?? '', resource: right.resource ?? '', name: right.name ?? '' },
      `User "${username}" cannot impersonate resource "${resource}" in API group "${right.group}" ${where}`,
    );
  }
  return {
    username: asked.user,
    groups: groupsOf(asked),
    ...(asked.uid ? { uid: asked.uid } : {}),
    ...(Object.keys(asked.extra).length > 0 ? { extra: asked.extra } : {}),
  };
}
