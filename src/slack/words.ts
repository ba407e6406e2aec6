/** What is said of a grant: where it stands, what it opens, and what its end does not undo. All of it fit for `mrkdwn`. */
import { accessPolicyName } from '../core/access.ts';
import type { Configuration, Entitlement } from '../core/configuration.ts';
import { decidersOf, verdictOn } from '../core/decision.ts';
import { askedFor } from '../core/extension.ts';
import { type Grant, isOver } from '../core/grant.ts';
import { connectedTo, peopleAmong } from '../core/identity.ts';
import { formatDuration } from '../core/time.ts';
import type { Block } from './blocks.ts';
import { context, facts, LIMITS, mrkdwn, section } from './blocks.ts';
import { chunks, inline, literal, when } from './text.ts';

/** Said wherever access is given, and again when it ends. */
export const AFTER_THE_END =
  'A token made before the end may live up to 15 minutes. Open exec, port-forward and watch streams are not cut. What was made in the cluster stays.';

const MOST_NAMES = 12;

export function names(all: readonly string[]): string {
  const some = all.slice(0, MOST_NAMES).map(inline).join(', ');
  return all.length > MOST_NAMES ? `${some} and ${all.length - MOST_NAMES} more` : some || 'nobody';
}

export const ruleOf = (grant: Grant, config: Configuration): Entitlement | undefined =>
  Object.hasOwn(config.entitlements, grant.entitlement.id) ? config.entitlements[grant.entitlement.id] : undefined;

/** The number of the step that is waited for, and who may decide it; undefined when nothing waits for a decision. */
export function waitingFor(grant: Grant, config: Configuration) {
  const rule = ruleOf(grant, config);
  const asked = questionOf(grant);
  if (!rule || !asked) return undefined;
  const verdict = verdictOn(asked, rule, config);
  const step = verdict.kind === 'waiting' ? rule.approval.steps[verdict.step - 1] : undefined;
  if (verdict.kind !== 'waiting' || !step) return undefined;
  const { directory } = config;
  // Whoever asked, and whoever has said yes already, under any of their identities.
  const out = connectedTo(
    [...grant.requester.identifiers, ...asked.approvals.map(({ personId }) => `person:${personId}`)],
    directory,
  );
  const people = peopleAmong(decidersOf(step, verdict.step, asked), directory).filter(
    ({ id }) => !out.has(`person:${id}`),
  );
  return {
    step: verdict.step,
    missing: verdict.needed - verdict.have,
    people,
    bySlack: step.channels.length === 0 || step.channels.includes('slack'),
    channels: step.channels,
  };
}

/** What is to be decided: the request, or more time for what lives. */
export function questionOf(grant: Grant) {
  if (grant.state === 'pending') return grant;
  if (grant.state === 'active' && grant.extension && !grant.extension.granted) return askedFor(grant, grant.extension);
  return undefined;
}

/** In front of whatever else it says, for as long as anybody reads it. */
export const titleOf = (grant: Grant): string => `${grant.breakGlass ? 'BREAK-GLASS: ' : ''}${plainTitle(grant)}`;

function plainTitle(grant: Grant): string {
  const what = `${grant.entitlement.id} on ${grant.cluster.name}`;
  switch (grant.state) {
    case 'pending':
      return `Access request: ${what}`;
    case 'scheduled':
      return `Access approved, to begin later: ${what}`;
    case 'activating':
      return `Access approved: ${what}`;
    case 'active':
      return grant.extension && !grant.extension.granted ? `More time asked for: ${what}` : `Access live: ${what}`;
    case 'revoking':
      return `Access being removed: ${what}`;
    case 'ended':
      return `Access ended: ${what}`;
    case 'failed':
      return `Access could not be given: ${what}`;
    case 'denied':
      return `Denied: ${what}`;
    case 'withdrawn':
      return `Withdrawn: ${what}`;
    case 'lapsed':
      return `Lapsed: ${what}`;
  }
}

/** A few sentences; what somebody typed (a denial's reason, a note) is not in them. */
export const standing = (grant: Grant, config: Configuration): string =>
  [whereItStands(grant, config), reviewLine(grant)].filter((text) => text !== '').join(' ');

/** Empty where nobody owes a review. */
export function reviewLine({ review }: Grant): string {
  if (!review) return '';
  if (!review.done) return `A review of it is owed until ${when(review.dueBy)}.`;
  return `Reviewed by ${inline(review.done.by)} ${when(review.done.at)}: ${VERDICTS[review.done.verdict]}.`;
}

const VERDICTS = { ok: 'as it should be', followUp: 'to be followed up', misuse: '*misuse*' } as const;

