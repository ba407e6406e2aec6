/**
 * One of many whose access ends at once: a thousand workflows wake in the same second, and a thousand functions that
 * each delete and read back would send three thousand calls to somebody who takes ten a second. Whoever comes first
 * ends them all; the others leave it at that. Whoever leaves relies on the sweeper as everybody does (I3).
 */
import { type Actor, isOver } from '../core/grant.ts';
import { WORKFLOW_HEAD_START } from '../core/task.ts';
import { plus } from '../core/time.ts';
import { CROWD, endsInCrowd, isOverdue } from './crowds.ts';
import { drain } from './drain.ts';
import { type EndingDeps, placeOf } from './drainPorts.ts';
import type { Due, Stored } from './ports.ts';

/** `alone`: to be ended as every other. `left`: somebody else ends it. `more`: there is more to end here. `over`: all is. */
export type Crowd = 'alone' | 'left' | 'more' | 'over';

/** `newest`: what became due last. It may not be known: then nobody is a crowd. */
export async function endWithCrowd(
  deps: EndingDeps,
  stored: Stored,
  newest: readonly Due[],
  actor: Actor,
): Promise<Crowd> {
  const { grant } = stored;
  const place = placeOf(grant.cluster);
  const own = endsInCrowd(stored, deps.now());
  const others = newest.filter((due) => due.place === place && due.id !== grant.id && isOverdue(due, deps.now()));
  const isFirst = own && others.length >= CROWD - 1;
  // Whoever comes back after having ended its own finishes what is left, however few.
  const isBack = isOver(grant) && (await deps.drain.lastHolder(place).catch(() => undefined)) === grant.id;
  if (!isFirst && !isBack) return 'alone';
  // With those that whoever drained before had begun: what is not to end yet is left alone.
  const until = plus(deps.now(), WORKFLOW_HEAD_START);
  const due = (await deps.drain.endingIn(place, deps.now(), until)).filter((id) => id !== grant.id);
  // The same name when it comes back.
  const holder = { name: grant.id, comesBack: true };
  const drained = await drain(deps, place, own ? [grant.id, ...due] : due, actor, holder);
  if (!drained) return own ? 'left' : 'over';
  if (drained.left > 0) return 'more';
  return drained.failed > 0 && own ? 'alone' : 'over';
}
