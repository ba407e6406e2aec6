/**
 * What may be sent: the shapes that a function checks, each made when it is first needed. Those of answers are kept apart,
 * for no function needs them.
 */
import * as z from 'zod/mini';
import { STATES, text, VERDICTS } from './fields.ts';

export const GrantRequest = z.lazy(() =>
  z
    .strictObject({
      entitlement: text('Id of an entitlement', 64),
      cluster: z.optional(text('Name of a cluster; needed where the entitlement covers several', 100)),
      clusters: z.optional(
        z
          .array(text('Name of a cluster', 100))
          .check(
            z.minLength(1),
            z.maxLength(10),
            z.describe('Several in place of `cluster`: a grant each, one decision'),
          ),
      ),
      namespaces: z.optional(z.array(text('A namespace: a DNS label', 253)).check(z.maxLength(50))),
      duration: z.optional(text('Such as 45m, 4h or 1h30m', 32)),
      startAt: z.optional(text('A later start, with its zone: 2026-11-24T18:00:00Z', 40)),
      justification: z.optional(text('Why the access is needed', 4_000)),
      ticket: z.optional(text('The ticket that this belongs to', 200)),
    })
    .check(z.refine(({ cluster, clusters }) => !cluster || !clusters, 'name either cluster or clusters, not both')),
);
export type GrantRequest = z.infer<typeof GrantRequest>;

export const Nothing = z.lazy(() => z.strictObject({}));
export const Denial = z.lazy(() => z.strictObject({ reason: text('The requester sees it', 1_000) }));
export const ExtensionRequest = z.lazy(() =>
  z.strictObject({
    duration: z.optional(text('How much longer, such as 30m or 2h', 32)),
    justification: z.optional(text('Why more time is needed', 4_000)),
  }),
);
export type ExtensionRequest = z.infer<typeof ExtensionRequest>;
export const DelegationRequest = z.lazy(() =>
  z.strictObject({
    to: z.array(text('Id of a person', 64)).check(z.minLength(1), z.maxLength(5)),
    starts: z.optional(text('A date (the whole day, in UTC), or a moment with its zone; now when left out', 40)),
    ends: text('A date, which it includes, or a moment with its zone', 40),
    entitlements: z.optional(z.array(text('Id of an entitlement', 64)).check(z.minLength(1), z.maxLength(50))),
  }),
);
export type DelegationRequest = z.infer<typeof DelegationRequest>;
export const Ending = z.lazy(() => z.strictObject({ note: z.optional(text('Kept on the record', 1_000)) }));

export const LinkRequest = z.lazy(() => z.strictObject({ code: text('The code that Slack showed', 40) }));
export const LinksQuery = z.lazy(() =>
  z.strictObject({ person: z.optional(text('Id of a person; yourself when left out', 64)) }),
);

export const ListQuery = z.lazy(() =>
  z.strictObject({
    view: z.optional(z.enum(['mine', 'all', 'waiting']).check(z.describe('`waiting`: what waits for your decision'))),
    state: z.optional(z.enum(STATES)),
    limit: z.optional(z.string().check(z.regex(/^([1-9]\d?|100)$/, 'a number from 1 to 100'))),
    cursor: z.optional(z.string().check(z.maxLength(1_000))),
  }),
);
export const CreateQuery = z.lazy(() => z.strictObject({ dryRun: z.optional(z.enum(['true', 'false'])) }));

export const EndQuery = z.lazy(() =>
  z.strictObject({
    withSiblings: z.optional(
      z.enum(['true', 'false']).check(z.describe('End the other grants of the same request as well')),
    ),
  }),
);

const name = (of: string) => z.optional(text(of, 100));

/** Exactly one of these; `app.ts` has checked the rest of the shape. */
const target = {
  all: z.optional(z.literal(true)),
  cluster: name('Name of a cluster'),
  entitlement: name('Id of an entitlement'),
  person: name('Id of a person'),
};

export const EndRequest = z.lazy(() =>
  z.strictObject({ ...target, note: z.optional(text('Kept on the record', 1_000)) }),
);
export const FreezeRequest = z.lazy(() =>
  z.strictObject({
    ...target,
    reason: text('Shown to everybody who is refused meanwhile', 1_000),
    breakGlass: z.optional(z.boolean().check(z.describe('Break-glass stays possible. Default: false'))),
  }),
);
export const ThawRequest = z.lazy(() =>
  z.strictObject({ ...target, reason: z.optional(text('Kept on the record', 1_000)) }),
);

export const BreakGlassRequest = z.lazy(() =>
  z.strictObject({
    entitlement: text('Id of an entitlement that offers break-glass', 64),
    cluster: z.optional(text('Name of a cluster; needed where the entitlement covers several', 100)),
    namespaces: z.optional(z.array(text('A namespace: a DNS label', 253)).check(z.maxLength(50))),
    duration: z.optional(text('Such as 45m or 1h30m', 32)),
    reason: text('Why there is no time for an approval', 4_000),
    incident: text('The id of the incident', 200),
  }),
);
export type BreakGlassRequest = z.infer<typeof BreakGlassRequest>;

export const ReviewRequest = z.lazy(() =>
  z.strictObject({
    verdict: z.enum(VERDICTS),
    note: text('What was found; everybody who sees the grant sees it', 4_000),
  }),
);

export const CanQuery = z.lazy(() =>
  z.strictObject({
    entitlement: text('Id of an entitlement', 64),
    person: z.optional(text('Id of a person; yourself when left out. Others only for responders and auditors', 64)),
    cluster: z.optional(text('Name of a cluster', 100)),
    namespaces: z.optional(text('Names of namespaces, with commas between them', 2_000)),
    duration: z.optional(text('Such as 45m, 4h or 1h30m', 32)),
    startAt: z.optional(text('A later start, with its zone', 40)),
    at: z.optional(text('As if it were then, with its zone: 2026-11-24T18:00:00Z', 40)),
    justification: z.optional(text('Why the access would be needed', 4_000)),
    ticket: z.optional(text('The ticket', 200)),
  }),
);
export type CanQuery = z.infer<typeof CanQuery>;
