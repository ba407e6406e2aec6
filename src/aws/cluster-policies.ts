/**
 * What may be done in a cluster's account, derived from the entitlements: the executor, which the hub becomes, and the
 * reaper, which knows no hub. There is no UpdateAccessEntry: no condition bounds what it sets (F15).
 *
 * Two rules. Opening asks for everything at once: principal, policy, scope and namespaces as one entitlement has them.
 * Closing is never kept from working by a condition key that EKS may not fill in for an entry that is gone already
 * (…IfExists); the resource alone names our principals there.
 */
import { type AccessPolicyName, accessPolicyArn } from '../core/access.ts';
import { parseRoleArn } from '../core/arn.ts';
import type { Cluster, Configuration, Entitlement } from '../core/configuration.ts';
import { emergencyRules, emergencyWatches } from '../core/emergency.ts';
import { TAGS } from '../core/entry.ts';
import {
  accountOf,
  breakGlassRules,
  clustersIn,
  emergencyName,
  hubNames,
  ownPath,
  roleArn,
  standingRoles,
} from './deployment.ts';
import { type Conditions, type Permission, type PolicyDocument, trustOf } from './permission.ts';

/**
 * The hub's account is trusted, and in it one role by its ARN: a principal named directly would be stored as the role's
 * unique id, and the trust would be dead if the role were ever made again (F6).
 */
export function executorTrust(
  config: Configuration,
  worker = hubNames(config).worker,
  organization?: string,
): PolicyDocument {
  const workerArn = roleArn(config, config.account, worker);
  const breakglass = roleArn(config, config.account, hubNames(config).breakglass);
  const principals = breakGlassRules(config).length > 0 ? [workerArn, breakglass] : [workerArn];
  return trustOf(
    { AWS: `arn:${config.partition}:iam::${config.account}:root` },
    {
      ArnEquals: { 'aws:PrincipalArn': principals.length > 1 ? principals : workerArn },
      ...(organization !== undefined && { StringEquals: { 'aws:PrincipalOrgID': organization } }),
    },
  );
}

export function executorPermissions(config: Configuration, executor: string): readonly Permission[] {
  const clusters = Object.values(config.clusters).filter((cluster) => cluster.executor === executor);
  return [
    {
      sid: 'Look',
      why: 'Looks at the configured clusters and lists their entries.',
      actions: ['eks:DescribeCluster', 'eks:ListAccessEntries'],
      resources: clusters.map((cluster) => cluster.arn),
    },
    {
      sid: 'LookAtEntries',
      why: "Reads any entry of the configured clusters, to tell ours from others'. `*` stands for principal and UUID.",
      actions: ['eks:DescribeAccessEntry', 'eks:ListAssociatedAccessPolicies'],
      resources: clusters.map((cluster) => entriesOf(config, cluster, '*')),
    },
    ...creating(config, clusters),
    ...associating(config, clusters),
    ...closing(config, clusters),
    ...searchingTrail(config, executor),
    {
      sid: 'InspectStandingRoles',
      why: 'Checks that standing roles of this account are no wider than the configuration says; the hub looks at those of its own account itself.',
      actions: ['iam:GetRole'],
      resources: standingRoles(config, clusters).filter(
        (arn) => accountOf(arn) === accountOf(executor) && accountOf(arn) !== config.account,
      ),
    },
  ];
}

/** One executor of an account and region, and only where there is an emergency role. */
function searchingTrail(config: Configuration, executor: string): Permission[] {
  const regions = emergencyWatches(config)
    .filter((cluster) => cluster.executor === executor)
    .map(({ region }) => region);
  if (regions.length === 0) return [];
  return [
    {
      sid: 'LookUpEmergencies',
      why: 'Finds what was made with the hub down and is gone again: CloudTrail has it for 90 days, and nobody can change it there. CloudTrail knows no resource and no condition for events, so that the resource is `*`: whoever becomes the executor can read the history of management events in these regions.',
      actions: ['cloudtrail:LookupEvents'],
      resources: ['*'],
      conditions: { StringEquals: { 'aws:RequestedRegion': regions } },
    },
  ];
}

