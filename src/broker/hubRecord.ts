/** Changes of the hub's own record: one transaction with their event, decided again when somebody else was first. */
import { type ChainHead, chain, headOf } from '../core/audit.ts';
import type { Channel, Configuration, Person } from '../core/configuration.ts';
import type { AuditEvent } from '../core/event.ts';
import type { Actor } from '../core/grant.ts';
import { evolveHub, HUB, type HubEventBody, type HubState } from '../core/hub.ts';
import { isAmong, peopleAmong } from '../core/identity.ts';
import type { Refusal } from '../core/refusal.ts';
import { no, ok, type Result } from '../core/result.ts';
import { NotReady, type RecordDeps } from './ports.ts';

export type Responder = { readonly person: Person; readonly channel: Channel; readonly proof: string };

export const actorOf = ({ person, channel, proof }: Responder): Actor => ({
  kind: 'person',
  id: person.id,
  name: person.name,
  channel,
  proof,
});

export function mayRespond(person: Person, { responders, directory }: Configuration): Result<true, Refusal> {
  if (isAmong(person.id, responders, directory)) return ok(true);
  return no({ reason: 'notResponder', responders: peopleAmong(responders, directory).map((one) => one.name) });
}

type HubDeps = Pick<RecordDeps, 'hub' | 'now' | 'sha256'>;
const ATTEMPTS = 5;

/** `decide` looks at the hub as it is and says what happens to it; nothing is written when that is nothing. */
export async function changeHub(
  deps: HubDeps,
  actor: Actor,
  decide: (state: HubState) => Result<readonly HubEventBody[], Refusal>,
): Promise<Result<HubState, Refusal>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const before = await deps.hub.read();
    const bodies = decide(before.state);
    if (!bodies.ok) return bodies;
    if (bodies.value.length === 0) return ok(before.state);
    const { events, head } = chained(deps, before.chain, actor, bodies.value);
    const state = bodies.value.reduce(evolveHub, before.state);
    if (await deps.hub.commit({ state, chain: head, version: before.version + 1 }, events)) return ok(state);
  }
  throw new NotReady("changes of the hub's record keep overtaking each other");
}

function chained(
  { now, sha256 }: HubDeps,
  from: ChainHead,
  actor: Actor,
  bodies: readonly HubEventBody[],
): { readonly events: readonly AuditEvent[]; readonly head: ChainHead } {
  let head = from;
  const events = bodies.map((body) => {
    const event = chain(HUB, head, now(), actor, body, sha256);
    head = headOf(event);
    return event;
  });
  return { events, head };
}
