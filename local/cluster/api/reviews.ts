/** The review kinds that are only ever created: what a user may do, and who a user is. */
import type { AccessReviewSpec, UserInfo } from '../review.ts';
import type { PolicyRule } from '../rules.ts';
import type { ClusterState } from './cluster-state.ts';
import { isRecord, type JsonRecord, recordAt, textAt, textsAt } from './object.ts';
import { badRequest, invalid, noSuchResource } from './refusal.ts';

type ReviewRequest = { cluster: ClusterState; user: UserInfo; namespace: string; body: JsonRecord };
type Serve = (request: ReviewRequest) => object | Promise<object>;

const AUTHORIZATION = 'authorization.k8s.io';
const asUser = ({ username, ...who }: UserInfo): AccessReviewSpec => ({ ...who, user: username });

function readExtra(spec: unknown): Record<string, readonly string[]> {
  const extra = recordAt(spec, 'extra');
  return Object.fromEntries(Object.keys(extra).map((key) => [key, textsAt(extra, key)]));
}

/** What is asked: exactly one of a resource and a path. */
export function readAsked(
  kind: string,
  spec: unknown,
): Pick<AccessReviewSpec, 'resourceAttributes' | 'nonResourceAttributes'> {
  const resource = isRecord(spec) ? spec['resourceAttributes'] : undefined;
  const path = isRecord(spec) ? spec['nonResourceAttributes'] : undefined;
  if (isRecord(resource) === isRecord(path)) {
    const detail = 'exactly one of nonResourceAttributes or resourceAttributes must be specified';
    throw invalid(kind, AUTHORIZATION, '', [{ type: 'Invalid', field: 'spec.resourceAttributes', value: '', detail }]);
  }
  const at = (from: unknown) => (field: string) => textAt(from, field);
  if (isRecord(path)) return { nonResourceAttributes: { path: at(path)('path'), verb: at(path)('verb') } };
  const of = at(resource);
  const [namespace, verb, group, version] = [of('namespace'), of('verb'), of('group'), of('version')];
  return {
    resourceAttributes: {
      namespace,
      verb,
      group,
      version,
      resource: of('resource'),
      subresource: of('subresource'),
      name: of('name'),
    },
  };
}

/** A review of somebody: `spec.user`, `groups`, `uid` and `extra` say whom. */
export function readSubject(spec: unknown): AccessReviewSpec {
  return {
    user: textAt(spec, 'user'),
    groups: textsAt(spec, 'groups'),
    uid: textAt(spec, 'uid'),
    extra: readExtra(spec),
  };
}

const answer = (kind: string, group: string, body: JsonRecord, status: object): object => ({
  kind,
  apiVersion: `${group}/v1`,
  metadata: {},
  ...(body['spec'] === undefined ? {} : { spec: body['spec'] }),
  status,
});

const selfAccess: Serve = ({ cluster, user, body }) => {
  const asked = readAsked('SelfSubjectAccessReview', body['spec']);
  return answer('SelfSubjectAccessReview', AUTHORIZATION, body, cluster.reviewAccess({ ...asUser(user), ...asked }));
};

const subjectAccess =
  (kind: 'SubjectAccessReview' | 'LocalSubjectAccessReview'): Serve =>
  ({ cluster, namespace, body }) => {
    const asked = readAsked(kind, body['spec']);
    if (kind === 'LocalSubjectAccessReview' && asked.resourceAttributes?.namespace !== namespace) {
      throw badRequest(`spec.resourceAttributes.namespace must match namespace ${JSON.stringify(namespace)}`);
    }
    return answer(kind, AUTHORIZATION, body, cluster.reviewAccess({ ...readSubject(body['spec']), ...asked }));
  };

const withoutEmpty = (rule: PolicyRule): object =>
  Object.fromEntries(Object.entries(rule).filter(([, values]) => values.length > 0));

/** Rights from access policies are missing here, as on EKS: its authorizer cannot list what it would allow. */
const selfRules: Serve = ({ cluster, user, body }) => {
  const namespace = textAt(body, 'spec', 'namespace');
  if (!namespace) throw badRequest('no namespace on request');
  const rules = cluster.rbacRules(user, namespace);
  const onPaths = (rule: PolicyRule): boolean => (rule.nonResourceURLs ?? []).length > 0;
  return answer('SelfSubjectRulesReview', AUTHORIZATION, body, {
    resourceRules: rules.filter((rule) => !onPaths(rule)).map(withoutEmpty),
    nonResourceRules: rules.filter(onPaths).map(({ verbs, nonResourceURLs }) => ({ verbs, nonResourceURLs })),
    incomplete: true,
    evaluationError: 'webhook authorizer does not support user rule resolution',
  });
};

const selfReview: Serve = ({ user }) => answer('SelfSubjectReview', 'authentication.k8s.io', {}, { userInfo: user });

/** The token is not sent back. */
const tokenReview: Serve = async ({ cluster, body }) => {
  const spec = { token: textAt(body, 'spec', 'token'), audiences: textsAt(body, 'spec', 'audiences') };
  return answer('TokenReview', 'authentication.k8s.io', { spec: {} }, await cluster.reviewToken(spec));
};

const REVIEWS: Readonly<Record<string, Serve>> = {
  selfsubjectaccessreviews: selfAccess,
  selfsubjectrulesreviews: selfRules,
  selfsubjectreviews: selfReview,
  subjectaccessreviews: subjectAccess('SubjectAccessReview'),
  localsubjectaccessreviews: subjectAccess('LocalSubjectAccessReview'),
  tokenreviews: tokenReview,
};

export async function serveReview(resource: string, request: ReviewRequest): Promise<object> {
  const serve = REVIEWS[resource];
  if (!serve) throw noSuchResource();
  return serve(request);
}
