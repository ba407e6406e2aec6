/** The requester asks for more time. Until that is decided and carried out, the old expiry stands. */
import type { Channel, Person } from '../core/configuration.ts';
import type { EventBody } from '../core/event.ts';
import { type ExtensionInput, evaluateExtension } from '../core/extension.ts';
import type { Active, Grant } from '../core/grant.ts';
import { unlessFrozen } from '../core/hub.ts';
import type { GrantId } from '../core/id.ts';
import { isSamePerson } from '../core/identity.ts';
import type { Refusal } from '../core/refusal.ts';
import { admits } from '../core/request.ts';
import { no, ok, type Result } from '../core/result.ts';
import type { Instant } from '../core/time.ts';
import { type ConditionDeps, conditionsNow } from './conditions.ts';
import { NotReady, type RecordDeps, type Stored } from './ports.ts';
import { draft } from './record.ts';
import { wakeWorkflow } from './wake.ts';

export type ExtendGrant = {
  readonly person: Person;
  readonly channel: Channel;
  readonly proof: string;
  readonly id: GrantId;
  readonly input: ExtensionInput;
};

const ATTEMPTS = 5;

export async function extendGrant(deps: RecordDeps, request: ExtendGrant): Promise<Result<Stored, Refusal>> {
  const { person, channel, proof, id } = request;
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const [stored, { state }] = await Promise.all([deps.store.readGrant(id), deps.hub.read()]);
    if (!stored) return no({ reason: 'unknownGrant', grantId: id });
    const thawed = unlessFrozen(stored.grant, state);
    const bodies = thawed.ok ? await asking(deps, stored.grant, request) : thawed;
    if (!bodies.ok) return bodies;
    const change = draft(
      deps,
      stored,
      { kind: 'person', id: person.id, name: person.name, channel, proof },
      bodies.value,
    );
    const commit = await deps.store.commit(change);
    if (!commit.ok) continue;
    await wakeWorkflow(deps, change.stored);
    return ok(change.stored);
  }
  throw new NotReady(`changes of grant ${id} keep overtaking each other`);
}

/** More time is given while the conditions hold, and as far as they reach. */
export async function conditionsOfExtension(
  deps: ConditionDeps,
  grant: Active,
  ends: Instant,
): Promise<Result<true, Refusal>> {
  const rule = admits(grant, deps.config());
  if (!rule.ok) return rule;
  return conditionsNow(deps, rule.value, { moment: 'extension', requester: grant.requester, starts: deps.now(), ends });
}

async function asking(
  deps: RecordDeps,
  grant: Grant,
  { person, input }: ExtendGrant,
): Promise<Result<[EventBody, ...EventBody[]], Refusal>> {
  const config = deps.config();
  if (!isSamePerson(grant.requester.identifiers, person.id, config.directory))
    return no({ reason: 'notRequester', requester: grant.requester.name });
  if (grant.tableId !== (await deps.store.tableId())) return no({ reason: 'restored', madeIn: grant.tableId });
  if (grant.state !== 'active')
    return no({ reason: 'notPending', state: grant.state, wanted: 'only live access can be extended' });
  if (grant.expiresAt <= deps.now()) return no({ reason: 'windowOver', expiresAt: grant.expiresAt });
  const plan = evaluateExtension(input, grant, config);
  if (!plan.ok) return plan;
  const { expiresAt, justification, autoApproved, begins } = plan.value;
  const held = await conditionsOfExtension(deps, grant, expiresAt);
  if (!held.ok) return held;
  const requested: EventBody = { type: 'extensionRequested', expiresAt, justification, ...(begins && { begins }) };
  return ok(autoApproved ? [requested, { type: 'extensionGranted', autoApproved }] : [requested]);
}
