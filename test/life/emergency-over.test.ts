/**
 * An emergency that was over before the hub came back (F21, the last step), with the simulated CloudTrail in between.
 * Catches one that nobody reviews, one whose user can hide it, and a hub that is lost without CloudTrail.
 */
import { CloudTrailClient, LookupEventsCommand } from '@aws-sdk/client-cloudtrail';
import {
  CreateAccessEntryCommand,
  DeleteAccessEntryCommand,
  EKSClient,
  UntagResourceCommand,
} from '@aws-sdk/client-eks';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { days, minutes } from '../../src/core/time.ts';
import { exampleConfig, replacing, type TestWorld, testWorld } from './harness.ts';
import { ACCOUNT, clientOf, clusterName, eksOf, entryOf, KUBERNETES_ADMIN, principals } from './operator.ts';

const EMERGENCY = `arn:aws:iam::${ACCOUNT}:role/hallpass-laptop-emergency`;
const config = exampleConfig(
  replacing(
    [
      '    # `hallpass extend`: approved like',
      '    breakGlass: { eligible: [alice, bob] }\n    # `hallpass extend`: approved like',
    ],
    [
      'auditors: []',
      `auditors: []\nreviewers: [bob, carol]\nemergency: { assumableBy: ["arn:aws:iam::${ACCOUNT}:user/operator"] }`,
    ],
  ),
);

let world: TestWorld;
beforeEach(async () => {
  world = await testWorld({ config });
});
afterEach(() => world?.close());

/** As the emergency role itself, without the command: `tags` are whatever its user likes. */
async function made(tags: Record<string, string> = {}): Promise<string> {
  const sts = new STSClient(clientOf(world));
  const { Credentials: own } = await sts.send(
    new AssumeRoleCommand({ RoleArn: EMERGENCY, RoleSessionName: 'mallory', DurationSeconds: 900 }),
  );
  if (!own?.AccessKeyId || !own.SecretAccessKey || !own.SessionToken) throw new Error('no credentials');
  const credentials = {
    accessKeyId: own.AccessKeyId,
    secretAccessKey: own.SecretAccessKey,
    sessionToken: own.SessionToken,
  };
  const { accessEntry } = await new EKSClient({ ...clientOf(world), credentials }).send(
    new CreateAccessEntryCommand({
      clusterName,
      principalArn: KUBERNETES_ADMIN,
      type: 'STANDARD',
      tags: {
        'hallpass:hub': 'laptop',
        'hallpass:grant': 'emergency-01kavy8w3v0000000000000000',
        'hallpass:expires': new Date(world.clock.now() + minutes(30)).toISOString(),
        'hallpass:person': 'alice',
        ...tags,
      },
    }),
  );
  return accessEntry?.accessEntryArn ?? '';
}
const reap = () =>
  world.functions.invoke(`reaper-${ACCOUNT}`, { scheduledTime: new Date(world.clock.now()).toISOString() });
const swept = async (times: number): Promise<void> => {
  for (let n = 0; n < times; n++) {
    await world.pass(minutes(1));
    await world.sweep();
  }
};
const reviews = async () =>
  ((await world.call('bob', 'GET', '/v1/reviews')).body as unknown as { grants: { id: string; state: string }[] })
    .grants;

