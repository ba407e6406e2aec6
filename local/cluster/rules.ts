/** Rules of RBAC, which EKS access policies are written in, too, and what each of them allows. No I/O. */
import type { AccessReviewSpec } from './review.ts';

export type PolicyRule = {
  verbs: readonly string[];
  apiGroups?: readonly string[];
  resources?: readonly string[];
  resourceNames?: readonly string[];
  nonResourceURLs?: readonly string[];
};

const has = (list: readonly string[] | undefined, value: string): boolean =>
  list !== undefined && (list.includes('*') || list.includes(value));

/** `pods/log` is matched by itself, by `*` and by `*` + `/log`; never by `pods`. */
function coversResource(rule: PolicyRule, resource: string, subresource: string): boolean {
  if (!subresource) return has(rule.resources, resource);
  return has(rule.resources, `${resource}/${subresource}`) || (rule.resources ?? []).includes(`*/${subresource}`);
}

/** `/api/*` covers `/api/` and all below it. */
function coversPath(rule: PolicyRule, path: string): boolean {
  return (rule.nonResourceURLs ?? []).some(
    (pattern) =>
      pattern === '*' || pattern === path || (pattern.endsWith('*') && path.startsWith(pattern.slice(0, -1))),
  );
}

/** Whether the rule, where it applies, allows what is asked. Where it applies is the caller's affair. */
export function allows(rule: PolicyRule, asked: AccessReviewSpec): boolean {
  const on = asked.resourceAttributes;
  if (on) {
    const names = rule.resourceNames ?? [];
    return (
      has(rule.verbs, on.verb ?? '') &&
      has(rule.apiGroups, on.group ?? '') &&
      coversResource(rule, on.resource ?? '', on.subresource ?? '') &&
      (names.length === 0 || names.includes(on.name ?? ''))
    );
  }
  const path = asked.nonResourceAttributes;
  return path !== undefined && has(rule.verbs, path.verb ?? '') && coversPath(rule, path.path ?? '');
}

/** `dev-*` against a namespace; `*` stands for any run of characters. */
export function matchesNamespace(pattern: string, namespace: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[^a-z0-9-]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(namespace);
}
