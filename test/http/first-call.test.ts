/**
 * F39: whoever ends access is looked for in the file first, without the directory. Would catch that look being remembered as
 * all there is: then everybody whom only Identity Center knows is nobody for five minutes.
 */
import type { IAMClient } from '@aws-sdk/client-iam';
import { expect, test } from 'vitest';
import { identitiesOf, type RoleIdCache } from '../../src/aws/identities.ts';
import { withSnapshot } from '../../src/core/identity-center.ts';
import { instant, minutes, seconds } from '../../src/core/time.ts';
import { answer, type HttpEvent } from '../../src/http/app.ts';
import { newWorld } from '../broker/fake-world.ts';
import { SSO_ROLE, SSO_ROLE_ID } from '../core/fixtures.ts';

const ACCOUNT = SSO_ROLE.split(':')[4] ?? '';
const trust = {
  Statement: [
    {
      Effect: 'Allow',
      Principal: { Federated: `arn:aws:iam::${ACCOUNT}:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE` },
      Action: ['sts:AssumeRoleWithSAML', 'sts:TagSession'],
    },
  ],
};
const iam = {
  send: async () => ({
    Role: { Arn: SSO_ROLE, RoleId: SSO_ROLE_ID, AssumeRolePolicyDocument: encodeURIComponent(JSON.stringify(trust)) },
  }),
} as unknown as IAMClient;
const invocation = {
  signal: new AbortController().signal,
  deadline: instant(minutes(60)),
  now: () => instant(0),
  callTimeout: seconds(1),
};

test('ending as the first thing after a while: known from Identity Center alone, and so are the next who call', async () => {
  const world = newWorld();
  const gus = { userId: 'u-1', userName: 'gus@example.com', name: 'Gus', email: 'gus@example.com', disabled: false };
  const file = {
    ...world.config,
    account: ACCOUNT,
    directory: { people: {}, groups: {} },
    identityCenter: { identityStoreId: 'd-1', region: 'eu-west-1', role: SSO_ROLE, groups: { oncall: 'On call' } },
  };
  let config = file;
  const cache: RoleIdCache = new Map();
  const deps = {
    ...world.deps,
    config: () => config,
    ready: async () => {
      config = withSnapshot(file, { users: [gus], groups: { oncall: ['u-1'] } }) as typeof file;
    },
    identities: { roleIds: () => identitiesOf(iam, invocation, config, cache).roleIds() },
  };
  const call = (method: string, rawPath: string) =>
    answer(deps, {
      rawPath,
      headers: {},
      requestContext: {
        http: { method },
        requestId: 'r',
        authorizer: { iam: { userId: `${SSO_ROLE_ID}:gus@example.com` } },
      },
    } satisfies HttpEvent);
  const ending = await call('POST', `/v1/grants/${'0'.repeat(26)}/end`);
  expect(JSON.parse(ending.body).rule).toBe('unknownGrant');
  expect((await call('GET', '/v1/whoami')).statusCode).toBe(200);
});