it('the reaper was faster than the hub: imported once, reviewed, and until then nothing more is given', async () => {
  await made();
  await world.pass(minutes(41));
  await reap();
  expect(await principals(world)).not.toContain(KUBERNETES_ADMIN);

  world.faults.add({ fault: { kind: 'throttle' }, on: { service: 'cloudtrail' }, times: 3 });
  await world.sweep();
  expect(await reviews()).toEqual([]);
  await swept(6);
  expect(await reviews()).toMatchObject([{ id: '01kavy8w3v0000000000000000', state: 'ended' }]);
  world.functions.recycle();
  await swept(12);
  expect(await reviews()).toHaveLength(1);
  const grant = await world.call('bob', 'GET', '/v1/grants/01kavy8w3v0000000000000000');
  expect(grant.body).toMatchObject({
    state: 'ended',
    reason: 'expired',
    requester: { id: 'alice' },
    breakGlass: {
      emergency: { person: 'alice', madeBy: `arn:aws:sts::${ACCOUNT}:assumed-role/hallpass-laptop-emergency/mallory` },
    },
  });

  await world.pass(days(5));
  const again = { entitlement: 'mycluster-admin', reason: 'on fire once more, nobody answers', incident: 'INC-2' };
  expect((await world.call('alice', 'POST', '/v1/break-glass', again)).body.rule).toBe('reviewOverdue');
  const verdict = { verdict: 'followUp', note: 'the hub was down; session mallory' };
  expect((await world.call('bob', 'POST', '/v1/grants/01kavy8w3v0000000000000000/review', verdict)).status).toBe(200);
});

it('not there yet: CloudTrail is minutes late, and a stale answer is asked for again', async () => {
  await made();
  const { accessEntry } = { accessEntry: await entryOf(world, KUBERNETES_ADMIN) };
  expect(accessEntry).toBeDefined();
  await eksOf(world).send(new DeleteAccessEntryCommand({ clusterName, principalArn: KUBERNETES_ADMIN }));
  await world.sweep();
  expect(await reviews()).toEqual([]);
  world.faults.add({ fault: { kind: 'stale', by: minutes(15) }, on: { service: 'cloudtrail' } });
  await swept(5);
  await swept(6);
  expect(await reviews()).toMatchObject([{ state: 'ended' }]);
  expect((await world.call('bob', 'GET', '/v1/grants/01kavy8w3v0000000000000000')).body).toMatchObject({
    reason: 'removedExternally',
  });
});

it('its tags were taken off while it stood: ended all the same, and reviewed', async () => {
  const entryArn = await made();
  await eksOf(world).send(
    new UntagResourceCommand({
      resourceArn: entryArn,
      tagKeys: ['hallpass:hub', 'hallpass:grant', 'hallpass:expires', 'hallpass:person'],
    }),
  );
  await world.pass(minutes(45));
  await reap();
  expect(await principals(world)).toContain(KUBERNETES_ADMIN);
  await world.sweep();
  await swept(3);
  expect(await principals(world)).not.toContain(KUBERNETES_ADMIN);
  expect(await reviews()).toMatchObject([{ state: 'ended' }]);
});

it('an id that is none and an end in years: the reaper ends it after four hours, the hub at once', async () => {
  await made({ 'hallpass:grant': 'emergency-mine', 'hallpass:expires': '2040-01-01T00:00:00Z' });
  await world.pass(minutes(4 * 60 + 11));
  await reap();
  expect(await principals(world)).not.toContain(KUBERNETES_ADMIN);
  await world.sweep();
  await swept(1);
  expect(await reviews()).toHaveLength(1);
});

it('CloudTrail is lost for good: nothing else of the sweeper is', async () => {
  world.faults.add({ fault: { kind: 'accessDenied' }, on: { service: 'cloudtrail' }, times: Number.POSITIVE_INFINITY });
  await made();
  await world.sweep();
  expect(await reviews()).toMatchObject([{ state: 'active' }]);
  await world.pass(minutes(31));
  await swept(3);
  expect(await principals(world)).not.toContain(KUBERNETES_ADMIN);
});

it('an administrator sees what the hub goes by', async () => {
  const trail = new CloudTrailClient(clientOf(world));
  await made();
  await world.pass(minutes(6));
  const page = await trail.send(
    new LookupEventsCommand({
      LookupAttributes: [{ AttributeKey: 'EventName', AttributeValue: 'CreateAccessEntry' }],
      MaxResults: 1,
    }),
  );
  expect(page.Events).toMatchObject([{ EventName: 'CreateAccessEntry', Username: 'mallory' }]);
});
