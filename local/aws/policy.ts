/**
 * Evaluates IAM policies: identity policies (with boundary and session policy) and trust policies. Pure; what is known
 * of a request comes in as condition keys. An explicit deny wins, and the absence of an allow is a no.
 *
 * Authority: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 */
import { type ConditionKeys, conditionHolds } from './conditions.ts';
import { matchesPattern, quoteWildcards } from './pattern.ts';
import type { Policy, Statement } from './policy-document.ts';

export type Verdict = 'allow' | 'deny' | 'none';

export type PolicyRequest = { action: string; resource: string; keys: ConditionKeys };

/** Who asks, as a trust policy sees it. `principalId` is the role's or user's own id, `userId` that of the session. */
export type TrustedCaller = { account: string; principalId: string; userId: string };

/** How a trust policy allowed: the principal by name (which in its own account is enough), or only its account. */
export type TrustVerdict = { verdict: 'deny' | 'none' } | { verdict: 'allow'; through: 'principal' | 'account' };

/** All identity policies of a principal together. */
export function evaluateIdentity(policies: readonly Policy[], request: PolicyRequest): Verdict {
  let verdict: Verdict = 'none';
  for (const statement of policies.flatMap((policy) => policy.statements)) {
    if (!actionApplies(statement, request.action) || !resourceApplies(statement, request)) continue;
    if (!conditionsHold(statement, request.keys)) continue;
    if (statement.effect === 'Deny') return 'deny';
    verdict = 'allow';
  }
  return verdict;
}

/** A role's trust policy, whose principals have been replaced by unique ids where they named a role, user or session. */
export function evaluateTrust(
  policy: Policy,
  action: string,
  caller: TrustedCaller,
  keys: ConditionKeys,
): TrustVerdict {
  let through: 'principal' | 'account' | undefined;
  for (const statement of policy.statements) {
    const matched = principalApplies(statement, caller);
    if (!matched || !actionApplies(statement, action) || !conditionsHold(statement, keys)) continue;
    if (statement.effect === 'Deny') return { verdict: 'deny' };
    through = matched === 'principal' ? 'principal' : (through ?? 'account');
  }
  return through ? { verdict: 'allow', through } : { verdict: 'none' };
}

function principalApplies(statement: Statement, caller: TrustedCaller): 'principal' | 'account' | undefined {
  // Service and Federated principals come in by other doors than AssumeRole: no signed caller is ever one of them.
  const named = statement.principals.AWS ?? [];
  if (named.some((each) => each === '*' || each === caller.principalId || each === caller.userId)) return 'principal';
  return named.includes(caller.account) ? 'account' : undefined;
}

function actionApplies(statement: Statement, action: string): boolean {
  const named = statement.actions.some((pattern) => matchesPattern(action.toLowerCase(), pattern.toLowerCase()));
  return named !== statement.notAction;
}

function resourceApplies(statement: Statement, { resource, keys }: PolicyRequest): boolean {
  const named = statement.resources.some((pattern) => {
    const expanded = expandVariables(pattern, keys);
    return expanded !== undefined && matchesPattern(resource, expanded);
  });
  return named !== statement.notResource;
}

function conditionsHold(statement: Statement, keys: ConditionKeys): boolean {
  const expand = (text: string): string | undefined => expandVariables(text, keys);
  return Object.entries(statement.conditions).every(([operator, block]) =>
    Object.entries(block).every(([key, values]) => conditionHolds(operator, key, values, keys, expand)),
  );
}

/**
 * Fills in `${aws:userid}` and the like; `${*}`, `${?}` and `${$}` are those characters themselves. Undefined when a
 * variable has no value or several: then nothing matches, as on AWS. What is filled in is never a wildcard.
 */
function expandVariables(text: string, keys: ConditionKeys): string | undefined {
  let complete = true;
  const expanded = text.replace(/\$\{([^}]*)\}/g, (_whole, content: string) => {
    if (content === '*' || content === '?' || content === '$') return quoteWildcards(content);
    const [, name = '', fallback] = /^\s*([^,\s]+)\s*(?:,\s*'([^']*)')?\s*$/.exec(content) ?? [];
    const value = keys.get(name.toLowerCase()) ?? fallback;
    if (typeof value === 'string') return quoteWildcards(value);
    complete = false;
    return '';
  });
  return complete ? expanded : undefined;
}
