/** Would catch: reviews that a real kube-apiserver could not use, or that would let this cluster's roles count in another. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startTestCluster, type TestCluster } from './harness.ts';
import { entryFor, inNamespaces, person } from './people.ts';

const viewer = person('viewer');
let test: TestCluster;
beforeAll(async () => {
  test = await startTestCluster({
    people: [viewer],
    entries: [entryFor(viewer, inNamespaces('AmazonEKSViewPolicy', 'dev'))],
  });
});
afterAll(() => test.close());

const AUTHENTICATION = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview' };
const AUTHORIZATION = { apiVersion: 'authorization.k8s.io/v1', kind: 'SubjectAccessReview' };
const post = async (path: string, body: object) => test.call(undefined, 'POST', path, { body });

it('a token and then the access of the user it names', async () => {
  const { body } = await post('/webhooks/token-review', {
    ...AUTHENTICATION,
    spec: { token: await test.token(viewer) },
  });
  expect(body).toMatchObject({
    ...AUTHENTICATION,
    status: { authenticated: true, audiences: ['https://kubernetes.default.svc'] },
  });
  const { username, ...who } = body.status.user;
  const ask = async (namespace: string) => {
    const spec = { user: username, ...who, resourceAttributes: { verb: 'list', resource: 'pods', namespace } };
    return (await post('/webhooks/access-review', { ...AUTHORIZATION, spec })).body.status;
  };
  expect(await ask('dev')).toEqual({
    allowed: true,
    reason: expect.stringContaining(
      'EKS Access Policy: allowed by RoleBinding "arn:aws:iam::111122223333:role/viewer+',
    ),
  });
  expect(await ask('team-a')).toEqual({ allowed: false });
});

it('has no opinion on groups and names: roles are the real server’s affair', async () => {
  const spec = {
    user: 'x',
    groups: ['system:masters', 'system:authenticated'],
    nonResourceAttributes: { path: '/version', verb: 'get' },
  };
  expect((await post('/webhooks/access-review', { ...AUTHORIZATION, spec })).body.status).toEqual({ allowed: false });
});

it('a token of another audience, or none, is not authenticated', async () => {
  const token = await test.token(viewer);
  const other = await post('/webhooks/token-review', { ...AUTHENTICATION, spec: { token, audiences: ['elsewhere'] } });
  expect(other.body.status).toMatchObject({ authenticated: false });
  const none = await post('/webhooks/token-review', { ...AUTHENTICATION, spec: {} });
  expect(none.body.status).toMatchObject({ authenticated: false });
});

it.each([
  ['/webhooks/token-review', { ...AUTHENTICATION, apiVersion: 'authentication.k8s.io/v1beta1' }, 400],
  ['/webhooks/token-review', AUTHORIZATION, 400],
  ['/webhooks/access-review', { ...AUTHORIZATION, spec: {} }, 422],
])('%s refuses what is not its review', async (path, body, code) => {
  expect((await post(path, body)).body).toMatchObject({ kind: 'Status', code });
});

it('is asked by POST', async () => {
  expect((await test.call(undefined, 'GET', '/webhooks/token-review')).code).toBe(405);
});
