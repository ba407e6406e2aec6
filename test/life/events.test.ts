/** F46 and the table's stream: would catch an event that nobody hears, is told twice, or carries what people typed. */
import { afterEach, expect, it } from 'vitest';
import { minutes, seconds } from '../../src/core/time.ts';
import { ADMIN, activeGrant, ask, type TestWorld, testWorld, VIEW } from './harness.ts';

let world: TestWorld;
afterEach(() => world?.close());

type Heard = { source: string; 'detail-type': string; detail: Record<string, unknown> };
function listen(): Heard[] {
  const heard: Heard[] = [];
  world.events.onEvent((event) => void heard.push(event as unknown as Heard));
  return heard;
}

it('every audit event of a grant reaches EventBridge, in order, without what people typed', async () => {
  world = await testWorld();
  const heard = listen();
  const id = await activeGrant(world, {
    ...ADMIN,
    justification: 'the secret of INC-4211 is swordfish',
    ticket: 'SEC-77',
  });
  await world.call('alice', 'POST', `/v1/grants/${id}/end`, { note: 'swordfish again' });
  await world.pass(seconds(1));
  await world.drain();
  expect(heard.map((event) => [event.source, event['detail-type']])).toEqual(
    ['requested', 'prepared', 'approved', 'armed', 'activated', 'revoking', 'ended'].map((type) => [
      'hallpass',
      `grant ${type}`,
    ]),
  );
  expect(heard.map((event) => event.detail['n'])).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(heard.every((event) => event.detail['grantId'] === id)).toBe(true);
  expect(heard[2]?.detail).toMatchObject({ actor: { person: 'bob', channel: 'api' }, at: '2026-11-24T09:00:01.000Z' });
  const told = JSON.stringify(heard);
  for (const typed of ['swordfish', 'SEC-77', 'Alice Archer', 'alice@example.com', 'AROA'])
    expect(told).not.toContain(typed);
});

it('a denial and a withdrawal are heard of, their reasons are not', async () => {
  world = await testWorld();
  const heard = listen();
  const denied = await ask(world, 'alice', VIEW);
  await world.call('bob', 'POST', `/v1/grants/${denied}/deny`, { reason: 'Alice is on leave' });
  const withdrawn = await ask(world, 'alice', ADMIN);
  await world.call('alice', 'POST', `/v1/grants/${withdrawn}/withdraw`, {});
  await world.pass(minutes(1));
  await world.drain();
  expect(heard.map((event) => event['detail-type'])).toEqual(
    ['requested', 'prepared', 'denied', 'requested', 'prepared', 'withdrawn'].map((type) => `grant ${type}`),
  );
  expect(JSON.stringify(heard)).not.toContain('on leave');
});