function whereItStands(grant: Grant, config: Configuration): string {
  switch (grant.state) {
    case 'pending':
      return `${waiting(grant, config)} It lapses ${when(grant.decideBy)} if nobody decides.`;
    case 'scheduled':
      return `${approvedBy(grant)} It begins ${when(grant.startsAt)} and ends ${when(grant.expiresAt)}.`;
    case 'activating':
      return `${approvedBy(grant)} The access is being made; it ends ${when(grant.expiresAt)}.`;
    case 'active':
      return `${approvedBy(grant)} Live until ${when(grant.expiresAt)}.${extensionLine(grant, config)}`;
    case 'revoking':
      return `The access is being removed since ${when(grant.since)}.`;
    case 'ended':
      return `${ENDED[grant.reason](inline(grant.by ?? 'somebody'))} ${when(grant.at)}. New requests with a new token are refused from now on.`;
    case 'failed':
      return `It could not be made (${literal(grant.reason)}); nothing is left of it.`;
    case 'denied':
      return grant.by ? `${inline(grant.by)} said no.` : 'It was refused.';
    case 'withdrawn':
      return `${inline(grant.requester.name)} took it back.`;
    case 'lapsed':
      return `Nobody decided until ${when(grant.decideBy)}.`;
  }
}

const ENDED = {
  expired: () => 'It ran out',
  endedEarly: (by: string) => `${by} ended it`,
  removedExternally: () => 'Somebody removed it outside Hallpass, and it stays removed; seen',
  clusterGone: () => 'The cluster is gone; seen',
  personLeft: () => 'The person left',
} as const;

function waiting(grant: Grant, config: Configuration): string {
  const needed = waitingFor(grant, config);
  if (!needed) return 'Waiting.';
  const step = needed.step > 1 ? ` (step ${needed.step})` : '';
  const where = needed.bySlack ? '' : ` This cannot be decided in Slack; use: ${needed.channels.join(', ')}.`;
  return `Waiting for ${needed.missing} of: ${names(needed.people.map(({ name }) => name))}${step}.${where}`;
}

function approvedBy({ approvals, autoApproved, breakGlass }: Grant): string {
  if (breakGlass) return '*Nobody approved this: the glass was broken.*';
  if (autoApproved) return 'Approved by rule.';
  return approvals.length > 0 ? `Approved by ${names(approvals.map(({ name }) => name))}.` : 'Not decided by anybody.';
}

function extensionLine(grant: Extract<Grant, { state: 'active' }>, config: Configuration): string {
  const { extension } = grant;
  if (!extension) return '';
  if (extension.granted) return ` More time is granted, until ${when(extension.expiresAt)}.`;
  return ` ${inline(grant.requester.name)} asks for more, until ${when(extension.expiresAt)}. ${waiting(grant, config)}`;
}

/** Who, what, where, how long. Every namespace and group is there: nobody approves what they were not shown. */
export function factBlocks(grant: Grant): Block[] {
  const { requester, entitlement, cluster, duration, startAt } = grant;
  const { label, items } = itemsOf(grant);
  const listed = items.length > MOST_INLINE ? chunks(items.map(literal), LIMITS.sectionText - 100) : [];
  return [
    facts([
      ['Requester', inline(requester.name)],
      ['Entitlement', literal(entitlement.id)],
      ['Cluster', `${literal(cluster.name)} (${literal(cluster.account)}, ${literal(cluster.region)})`],
      ...together(grant),
      ['Access', accessText(grant, label, items)],
      ['Duration', formatDuration(duration)],
      ['Begins', startAt === undefined ? 'at once' : when(startAt)],
    ]),
    ...listed.map((text, n) => section(mrkdwn(n === 0 ? `*${label}*\n${text}` : text))),
  ];
}

/** Whoever decides one decides them all: so they are shown all. */
function together({ batch, id }: Grant): [label: string, value: string][] {
  const others = batch?.grants.filter((one) => one.id !== id) ?? [];
  if (others.length === 0) return [];
  return [['Asked together with', `${others.map(({ cluster }) => literal(cluster)).join(', ')}: decided together`]];
}

/** More than these are a list of their own. */
const MOST_INLINE = 10;

function itemsOf({ access }: Grant): { readonly label: string; readonly items: readonly string[] } {
  if (access.kind === 'groups') return { label: 'Kubernetes groups', items: access.kubernetesGroups };
  return { label: 'Namespaces', items: access.accessScope.type === 'namespace' ? access.accessScope.namespaces : [] };
}

function accessText({ access }: Grant, label: string, items: readonly string[]): string {
  const what = access.kind === 'groups' ? '' : literal(accessPolicyName(access.policyArn));
  if (items.length === 0) return `${what} on the *whole cluster*`;
  const listed =
    items.length > MOST_INLINE ? `${items.length} ${label.toLowerCase()}, all below` : items.map(literal).join(', ');
  return what === '' ? `${label}: ${listed}` : `${what} in ${listed}`;
}

/** Whom it opens to, where that is more than who asked. */
export function remarks(grant: Grant): Block[] {
  const { principal } = grant;
  if (principal.mode !== 'role' || isOver(grant)) return [];
  return [
    context([
      `While it lives, the access belongs to whoever can assume \`${literal(principal.arn)}\`: ${names(principal.opensTo)}.`,
    ]),
  ];
}
