/** Grants for people. */
import type { GrantView, GrantWithTimeline, PlanView, TimelineEvent } from '../../src/http/schemas.ts';
import type { Io } from '../io.ts';
import { stateCell } from '../terminal/colour.ts';
import { facts, table } from '../terminal/table.ts';
import { visible } from '../terminal/visible.ts';
import { decisionText } from './can.ts';
import { moment } from './moment.ts';

export function grantTable(io: Io, grants: readonly GrantView[]): string {
  return table(
    ['ID', 'STATE', 'ENTITLEMENT', 'CLUSTER', 'REQUESTER', 'ASKED', 'ENDS'],
    grants.map((grant) => [
      grant.id,
      stateCell(io, grant.state),
      grant.entitlement,
      grant.cluster.name,
      grant.requester.name,
      moment(grant.requestedAt),
      optionalMoment(grant.endedAt ?? grant.expiresAt) ?? '-',
    ]),
  );
}

export function grantDetails(io: Io, grant: GrantView): string {
  const approvals = grant.approvals.map(
    ({ by, onBehalfOf, channel, at }) => `${withPlace(by, onBehalfOf)} at ${moment(at)} (${channel})`,
  );
  const lines = facts([
    ['Grant', grant.id],
    ['State', stateCell(io, grant.state)],
    ['Reason', grant.reason],
    ['By', grant.by],
    ['Note', grant.note],
    ['Entitlement', grant.entitlement],
    ['Requester', grant.requester.name],
    ['Cluster', `${grant.cluster.name} (${grant.cluster.arn})`],
    ['Access', grant.access.description],
    ['Role', grant.principal.arn],
    ['Open to', grant.principal.opensTo.join(', ')],
    ['Duration', grant.duration],
    ['Justification', grant.justification === '' ? undefined : grant.justification],
    ['Ticket', grant.ticket],
    ['Incident', grant.breakGlass?.incident],
    ['Made without the hub', grant.breakGlass?.emergency && `by ${grant.breakGlass.emergency.person}, says its tag`],
    ['By CloudTrail', grant.breakGlass?.emergency?.madeBy],
    ['Review', reviewText(grant)],
    ['Asked', moment(grant.requestedAt)],
    ['Decide by', grant.state === 'pending' ? moment(grant.decideBy) : undefined],
    ['Approved by', approvals.length > 0 ? approvals.join(', ') : undefined],
    ...waitingLines(grant),
    ['Begins', optionalMoment(grant.startsAt)],
    ['Active since', optionalMoment(grant.activatedAt)],
    ['Access ends', optionalMoment(grant.expiresAt)],
    ['Extension to', extensionText(grant)],
    ['Together with', siblingsText(grant)],
    ['Over since', optionalMoment(grant.endedAt)],
    ['OVERDUE since', optionalMoment(grant.overdueSince)],
  ]);
  return lines + grant.remarks.map((remark) => `\n${visible(remark)}\n`).join('');
}

/** `test (active) 01k…, edge (pending) 01k…` */
const siblingsText = ({ id, batch }: GrantView): string | undefined =>
  batch?.grants
    .filter((one) => one.id !== id)
    .map(({ id: sibling, cluster, state }) => `${cluster}${state ? ` (${state})` : ''} ${sibling}`)
    .join(', ');

const withPlace = (name: string, onBehalfOf: string | undefined): string =>
  onBehalfOf === undefined ? name : `${name} for ${onBehalfOf}`;

function waitingLines({ waitingFor }: GrantView): [string, string | undefined][] {
  if (!waitingFor) return [];
  const { step, steps, have, needed, people, channels, escalatesAt, escalatesTo = [] } = waitingFor;
  const where = channels.length > 0 ? ` (through ${channels.join(', ')})` : '';
  const who = people.map(({ name, onBehalfOf }) => withPlace(name, onBehalfOf)).join(', ') || 'nobody';
  return [
    ['Waits for', `${who}${where}: step ${step} of ${steps}, ${have} of ${needed}`],
    ['Then also', escalatesAt && `${escalatesTo.join(', ')}, from ${moment(escalatesAt)}`],
  ];
}

function reviewText({ review }: GrantView): string | undefined {
  if (!review) return undefined;
  if (review.done)
    return `${review.done.verdict}, by ${review.done.by} at ${moment(review.done.at)}: ${review.done.note}`;
  return `${review.overdue ? 'OVERDUE since' : 'owed by'} ${moment(review.dueBy)}`;
}

function extensionText({ extension }: GrantView): string | undefined {
  if (!extension) return undefined;
  return `${moment(extension.expiresAt)} (${extension.granted ? 'granted, being carried out' : 'not decided yet'})`;
}

export const grantWithTimeline = (io: Io, grant: GrantWithTimeline): string =>
  `${grantDetails(io, grant)}\n${timelineTable(grant.timeline)}`;

function timelineTable(timeline: readonly TimelineEvent[]): string {
  return table(
    ['AT', 'WHAT', 'WHO', 'DETAIL'],
    timeline.map(({ at, type, actor, channel, detail }) => [
      moment(at),
      type,
      channel === undefined ? actor : `${actor} (${channel})`,
      detail ?? '',
    ]),
  );
}

export const planDetails = ({ plans, ...plan }: PlanView): string => (plans ?? [plan]).map(onePlan).join('\n');

function onePlan(plan: Omit<PlanView, 'plans'>): string {
  const lines = facts([
    ['Entitlement', plan.entitlement],
    ['Cluster', plan.cluster],
    ['Access', plan.access.description],
    ['Duration', plan.duration],
    ['Begins', optionalMoment(plan.startAt)],
    ['Decide by', moment(plan.decideBy)],
    ['Open already', plan.openGrant],
    ['Approvers', plan.decision ? undefined : plan.approvers.join(', ')],
  ]);
  return plan.decision ? `${lines}\n${decisionText(plan.decision)}` : lines;
}

const optionalMoment = (iso: string | undefined): string | undefined => (iso === undefined ? undefined : moment(iso));
