/** Entitlements wider than they look, longer than anybody remembers, or open to others than their names say. */
import { hasWildcard, matchesPattern } from './access.ts';
import type { Cluster, Entitlement } from './configuration.ts';
import { type LintContext, someOf } from './lint-rule.ts';
import { editsAwsAuth, isPowerful, KUBE_SYSTEM, powersOf } from './policy-powers.ts';
import { type Duration, days, formatDuration, hours } from './time.ts';
import { trustedIn } from './trust.ts';

/** A day's shift with its overtime; what changes nothing may be looked at for a day. */
const LONG_FOR_CHANGES = hours(12);
const LONG_FOR_READING = days(1);
const LONG_WINDOW = days(7);

export function lintAccess(rule: Entitlement, context: LintContext): void {
  lintPolicy(rule, context);
  lintNamespaces(rule, context);
  lintAwsAuth(rule, context);
  lintRole(rule, context);
  lintTimes(rule, context);
}

function lintPolicy({ id, access }: Entitlement, { warn }: LintContext): void {
  if (access.kind === 'groups') {
    const names = access.kubernetesGroups.join(', ');
    warn(
      'kubernetes-groups',
      ['entitlements', id, 'access', 'groups'],
      `what ${names} may do is in the cluster's RBAC: look there, and at whoever may write role bindings`,
    );
    return;
  }
  const path = ['entitlements', id, 'access', 'policy'];
  const powers = powersOf(access);
  // Whoever writes "cluster admin" knows that it is everything.
  if (powers.includes('everything')) return;
  const where = access.scope === 'cluster' ? 'of the whole cluster' : `in ${access.namespaces.join(', ')}`;
  if (powers.includes('readSecrets'))
    warn(
      'reads-secrets',
      path,
      `${access.policy} reads every Secret ${where}; AmazonEKSViewPolicy reads the rest without`,
    );
  if (powers.includes('exec'))
    warn(
      'exec-and-impersonate',
      path,
      `${access.policy} runs commands in pods and acts as any service account ${where}: it can do whatever they can`,
    );
  else if (powers.includes('writeSecrets'))
    warn(
      'writes-secrets',
      path,
      `${access.policy} makes Secrets ${where}: one of the type service-account-token is a token of any service account there`,
    );
}

function lintNamespaces({ id, access }: Entitlement, { warn }: LintContext): void {
  if (access.kind === 'groups' || access.scope === 'cluster') return;
  for (const [index, pattern] of access.namespaces.entries()) {
    if (!hasWildcard(pattern) || !matchesPattern(pattern, KUBE_SYSTEM)) continue;
    warn(
      'reaches-kube-system',
      ['entitlements', id, 'access', 'namespaces', index],
      `"${pattern}" matches kube-system, where the cluster's own parts run; write a narrower pattern, or list the namespaces`,
    );
  }
}

/** Without its cluster's consent the configuration is refused, and so is the request if the cluster says otherwise. */
function lintAwsAuth(rule: Entitlement, { config, warn }: LintContext): void {
  if (!editsAwsAuth(rule.access)) return;
  const accepted = rule.clusters.flatMap((name): Cluster[] =>
    config.clusters[name]?.acceptsAwsAuthRisk ? [config.clusters[name]] : [],
  );
  if (accepted.length === 0) return;
  warn(
    'edits-aws-auth',
    ['entitlements', rule.id, 'access'],
    `it can write aws-auth on ${accepted.map(({ name }) => name).join(', ')}, where that is accepted: whoever had the access can give themselves lasting access there; move them to authentication mode API`,
  );
}

function lintRole({ id, principal, eligible }: Entitlement, { config, membersOf, areKnown, warn }: LintContext): void {
  if (principal.mode === 'dedicated' || !areKnown(eligible)) return;
  const may = membersOf(eligible);
  const names = new Set([...may].flatMap((person) => config.directory.people[person]?.name ?? []));
  const others = trustedIn(principal.assumableBy, config.directory).filter((name) => !names.has(name));
  if (others.length === 0) return;
  warn(
    'open-to-many',
    ['entitlements', id, 'principal', 'assumableBy'],
    `while a grant lives, ${someOf(others)} can use the access too, and may not ask for it; a dedicated principal is the requester's alone`,
  );
}

function lintTimes(rule: Entitlement, { config, warn }: LintContext): void {
  const path = ['entitlements', rule.id];
  const most = isPowerful(rule.access) ? LONG_FOR_CHANGES : LONG_FOR_READING;
  const long = (length: Duration): string =>
    `${formatDuration(length)} is long for access like this (more than ${formatDuration(most)}); a shorter one can be asked for again`;
  if (rule.maxDuration > most) warn('very-long', [...path, 'maxDuration'], long(rule.maxDuration));
  else if (rule.extension && rule.extension.maxTotal > 2 * most)
    warn('very-long', [...path, 'extension', 'maxTotal'], long(rule.extension.maxTotal));
  if (rule.approval.window > LONG_WINDOW)
    warn(
      'long-window',
      [...path, 'approval', 'window'],
      `a request can be approved ${formatDuration(rule.approval.window)} later, when its reason may be long over`,
    );
  if (config.warnBefore >= rule.defaultDuration)
    warn(
      'warned-at-once',
      [...path, rule.defaultDuration === rule.maxDuration ? 'maxDuration' : 'defaultDuration'],
      `the warning comes ${formatDuration(config.warnBefore)} before the end, and the access lasts ${formatDuration(rule.defaultDuration)}`,
    );
}
