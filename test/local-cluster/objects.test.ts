/**
 * Would catch: writes that overwrite somebody else's, objects that should not exist, deletions that leave or take too
 * much, and answers that kubectl cannot tell apart.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startTestCluster, type TestCluster } from './harness.ts';
import { entryFor, onCluster, person } from './people.ts';

const admin = person('admin');
let test: TestCluster;
beforeAll(async () => {
  test = await startTestCluster({
    people: [admin],
    entries: [entryFor(admin, onCluster('AmazonEKSClusterAdminPolicy'))],
  });
});
afterAll(() => test.close());

const CM = '/api/v1/namespaces/dev/configmaps';
const send = (method: string, path: string, body?: object, type?: string) =>
  test.call(admin, method, path, {
    ...(body ? { body: type ? JSON.stringify(body) : body } : {}),
    ...(type ? { headers: { 'Content-Type': type } } : {}),
  });
const create = (name: string, data: object = { a: '1' }) => send('POST', CM, { metadata: { name }, data });
const MERGE = 'application/merge-patch+json';

describe('create', () => {
  it('answers 201 with what the server added', async () => {
    const { code, body } = await create('one');
    expect(code).toBe(201);
    expect(body).toMatchObject({ apiVersion: 'v1', kind: 'ConfigMap', data: { a: '1' } });
    expect(body.metadata).toMatchObject({ name: 'one', namespace: 'dev', creationTimestamp: '2026-11-24T09:00:00Z' });
    expect(body.metadata.uid).toMatch(/^[0-9a-f-]{36}$/);
    expect((await send('GET', `${CM}/one`)).body).toEqual(body);
  });

  it('refuses a name that is taken, in these words', async () => {
    expect((await create('one')).body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message: 'configmaps "one" already exists',
      reason: 'AlreadyExists',
      details: { name: 'one', kind: 'configmaps' },
      code: 409,
    });
  });

  it('makes up the end of a generated name', async () => {
    const { body } = await send('POST', CM, { metadata: { generateName: 'gen-' } });
    expect(body.metadata.name).toMatch(/^gen-[a-z0-9]{5}$/);
  });

  it('listens to no uid, status or time that a client makes up', async () => {
    const metadata = { name: 'liar', uid: 'x', creationTimestamp: '2000-01-01T00:00:00Z', resourceVersion: '1' };
    const pod = { metadata, spec: { containers: [{ name: 'c', image: 'i' }] }, status: { phase: 'Running' } };
    const { body } = await send('POST', '/api/v1/namespaces/dev/pods', pod);
    expect(body.status.phase).toBe('Pending');
    expect(body.metadata.uid).not.toBe('x');
    expect(body.metadata.creationTimestamp).toBe('2026-11-24T09:00:00Z');
  });

  it('needs the namespace to be there', async () => {
    const { body } = await send('POST', '/api/v1/namespaces/nowhere/configmaps', { metadata: { name: 'x' } });
    expect(body).toMatchObject({ code: 404, message: 'namespaces "nowhere" not found' });
  });

  it('with dryRun=All moves nothing', async () => {
    const { code } = await send('POST', `${CM}?dryRun=All`, { metadata: { name: 'dry' } });
    expect(code).toBe(201);
    expect((await send('GET', `${CM}/dry`)).code).toBe(404);
    expect((await send('POST', `${CM}?dryRun=Some`, { metadata: { name: 'dry' } })).code).toBe(422);
  });

  it('folds stringData of a secret into data', async () => {
    const { body } = await send('POST', '/api/v1/namespaces/dev/secrets', {
      metadata: { name: 's' },
      stringData: { k: 'v' },
    });
    expect(body).toMatchObject({ type: 'Opaque', data: { k: 'dg==' } });
    expect(body.stringData).toBeUndefined();
  });

  it('furnishes a new namespace', async () => {
    const { body } = await send('POST', '/api/v1/namespaces', { metadata: { name: 'fresh' } });
    expect(body).toMatchObject({
      status: { phase: 'Active' },
      metadata: { labels: { 'kubernetes.io/metadata.name': 'fresh' } },
    });
    expect((await send('GET', '/api/v1/namespaces/fresh/serviceaccounts/default')).code).toBe(200);
  });
});

describe('invalid objects are refused with 422 and what would be right', () => {
  const invalid = async (path: string, body: object) => {
    const reply = await send('POST', path, body);
    expect(reply.code).toBe(422);
    return reply.body;
  };
  it('a name', async () => {
    const body = await invalid('/api/v1/namespaces/dev/secrets', { metadata: { name: 'Bad_Name' } });
    expect(body.message).toBe(
      "Secret \"Bad_Name\" is invalid: metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*')",
    );
    expect(body.details).toMatchObject({
      name: 'Bad_Name',
      kind: 'Secret',
      causes: [{ reason: 'FieldValueInvalid', field: 'metadata.name' }],
    });
  });
  it.each([
    ['no name', CM, { metadata: {} }, 'metadata.name: Required value: name or generateName is required'],
    [
      'a namespace of 64 characters',
      '/api/v1/namespaces',
      { metadata: { name: 'n'.repeat(64) } },
      'must be no more than 63 characters',
    ],
    [
      'a service that begins with a digit',
      '/api/v1/namespaces/dev/services',
      { metadata: { name: '1x' } },
      'a DNS-1035 label must consist',
    ],
    [
      'a role called ..',
      '/apis/rbac.authorization.k8s.io/v1/clusterroles',
      { metadata: { name: '..' } },
      "may not contain '/' or '%'",
    ],
    [
      'a label',
      CM,
      { metadata: { name: 'x', labels: { a: 'not a label' } } },
      'metadata.labels: Invalid value: "not a label"',
    ],
    ['a key', CM, { metadata: { name: 'x' }, data: { 'a b': '' } }, 'data[a b]: Invalid value: "a b"'],
    [
      'more than a MiB',
      CM,
      { metadata: { name: 'x' }, data: { a: 'x'.repeat(1_048_577) } },
      'data: Too long: may not be more than 1048576 bytes',
    ],
    [
      'a pod without containers',
      '/api/v1/namespaces/dev/pods',
      { metadata: { name: 'x' }, spec: {} },
      'spec.containers: Required value',
    ],
    [
      'a binding of nothing',
      '/apis/rbac.authorization.k8s.io/v1/namespaces/dev/rolebindings',
      { metadata: { name: 'x' }, roleRef: { kind: 'Group', name: 'x' } },
      'roleRef.kind: Unsupported value: "Group": supported values: "Role", "ClusterRole"',
    ],
  ])('%s', async (_, path, body, text) => {
    expect((await invalid(path, body)).message).toContain(text);
  });
});

describe('update', () => {
  it('of an old version is a conflict, and the newer one stays', async () => {
    const first = (await create('race')).body;
    const second = (await send('PUT', `${CM}/race`, { ...first, data: { a: '2' } })).body;
    expect(second.data).toEqual({ a: '2' });
    const { body } = await send('PUT', `${CM}/race`, { ...first, data: { a: '3' } });
    expect(body).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message:
        'Operation cannot be fulfilled on configmaps "race": the object has been modified; please apply your changes to the latest version and try again',
    });
    expect((await send('GET', `${CM}/race`)).body.data).toEqual({ a: '2' });
  });

  it('that changes nothing keeps the version', async () => {
    const before = (await create('same')).body;
    expect((await send('PUT', `${CM}/same`, before)).body).toEqual(before);
  });

  it('needs the object, its own name and its own namespace', async () => {
    expect((await send('PUT', `${CM}/absent`, { metadata: { name: 'absent' } })).code).toBe(404);
    expect((await send('PUT', `${CM}/same`, { metadata: { name: 'other' } })).body.message).toBe(
      'the name of the object (other) does not match the name on the URL (same)',
    );
    expect((await send('PUT', `${CM}/same`, { metadata: { name: 'same', namespace: 'team-a' } })).body.message).toBe(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  });

  it('cannot rewrite what is immutable', async () => {
    await send('POST', CM, { metadata: { name: 'fixed' }, data: { a: '1' }, immutable: true });
    expect((await send('PATCH', `${CM}/fixed`, { data: { a: '2' } }, MERGE)).code).toBe(422);
    expect((await send('PATCH', '/api/v1/namespaces/dev/secrets/s', { type: 'other' }, MERGE)).body.message).toContain(
      'type: Invalid value',
    );
  });
});

describe('patch', () => {
  const patch = (name: string, type: string, body: object) => send('PATCH', `${CM}/${name}`, body, type);

  it('merge and strategic merge change maps alike', async () => {
    await create('p', { a: '1', b: '2' });
    expect((await patch('p', MERGE, { data: { a: null, c: '3' } })).body.data).toEqual({ b: '2', c: '3' });
    const strategic = 'application/strategic-merge-patch+json';
    expect((await patch('p', strategic, { data: { b: null, d: '4' } })).body.data).toEqual({ c: '3', d: '4' });
  });

  it('a JSON patch is applied as a whole or not at all', async () => {
    const type = 'application/json-patch+json';
    await create('jp', { a: '1' });
    const failing = [
      { op: 'add', path: '/data/b', value: '2' },
      { op: 'test', path: '/data/a', value: 'other' },
    ];
    expect(await patch('jp', type, failing)).toMatchObject({
      code: 422,
      body: { message: 'the server rejected our request due to an error in our request' },
    });
    expect((await send('GET', `${CM}/jp`)).body.data).toEqual({ a: '1' });
    const moving = [{ op: 'move', from: '/data/a', path: '/data/b' }];
    expect((await patch('jp', type, moving)).body.data).toEqual({ b: '1' });
  });

  it('cannot rename, move or rejuvenate an object', async () => {
    const before = (await create('firm')).body;
    expect((await patch('firm', MERGE, { metadata: { name: 'else' } })).code).toBe(400);
    expect((await patch('firm', MERGE, { metadata: { uid: 'x' } })).code).toBe(409);
    const after = (await patch('firm', MERGE, { metadata: { creationTimestamp: '2000-01-01T00:00:00Z' } })).body;
    expect(after).toEqual(before);
  });

  it('of an old version is a conflict', async () => {
    const { metadata } = (await create('versioned')).body;
    await patch('versioned', MERGE, { data: { b: '1' } });
    const stale = { metadata: { resourceVersion: metadata.resourceVersion }, data: { b: '2' } };
    expect((await patch('versioned', MERGE, stale)).code).toBe(409);
  });

  it('server-side apply makes what is missing and merges what is there', async () => {
    const yaml = (value: string) => `apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: ssa\ndata:\n  ${value}\n`;
    const apply = (path: string, value: string) =>
      test.call(admin, 'PATCH', path, {
        body: yaml(value),
        headers: { 'Content-Type': 'application/apply-patch+yaml' },
      });
    expect(await apply(`${CM}/ssa?fieldManager=me`, "a: '1'")).toMatchObject({ code: 201, body: { data: { a: '1' } } });
    expect(await apply(`${CM}/ssa?fieldManager=me`, "b: '2'")).toMatchObject({
      code: 200,
      body: { data: { a: '1', b: '2' } },
    });
    expect((await apply(`${CM}/ssa`, "b: '2'")).body.message).toContain('fieldManager: Required value');
  });
});

describe('scale', () => {
  const SCALE = '/apis/apps/v1/namespaces/dev/deployments/greeter/scale';
  it('is read and changed beside the deployment', async () => {
    expect((await send('GET', SCALE)).body).toMatchObject({
      kind: 'Scale',
      apiVersion: 'autoscaling/v1',
      spec: { replicas: 2 },
      status: { replicas: 2, selector: 'app=greeter' },
    });
    expect((await send('PATCH', SCALE, { spec: { replicas: 3 } }, MERGE)).body.spec).toEqual({ replicas: 3 });
    const { body } = await send('GET', '/apis/apps/v1/namespaces/dev/deployments/greeter');
    expect(body.spec.replicas).toBe(3);
    expect(body.spec.template.spec.containers).toHaveLength(1);
  });
  it('refuses fewer than none, and an old version', async () => {
    expect((await send('PATCH', SCALE, { spec: { replicas: -1 } }, MERGE)).code).toBe(422);
    const scale = (await send('GET', SCALE)).body;
    await send('PATCH', SCALE, { spec: { replicas: 1 } }, MERGE);
    expect((await send('PUT', SCALE, { ...scale, spec: { replicas: 9 } })).code).toBe(409);
  });
});

it('a field that a kind does not have is refused if asked to be strict, else dropped', async () => {
  const typo = { metadata: { name: 'typo' }, dta: { a: '1' } };
  expect((await send('POST', `${CM}?fieldValidation=Strict`, typo)).body).toMatchObject({
    code: 400,
    message: 'ConfigMap in version "v1" cannot be handled as a ConfigMap: strict decoding error: unknown field "dta"',
  });
  expect((await send('POST', CM, typo)).body.dta).toBeUndefined();
});

describe('delete', () => {
  it('answers a Status that names what is gone', async () => {
    const { body } = await create('gone');
    expect((await send('DELETE', `${CM}/gone`)).body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Success',
      details: { name: 'gone', kind: 'configmaps', uid: body.metadata.uid },
      code: 200,
    });
    expect((await send('DELETE', `${CM}/gone`)).body).toMatchObject({
      code: 404,
      message: 'configmaps "gone" not found',
    });
  });

  it('with a precondition spares an object made again', async () => {
    await create('again');
    const { body } = await send('DELETE', `${CM}/again`, { preconditions: { uid: 'another' } });
    expect(body).toMatchObject({ code: 409, reason: 'Conflict' });
    expect((await send('GET', `${CM}/again`)).code).toBe(200);
  });

  it('as a dry run spares it, too', async () => {
    await create('dried');
    expect((await send('DELETE', `${CM}/dried`, { dryRun: ['All'] })).code).toBe(200);
    expect((await send('GET', `${CM}/dried`)).code).toBe(200);
  });

  it('waits for finalizers', async () => {
    await send('POST', CM, { metadata: { name: 'held', finalizers: ['example.com/hold'] } });
    await send('DELETE', `${CM}/held`);
    expect((await send('GET', `${CM}/held`)).body.metadata.deletionTimestamp).toBe('2026-11-24T09:00:00Z');
    await send('PATCH', `${CM}/held`, { metadata: { finalizers: null } }, MERGE);
    expect((await send('GET', `${CM}/held`)).code).toBe(404);
  });

  it('of a deployment takes its replica sets and pods along', async () => {
    await send('DELETE', '/apis/apps/v1/namespaces/team-a/deployments/orders');
    expect((await send('GET', '/api/v1/namespaces/team-a/pods')).body.items).toEqual([]);
    expect((await send('GET', '/apis/apps/v1/namespaces/team-a/replicasets')).body.items).toEqual([]);
    expect((await send('GET', '/api/v1/namespaces/team-a/services')).body.items).toHaveLength(1);
  });

  it('of a namespace takes all in it, and the lasting ones stay', async () => {
    await send('POST', '/api/v1/namespaces', { metadata: { name: 'brief' } });
    await send('POST', '/api/v1/namespaces/brief/configmaps', { metadata: { name: 'x' } });
    expect((await send('DELETE', '/api/v1/namespaces/brief')).code).toBe(200);
    expect((await send('GET', '/api/v1/namespaces/brief')).code).toBe(404);
    expect((await send('GET', '/api/v1/namespaces/brief/configmaps/x')).code).toBe(404);
    expect((await send('DELETE', '/api/v1/namespaces/kube-system')).body.message).toBe(
      'namespaces "kube-system" is forbidden: this namespace may not be deleted',
    );
  });

  it('of a collection takes what the selector names, in one namespace', async () => {
    for (const name of ['c1', 'c2']) await send('POST', CM, { metadata: { name, labels: { batch: 'x' } } });
    await send('POST', '/api/v1/namespaces/team-a/configmaps', { metadata: { name: 'c3', labels: { batch: 'x' } } });
    const { body } = await send('DELETE', `${CM}?labelSelector=batch%3Dx`);
    expect(body.items.map((item: { metadata: { name: string } }) => item.metadata.name)).toEqual(['c1', 'c2']);
    expect((await send('GET', '/api/v1/namespaces/team-a/configmaps/c3')).code).toBe(200);
    expect((await send('DELETE', '/api/v1/configmaps')).code).toBe(405);
  });
});

describe('list', () => {
  const names = async (path: string): Promise<string[]> =>
    (await send('GET', path)).body.items.map((item: { metadata: { name: string } }) => item.metadata.name);

  it.each([
    ['k8s-app=kube-dns', 2],
    ['k8s-app!=kube-dns', 4],
    ['k8s-app in (kube-dns,aws-node)', 4],
    ['k8s-app notin (kube-dns, aws-node)', 2],
    ['k8s-app', 6],
    ['!k8s-app', 0],
    ['k8s-app=kube-dns,k8s-app=aws-node', 0],
    ['constructor', 0],
  ])('by label %s', async (selector, count) => {
    const path = `/api/v1/namespaces/kube-system/pods?labelSelector=${encodeURIComponent(selector)}`;
    expect(await names(path)).toHaveLength(count);
  });

  it.each([
    ['metadata.name=aws-node-7xk2p', 1],
    ['metadata.namespace=kube-system,status.phase=Running', 6],
    ['status.phase!=Running', 1],
    ['spec.nodeName=ip-10-0-11-24.eu-west-1.compute.internal', 4],
  ])('by field %s', async (selector, count) => {
    expect(await names(`/api/v1/pods?fieldSelector=${encodeURIComponent(selector)}`)).toHaveLength(count);
  });

  it('refuses a selector that it does not know', async () => {
    expect((await send('GET', '/api/v1/pods?fieldSelector=spec.foo%3D1')).body).toMatchObject({
      code: 400,
      message: 'field label not supported: spec.foo',
    });
    expect((await send('GET', '/api/v1/pods?labelSelector=%3D%3D')).code).toBe(400);
  });

  it('comes in pages that miss and repeat nothing', async () => {
    const all = await names('/api/v1/pods');
    const seen: string[] = [];
    let token = '';
    do {
      const { body } = await send('GET', `/api/v1/pods?limit=3&continue=${token}`);
      seen.push(...body.items.map((item: { metadata: { name: string } }) => item.metadata.name));
      token = body.metadata.continue ?? '';
    } while (token);
    expect(seen).toEqual(all);
    expect((await send('GET', '/api/v1/pods?limit=3&continue=forged')).code).toBe(400);
    expect((await send('GET', '/api/v1/pods?limit=x')).code).toBe(400);
  });
});

describe('a seeded cluster', () => {
  it('looks like a small EKS cluster', async () => {
    const namesOf = async (path: string) =>
      (await send('GET', path)).body.items.map((item: { metadata: { name: string } }) => item.metadata.name);
    expect(await namesOf('/api/v1/nodes')).toEqual([
      'ip-10-0-11-24.eu-west-1.compute.internal',
      'ip-10-0-12-87.eu-west-1.compute.internal',
    ]);
    expect(await namesOf('/apis/apps/v1/namespaces/kube-system/daemonsets')).toEqual(['aws-node', 'kube-proxy']);
    expect(await namesOf('/apis/apps/v1/namespaces/kube-system/deployments')).toEqual(['coredns']);
    expect((await send('GET', '/api/v1/namespaces/kube-system/configmaps/aws-auth')).body.data.mapRoles).toContain(
      'arn:aws:iam::111122223333:role/eks-node',
    );
    expect((await send('GET', '/apis/batch/v1/jobs')).body).toMatchObject({
      kind: 'JobList',
      apiVersion: 'batch/v1',
      items: [],
    });
    expect((await send('GET', '/version')).body).toMatchObject({ major: '1', minor: '35' });
  });
});

describe('pods', () => {
  const POD = '/api/v1/namespaces/dev/pods/greeter-5d8f7c9b64-7xk2p';
  it('have a short log', async () => {
    const { code, text } = await send('GET', `${POD}/log?tailLines=1`);
    expect(code).toBe(200);
    expect(text).toBe(
      '2026-11-24T09:00:00Z greeter is ready (the local cluster runs no containers: it logs no more than this)\n',
    );
    expect((await send('GET', `${POD}/log?container=x`)).body.message).toBe(
      'container x is not valid for pod greeter-5d8f7c9b64-7xk2p',
    );
  });
  it.each(['exec', 'attach', 'portforward'])('say that %s is not simulated', async (subresource) => {
    expect((await send('POST', `${POD}/${subresource}`)).body).toMatchObject({
      code: 501,
      reason: 'NotImplemented',
      message: expect.stringContaining('is not simulated'),
    });
    expect((await send('POST', `/api/v1/namespaces/dev/pods/absent/${subresource}`)).code).toBe(404);
  });
});
