/**
 * What EKS access policies allow: the authorizer that EKS puts before RBAC. The rules are AWS's published ones
 * (access-policy-permissions of the EKS user guide), kept as data beside this file. Policies only ever add.
 */
import type { AccessEntries, AccessEntry, AssociatedPolicy } from './access-entry.ts';
import policies from './access-policies.json' with { type: 'json' };
import type { AccessReviewSpec, ReviewAccess } from './review.ts';
import { allows, matchesNamespace, type PolicyRule } from './rules.ts';
import { PRINCIPAL_ID } from './username.ts';

export type AccessPolicyName = keyof typeof policies;

/** The rules of a policy by its bare name; none for policies of AWS's own services, which open nothing to people. */
export function rulesOfPolicy(name: string): readonly PolicyRule[] {
  return Object.hasOwn(policies, name) ? policies[name as AccessPolicyName] : [];
}

const POLICY_ARN = /^arn:[^:]+:eks::aws:cluster-access-policy\/([A-Za-z]+)$/;

/** A scope of namespaces never reaches what belongs to no namespace, nor a request across all of them. */
function inScope(policy: AssociatedPolicy, asked: AccessReviewSpec): boolean {
  if (policy.accessScope.type === 'cluster') return true;
  const namespace = asked.resourceAttributes?.namespace;
  return (
    namespace !== undefined &&
    namespace !== '' &&
    policy.accessScope.namespaces.some((pattern) => matchesNamespace(pattern, namespace))
  );
}

/** In the words of EKS's audit log. */
function reasonFor(entry: AccessEntry, { policyArn, accessScope }: AssociatedPolicy, asked: AccessReviewSpec): string {
  const name = `"${entry.principalArn}+${policyArn}"`;
  const namespace = asked.resourceAttributes?.namespace ?? '';
  const binding =
    accessScope.type === 'cluster'
      ? `ClusterRoleBinding ${name}`
      : `RoleBinding "${entry.principalArn}+${policyArn}/${namespace}"`;
  return `EKS Access Policy: allowed by ${binding} of ClusterRole "${policyArn}" to User "${entry.principalId}"`;
}

/**
 * Goes by the principal's unique id in the user's extra, and by nothing else: an impersonated user has none, which is
 * why `--as` bypasses access policies on EKS, too.
 */
export function policyReview(accessEntries: AccessEntries): ReviewAccess {
  return (asked) => {
    const id = asked.extra?.[PRINCIPAL_ID]?.[0];
    if (!id) return { allowed: false };
    for (const entry of accessEntries()) {
      if (entry.principalId !== id) continue;
      for (const policy of entry.policies) {
        const rules = rulesOfPolicy(POLICY_ARN.exec(policy.policyArn)?.[1] ?? '');
        if (inScope(policy, asked) && rules.some((rule) => allows(rule, asked))) {
          return { allowed: true, reason: reasonFor(entry, policy, asked) };
        }
      }
    }
    return { allowed: false };
  };
}
