/** From what happened to what is written: the events in their chain, the grant they add up to, and the next version. */
import { type ChainHead, chain, emptyChain, headOf } from '../core/audit.ts';
import type { AuditEvent, EventBody } from '../core/event.ts';
import { evolve } from '../core/evolve.ts';
import { type Actor, type Grant, isOver } from '../core/grant.ts';
import type { Change, Deps, Stored } from './ports.ts';

type Clock = Pick<Deps, 'now' | 'sha256'>;

/** What a change of a grant is before it is written: `Change` without what hangs on it. */
export type Draft = Pick<Change, 'stored' | 'events' | 'closes'>;

export const openKey = (grant: {
  readonly entitlement: { readonly id: string };
  readonly cluster: { readonly name: string };
  readonly breakGlass?: unknown;
}): string => `${grant.entitlement.id}#${grant.cluster.name}${grant.breakGlass === undefined ? '' : '#break-glass'}`;

/** The grant after these events, ready to be written. Throws `ImpossibleTransition` if they cannot happen to it. */
export function draft(
  deps: Clock,
  before: Stored | undefined,
  actor: Actor,
  bodies: readonly [EventBody, ...EventBody[]],
): Draft {
  const at = deps.now();
  const [first] = bodies;
  const id = before?.grant.id ?? (first.type === 'requested' ? first.facts.id : '');
  let head: ChainHead = before?.chain ?? emptyChain(id);
  let grant: Grant | undefined = before?.grant;
  const events: AuditEvent[] = [];
  for (const body of bodies) {
    const event = chain(id, head, at, actor, body, deps.sha256);
    grant = evolve(grant, body, at);
    head = headOf(event);
    events.push(event);
  }
  if (!grant) throw new Error('a draft has at least one event');
  const over = isOver(grant) && !(before && isOver(before.grant));
  return {
    stored: {
      grant,
      chain: head,
      version: (before?.version ?? 0) + 1,
      retries: grant.state === before?.grant.state ? before.retries : {},
      ...(before?.token && { token: before.token }),
    },
    events,
    ...(over && {
      closes: { personId: grant.requester.id, open: openKey(grant), ...(isDenial(actor, grant) && { deniedAt: at }) },
    }),
  };
}

/** Somebody said no; not a rule, and not whoever asked. */
const isDenial = (actor: Actor, grant: Grant): boolean => grant.state === 'denied' && actor.kind === 'person';
