/**
 * F39: whoever ends access is known from the file while the directory beyond it cannot be read. Would catch that look being
 * remembered as all there is, so that whom only Identity Center knows is nobody for five minutes; and the file's word being
 * taken for a leaver, or for whoever has a former user's name, although the directory could be asked.
 */
import type { IAMClient } from '@aws-sdk/client-iam';
import { beforeEach, expect, test } from 'vitest';
import { identitiesOf, type RoleIdCache } from '../../src/aws/identities.ts';
import { DirectoryUnreachable } from '../../src/broker/ports.ts';
import type { Configuration, Person } from '../../src/core/configuration.ts';
import { type StoreUser, withSnapshot } from '../../src/core/identity-center.ts';
import { instant, minutes, seconds } from '../../src/core/time.ts';
import { answer, type HttpEvent } from '../../src/http/app.ts';
import { BREAK_GLASS_HANDLERS } from '../../src/http/break-glass-handlers.ts';
import { HANDLERS } from '../../src/http/handlers.ts';
import { newWorld } from '../broker/fake-world.ts';
import { one, SSO_ROLE, SSO_ROLE_ID } from '../core/fixtures.ts';

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

const user = (userId: string, userName: string, disabled = false): StoreUser => ({
  ...{ userId, userName, name: userName, email: `${userName}@example.com` },
  disabled,
});
const listed = (id: string, userId?: string): Person => ({
  ...{ id, name: id, email: `${id}@example.com`, iam: [{ role: SSO_ROLE, session: id }], disabled: false },
  ...(userId !== undefined && { userId }),
});

let users: StoreUser[];
let isReadable: boolean;
/** A function that has read no directory yet; `people` are the file's. */
function cold(people: readonly Person[]) {
  const world = newWorld();
  const file: Configuration = {
    ...world.config,
    account: ACCOUNT,
    responders: people.map(({ id }) => one(id)),
    directory: { people: Object.fromEntries(people.map((person) => [person.id, person])), groups: {} },
    identityCenter: { identityStoreId: 'd-1', region: 'eu-west-1', role: SSO_ROLE, groups: { oncall: 'On call' } },
  };
  let config = file;
  const cache: RoleIdCache = new Map();
  const deps = {
    ...world.deps,
    config: () => config,
    ready: async () => {
      if (!isReadable) throw new DirectoryUnreachable('gone');
      config = withSnapshot(file, { users, groups: { oncall: users.map(({ userId }) => userId) } });
    },
    identities: { roleIds: () => identitiesOf(iam, invocation, config, cache).roleIds() },
    known: { read: async () => ({ standing: {} }), write: async () => {} },
    pause: async () => {},
  };
  return async (session: string, method: string, rawPath: string, body?: object) => {
    const event: HttpEvent = {
      rawPath,
      headers: {},
      ...(body && { body: JSON.stringify(body) }),
      requestContext: {
        http: { method },
        requestId: 'r',
        authorizer: { iam: { userId: `${SSO_ROLE_ID}:${session}` } },
      },
    };
    const reply = await answer(deps, event, { handlers: { ...HANDLERS, ...BREAK_GLASS_HANDLERS } });
    return { status: reply.statusCode, rule: JSON.parse(reply.body).rule };
  };
}
beforeEach(() => {
  users = [user('u-1', 'gus')];
  isReadable = true;
});

const END = `/v1/grants/${'0'.repeat(26)}/end`;
const FREEZE = { all: true, reason: 'an incident' };

test('ending as the first thing after a while: known from Identity Center alone, and so are the next who call', async () => {
  const call = cold([]);
  expect(await call('gus', 'POST', END)).toMatchObject({ rule: 'unknownGrant' });
  expect(await call('gus', 'GET', '/v1/whoami')).toMatchObject({ status: 200 });
});

test('F31: whoever the file lists as a user of Identity Center, and who is disabled there, freezes nothing', async () => {
  users.push(user('u-2', 'hal', true));
  const call = cold([listed('hal', 'u-2'), listed('ivy')]);
  expect(await call('hal', 'POST', '/v1/freeze', FREEZE)).toMatchObject({ rule: 'notRecognised' });
  expect(await call('ivy', 'POST', '/v1/freeze', FREEZE)).toMatchObject({ status: 200 });
});

test('F17: whoever has the user name now that another had when the file was written is not them', async () => {
  users.push(user('u-2', 'hal.hill'), user('u-3', 'hal'));
  const call = cold([listed('hal', 'u-2')]);
  expect(await call('hal', 'POST', '/v1/freeze', FREEZE)).toMatchObject({ rule: 'notResponder' });
  expect(await call('hal.hill', 'POST', '/v1/freeze', FREEZE)).toMatchObject({ status: 200 });
});

test('while the directory cannot be read, the file has to do for ending, and for nothing that opens', async () => {
  isReadable = false;
  const call = cold([listed('hal', 'u-2')]);
  expect(await call('hal', 'POST', '/v1/freeze', FREEZE)).toMatchObject({ status: 200 });
  expect(await call('hal', 'POST', '/v1/thaw', { all: true })).toMatchObject({ rule: 'directoryUnreachable' });
  expect(await call('gus', 'POST', END)).toMatchObject({ rule: 'directoryUnreachable' });
});

test('F21: nor does it keep anybody from the glass whom it says nothing about; a user of it may have left', async () => {
  isReadable = false;
  const call = cold([listed('hal', 'u-2'), listed('ivy')]);
  const use = { entitlement: 'none', reason: 'the API server is down', incident: 'INC-1' };
  expect(await call('ivy', 'POST', '/v1/break-glass', use)).toMatchObject({ rule: 'breakGlassNotOffered' });
  expect(await call('hal', 'POST', '/v1/break-glass', use)).toMatchObject({ rule: 'directoryUnreachable' });
});
