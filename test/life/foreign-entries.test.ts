/**
 * I4 and I5: other people's entries. Would catch an entry that is adopted, changed or removed though Hallpass did not make
 * it, and access that is put back after somebody has taken it away (F14).
 */
import {
  AssociateAccessPolicyCommand,
  DeleteAccessEntryCommand,
  DisassociateAccessPolicyCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-eks';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { faultPlan } from '../../local/faults.ts';
import { minutes, seconds } from '../../src/core/time.ts';
import { ADMIN, activeGrant, ask, show, type TestWorld, testWorld, VIEW } from './harness.ts';
import {
  CREATOR,
  clusterName,
  eksOf,
  entryOf,
  KUBERNETES_ADMIN,
  makeStandingEntry,
  NODES,
  principals,
} from './operator.ts';

let world: TestWorld;
let others: unknown;
const othersNow = async () => [await entryOf(world, NODES), await entryOf(world, CREATOR)];
beforeEach(async () => {
  world = await testWorld({ faults: faultPlan([], { record: true }) });
  others = await othersNow();
});
afterEach(async () => {
  expect(await othersNow()).toEqual(others);
  await world.close();
});

const approve = (id: string) => world.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
const writesTo = (operation: string) =>
  world.faults.calls.filter((call) => call.operation === operation && !call.caller.includes('operator'));
/** Everything that is due for a quarter of an hour and more, minute by minute. */
async function sweepOn(count = 16): Promise<void> {
  for (let minute = 0; minute < count; minute++) {
    await world.pass(minutes(1));
    await world.sweep();
  }
}

describe('principalHasStandingEntry', () => {
  it.each(['before it is asked for', 'after it was asked for', 'with our own tags on it'])(
    'a standing entry made %s is refused by name and stays as it is',
    async (when) => {
      if (when !== 'after it was asked for') await makeStandingEntry(world);
      const id = await ask(world, 'alice', ADMIN);
      if (when === 'after it was asked for') await makeStandingEntry(world);
      const policyArn = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy';
      await eksOf(world).send(
        new AssociateAccessPolicyCommand({
          clusterName,
          principalArn: KUBERNETES_ADMIN,
          policyArn,
          accessScope: { type: 'cluster' },
        }),
      );
      if (when === 'with our own tags on it') {
        const arn = (await entryOf(world, KUBERNETES_ADMIN))?.entry?.accessEntryArn ?? '';
        await eksOf(world).send(
          new TagResourceCommand({
            resourceArn: arn,
            tags: { 'hallpass:hub': 'laptop', 'hallpass:expires': '2026-11-24T00:00:00.000Z' },
          }),
        );
      }
      const standing = await entryOf(world, KUBERNETES_ADMIN);
      expect(standing?.policies).toHaveLength(1);

      expect((await approve(id)).status).toBe(200);
      await world.pass(seconds(2));
      expect(await entryOf(world, KUBERNETES_ADMIN)).toEqual(standing);
      const failed = await show(world, id);
      expect(failed).toMatchObject({ state: 'failed', reason: 'principalHasStandingEntry' });
      expect(failed.note).toContain('Remove it, or ask for an entitlement that uses a role of the grant');
      await sweepOn();
      expect(await entryOf(world, KUBERNETES_ADMIN)).toEqual(standing);
      expect(writesTo('DeleteAccessEntry')).toEqual([]);
    },
  );

  it('when the standing entry is gone, the next request is fine', async () => {
    await makeStandingEntry(world);
    await approve(await ask(world, 'alice', ADMIN));
    await world.pass(seconds(2));
    await eksOf(world).send(new DeleteAccessEntryCommand({ clusterName, principalArn: KUBERNETES_ADMIN }));
    await activeGrant(world, ADMIN);
  });
});

describe('removed-by-others-stays-removed', () => {
  it.each([
    ['role', ADMIN],
    ['dedicated', VIEW],
  ])('mode %s: the entry is deleted by somebody while the grant is active', async (_mode, body) => {
    const id = await activeGrant(world, body);
    const { arn } = (await show(world, id)).principal;
    await eksOf(world).send(new DeleteAccessEntryCommand({ clusterName, principalArn: arn }));
    const created = writesTo('CreateAccessEntry').length;
    await world.pass(minutes(2));
    await world.sweep();
    await world.pass(seconds(1));
    expect(await show(world, id)).toMatchObject({ state: 'ended', reason: 'removedExternally' });
    await sweepOn();
    expect(writesTo('CreateAccessEntry')).toHaveLength(created);
    expect(await principals(world)).not.toContain(arn);
    expect((await show(world, id)).timeline.filter((event) => event.type === 'ended')).toHaveLength(1);
  });

  it('its policy is taken off by somebody: the entry goes too, and nothing is put back', async () => {
    const id = await activeGrant(world, VIEW);
    const { arn } = (await show(world, id)).principal;
    const policyArn = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy';
    await eksOf(world).send(new DisassociateAccessPolicyCommand({ clusterName, principalArn: arn, policyArn }));
    const associated = writesTo('AssociateAccessPolicy').length;
    await sweepOn(4);
    expect(await show(world, id)).toMatchObject({ state: 'ended', reason: 'removedExternally' });
    expect(await principals(world)).not.toContain(arn);
    expect(writesTo('AssociateAccessPolicy')).toHaveLength(associated);
  });

  it('the standing role got an entry of somebody else meanwhile: theirs stays', async () => {
    const id = await activeGrant(world, ADMIN);
    await eksOf(world).send(new DeleteAccessEntryCommand({ clusterName, principalArn: KUBERNETES_ADMIN }));
    await makeStandingEntry(world);
    const theirs = await entryOf(world, KUBERNETES_ADMIN);
    await sweepOn();
    expect(await show(world, id)).toMatchObject({ state: 'ended', reason: 'removedExternally' });
    expect(await entryOf(world, KUBERNETES_ADMIN)).toEqual(theirs);
  });

  it('so at the regular end, when nobody has looked in between', async () => {
    await activeGrant(world, { ...ADMIN, duration: '1m' });
    await eksOf(world).send(new DeleteAccessEntryCommand({ clusterName, principalArn: KUBERNETES_ADMIN }));
    await makeStandingEntry(world);
    const theirs = await entryOf(world, KUBERNETES_ADMIN);
    await sweepOn();
    expect(await entryOf(world, KUBERNETES_ADMIN)).toEqual(theirs);
  });

  it('F13: our tags taken off: still removed on time', async () => {
    await activeGrant(world, { ...ADMIN, duration: '1m' });
    const resourceArn = (await entryOf(world, KUBERNETES_ADMIN))?.entry?.accessEntryArn ?? '';
    await eksOf(world).send(
      new UntagResourceCommand({ resourceArn, tagKeys: ['hallpass:hub', 'hallpass:grant', 'hallpass:expires'] }),
    );
    await world.pass(minutes(2));
    expect(await principals(world)).not.toContain(KUBERNETES_ADMIN);
  });
});