/** Nothing of the hub is in it: no trust but Lambda's, no AssumeRole, and it deletes only what bears this hub's tag now. */
export function reaperPermissions(config: Configuration, account: string): readonly Permission[] {
  const clusters = clustersIn(config, account);
  const principals = { ArnLike: { 'eks:principalArn': [`${ownPath(config)}*`, ...standingRoles(config, clusters)] } };
  return [
    {
      sid: 'List',
      why: "Lists the entries of this account's clusters.",
      actions: ['eks:ListAccessEntries'],
      resources: clusters.map((cluster) => cluster.arn),
    },
    {
      sid: 'Describe',
      why: "Reads entries of this hub's principals. `*` stands for principal and UUID.",
      actions: ['eks:DescribeAccessEntry'],
      resources: clusters.map((cluster) => entriesOf(config, cluster, '*')),
      conditions: principals,
    },
    {
      sid: 'EndOverdue',
      why: "Deletes entries of this hub's principals that bear this hub's tag and are of type STANDARD: never a node's, never another hub's. `*` stands for principal and UUID.",
      actions: ['eks:DeleteAccessEntry'],
      resources: clusters.map((cluster) => entriesOf(config, cluster, '*')),
      conditions: {
        ...principals,
        StringEquals: { 'eks:accessEntryType': 'STANDARD', [`aws:ResourceTag/${TAGS.hub}`]: config.hub },
      },
    },
  ];
}

export const emergencyTrust = ({ emergency }: Configuration): PolicyDocument =>
  trustOf({ AWS: emergency?.assumableBy ?? [] });

/**
 * Becoming the emergency role, and whatever it does in EKS, as CloudTrail tells EventBridge.
 * https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-service-event-cloudtrail.html
 */
export function emergencyPattern(config: Configuration, account: string): object {
  const arn = roleArn(config, account, emergencyName(config));
  return {
    source: ['aws.sts', 'aws.eks'],
    'detail-type': ['AWS API Call via CloudTrail'],
    $or: [
      { detail: { eventName: ['AssumeRole'], requestParameters: { roleArn: [arn] } } },
      { detail: { userIdentity: { sessionContext: { sessionIssuer: { arn: [arn] } } } } },
    ],
  };
}

/**
 * What may be done with the hub down: making an entry that says that it is an emergency's and when it ends, for a role
 * and with a policy that an entitlement offers by break-glass. Nothing here removes anything.
 */
export function emergencyPermissions(config: Configuration, account: string): readonly Permission[] {
  const rules = emergencyRules(config, account);
  const only = { ...config, entitlements: Object.fromEntries(rules.map((rule) => [rule.id, rule])) };
  const clusters = clustersIn(config, account).filter(({ name }) => rules.some((rule) => rule.clusters.includes(name)));
  const entries = clusters.flatMap((cluster) =>
    principalsOn(only, cluster).map((principal) => entryOf(only, cluster, principal)),
  );
  const principals = unique(clusters.flatMap((cluster) => principalsOn(only, cluster)));
  const marked = {
    StringEquals: { 'eks:accessEntryType': 'STANDARD', [`aws:RequestTag/${TAGS.hub}`]: config.hub },
    StringLike: { [`aws:RequestTag/${TAGS.grant}`]: 'emergency-*' },
    Null: {
      [`aws:RequestTag/${TAGS.expires}`]: 'false',
      [`aws:RequestTag/${TAGS.person}`]: 'false',
      'eks:kubernetesGroups': 'true',
    },
  };
  return [
    {
      sid: 'LookInEmergency',
      why: 'Looks at the clusters that break-glass covers.',
      actions: ['eks:DescribeCluster'],
      resources: clusters.map((cluster) => cluster.arn),
    },
    {
      sid: 'LookAtEntriesInEmergency',
      why: "Reads the entries of the roles that break-glass gives access by. `*` stands for the entry's UUID.",
      actions: ['eks:DescribeAccessEntry', 'eks:ListAssociatedAccessPolicies'],
      resources: entries,
    },
    {
      sid: 'CreateInEmergency',
      why: "Makes entries of type STANDARD of these roles, marked with this hub's tag, an emergency's id, an end and a person, without groups.",
      actions: ['eks:CreateAccessEntry'],
      resources: clusters.map((cluster) => cluster.arn),
      conditions: { ArnLike: { 'eks:principalArn': principals }, ...marked },
    },
    {
      sid: 'TagInEmergency',
      why: "Writes those tags as the entry is made. They could be written again later: the reaper and the hub end such an entry four hours after it was made whatever its tag says. `*` stands for the entry's UUID.",
      actions: ['eks:TagResource'],
      resources: entries,
      conditions: {
        'ForAllValues:StringEquals': { 'aws:TagKeys': [TAGS.hub, TAGS.grant, TAGS.expires, TAGS.person] },
        StringEquals: { [`aws:RequestTag/${TAGS.hub}`]: config.hub },
        StringLike: { [`aws:RequestTag/${TAGS.grant}`]: 'emergency-*' },
      },
    },
    ...associating(only, clusters).map((permission) => ({ ...permission, sid: `${permission.sid}InEmergency` })),
  ];
}

