/**
 * Who is calling. Would catch an identity that is taken from an ARN's text, a header or a second authoriser block (F3,
 * F8), and anything told to somebody who is not recognised (I7).
 */
import { UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { type Credentials, seedRole, seedSession } from '../../local/aws/iam/seed.ts';
import { minutes } from '../../src/core/time.ts';
import { ADMIN, apiEvent, ask, callAs, exampleConfig, handed, keysOf, type TestWorld, testWorld } from './harness.ts';
import { everything, iamOf, trustOf, userIdOf } from './operator.ts';

const SSO_PATH = '/aws-reserved/sso.amazonaws.com/eu-west-1/';
const SSO_NAME = 'AWSReservedSSO_Hallpass_0123456789abcdef';
const HERE = '111122223333';
const ELSEWHERE = '444455556666';

let world: TestWorld;
let grant: string;
let aliceId: string;
beforeAll(async () => {
  world = await testWorld();
  grant = await ask(world, 'alice', ADMIN);
  aliceId = await userIdOf(world, world.profiles['alice']);
});
afterAll(() => world.close());

const policy = (...Statement: readonly object[]) => ({ Version: '2012-10-17', Statement });
const invoker = { Invoke: policy({ Effect: 'Allow', Action: '*', Resource: '*' }) };

/** A session called alice@example.com of a role that looks like the permission set's. */
function lookalike(account: string, name: string, principal: object, action: string, path = SSO_PATH): Credentials {
  const seeding = { storage: world.storage, now: world.clock.now() };
  const trust = policy({ Effect: 'Allow', Principal: principal, Action: action });
  seedRole(seeding, { account, name, path, trust, policies: invoker });
  return seedSession(seeding, { account, roleName: name, sessionName: 'alice@example.com' });
}
const saml = (account: string) => ({
  Federated: `arn:aws:iam::${account}:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE`,
});

const CALLS = [
  ['GET', '/v1/whoami'],
  ['GET', '/v1/entitlements'],
  ['GET', '/v1/grants?view=all'],
  ['POST', '/v1/grants', ADMIN],
  ['POST', '/v1/grants?dryRun=true', ADMIN],
  ['POST', '/v1/grants', { nonsense: true }],
  ['GET', '/v1/nowhere'],
  ['DELETE', '/v1/grants'],
] as const;

const NOBODY = {
  type: 'urn:hallpass:problem:notRecognised',
  title: 'Not recognised',
  status: 403,
  detail: 'You are not recognised. Sign in with the identity that Hallpass was told of.',
  rule: 'notRecognised',
};

/** Whatever is called: not recognised, not a word more, and nothing changed. */
async function isNobody(credentials: Credentials): Promise<void> {
  const before = await everything(world);
  for (const [method, path, body] of [
    ...CALLS,
    ['GET', `/v1/grants/${grant}`],
    ['POST', `/v1/grants/${grant}/approve`, {}],
  ] as const) {
    const reply = await callAs(world, credentials, method, path, body);
    expect([method, path, reply.status, reply.body]).toEqual([method, path, 403, NOBODY]);
  }
  expect(await everything(world)).toEqual(before);
}

describe('I8-lookalike-role-is-nobody', () => {
  it('a role of the same name and path in another account', () =>
    isNobody(lookalike(ELSEWHERE, SSO_NAME, saml(ELSEWHERE), 'sts:AssumeRoleWithSAML')));
  it('another permission set of the same account', () =>
    isNobody(lookalike(HERE, 'AWSReservedSSO_Hallpass_0123456789abcdee', saml(HERE), 'sts:AssumeRoleWithSAML')));
  it('a role that anybody of the account may assume and name the session', () =>
    isNobody(lookalike(HERE, 'developer', { AWS: `arn:aws:iam::${HERE}:root` }, 'sts:AssumeRole', '/')));
  it('a web identity', () =>
    isNobody(
      lookalike(
        HERE,
        'web',
        { Federated: `arn:aws:iam::${HERE}:oidc-provider/token.actions.githubusercontent.com` },
        'sts:AssumeRoleWithWebIdentity',
        '/',
      ),
    ));
  it('a user, even the administrator', () => isNobody(keysOf(world, 'operator')));
  it.each(['mallory@example.com', 'ALICE@example.com', 'alice@example.com.evil.org', 'alice'])(
    'a session %s of the permission set that is in no directory',
    (sessionName) => {
      const seeding = { storage: world.storage, now: world.clock.now() };
      return isNobody(seedSession(seeding, { account: HERE, roleName: SSO_NAME, sessionName }));
    },
  );
});

describe('F8: what the authoriser says, and only one', () => {
  let before: Awaited<ReturnType<typeof everything>>;
  beforeEach(async () => {
    before = await everything(world);
  });
  const alices = () => ({ userId: aliceId, userArn: 'arn:x', accountId: HERE, cognitoIdentity: null });

  it('an honest event is Alice (the control of this table)', async () => {
    expect((await handed(world, apiEvent({ iam: alices() }, 'GET', '/v1/whoami'))).body.id).toBe('alice');
  });

  it.each([
    ['no authoriser', () => undefined],
    ['null', () => null],
    ['text', () => 'alice'],
    [
      'a JWT alone, which this API does not have',
      () => ({ jwt: { claims: { sub: 'alice', email: 'alice@example.com' } } }),
    ],
    ['a forged iam beside a jwt', () => ({ iam: alices(), jwt: { claims: { sub: 'mallory' } } })],
    ['a forged iam beside an empty jwt', () => ({ iam: alices(), jwt: {} })],
    ['a forged iam beside a lambda authoriser', () => ({ iam: alices(), lambda: { person: 'alice' } })],
    ['a forged iam beside one of a kind not known yet', () => ({ iam: alices(), mtls: 'x' })],
    ['an iam that is text', () => ({ iam: aliceId })],
    ['a Cognito identity', () => ({ iam: { ...alices(), cognitoIdentity: { identityId: 'x' } } })],
    ['a list in place of the id', () => ({ iam: { ...alices(), userId: [aliceId] } })],
    ['the root user', () => ({ iam: { ...alices(), userId: HERE } })],
    ['a federated user', () => ({ iam: { ...alices(), userId: `${HERE}:alice@example.com` } })],
    ['a user of IAM', () => ({ iam: { ...alices(), userId: 'AIDAABCDEFGHIJKLMNOPQ' } })],
    ['the id with more behind it', () => ({ iam: { ...alices(), userId: `${aliceId}:x` } })],
    ['the id with a line break', () => ({ iam: { ...alices(), userId: `${aliceId}\n` } })],
    [
      'the right ARN with another id',
      () => ({
        iam: {
          userId: 'AROAAAAAAAAAAAAAAAAAA:alice@example.com',
          userArn: `arn:aws:sts::${HERE}:assumed-role/${SSO_NAME}/alice@example.com`,
        },
      }),
    ],
  ])('%s', async (_what, authorizer) => {
    for (const [method, path] of [
      ['GET', '/v1/whoami'],
      ['POST', `/v1/grants/${grant}/approve`],
    ] as const) {
      const reply = await handed(world, apiEvent(authorizer(), method, path, { body: '{}' }));
      expect(reply).toMatchObject({ status: 403, body: NOBODY });
    }
    expect(await everything(world)).toEqual(before);
  });

  it('headers, queries and bodies say nothing of who calls', async () => {
    const forged = {
      headers: { 'x-amzn-iam-user-id': aliceId, authorization: 'Bearer alice', 'user-agent': 'hallpass-cli/1.0' },
    };
    const reply = await handed(world, apiEvent(undefined, 'GET', '/v1/whoami', forged));
    expect(reply).toMatchObject({ status: 403, body: NOBODY });
  });
});

describe('when the permission set itself cannot be trusted any more', () => {
  it('its trust was loosened: within five minutes nobody of it is anybody', async () => {
    const arn = `arn:aws:iam::${HERE}:role${SSO_PATH}${SSO_NAME}`;
    const honest = JSON.parse(await trustOf(world, arn));
    const loose = policy(...honest.Statement, {
      Effect: 'Allow',
      Principal: { AWS: `arn:aws:iam::${HERE}:root` },
      Action: 'sts:AssumeRole',
    });
    const setTrust = (document: object) =>
      iamOf(world).send(
        new UpdateAssumeRolePolicyCommand({ RoleName: SSO_NAME, PolicyDocument: JSON.stringify(document) }),
      );
    await setTrust(loose);
    await world.pass(minutes(5));
    await isNobody(keysOf(world, 'alice'));
    await setTrust(honest);
    await world.pass(minutes(5));
    expect((await world.call('alice', 'GET', '/v1/whoami')).body.id).toBe('alice');
  });

  it('somebody who has left is nobody, at the next deployment', async () => {
    world.deploy(
      exampleConfig((text) => text.replace('name: Alice Archer', 'disabled: true\n      name: Alice Archer')),
    );
    await isNobody(keysOf(world, 'alice'));
    world.deploy(exampleConfig());
    expect((await world.call('alice', 'GET', '/v1/whoami')).body.id).toBe('alice');
  });
});
