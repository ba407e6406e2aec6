/** Reviews of break-glass: what is owed, what there is to go by, and the verdict. */
import type * as z from 'zod/mini';
import type { StoredWithEvents } from '../broker/ports.ts';
import { owedReviews, reviewGrant, showReview } from '../broker/review.ts';
import { type Grant, isOver } from '../core/grant.ts';
import { parseGrantId } from '../core/id.ts';
import { between, formatDuration, type Instant, toIso } from '../core/time.ts';
import type { ReviewView } from './break-glass-schemas.ts';
import { problemOf } from './problem.ts';
import type { Handler } from './request.ts';
import type { ReviewRequest } from './requests.ts';
import { grantView, timelineOf } from './views.ts';

export const REVIEW_HANDLERS = {
  async listReviews(deps, { person }) {
    const owed = await owedReviews(deps, person);
    return { status: 200, body: { grants: owed.map(({ grant }) => grantView(grant, deps.now())) } };
  },

  async showReview(deps, { person }, { id }) {
    const grantId = parseGrantId(id);
    if (!grantId) return { problem: problemOf({ reason: 'unknownGrant', grantId: id }) };
    const shown = await showReview(deps, person, grantId);
    return shown.ok ? { status: 200, body: reviewView(shown.value, deps.now()) } : { problem: problemOf(shown.error) };
  },

  async reviewGrant(deps, caller, { id, body }) {
    const grantId = parseGrantId(id);
    if (!grantId) return { problem: problemOf({ reason: 'unknownGrant', grantId: id }) };
    const reviewed = await reviewGrant(deps, { ...caller, id: grantId, ...(body as z.infer<typeof ReviewRequest>) });
    return reviewed.ok
      ? { status: 200, body: grantView(reviewed.value.grant, deps.now()) }
      : { problem: problemOf(reviewed.error) };
  },
} as const satisfies Record<string, Handler>;

const reviewView = ({ grant, events }: StoredWithEvents, now: Instant): ReviewView => ({
  grant: { ...grantView(grant, now), timeline: timelineOf(events) },
  use: {
    accessEntry: entryOf(grant, events),
    active: activeTime(grant, now),
    clusterAudit: {
      available: false,
      detail: `Not available: Hallpass reads no audit log of ${grant.cluster.name}. Look there for ${grant.principal.arn} in the time above.`,
    },
  },
});

type Known = ReviewView['use']['active'];

function entryOf(grant: Grant, events: StoredWithEvents['events']): Known {
  const made = events.flatMap(({ body }) => (body.type === 'activated' ? [body.entryArn] : [])).at(-1);
  return made === undefined
    ? { available: false, detail: 'Not available: no access entry was ever read back for it.' }
    : { available: true, detail: `${made}, for ${grant.principal.arn}` };
}

function activeTime(grant: Grant, now: Instant): Known {
  const since = 'activatedAt' in grant ? grant.activatedAt : undefined;
  if (since === undefined) return { available: false, detail: 'Not available: it never became active.' };
  const until = isOver(grant) ? grant.at : now;
  const what = isOver(grant) ? `until ${toIso(until)}` : 'and is not over';
  return { available: true, detail: `from ${toIso(since)} ${what}: ${formatDuration(between(since, until))}` };
}
