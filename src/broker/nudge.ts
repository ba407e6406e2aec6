/**
 * An undecided step is kept moving: those who may decide are told again, and in the end others may decide as well. What
 * happens is an event on the grant; whoever tells people reads it there.
 */
import type { EventBody } from '../core/event.ts';
import type { Actor, Grant } from '../core/grant.ts';
import { isSamePerson, peopleAmong } from '../core/identity.ts';
import type { Retry } from '../core/task.ts';
import { hours, plus } from '../core/time.ts';
import { decidersIn, waitingFor } from '../core/waiting.ts';
import { readSiblings } from './batch.ts';
import { rulesInForce } from './delegations.ts';
import type { RecordDeps, Stored } from './ports.ts';
import { draft } from './record.ts';

/** The rules no longer have it, or wait in another step: looked at again, in case they come to. */
const LOOK_AGAIN = hours(1);

/** Tells those whose approval would count now. Answers when to come back, if nobody is to be told. */
export async function remindApprovers(deps: RecordDeps, stored: Stored, actor: Actor): Promise<Retry | undefined> {
  await deps.ready();
  const config = await rulesInForce(deps);
  const waiting = waitingFor(stored.grant, config);
  if (!waiting?.nudges || waiting.rule.remindEvery === undefined) return again(deps, LOOK_AGAIN);
  const approvers = decidersIn(waiting, config, deps.now()).map(({ person }) => person.id);
  if (approvers.length === 0) return again(deps, LOOK_AGAIN);
  // Of a request on several clusters one is enough: who decides it decides them all.
  if (await isSpokenFor(deps, stored.grant)) return again(deps, waiting.rule.remindEvery);
  return write(deps, stored, actor, { type: 'reminded', step: waiting.step, approvers });
}

async function isSpokenFor(deps: RecordDeps, grant: Grant): Promise<boolean> {
  if (!grant.batch || grant.state !== 'pending') return false;
  const pending = (await readSiblings(deps, grant)).filter((one) => one.grant.state === 'pending');
  const order = grant.batch.grants.map(({ id }) => id);
  return pending.some((one) => order.indexOf(one.grant.id) < order.indexOf(grant.id));
}

/** Lets more people decide the step. Answers when to come back, if there is nobody more to let. */
export async function escalateStep(deps: RecordDeps, stored: Stored, actor: Actor): Promise<Retry | undefined> {
  const { grant } = stored;
  await deps.ready();
  const config = await rulesInForce(deps);
  const waiting = waitingFor(grant, config);
  const people = peopleAmong(waiting?.rule.escalateTo ?? [], config.directory).filter(
    ({ id }) => !isSamePerson(grant.requester.identifiers, id, config.directory),
  );
  if (!waiting?.nudges || people.length === 0) return again(deps, LOOK_AGAIN);
  return write(deps, stored, actor, { type: 'escalated', step: waiting.step, to: people.map(({ id }) => id) });
}

const again = (deps: RecordDeps, length: Parameters<typeof plus>[1]): Retry => ({
  attempts: 0,
  at: plus(deps.now(), length),
});

/** Somebody else having been first is fine: they decided it, or it is due again. */
async function write(deps: RecordDeps, stored: Stored, actor: Actor, body: EventBody): Promise<undefined> {
  await deps.store.commit(draft(deps, stored, actor, [body]));
}
