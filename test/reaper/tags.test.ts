/** The tags that the reaper goes by. Would catch access that goes live on an entry which the reaper can never end. */
import { TagResourceCommand, UntagResourceCommand } from '@aws-sdk/client-eks';
import { afterEach, expect, it } from 'vitest';
import { type TestWorld, testWorld } from '../life/harness.ts';
import { activeGrant, entryOf, KUBERNETES_ADMIN, operatorOf } from './harness.ts';

let world: TestWorld;
afterEach(() => world?.close());

it('unreadable tag is put right by the next claim', async () => {
  world = await testWorld();
  await activeGrant(world, 'mycluster-admin', '30m');
  const resourceArn = (await entryOf(world, KUBERNETES_ADMIN)).accessEntryArn;
  await operatorOf(world).send(new TagResourceCommand({ resourceArn, tags: { 'hallpass:expires': 'never' } }));
  const second = await activeGrant(world, 'mycluster-admin', '2h', { person: 'bob', approver: 'carol' });
  expect((await entryOf(world, KUBERNETES_ADMIN)).tags?.['hallpass:expires']).toBe(second.expiresAt);
});

it('stripped hub tag is put back by the next claim', async () => {
  world = await testWorld();
  await activeGrant(world, 'mycluster-admin', '30m');
  const resourceArn = (await entryOf(world, KUBERNETES_ADMIN)).accessEntryArn;
  await operatorOf(world).send(new UntagResourceCommand({ resourceArn, tagKeys: ['hallpass:hub'] }));
  await activeGrant(world, 'mycluster-admin', '2h', { person: 'bob', approver: 'carol' });
  expect((await entryOf(world, KUBERNETES_ADMIN)).tags?.['hallpass:hub']).toBe('laptop');
});
