/** Would catch: a request without an event, an event that names the wrong person or object, or one that holds a secret. */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { openWatch, startTestCluster, type TestCluster } from './harness.ts';
import { entryFor, onCluster, person } from './people.ts';

const admin = person('admin');
const idle = person('idle');
const stranger = person('stranger');
let test: TestCluster;
beforeAll(async () => {
  test = await startTestCluster({
    people: [admin, idle, stranger],
    entries: [entryFor(admin, onCluster('AmazonEKSClusterAdminPolicy')), entryFor(idle)],
  });
});
beforeEach(() => void test.audit.splice(0));
afterAll(() => test.close());

const SECRETS = '/api/v1/namespaces/dev/secrets';

it('one event says who did what, as EKS writes it', async () => {
  await test.call(admin, 'POST', SECRETS, {
    body: { metadata: { name: 'testsecret' } },
    headers: { 'User-Agent': 'kubectl/v1.33' },
  });
  expect(test.audit).toEqual([
    {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level: 'Metadata',
      auditID: expect.stringMatching(/^[0-9a-f-]{36}$/),
      stage: 'ResponseComplete',
      requestURI: '/api/v1/namespaces/dev/secrets',
      verb: 'create',
      user: {
        username: 'arn:aws:sts::111122223333:assumed-role/admin/mia-example.com',
        uid: 'aws-iam-authenticator:111122223333:AROAADMINXXXXXXXXXXXX',
        groups: ['system:authenticated'],
        extra: expect.objectContaining({ sessionName: ['mia@example.com'] }),
      },
      sourceIPs: ['127.0.0.1'],
      userAgent: 'kubectl/v1.33',
      objectRef: { resource: 'secrets', namespace: 'dev', name: 'testsecret', apiVersion: 'v1' },
      responseStatus: { metadata: {}, code: 201 },
      requestReceivedTimestamp: '2026-11-24T09:00:00.000Z',
      stageTimestamp: '2026-11-24T09:00:00.000Z',
      annotations: {
        'authorization.k8s.io/decision': 'allow',
        'authorization.k8s.io/reason':
          'EKS Access Policy: allowed by ClusterRoleBinding "arn:aws:iam::111122223333:role/admin+arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy" of ClusterRole "arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy" to User "AROAADMINXXXXXXXXXXXX"',
      },
    },
  ]);
});

it('refusals are there, too: who could not be told, and who might not', async () => {
  await test.call(stranger, 'GET', SECRETS);
  await test.call(idle, 'GET', SECRETS);
  await test.call(undefined, 'GET', '/healthz');
  expect(
    test.audit.map(({ user, responseStatus, annotations }) => [
      user.username,
      responseStatus.code,
      annotations?.['authorization.k8s.io/decision'],
    ]),
  ).toEqual([
    [undefined, 401, undefined],
    ['arn:aws:sts::111122223333:assumed-role/idle/mia-example.com', 403, 'forbid'],
    ['system:anonymous', 200, 'allow'],
  ]);
  expect(test.audit[1]?.responseStatus).toMatchObject({
    status: 'Failure',
    reason: 'Forbidden',
    message: expect.stringContaining('secrets is forbidden'),
  });
});

it('a watch has two: when it began, and when it was over', async () => {
  const watch = await openWatch(test, admin, `${SECRETS}?watch=1`);
  expect(test.audit.map(({ stage, verb }) => [stage, verb])).toEqual([['ResponseStarted', 'watch']]);
  const { auditID } = test.audit[0] ?? {};
  const over = new Promise<void>((resolve) => {
    const push = test.audit.push.bind(test.audit);
    test.audit.push = (...events) => {
      resolve();
      return push(...events);
    };
  });
  watch.stop();
  await over;
  expect(test.audit.at(-1)).toMatchObject({ stage: 'ResponseComplete', auditID });
});

it('an impersonator and whom they impersonate are both named', async () => {
  await test.call(admin, 'GET', SECRETS, { headers: { 'Impersonate-User': 'somebody' } });
  expect(test.audit[0]).toMatchObject({
    user: { username: 'arn:aws:sts::111122223333:assumed-role/admin/mia-example.com' },
    impersonatedUser: { username: 'somebody', groups: ['system:authenticated'] },
    annotations: { 'authorization.k8s.io/decision': 'forbid' },
  });
});

it('no token and nothing of a secret is ever in it', async () => {
  const value = Buffer.from('very-secret').toString('base64');
  const json = { headers: { 'Content-Type': 'application/json' } };
  await test.call(admin, 'POST', SECRETS, { body: { metadata: { name: 'quiet' }, data: { k: value } } });
  await test.call(admin, 'POST', SECRETS, { ...json, body: `{"metadata":{"name":"x"},"data":{"k":"${value}*"}}` });
  await test.call(admin, 'POST', SECRETS, { ...json, body: `{"${value}":` });
  await test.call(admin, 'POST', SECRETS, { body: { metadata: { name: `x ${value}` } } });
  await test.call(admin, 'GET', `${SECRETS}/quiet`);
  const review = {
    apiVersion: 'authentication.k8s.io/v1',
    kind: 'TokenReview',
    spec: { token: await test.token(admin) },
  };
  const { body, text } = await test.call(admin, 'POST', '/apis/authentication.k8s.io/v1/tokenreviews', {
    body: review,
  });
  expect(body.status.authenticated).toBe(true);
  const log = JSON.stringify(test.audit);
  expect(test.audit).toHaveLength(6);
  expect(log).not.toContain(value);
  expect(log + text).not.toContain('k8s-aws-v1');
});

it('one caller cannot fill it: long texts are cut', async () => {
  const long = 'a'.repeat(6_000);
  await test.call(admin, 'GET', `/api/v1/namespaces/${long}/pods?labelSelector=a`, { headers: { 'User-Agent': long } });
  expect(JSON.stringify(test.audit[0]).length).toBeLessThan(6_000);
  expect(test.audit[0]?.userAgent).toMatch(/a\.\.\.TRUNCATED$/);
});

it('that cannot be written stops nobody', async () => {
  const push = test.audit.push;
  const warned = new Promise((resolve) => process.once('warning', resolve));
  test.audit.push = () => {
    throw new Error('the disk is full');
  };
  expect((await test.call(admin, 'GET', SECRETS)).code).toBe(200);
  expect(await warned).toMatchObject({ message: 'the disk is full' });
  test.audit.push = push;
});
