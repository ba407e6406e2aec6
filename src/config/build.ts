/** From a file that has passed every check to the configuration that everything else reads. */

import { parseClusterArn } from '../core/arn.ts';
import { digestOf, type Sha256 } from '../core/canonical.ts';
import type {
  ApprovalStep,
  BreakGlassRule,
  Cluster,
  Configuration,
  Delegation,
  Entitlement,
  Notifications,
  Notify,
  OfferedAccess,
  Person,
  TicketSystem,
} from '../core/configuration.ts';
import { parseDay } from '../core/delegation.ts';
import { type Duration, hours, parseDuration, toIso } from '../core/time.ts';
import { buildCondition, buildSchedule } from './build-conditions.ts';
import { checked } from './checked.ts';
import { selectedClusters } from './clusters.ts';
import { iamIdentitiesOf } from './iam-identity.ts';
import { partitionOf } from './partition.ts';
import type {
  File,
  FileDelegation,
  FileEntitlement,
  FileNotifications,
  FileNotify,
  FilePerson,
  FileStep,
} from './schema.ts';
import { parseSubject } from './subject.ts';

/** Throws where a check would have had to refuse: then a check is missing. */
export function buildConfiguration(file: File, sha256: Sha256): Configuration {
  const { people, groups, roles, oidc, slack } = file.identities;
  const content: Omit<Configuration, 'digest'> = {
    hub: file.hub,
    account: file.account,
    partition: checked(partitionOf(file.region), 'region'),
    region: file.region,
    clusters: mapped(file.clusters, buildCluster),
    directory: {
      people: mapped(people, (id, person) => buildPerson(id, person, file.identities)),
      groups,
      ...(Object.keys(roles).length > 0 && {
        roles: mapped(roles, (id, { role, owners, description }) => ({
          id,
          role,
          owners: owners.map(parseSubject),
          description,
        })),
      }),
    },
    ...(slack && { slack: { teamId: slack.team } }),
    ...(oidc && { oidc }),
    ...identityCenterOf(file.identities),
    entitlements: mapped(file.entitlements, (id, rule) => {
      const entitlement = buildEntitlement(id, rule, file.clusters);
      return { ...entitlement, digest: digestOf(entitlement, sha256) };
    }),
    ...(Object.keys(file.onCall).length > 0 && {
      onCall: mapped(file.onCall, (_, schedule) => buildSchedule(schedule)),
    }),
    ...(Object.keys(file.ticketSystems).length > 0 && {
      ticketSystems: mapped(file.ticketSystems, (_, system) => buildTicketSystem(system)),
    }),
    responders: file.responders.map(parseSubject),
    auditors: file.auditors.map(parseSubject),
    ...(file.emergency && { emergency: { assumableBy: file.emergency.assumableBy } }),
    ...(file.reviewers.length > 0 && { reviewers: file.reviewers.map(parseSubject) }),
    limits: file.limits,
    ...(file.delegations.length > 0 && { delegations: file.delegations.map(buildDelegation) }),
    ...(file.notifications && { notifications: buildNotifications(file.notifications) }),
    warnBefore: length(file.warnBefore),
  };
  return { ...content, digest: digestOf(content, sha256) };
}

function buildCluster(name: string, cluster: File['clusters'][string]): Cluster {
  const { arn, executor, tags, authenticationMode, acceptsAwsAuthRisk } = cluster;
  const { account, region } = checked(parseClusterArn(arn), 'cluster');
  return {
    ...{ name, arn, account, region, executor, tags },
    ...(authenticationMode && { authenticationMode }),
    ...(acceptsAwsAuthRisk && { acceptsAwsAuthRisk }),
  };
}

function identityCenterOf({
  directory,
  permissionSetRole,
}: File['identities']): Pick<Configuration, 'identityCenter'> | undefined {
  if (!directory) return undefined;
  const { role: readerRole, ...store } = directory.identityCenter;
  const role = checked(permissionSetRole, 'permission set');
  return { identityCenter: { ...store, role, ...(readerRole !== undefined && { readerRole }) } };
}

function buildPerson(id: string, person: FilePerson, { permissionSetRole, oidc: issuer }: File['identities']): Person {
  const iam = iamIdentitiesOf(id, person, permissionSetRole).map(({ role, session }) => ({
    role: checked(role, 'role'),
    session,
  }));
  const oidc = (person.oidc ?? []).map(({ subject }) => ({ issuer: checked(issuer, 'issuer').issuer, subject }));
  return {
    ...{ id, name: person.name, email: person.email, iam },
    ...(person.userId !== undefined && { userId: person.userId }),
    ...(oidc.length > 0 && { oidc }),
    disabled: person.disabled,
  };
}

