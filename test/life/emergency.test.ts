/**
 * Access with the hub down (F10, F21). Catches a command that needs anything of the hub, an entry that nothing ends,
 * an emergency that nobody ever reviews, and a hub that takes for its own what is not.
 */
import { TagResourceCommand } from '@aws-sdk/client-eks';
import { afterEach, expect, it } from 'vitest';
import { hours, minutes } from '../../src/core/time.ts';
import { run } from '../cli/run.ts';
import { exampleConfig, keysOf, replacing, type TestWorld, testWorld } from './harness.ts';
import {
  ACCOUNT,
  CREATOR,
  clusterName,
  eksOf,
  entryOf,
  KUBERNETES_ADMIN,
  makeStandingEntry,
  principals,
} from './operator.ts';

let world: TestWorld;
afterEach(() => world?.close());

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

const emergency = (more: readonly string[] = [], hub = 'laptop') => {
  const { accessKeyId, secretAccessKey } = keysOf(world, 'operator');
  const args = [
    ...['emergency', clusterName, '--hub', hub, '--person', 'alice', '--role', KUBERNETES_ADMIN],
    ...['--policy', 'AmazonEKSClusterAdminPolicy', '--assume-role', EMERGENCY, ...more],
  ];
  return run(args, {
    env: {
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: world.awsUrl,
    },
    now: () => world.clock.now(),
  });
};
const reap = () =>
  world.functions.invoke(`reaper-${ACCOUNT}`, { scheduledTime: new Date(world.clock.now()).toISOString() });
const sweptAfter = async (length: number): Promise<void> => {
  await world.pass(minutes(length));
  for (let n = 0; n < 3; n++) {
    await world.sweep();
    await world.pass(minutes(1));
  }
};
const reviews = async () =>
  (await world.call('bob', 'GET', '/v1/reviews')).body as unknown as { grants: { id: string; state: string }[] };

it('with the hub stopped: made, read back, and ended by the reaper alone', async () => {
  world = await testWorld({ config });
  const before = await principals(world);
  world.stopHub();
  const made = await emergency(['--duration', '30m']);
  expect(made).toMatchObject({ code: 0, stderr: expect.stringMatching(/aws eks update-kubeconfig --name mycluster/) });
  const entry = await entryOf(world, KUBERNETES_ADMIN);
  expect(entry?.entry).toMatchObject({
    type: 'STANDARD',
    tags: {
      'hallpass:hub': 'laptop',
      'hallpass:grant': expect.stringMatching(/^emergency-[0-9a-z]{26}$/),
      'hallpass:expires': '2026-11-24T09:30:00.000Z',
      'hallpass:person': 'alice',
    },
  });
  expect(entry?.policies).toHaveLength(1);

  // Somebody has an entry there now: it is not touched, and not added to.
  expect(await emergency()).toMatchObject({ code: 1, stderr: expect.stringMatching(/has an access entry .* already/) });
  await world.pass(minutes(39));
  await reap();
  expect(await principals(world)).toContain(KUBERNETES_ADMIN);
  await world.pass(minutes(2));
  await reap();
  expect(await principals(world)).toEqual(before);
});

it('F21: begun and not finished, it is finished by asking again, and not refused until the reaper has been', async () => {
  world = await testWorld({ config });
  world.stopHub();
  world.faults.add({
    fault: { kind: 'accessDenied' },
    on: { service: 'eks', operation: 'AssociateAccessPolicy' },
    times: 1,
  });
  const begun = await emergency(['--duration', '30m']);
  expect(begun).toMatchObject({ code: 4, stderr: expect.stringMatching(/Type the same again/) });
  expect((await entryOf(world, KUBERNETES_ADMIN))?.policies).toEqual([]);
  await world.pass(minutes(5));
  const made = await emergency(['--duration', '30m']);
  expect(made).toMatchObject({ code: 0 });
  const entry = await entryOf(world, KUBERNETES_ADMIN);
  expect(entry?.policies).toHaveLength(1);
  expect(made.stdout).toContain(entry?.entry?.tags?.['hallpass:grant'] ?? 'no tag');
  // By its first end: nobody gains time by trying twice.
  expect(made.stdout).toContain('2026-11-24 09:30:00Z');
});

