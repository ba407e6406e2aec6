/** A grant's whole life as its people lead it: asked for, approved, prolonged, and over with nothing owed any more. */
import { type Duration, minutes, plus, seconds } from '../../src/core/time.ts';
import { START, type TestWorld } from './harness.ts';

/** Of both kinds of principal; the standing role's may be prolonged. */
export const LIVES = ['mycluster-admin', 'mycluster-view-dev'] as const;
const EXTENDABLE = 'mycluster-admin';

export const REQUEST = { duration: '5m', justification: 'INC-4211: nodes not ready' };
const MORE = { duration: '3m', justification: 'INC-4211: still not ready' };
/** The request, what is added to it, and the last look back: ten minutes after the end, by a sweep. */
const ALL_OVER = (minutes(5) + minutes(3) + minutes(13)) as Duration;
/** Everything of it that people do is done. */
export const LED = minutes(4);

export async function lead(world: TestWorld, entitlement: string, until = ALL_OVER): Promise<void> {
  const asked = await world.call('alice', 'POST', '/v1/grants', { ...REQUEST, entitlement });
  const about = `/v1/grants/${asked.body.id}`;
  await world.pass(seconds(1));
  await world.call('bob', 'POST', `${about}/approve`, {});
  await world.pass(minutes(3));
  if (entitlement === EXTENDABLE) {
    await world.call('alice', 'POST', `${about}/extend`, MORE);
    await world.pass(seconds(1));
    await world.call('bob', 'POST', `${about}/approve`, {});
  }
  await world.clock.advanceTo(plus(START, until));
}
