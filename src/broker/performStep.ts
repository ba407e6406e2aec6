/**
 * The workflow's steps. Each asks the table, so that an old execution, a late retry or a forged input does no more than
 * the table says is due. Errors have names that the state machine routes by.
 */
import type { Actor } from '../core/grant.ts';
import { type GrantId, parseGrantId } from '../core/id.ts';
import { dueAt, WORKFLOW_HEAD_START } from '../core/task.ts';
import { between, type Instant, plus, toSeconds } from '../core/time.ts';
import { activateGrant } from './activateGrant.ts';
import { carryOutExtension, isExtensionOwed } from './carryOutExtension.ts';
import type { EndingDeps } from './drainPorts.ts';
import { endWithCrowd } from './endWithCrowd.ts';
import { readWithEntry } from './lookAhead.ts';
import type { Deps, Due, Stored, TaskToken, Waiting, WaitingStep } from './ports.ts';
import { prepareGrant } from './prepareGrant.ts';
import { revokeGrant } from './revokeGrant.ts';
import { isAwaited, startsInSeconds } from './wake.ts';

export type StepEvent =
  /** Prepare is a step of earlier releases: executions that began with one may still have it before them. */
  | { readonly step: 'Prepare' | 'Activate'; readonly grantId: string }
  /** `knowsNotDecided`: the definition has a way for `NotDecided`, which earlier ones have not. */
  | { readonly step: 'Revoke'; readonly grantId: string; readonly knowsNotDecided?: true }
  | { readonly step: WaitingStep; readonly grantId: string; readonly token: string };

/** Come back in so many seconds: the message is their number, which the state machine waits for. */
export class NotYet extends Error {
  override name = 'NotYet';
}

/** Nobody has decided, and there is time left: the message is how many seconds. */
export class NotDecided extends Error {
  override name = 'NotDecided';
}

/** There is nothing to activate any more. */
export class Over extends Error {
  override name = 'Over';
}

/** Of many that end at once some are left: whoever has ended the others goes on. */
export class Draining extends Error {
  override name = 'Draining';
}

/** The input names no grant. */
export class BadInput extends Error {
  override name = 'BadInput';
}

const ACTOR: Actor = { kind: 'system', part: 'workflow' };

/** Answers how many seconds the next state may wait. Throws `NotYet`, `Over`, `Draining`, `BadInput`, `NotReady`, or what AWS threw. */
export async function performStep(deps: EndingDeps, event: StepEvent): Promise<{ readonly seconds: number }> {
  const id = parseGrantId(String(event.grantId));
  if (!id) throw new BadInput('the input has no grant id');
  switch (event.step) {
    case 'Prepare':
      return { seconds: secondsLeft(deps, await prepareGrant(deps, id, ACTOR)) };
    case 'AwaitApproval':
      return awaitApproval(deps, id, String(event.token));
    case 'AwaitStart':
    case 'Hold':
      return wait(deps, id, event.step, String(event.token));
    case 'Activate': {
      const activation = await activateGrant(deps, id, ACTOR);
      if (activation.kind === 'over') throw new Over('there is nothing to activate');
      if (activation.kind === 'notYet') throw new NotYet(String(secondsUntil(deps, activation.at)));
      return { seconds: secondsUntil(deps, activation.expiresAt) };
    }
    case 'Revoke':
      return revoke(deps, id, event.knowsNotDecided === true);
  }
}

async function revoke(deps: EndingDeps, id: GrantId, knowsNotDecided: boolean): Promise<{ readonly seconds: number }> {
  // With what was turned towards its end just now, and is left to its workflow for a moment.
  const [read, newest] = await Promise.all([
    readWithEntry(deps, id),
    deps.drain.newestDue(plus(deps.now(), WORKFLOW_HEAD_START)).catch((): readonly Due[] => []),
  ]);
  const mayExtend = read.stored !== undefined && isExtensionOwed(deps, read.stored.grant);
  if (mayExtend) await carryOutExtension(deps, id, ACTOR);
  else if (read.stored) {
    const crowd = await endWithCrowd(deps, read.stored, newest, ACTOR);
    if (crowd === 'more') throw new Draining('more of those that end at once are left');
    if (crowd !== 'alone') return { seconds: 0 };
  }
  const revocation = await revokeGrant(deps, id, ACTOR, mayExtend ? undefined : read);
  if (revocation.kind === 'over') return { seconds: 0 };
  const seconds = String(secondsUntil(deps, revocation.at));
  throw revocation.undecided && knowsNotDecided ? new NotDecided(seconds) : new NotYet(seconds);
}

/**
 * The token first: whoever decides meanwhile wakes the workflow by it. Then what can be done before the decision is done;
 * if it cannot be, the decision is awaited all the same, and the sweeper tries again, or Activate.
 */
async function awaitApproval(deps: Deps, id: GrantId, value: string): Promise<{ readonly seconds: number }> {
  const token = { step: 'AwaitApproval', value } as const;
  const stored = await deps.store.putToken(id, token);
  if (stored)
    await prepareGrant(deps, id, ACTOR).catch((error: unknown) =>
      deps.log('warn', 'not prepared yet; the sweeper tries again', { grantId: id, error: String(error) }),
    );
  return wakeUnlessAwaited(deps, stored, token);
}

/** Keeps the token; if what is awaited has happened already, the step is woken at once. */
async function wait(deps: Deps, id: GrantId, step: WaitingStep, value: string): Promise<{ readonly seconds: number }> {
  const token = { step, value };
  return wakeUnlessAwaited(deps, await deps.store.putToken(id, token), token);
}

async function wakeUnlessAwaited(
  deps: Deps,
  stored: Waiting | undefined,
  token: TaskToken,
): Promise<{ readonly seconds: number }> {
  if (!stored || !isAwaited(stored))
    await deps.workflow.signal(token, { startsInSeconds: stored ? startsInSeconds(deps, stored) : 0 });
  return { seconds: 0 };
}

const secondsUntil = (deps: Deps, at: Instant): number => Math.max(1, Math.ceil(toSeconds(between(deps.now(), at))));

/** How long the request may wait for its decision: until its window is over, which is among what is due. */
function secondsLeft(deps: Deps, stored: Stored | undefined): number {
  if (!stored) return 1;
  if (stored.grant.state === 'pending') return secondsUntil(deps, stored.grant.decideBy);
  return secondsUntil(deps, dueAt(stored.grant) ?? deps.now());
}
