/** One handler for each endpoint: a use case called, its answer made into a view. No rule lives here. */

import type * as z from 'zod/mini';
import { readSiblings } from '../broker/batch.ts';
import { decideGrant } from '../broker/decideGrant.ts';
import type { Decision } from '../broker/decisionRequest.ts';
import { rulesInForce } from '../broker/delegations.ts';
import { endGrant, endTogether } from '../broker/endGrant.ts';
import { extendGrant } from '../broker/extendGrant.ts';
import type { RecordDeps, Stored } from '../broker/ports.ts';
import { listGrants, showGrant } from '../broker/readGrants.ts';
import { previewRequest, requestGrant } from '../broker/requestGrant.ts';
import { withdrawGrant } from '../broker/withdrawGrant.ts';
import type { ExtensionInput } from '../core/extension.ts';
import type { Grant } from '../core/grant.ts';
import { type GrantId, parseGrantId } from '../core/id.ts';
import type { Refusal } from '../core/refusal.ts';
import { type RequestInput, requestableBy } from '../core/request.ts';
import type { Result } from '../core/result.ts';
import { openIn } from '../core/waiting.ts';
import type { Caller } from './caller.ts';
import { answerCan } from './can.ts';
import { answerClusters } from './clusters.ts';
import { DELEGATION_HANDLERS } from './delegations.ts';
import type { EndpointName } from './endpoints.ts';
import { HUB_HANDLERS } from './hub-handlers.ts';
import { LINK_HANDLERS } from './links.ts';
import { keyReused, problemOf } from './problem.ts';
import type { Answer, Handler, HttpRequest } from './request.ts';
import type { Denial, Ending, ExtensionRequest, GrantRequest, ListQuery } from './requests.ts';
import { REVIEW_HANDLERS } from './review-handlers.ts';
import type { GrantView } from './schemas.ts';
import { entitlementView, grantAnswer, grantView, planAnswer, timelineOf } from './views.ts';

const DEFAULT_PAGE = 20;

export const HANDLERS: Readonly<Record<Exclude<EndpointName, 'breakGlass' | 'examine'>, Handler>> = {
  ...HUB_HANDLERS,
  ...DELEGATION_HANDLERS,
  ...REVIEW_HANDLERS,

  async whoami(deps, { person, channel, proof }) {
    const { directory, hub } = deps.config();
    const groups = Object.keys(directory.groups).filter((name) => directory.groups[name]?.includes(person.id));
    return {
      status: 200,
      body: { id: person.id, name: person.name, email: person.email, groups, channel, proof, hub },
    };
  },

  async listEntitlements(deps, { person }) {
    return { status: 200, body: { entitlements: requestableBy(person, deps.config()).map(entitlementView) } };
  },

  can: answerCan,

  listClusters: answerClusters,

  async createGrant(deps, caller, { query, body, idempotencyKey }) {
    const request = {
      ...caller,
      input: definedOnly(body as GrantRequest) as RequestInput,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    };
    if (query['dryRun'] === 'true') {
      const preview = await previewRequest(deps, request);
      if (!preview.ok) return { problem: problemOf(preview.error) };
      const { all } = preview.value;
      const named = request.input.clusters !== undefined;
      return { status: 200, body: planAnswer(all, named, caller.person, await rulesInForce(deps), deps.now()) };
    }
    const asked = await requestGrant(deps, request);
    if (!asked.ok)
      return {
        problem: asked.error.reason === 'idempotencyKeyReused' ? keyReused(asked.error) : problemOf(asked.error),
      };
    const [first, ...others] = asked.value.all;
    return {
      status: [first, ...others].some((one) => one.created) ? 201 : 200,
      body: grantAnswer(
        [first.stored, ...others.map((one) => one.stored)],
        request.input.clusters !== undefined,
        deps.now(),
      ),
    };
  },

  async listGrants(deps, { person }, { query }) {
    const page = await listGrants(deps, person, {
      view: (query['view'] as z.infer<typeof ListQuery>['view']) ?? 'mine',
      limit: query['limit'] === undefined ? DEFAULT_PAGE : Number(query['limit']),
      ...(query['state'] !== undefined && { state: query['state'] }),
      ...(query['cursor'] !== undefined && { cursor: query['cursor'] }),
    });
    const grants = page.items.map(({ grant }) => grantView(grant, deps.now()));
    return { status: 200, body: { grants, ...(page.cursor !== undefined && { cursor: page.cursor }) } };
  },

  showGrant: (deps, { person }, request) =>
    withGrant(request, async (id) => {
      const shown = await showGrant(deps, person, id);
      if (!shown.ok) return { problem: problemOf(shown.error) };
      const { grant, events } = shown.value;
      return { status: 200, body: { ...(await detailed(deps, grant)), timeline: timelineOf(events) } };
    }),

  approveGrant: (deps, caller, request) => decide(deps, caller, request, { kind: 'approve' }),

  denyGrant: (deps, caller, request) =>
    decide(deps, caller, request, { kind: 'deny', reason: (request.body as z.infer<typeof Denial>).reason }),

  extendGrant: (deps, caller, request) =>
    withGrant(request, async (id) => {
      const input = definedOnly(request.body as ExtensionRequest) as ExtensionInput;
      return shown(deps, await extendGrant(deps, { ...caller, id, input }));
    }),

  withdrawGrant: (deps, caller, request) =>
    withGrant(request, async (id) => shown(deps, await withdrawGrant(deps, { ...caller, id }))),

  endGrant: (deps, caller, request) =>
    withGrant(request, async (id) => {
      const { note } = request.body as z.infer<typeof Ending>;
      const ending = { ...caller, id, ...(note !== undefined && { note }) };
      const end = request.query['withSiblings'] === 'true' ? endTogether : endGrant;
      return shown(deps, await end(deps, ending));
    }),

  ...LINK_HANDLERS,
};

const decide = (deps: RecordDeps, caller: Caller, request: HttpRequest, decision: Decision): Promise<Answer> =>
  withGrant(request, async (id) => shown(deps, await decideGrant(deps, { ...caller, id, decision })));

async function withGrant({ id }: HttpRequest, work: (id: GrantId) => Promise<Answer>): Promise<Answer> {
  const grantId = parseGrantId(id);
  return grantId ? work(grantId) : { problem: problemOf({ reason: 'unknownGrant', grantId: id }) };
}

/** With how the others of its request stand, and whom it waits for. */
async function detailed(deps: RecordDeps, grant: Grant): Promise<GrantView> {
  const [siblings, rules] = await Promise.all([
    readSiblings(deps, grant),
    openIn(grant) ? rulesInForce(deps) : undefined,
  ]);
  return grantView(grant, deps.now(), { siblings, ...(rules && { rules }) });
}

async function shown(deps: RecordDeps, result: Result<Stored, Refusal>): Promise<Answer> {
  if (!result.ok) return { problem: problemOf(result.error) };
  return { status: 200, body: await detailed(deps, result.value.grant) };
}

/** Optional fields that were left out stay left out. */
const definedOnly = (body: object): object =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