/** `arn:P:eks:R:A:access-entry/CLUSTER/role/PRINCIPAL_ACCOUNT/NAME/UUID`: the principal's path is no part of it. */
const entriesOf = ({ partition }: Configuration, { region, account, name }: Cluster, rest: string): string =>
  `arn:${partition}:eks:${region}:${account}:access-entry/${name}/${rest}`;

const entitlementsOf = (config: Configuration, { name }: Cluster): Entitlement[] =>
  Object.values(config.entitlements).filter((rule) => rule.clusters.includes(name));

/** ARNs of the principals that a rule is for, `*` in the place of a dedicated role's name. */
const principalOf = (config: Configuration, { principal }: Entitlement): string =>
  principal.mode === 'role' ? principal.role : `${ownPath(config)}*`;

/** The same principals in the resource of an entry. */
function entryOf(config: Configuration, cluster: Cluster, principal: string): string {
  const role = parseRoleArn(principal);
  const name = role ? `${role.account}/${role.name}` : `${config.account}/hallpass-${config.hub}-*`;
  return entriesOf(config, cluster, `role/${name}/*`);
}

const principalsOn = (config: Configuration, cluster: Cluster): string[] =>
  unique(entitlementsOf(config, cluster).map((rule) => principalOf(config, rule)));

/** Entries of type STANDARD, of the principals that the entitlements are for, with this hub's tags, and no groups but theirs. */
function creating(config: Configuration, clusters: readonly Cluster[]): Permission[] {
  const rules = clusters.flatMap((cluster) =>
    principalsOn(config, cluster).map((principal) => {
      const groups = entitlementsOf(config, cluster)
        .filter((rule) => principalOf(config, rule) === principal)
        .flatMap(({ access }) => (access.kind === 'groups' ? access.kubernetesGroups : []));
      return { resource: cluster.arn, conditions: creationConditions(config, principal, unique(groups)) };
    }),
  );
  return grouped(rules).map(({ resources, conditions }, index) => ({
    sid: `Create${index + 1}`,
    why: "Makes entries of type STANDARD for these principals only, with this hub's tag and an end, and with no Kubernetes groups but those that entitlements give.",
    actions: ['eks:CreateAccessEntry'],
    resources,
    conditions,
  }));
}

const creationConditions = ({ hub }: Configuration, principal: string, groups: readonly string[]): Conditions => ({
  ArnLike: { 'eks:principalArn': principal },
  StringEquals: { 'eks:accessEntryType': 'STANDARD', [`aws:RequestTag/${TAGS.hub}`]: hub },
  // A user name of our own making or none: nobody is to appear in the audit log as somebody else.
  StringLikeIfExists: { 'eks:username': 'hallpass:*' },
  Null: { [`aws:RequestTag/${TAGS.expires}`]: 'false', ...(groups.length === 0 && { 'eks:kubernetesGroups': 'true' }) },
  ...(groups.length > 0 && { 'ForAllValues:StringEquals': { 'eks:kubernetesGroups': groups } }),
});

