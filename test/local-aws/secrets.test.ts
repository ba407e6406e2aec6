/**
 * Catches: a secret read by who may not, one that is kept longer than five minutes, a rotation that locks out what was
 * signed just before or just after it, and a value that gets into an error or a log.
 */
import { GetSecretValueCommand, SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { seedAccessKey, seedUser } from '../../local/aws/iam/seed.ts';
import { seedSecret } from '../../local/aws/secrets.ts';
import type { Invocation } from '../../src/aws/calls.ts';
import { documentOf, readsSecrets } from '../../src/aws/permission.ts';
import { type SecretCache, secretsIn } from '../../src/aws/secrets.ts';
import { minutes, plus, seconds } from '../../src/core/time.ts';
import { HUB, makeWorld, REGION, type World } from './world.ts';

const ARN = `arn:aws:secretsmanager:${REGION}:${HUB}:secret:hallpass/slack-AbCdEf`;
const OTHER = `arn:aws:secretsmanager:${REGION}:${HUB}:secret:payroll-GhIjKl`;

let world: World;
let cache: SecretCache;
beforeEach(async () => {
  world = await makeWorld();
  cache = new Map();
  seedSecret({ storage: world.storage, now: world.clock.now() }, ARN, 'first');
  seedSecret({ storage: world.storage, now: world.clock.now() }, OTHER, 'salaries');
});
afterEach(() => world.close());

const reader = () => {
  seedUser(world.seeding, {
    account: HUB,
    name: 'reader',
    policies: {
      one: documentOf([readsSecrets([ARN], 'to read one')]),
    },
  });
  return new SecretsManagerClient(
    world.configuration(seedAccessKey(world.seeding, { account: HUB, userName: 'reader' })),
  );
};
const rotate = (text: string) => seedSecret({ storage: world.storage, now: world.clock.now() }, ARN, text);
const secrets = () => {
  const { now } = world.clock;
  const invocation: Invocation = {
    signal: new AbortController().signal,
    deadline: plus(now(), minutes(1)),
    now,
    callTimeout: seconds(5),
  };
  return secretsIn(reader(), invocation, cache);
};
const reads = () => world.faults.calls.filter((call) => call.operation === 'GetSecretValue').length;

test('one secret, by whole ARN, for who may', async () => {
  const client = reader();
  const answer = await client.send(new GetSecretValueCommand({ SecretId: ARN }));
  expect(answer).toMatchObject({ ARN, Name: 'hallpass/slack', SecretString: 'first', VersionStages: ['AWSCURRENT'] });
  await expect(client.send(new GetSecretValueCommand({ SecretId: OTHER }))).rejects.toMatchObject({
    name: 'AccessDeniedException',
  });
  await expect(
    client.send(new GetSecretValueCommand({ SecretId: ARN, VersionStage: 'AWSPREVIOUS' })),
  ).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
});

test('current and previous, kept for five minutes and no longer', async () => {
  expect(await secrets().read(ARN)).toEqual({ current: 'first' });
  rotate('second');
  await world.clock.advanceBy(seconds(299));
  expect(await secrets().read(ARN)).toEqual({ current: 'first' });
  expect(reads()).toBe(2);
  await world.clock.advanceBy(seconds(1));
  expect(await secrets().read(ARN)).toEqual({ current: 'second', previous: 'first' });
  rotate('third');
  await world.clock.advanceBy(minutes(5));
  expect(await secrets().read(ARN)).toEqual({ current: 'third', previous: 'second' });
});

test('a signature that does not match is looked up again, but not for each forgery', async () => {
  await secrets().read(ARN);
  rotate('second');
  await world.clock.advanceBy(seconds(29));
  expect(await secrets().readAgain(ARN)).toEqual({ current: 'first' });
  await world.clock.advanceBy(seconds(1));
  expect(await secrets().readAgain(ARN)).toEqual({ current: 'second', previous: 'first' });
  for (let n = 0; n < 20; n++) await secrets().readAgain(ARN);
  expect(reads()).toBe(4);
});

test('one that is not there, or not ours, is an error that names it and no value', async () => {
  const missing = ARN.replace('slack', 'slick');
  const message = await secrets()
    .read(missing)
    .catch((error: Error) => `${error.name}: ${error.message}`);
  expect(message).toContain('AccessDenied');
  await expect(secrets().read(OTHER)).rejects.toThrow('not authorized');
  expect(message).not.toContain('salaries');
  expect(cache.size).toBe(0);
});
