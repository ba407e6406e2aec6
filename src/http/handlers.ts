/** One handler for each endpoint: a use case called, its answer made into a view. No rule lives here. */

import type * as z from 'zod/mini';
import { decideGrant } from '../broker/decideGrant.ts';
import type { Decision } from '../broker/decisionRequest.ts';
import { endGrant } from '../broker/endGrant.ts';
import { extendGrant } from '../broker/extendGrant.ts';
import type { RecordDeps, Stored } from '../broker/ports.ts';
import { listGrants, showGrant } from '../broker/readGrants.ts';
import { previewRequest, requestGrant } from '../broker/requestGrant.ts';
import { withdrawGrant } from '../broker/withdrawGrant.ts';
import type { ExtensionInput } from '../core/extension.ts';
import { type GrantId, parseGrantId } from '../core/id.ts';
import type { Refusal } from '../core/refusal.ts';
import { type RequestInput, requestableBy } from '../core/request.ts';
import type { Result } from '../core/result.ts';
import type { Caller } from './caller.ts';
import { answerCan } from './can.ts';
import type { EndpointName } from './endpoints.ts';
import { HUB_HANDLERS } from './hub-handlers.ts';
import { LINK_HANDLERS } from './links.ts';
import { keyReused, problemOf } from './problem.ts';
import type { Answer, Handler, HttpRequest } from './request.ts';
import type { Denial, Ending, ExtensionRequest, GrantRequest } from './schemas.ts';
import { entitlementView, grantView, planView, timelineOf } from './views.ts';

const DEFAULT_PAGE = 20;

export const HANDLERS: Readonly<Record<EndpointName, Handler>> = {
  ...HUB_HANDLERS,

  async whoami(deps, { person, channel }) {
    const { directory, hub } = deps.config();
    const groups = Object.keys(directory.groups).filter((name) => directory.groups[name]?.includes(person.id));
    return { status: 200, body: { id: person.id, name: person.name, email: person.email, groups, channel, hub } };
  },

  async listEntitlements(deps, { person }) {
    return { status: 200, body: { entitlements: requestableBy(person, deps.config()).map(entitlementView) } };
  },

  can: answerCan,

  async createGrant(deps, caller, { query, body, idempotencyKey }) {
    const request = {
      ...caller,
      input: definedOnly(body as GrantRequest) as RequestInput,
      ...(idempotencyKey !== undefined && { idempotencyKey }),
    };
    if (query['dryRun'] === 'true') {
      const preview = await previewRequest(deps, request);
      if (!preview.ok) return { problem: problemOf(preview.error) };
      return { status: 200, body: planView(preview.value, caller.person, deps.config(), deps.now()) };
    }
    const asked = await requestGrant(deps, request);
    if (!asked.ok)
      return {
        problem: asked.error.reason === 'idempotencyKeyReused' ? keyReused(asked.error) : problemOf(asked.error),
      };
    return { status: asked.value.created ? 201 : 200, body: grantView(asked.value.stored.grant, deps.now()) };
  },

  async listGrants(deps, { person }, { query }) {
    const page = await listGrants(deps, person, {
      view: query['view'] === 'all' ? 'all' : 'mine',
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
      return { status: 200, body: { ...grantView(grant, deps.now()), timeline: timelineOf(events) } };
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
      return shown(deps, await endGrant(deps, { ...caller, id, ...(note !== undefined && { note }) }));
    }),

  ...LINK_HANDLERS,
};

const decide = (deps: RecordDeps, caller: Caller, request: HttpRequest, decision: Decision): Promise<Answer> =>
  withGrant(request, async (id) => shown(deps, await decideGrant(deps, { ...caller, id, decision })));

async function withGrant({ id }: HttpRequest, work: (id: GrantId) => Promise<Answer>): Promise<Answer> {
  const grantId = parseGrantId(id);
  return grantId ? work(grantId) : { problem: problemOf({ reason: 'unknownGrant', grantId: id }) };
}

const shown = (deps: RecordDeps, result: Result<Stored, Refusal>): Answer =>
  result.ok ? { status: 200, body: grantView(result.value.grant, deps.now()) } : { problem: problemOf(result.error) };

/** Optional fields that were left out stay left out. */
const definedOnly = (body: object): object =>
  Object.fromEntries(Object.entries(body).filter(([, value]) => value !== undefined));
