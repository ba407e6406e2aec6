/** `GET /v1/can`: may somebody have something, and who could approve it? */
import { type CanRequest, canRequest, type Foreseen } from '../broker/canRequest.ts';
import type { RecordDeps } from '../broker/ports.ts';
import { describeAccess } from '../core/access.ts';
import type { BreakGlassProspect } from '../core/break-glass-prospect.ts';
import type { DecisionProspect } from '../core/prospect.ts';
import { explain, type Refusal } from '../core/refusal.ts';
import type { Plan, RequestInput } from '../core/request.ts';
import { formatDuration, toIso } from '../core/time.ts';
import type { Caller } from './caller.ts';
import type { CanView, DecisionView } from './can-schemas.ts';
import { problemOf } from './problem.ts';
import type { Answer, HttpRequest } from './request.ts';
import type { CanQuery } from './requests.ts';

export async function answerCan(deps: RecordDeps, caller: Caller, { query }: HttpRequest): Promise<Answer> {
  const { person: about, at, namespaces, ...rest } = query as CanQuery;
  const names = namespaces?.split(',').map((name) => name.trim());
  const asked: CanRequest = {
    ...caller,
    input: given({ ...rest, namespaces: names }) as RequestInput,
    ...given({ about, at }),
  };
  const foreseen = await canRequest(deps, asked);
  if (!foreseen.ok) return { problem: problemOf(foreseen.error) };
  return { status: 200, body: canView(asked.input.entitlement, foreseen.value) };
}

const given = (fields: object): object =>
  Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));

/** The same form for the API, for the command and for a file that is not deployed yet. */
export function canView(entitlement: string, { about, at, prospect, obstacles, open, breakGlass }: Foreseen): CanView {
  const { missing, plan, decision } = prospect;
  const refusal = prospect.refusal ?? obstacles[0];
  return {
    person: { id: about.id, name: about.name },
    entitlement,
    at: toIso(at),
    verdict: refusal ? 'no' : missing.length > 0 ? 'incomplete' : 'yes',
    missing: missing.map(reasonView),
    ...(refusal && { refusal: reasonView(refusal) }),
    obstacles: obstacles.map(reasonView),
    ...(open && { openGrant: open }),
    ...(plan && planParts(plan)),
    ...(decision && { decision: decisionView(decision) }),
    ...(breakGlass && { breakGlass: breakGlassView(breakGlass) }),
  };
}

function breakGlassView({ rule, eligible, reviewers, may }: BreakGlassProspect): CanView['breakGlass'] {
  return {
    eligible: eligible.map(({ name }) => name),
    maxDuration: formatDuration(rule.maxDuration),
    reasonMinLength: rule.minReason,
    ...(rule.incidentPattern !== undefined && { incidentPattern: rule.incidentPattern }),
    perWeek: rule.perWeek,
    reviewWithin: rule.reviewWithin,
    reviewers: [...reviewers],
    possible: may.ok,
    ...(!may.ok && { refusal: reasonView(may.error) }),
  };
}

const planParts = (plan: Plan) => ({
  cluster: plan.cluster.name,
  access: { description: describeAccess(plan.access) },
  duration: formatDuration(plan.duration),
  maxDuration: formatDuration(plan.entitlement.maxDuration),
  ...(plan.entitlement.extension && { maxTotal: formatDuration(plan.entitlement.extension.maxTotal) }),
  ...(plan.startAt !== undefined && { startAt: toIso(plan.startAt) }),
  decideBy: toIso(plan.decideBy),
});

export const decisionView = ({ autoApprove, possible, steps }: DecisionProspect): DecisionView => ({
  autoApprove,
  possible,
  steps: steps.map(({ approvalsNeeded, channels, approvers, without }) => ({
    approvalsNeeded,
    channels: [...channels],
    approvers: approvers.map((person) => person.name),
    without: without.map(({ person, why }) => ({
      name: person.name,
      rule: why.reason,
      detail: explain(why).detail,
    })),
  })),
});

const reasonView = (refusal: Refusal) => ({ rule: refusal.reason, ...explain(refusal) });