/** One statement for each combination that an entitlement offers: principal, scope, namespaces. */
function associating(config: Configuration, clusters: readonly Cluster[]): Permission[] {
  const offers = clusters.flatMap((cluster) =>
    entitlementsOf(config, cluster).flatMap((rule) => {
      const { access } = rule;
      if (access.kind === 'groups') return [];
      const principal = principalOf(config, rule);
      const namespaces = access.scope === 'namespace' ? unique(access.namespaces).sort() : [];
      return [{ resource: entryOf(config, cluster, principal), principal, namespaces, policy: access.policy }];
    }),
  );
  // The policies that one principal may have on one cluster in the same scope go into one statement.
  const merged = [...Map.groupBy(offers, (offer) => JSON.stringify([offer.resource, offer.namespaces])).values()];
  const rules = merged.flatMap(([first, ...others]) =>
    first
      ? [
          {
            resource: first.resource,
            conditions: associationConditions(
              config,
              first.principal,
              unique([first, ...others].map((offer) => offer.policy)),
              first.namespaces,
            ),
          },
        ]
      : [],
  );
  return grouped(rules).map(({ resources, conditions }, index) => ({
    sid: `Associate${index + 1}`,
    why: "Gives these principals these access policies in this scope, as entitlements have them together, and no others. `*` stands for the grant's id and the entry's UUID.",
    actions: ['eks:AssociateAccessPolicy'],
    resources,
    conditions,
  }));
}

const associationConditions = (
  { partition }: Configuration,
  principal: string,
  policies: readonly AccessPolicyName[],
  namespaces: readonly string[],
): Conditions => ({
  ArnLike: { 'eks:principalArn': principal },
  StringEquals: {
    'eks:policyArn': policies.map((policy) => accessPolicyArn(partition, policy)),
    'eks:accessScope': namespaces.length > 0 ? 'namespace' : 'cluster',
  },
  ...(namespaces.length > 0 && {
    'ForAllValues:StringLike': { 'eks:namespaces': namespaces },
    Null: { 'eks:namespaces': 'false' },
  }),
});

function closing(config: Configuration, clusters: readonly Cluster[]): Permission[] {
  const resources = clusters.flatMap((cluster) =>
    principalsOn(config, cluster).map((principal) => entryOf(config, cluster, principal)),
  );
  const principals = unique(clusters.flatMap((cluster) => principalsOn(config, cluster)));
  const ours = { ArnLikeIfExists: { 'eks:principalArn': principals } };
  return [
    {
      sid: 'Close',
      why: "Takes away: entries of type STANDARD of these principals, and what was associated with them. `*` stands for the grant's id and the entry's UUID.",
      actions: ['eks:DeleteAccessEntry', 'eks:DisassociateAccessPolicy'],
      resources,
      conditions: { ...ours, StringEqualsIfExists: { 'eks:accessEntryType': 'STANDARD' } },
    },
    {
      sid: 'CloseOrphans',
      why: "Takes away what this hub made for a principal that no entitlement names any more: grants run out with what they were given, whatever the configuration says since (I3). Such an entry has to bear this hub's tag. `*` stands for principal and UUID.",
      actions: ['eks:DeleteAccessEntry', 'eks:DisassociateAccessPolicy'],
      resources: clusters.map((cluster) => entriesOf(config, cluster, 'role/*')),
      conditions: { StringEquals: { 'eks:accessEntryType': 'STANDARD', [`aws:ResourceTag/${TAGS.hub}`]: config.hub } },
    },
    {
      sid: 'Tag',
      why: "Writes this hub's own tags when an entry is made and when its end is put off; no tag of others', and no other hub's id. `*` stands for the grant's id and the entry's UUID.",
      actions: ['eks:TagResource'],
      resources,
      conditions: {
        ...ours,
        'ForAllValues:StringEquals': { 'aws:TagKeys': [TAGS.hub, TAGS.grant, TAGS.expires] },
        StringEqualsIfExists: { [`aws:RequestTag/${TAGS.hub}`]: config.hub },
      },
    },
  ];
}

type Rule = { readonly resource: string; readonly conditions: Conditions };

/** What differs only in its resource is one statement: a role's policies have 10,240 characters together. */
function grouped(rules: readonly Rule[]): { readonly resources: string[]; readonly conditions: Conditions }[] {
  return [...Map.groupBy(rules, ({ conditions }) => JSON.stringify(conditions)).values()].flatMap(([first, ...more]) =>
    first
      ? [{ resources: unique([first, ...more].map(({ resource }) => resource)), conditions: first.conditions }]
      : [],
  );
}

const unique = <T>(values: readonly T[]): T[] => [...new Set(values)];
