/**
 * One of many whose access ends at once: a thousand workflows wake in the same second, and a thousand functions that
 * each delete and read back would send three thousand calls to somebody who takes ten a second. Whoever comes first
 * ends them all; the others leave it at that. Whoever leaves relies on the sweeper as everybody does (I3).
 */
import { type Actor, isOver } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { WORKFLOW_HEAD_START } from '../core/task.ts';
import { plus } from '../core/time.ts';
import { CROWD, endsInCrowd, isOverdue } from './crowds.ts';
import { drain } from './drain.ts';
import { type EndingDeps, placeOf } from './drainPorts.ts';
import type { Due, Stored } from './ports.ts';

/** `alone`: to be ended as every other. `left`: somebody else ends it. `more`: there is more to end here. `over`: all is. */
export type Crowd = 'alone' | 'left' | 'more' | 'over';

/** Of the newest that are due, so many to be ended, wherever: nobody is alone then. */
const EVERYWHERE = 40;

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
  const others = newest.filter((due) => due.id !== grant.id && isOverdue(due, deps.now()));
  // Of a crowd over many accounts, the few newest show hardly any of one's own.
  const isCrowd = others.length >= EVERYWHERE || others.filter((due) => due.place === place).length >= CROWD - 1;
  const isFirst = own && isCrowd;
  // Whoever comes back after having ended its own finishes what is left, however few.
  const isBack = isOver(grant) && (await deps.drain.lastHolder(place).catch(() => undefined)) === grant.id;
  if (!isFirst && !isBack) return 'alone';
  // With those that whoever drained before had begun: what is not to end yet is left alone.
  const until = plus(deps.now(), WORKFLOW_HEAD_START);
  const ids = async (): Promise<GrantId[]> => {
    const due = await deps.drain.endingIn(place, deps.now(), until);
    return [...(own ? [grant.id] : []), ...due.filter((id) => id !== grant.id)];
  };
  // The same name when it comes back.
  const holder = { name: grant.id, comesBack: true };
  const drained = await drain(deps, place, ids, actor, holder);
  if (!drained) return own ? 'left' : 'over';
  if (drained.left > 0) return 'more';
  return drained.failed > 0 && own ? 'alone' : 'over';
}