it('the hub imports it for review, does not let it live longer, and ends it', async () => {
  world = await testWorld({ config });
  const made = await emergency(['--duration', '30m']);
  const id = /emergency-(\w{26})/.exec(made.stdout)?.[1] ?? '';
  await world.sweep();
  expect((await reviews()).grants).toMatchObject([{ id, state: 'active' }]);
  const grant = await world.call('bob', 'GET', `/v1/grants/${id}`);
  expect(grant.body).toMatchObject({
    state: 'active',
    requester: { id: 'alice' },
    expiresAt: '2026-11-24T09:30:00.000Z',
    breakGlass: { emergency: { person: 'alice' } },
    review: { overdue: false },
  });
  // It is a use like any other.
  const used = { entitlement: 'mycluster-admin', reason: 'still burning, nobody answers', incident: 'INC-1' };
  expect((await world.call('alice', 'POST', '/v1/break-glass', used)).body.rule).toBe('breakGlassLive');
  await sweptAfter(31);
  expect(await entryOf(world, KUBERNETES_ADMIN)).toBeUndefined();
  expect((await reviews()).grants).toMatchObject([{ id, state: 'ended' }]);
  const verdict = { verdict: 'ok', note: 'the hub was down' };
  expect((await world.call('alice', 'POST', `/v1/grants/${id}/review`, verdict)).body.rule).toBe('notReviewer');
  expect((await world.call('bob', 'POST', `/v1/grants/${id}/review`, verdict)).status).toBe(200);
});

it('an end that was put off does not count beyond four hours, by hub or reaper', async () => {
  world = await testWorld({ config });
  await emergency(['--duration', '30m']);
  const { entry } = (await entryOf(world, KUBERNETES_ADMIN)) ?? {};
  const later = { 'hallpass:expires': '2027-01-01T00:00:00.000Z' };
  await eksOf(world).send(new TagResourceCommand({ resourceArn: entry?.accessEntryArn, tags: later }));
  await world.pass(hours(4));
  await world.pass(minutes(11));
  await reap();
  expect(await entryOf(world, KUBERNETES_ADMIN)).toBeUndefined();
});

it('nothing else is imported: not without the tag, not of another hub, not of another principal, not a grant’s', async () => {
  world = await testWorld({ config });
  const eks = eksOf(world);
  const id = '01kavy8w3v0000000000000000';
  const end = { 'hallpass:expires': '2026-11-24T09:30:00.000Z' };
  await makeStandingEntry(world);
  const { entry } = (await entryOf(world, KUBERNETES_ADMIN)) ?? {};
  const retag = (tags: Record<string, string>) =>
    eks.send(new TagResourceCommand({ resourceArn: entry?.accessEntryArn, tags }));
  await world.sweep();
  await retag({ ...end, 'hallpass:hub': 'other', 'hallpass:grant': `emergency-${id}` });
  await sweptAfter(6);
  await retag({ 'hallpass:hub': 'laptop', 'hallpass:grant': id });
  await sweptAfter(6);
  const node = await entryOf(world, CREATOR);
  await eks.send(
    new TagResourceCommand({
      resourceArn: node?.entry?.accessEntryArn,
      tags: { ...end, 'hallpass:hub': 'laptop', 'hallpass:grant': `emergency-${id}` },
    }),
  );
  await sweptAfter(40);
  expect((await reviews()).grants).toEqual([]);
  expect(await principals(world)).toEqual(expect.arrayContaining([KUBERNETES_ADMIN, CREATOR]));
});

it('the emergency role gives what break-glass offers, and nothing else', async () => {
  world = await testWorld({ config });
  for (const [what, args] of [
    ['another principal', ['--role', `arn:aws:iam::${ACCOUNT}:role/platform`]],
    ['a policy that is not offered', ['--policy', 'AmazonEKSAdminPolicy']],
    ['a scope that is not offered', ['--namespace', 'kube-system']],
  ] as const) {
    expect([what, await emergency(args)]).toMatchObject([
      what,
      { code: 4, stderr: expect.stringMatching(/AccessDenied/) },
    ]);
    const made = await entryOf(world, KUBERNETES_ADMIN);
    expect(made?.policies ?? []).toEqual([]);
    if (made) await world.pass(minutes(71));
    await reap();
  }
  expect(await emergency([], 'other')).toMatchObject({ code: 4 });
});

it.each([
  ['a duration beyond four hours', ['--duration', '5h'], /at most 4h/],
  ['no duration', ['--duration', 'soon'], /not a duration/],
  ['a role that is none', ['--role', 'KubernetesAdmin'], /the ARN of an IAM role/],
  ['a person with a line break', ['--person', 'a\nb'], /an id or an address/],
] as const)('%s: wrong usage, before anything is asked of AWS', async (_what, args, says) => {
  const answer = await run(
    [
      'emergency',
      clusterName,
      '--hub',
      'laptop',
      '--person',
      'alice',
      '--role',
      KUBERNETES_ADMIN,
      '--policy',
      'AmazonEKSClusterAdminPolicy',
      ...args,
    ],
    {
      env: { AWS_REGION: 'eu-west-1' },
    },
  );
  expect(answer).toMatchObject({ code: 2, stderr: expect.stringMatching(says) });
});
