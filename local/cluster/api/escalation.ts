/**
 * RBAC's guard against giving away more than one has: who writes a role needs its rules, or the verb `escalate`; who
 * binds one needs the rules bound, or the verb `bind`. As in Kubernetes the rules that count are RBAC's: rights from
 * EKS access policies are not known to it, so that AmazonEKSAdminPolicy alone binds nothing.
 */
import type { PolicyRule } from '../rules.ts';
import type { ObjectRequest } from './cluster-state.ts';
import { kindCalled } from './kinds.ts';
import { type KubeObject, listAt, textAt, textsAt } from './object.ts';
import { forbidden } from './refusal.ts';

const RBAC = 'rbac.authorization.k8s.io';

/** The rules of a stored role, whatever else the object holds. */
export const rulesIn = (role: KubeObject | undefined): readonly PolicyRule[] =>
  listAt(role, 'rules').map((rule) => ({
    verbs: textsAt(rule, 'verbs'),
    apiGroups: textsAt(rule, 'apiGroups'),
    resources: textsAt(rule, 'resources'),
    resourceNames: textsAt(rule, 'resourceNames'),
    nonResourceURLs: textsAt(rule, 'nonResourceURLs'),
  }));

const includes = (owned: readonly string[] | undefined, wanted: string): boolean =>
  (owned ?? []).some((value) => value === '*' || value === wanted);
const includesUrl = (owned: readonly string[] | undefined, wanted: string): boolean =>
  (owned ?? []).some((url) => url === wanted || (url.endsWith('*') && wanted.startsWith(url.slice(0, -1))));

/** Every single right in a rule, as rules of one verb, one group, one resource. */
function* singleRights(rule: PolicyRule): Generator<PolicyRule> {
  for (const verb of rule.verbs) {
    for (const url of rule.nonResourceURLs ?? []) yield { verbs: [verb], nonResourceURLs: [url] };
    for (const group of rule.apiGroups ?? []) {
      for (const resource of rule.resources ?? []) {
        yield { verbs: [verb], apiGroups: [group], resources: [resource], resourceNames: rule.resourceNames ?? [] };
      }
    }
  }
}

function covers(owned: PolicyRule, wanted: PolicyRule): boolean {
  if (!wanted.verbs.every((verb) => includes(owned.verbs, verb))) return false;
  const urls = wanted.nonResourceURLs ?? [];
  if (urls.length > 0) return urls.every((url) => includesUrl(owned.nonResourceURLs, url));
  const names = wanted.resourceNames ?? [];
  const ownedNames = owned.resourceNames ?? [];
  return (
    (wanted.apiGroups ?? []).every((group) => includes(owned.apiGroups, group)) &&
    (wanted.resources ?? []).every((resource) => includes(owned.resources, resource)) &&
    (ownedNames.length === 0 || (names.length > 0 && names.every((name) => ownedNames.includes(name))))
  );
}

/** Kubernetes' way of writing a rule in the refusal. */
function ruleText(rule: PolicyRule): string {
  const quote = (values: readonly string[] = []): string =>
    `[${values.map((value) => JSON.stringify(value)).join(' ')}]`;
  const parts = [
    ['APIGroups', rule.apiGroups],
    ['Resources', rule.resources],
    ['ResourceNames', rule.resourceNames],
    ['NonResourceURLs', rule.nonResourceURLs],
    ['Verbs', rule.verbs],
  ] as const;
  return `{${parts
    .filter(([, values]) => values?.length)
    .map(([name, values]) => `${name}:${quote(values)}`)
    .join(', ')}}`;
}

type Giving = { verb: 'escalate' | 'bind'; resource: string; name: string; rules: readonly PolicyRule[] };

function giving(request: ObjectRequest, object: KubeObject): Giving | undefined {
  const { kind, cluster, namespace } = request;
  if (kind.group !== RBAC) return undefined;
  if (kind.kind === 'Role' || kind.kind === 'ClusterRole') {
    return { verb: 'escalate', resource: kind.resource, name: object.metadata.name, rules: rulesIn(object) };
  }
  const role = kindCalled(textAt(object, 'roleRef', 'kind') === 'Role' ? 'Role' : 'ClusterRole');
  const name = textAt(object, 'roleRef', 'name');
  return { verb: 'bind', resource: role.resource, name, rules: rulesIn(cluster.store.get(role, namespace, name)) };
}

/** Throws a 403 when `object` would give rights that the user does not have. Other kinds pass. */
export function checkEscalation(request: ObjectRequest, object: KubeObject): void {
  const given = giving(request, object);
  if (!given) return;
  const { cluster, user, namespace, kind } = request;
  const asked = { verb: given.verb, group: RBAC, version: 'v1', namespace, resource: given.resource, name: given.name };
  const { username, ...who } = user;
  if (cluster.reviewAccess({ ...who, user: username, resourceAttributes: asked }).allowed) return;
  const owned = cluster.rbacRules(user, namespace);
  const missing = given.rules
    .flatMap((rule) => [...singleRights(rule)])
    .filter((right) => !owned.some((rule) => covers(rule, right)));
  if (missing.length === 0) return;
  const groups = user.groups.map((group) => JSON.stringify(group)).join(' ');
  const list = missing.slice(0, 20).map(ruleText).join('\n');
  throw forbidden(
    { group: kind.group, resource: kind.resource, name: object.metadata.name },
    `user "${username}" (groups=[${groups}]) is attempting to grant RBAC permissions not currently held:\n${list}`,
  );
}