function buildEntitlement(id: string, rule: FileEntitlement, clusters: File['clusters']): Omit<Entitlement, 'digest'> {
  const maxDuration = length(rule.maxDuration);
  const usual = rule.defaultDuration === undefined ? Math.min(hours(1), maxDuration) : length(rule.defaultDuration);
  return {
    id,
    description: rule.description,
    clusters: selectedClusters(rule.clusters, clusters),
    access: buildAccess(rule.access),
    principal: rule.principal,
    eligible: rule.eligible.map(parseSubject),
    maxDuration,
    defaultDuration: usual as Duration,
    justification: rule.justification,
    ticket: {
      required: rule.ticket?.required ?? false,
      ...(rule.ticket?.pattern !== undefined && { pattern: rule.ticket.pattern }),
      ...(rule.ticket?.hook !== undefined && { hook: rule.ticket.hook }),
    },
    approval: {
      autoApprove: rule.approval.autoApprove,
      steps: rule.approval.steps.map((step) => buildStep(step, rule.approval.remindEvery)),
      window: length(rule.approval.window),
    },
    ...(rule.conditions.length > 0 && { conditions: rule.conditions.map(buildCondition) }),
    ...(rule.breakGlass && { breakGlass: buildBreakGlass(rule.breakGlass, rule.eligible) }),
    ...(rule.extension && {
      extension: { maxTotal: length(rule.extension.maxTotal), autoApprove: rule.extension.autoApprove },
    }),
    ...(rule.notify && { notify: buildNotify(rule.notify) }),
  };
}

const buildNotifications = ({ slack, webhooks }: FileNotifications): Notifications => ({
  ...(slack && { slack }),
  webhooks,
});

const buildNotify = ({ slack }: FileNotify): Notify => ({
  ...(slack && {
    slack: {
      ...(slack.channel !== undefined && { channel: slack.channel }),
      approvers: slack.approvers,
      justification: slack.justification,
    },
  }),
});

const buildTicketSystem = ({ secret, url, events }: File['ticketSystems'][string]): TicketSystem => ({
  secret,
  ...(url !== undefined && { check: { kind: 'https', url } }),
  ...(events && { check: { kind: 'event' } }),
});

const buildBreakGlass = (
  { eligible, maxDuration, reasonMinLength, incidentPattern, ...limits }: NonNullable<FileEntitlement['breakGlass']>,
  requesters: readonly string[],
): BreakGlassRule => ({
  ...limits,
  // A role that is not a person may request, and breaks no glass.
  eligible: (eligible ?? requesters).map(parseSubject).filter(({ kind }) => kind !== 'role'),
  maxDuration: length(maxDuration),
  minReason: reasonMinLength,
  ...(incidentPattern !== undefined && { incidentPattern }),
});

function buildAccess({ policy, scope, namespaces, groups }: FileEntitlement['access']): OfferedAccess {
  if (groups) return { kind: 'groups', kubernetesGroups: groups };
  const named = checked(policy, 'policy');
  if (scope === 'cluster') return { kind: 'policy', policy: named, scope };
  return { kind: 'policy', policy: named, scope: 'namespace', namespaces: checked(namespaces, 'namespaces') };
}

function buildStep(step: FileStep, usual: string | undefined): ApprovalStep {
  const { remindEvery = usual, escalateAfter, escalateTo } = step;
  return {
    approvers: step.approvers.map(parseSubject),
    approvalsNeeded: step.approvalsNeeded,
    channels: step.channels,
    ...(remindEvery !== undefined && { remindEvery: length(remindEvery) }),
    ...(escalateAfter !== undefined && { escalateAfter: length(escalateAfter) }),
    ...(escalateTo && { escalateTo: escalateTo.map(parseSubject) }),
  };
}

/** Known again by who and since when: other delegates or another end are the same delegation, changed. */
export function buildDelegation({ from, to, starts, ends, entitlements }: FileDelegation): Delegation {
  const begins = checked(parseDay(starts), 'date').from;
  const id = `configuration:${from}@${toIso(begins)}`;
  return {
    id,
    from,
    to,
    starts: begins,
    ends: checked(parseDay(ends), 'date').until,
    ...(entitlements && { entitlements }),
  };
}

const length = (text: string): Duration => checked(parseDuration(text), 'duration');

const mapped = <T, U>(entries: Readonly<Record<string, T>>, make: (key: string, value: T) => U): Record<string, U> =>
  Object.fromEntries(Object.entries(entries).map(([key, value]) => [key, make(key, value)]));
