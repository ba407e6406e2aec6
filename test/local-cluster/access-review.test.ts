/**
 * Would catch: access outside its scope, a policy allowing more or less than AWS's, a change of an entry showing never
 * or at once, and the ways round: impersonation, self-made roles, groups that only look like superusers.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seconds } from '../../src/core/time.ts';
import { startTestCluster, type TestCluster } from './harness.ts';
import { entryFor, inNamespaces, onCluster, type Person, person } from './people.ts';

const admin = person('admin');
const idle = person('idle');
const grouped = person('grouped');
const node = person('node');
const various = person('various');
const people = [admin, idle, grouped, node, various];
const standing = [
  entryFor(admin, onCluster('AmazonEKSClusterAdminPolicy')),
  entryFor(idle),
  entryFor(grouped, { kubernetesGroups: ['viewers'] }),
  entryFor(node, { type: 'EC2_LINUX', username: 'system:node:{{EC2PrivateDNSName}}' }),
];

let test: TestCluster;
beforeAll(async () => {
  test = await startTestCluster({ people, entries: standing });
});
afterAll(() => test.close());

/** Gives `various` this access, and lets it show. */
async function grant(access: ReturnType<typeof onCluster>): Promise<void> {
  test.setEntries([...standing, entryFor(various, access)]);
  await test.clock.advanceBy(seconds(1));
}
const code = async (who: Person, method: string, path: string, headers = {}) =>
  (await test.call(who, method, path, { headers })).code;

describe('an access policy by its scope', () => {
  it('of namespaces reaches those, and nothing that belongs to none', async () => {
    await grant(inNamespaces('AmazonEKSViewPolicy', 'dev'));
    expect(await code(various, 'GET', '/api/v1/namespaces/dev/pods')).toBe(200);
    expect(await code(various, 'GET', '/api/v1/namespaces/dev')).toBe(200);
    expect(await code(various, 'GET', '/api/v1/namespaces/team-a/pods')).toBe(403);
    expect(await code(various, 'GET', '/api/v1/namespaces')).toBe(403);
    expect(await code(various, 'GET', '/api/v1/pods')).toBe(403);
    expect(await code(various, 'GET', '/api/v1/nodes')).toBe(403);
  });

  it.each([
    ['d*', 'dev', 200],
    ['*', 'dev', 200],
    ['team-*', 'team-a', 200],
    ['team-*', 'dev', 403],
    ['ev', 'dev', 403],
    ['de.', 'dev', 403],
    ['team*', 'kube-system', 403],
  ])('with the wildcard %s in %s is answered %i', async (pattern, namespace, expected) => {
    await grant(inNamespaces('AmazonEKSViewPolicy', pattern));
    expect(await code(various, 'GET', `/api/v1/namespaces/${namespace}/pods`)).toBe(expected);
  });

  it('of namespaces keeps even the cluster admin policy inside', async () => {
    await grant(inNamespaces('AmazonEKSClusterAdminPolicy', 'dev'));
    expect(await code(various, 'GET', '/api/v1/namespaces/dev/secrets')).toBe(200);
    expect(await code(various, 'GET', '/api/v1/secrets')).toBe(403);
    expect(await code(various, 'GET', '/metrics')).toBe(403);
  });
});

describe('the seven policies for people', () => {
  it.each([
    // policy, list pods, list secrets, create secrets, exec, list nodes, list roles, list custom kinds
    ['AmazonEKSClusterAdminPolicy', [true, true, true, true, true, true, true]],
    ['AmazonEKSAdminPolicy', [true, true, true, true, false, true, false]],
    ['AmazonEKSEditPolicy', [true, true, true, true, false, false, false]],
    ['AmazonEKSViewPolicy', [true, false, false, false, false, false, false]],
    ['AmazonEKSAdminViewPolicy', [true, true, false, false, true, true, true]],
    ['AmazonEKSSecretReaderPolicy', [false, true, false, false, false, false, false]],
    ['AmazonEKSSecretAdminPolicy', [false, true, true, false, false, false, false]],
    ['AmazonEKSAutoNodePolicy', [false, false, false, false, false, false, false]],
  ])('%s', async (policy, expected) => {
    await grant(onCluster(policy));
    const asked = [
      { verb: 'list', resource: 'pods' },
      { verb: 'list', resource: 'secrets' },
      { verb: 'create', resource: 'secrets' },
      { verb: 'create', resource: 'pods', subresource: 'exec' },
      { verb: 'list', resource: 'nodes' },
      { verb: 'list', resource: 'roles', group: 'rbac.authorization.k8s.io' },
      { verb: 'list', resource: 'widgets', group: 'example.com' },
    ];
    const answers = [];
    for (const resourceAttributes of asked) {
      const review = {
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SelfSubjectAccessReview',
        spec: { resourceAttributes },
      };
      const { body } = await test.call(various, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', {
        body: review,
      });
      answers.push(body.status.allowed);
    }
    expect(answers).toEqual(expected);
  });
});

it('reading pods/exec does not suffice to run commands, as since Kubernetes 1.35', async () => {
  await grant(onCluster('AmazonEKSAdminViewPolicy'));
  const { body } = await test.call(various, 'GET', '/api/v1/namespaces/dev/pods/greeter-5d8f7c9b64-7xk2p/exec');
  expect(body.code).toBe(403);
  expect(body.message).toContain('cannot create resource "pods/exec" in API group "" in the namespace "dev"');
});

describe('a change of an access entry', () => {
  it('shows after a second, both ways', async () => {
    test.setEntries(standing);
    await test.clock.advanceBy(seconds(1));
    test.setEntries([...standing, entryFor(various, onCluster('AmazonEKSViewPolicy'))]);
    await test.clock.advanceBy(seconds(0.999));
    expect(await code(various, 'GET', '/api/v1/pods')).toBe(401);
    await test.clock.advanceBy(seconds(0.001));
    expect(await code(various, 'GET', '/api/v1/pods')).toBe(200);
    test.setEntries([...standing, entryFor(various)]);
    expect(await code(various, 'GET', '/api/v1/pods')).toBe(200);
    await test.clock.advanceBy(seconds(1));
    expect(await code(various, 'GET', '/api/v1/pods')).toBe(403);
    test.setEntries(standing);
    await test.clock.advanceBy(seconds(1));
    expect(await code(various, 'GET', '/api/v1/pods')).toBe(401);
  });
});

describe('an entry without policies', () => {
  it('is told Forbidden in Kubernetes’ words, not Unauthorized', async () => {
    const { body } = await test.call(idle, 'GET', '/api/v1/namespaces/dev/pods');
    expect(body).toEqual({
      kind: 'Status',
      apiVersion: 'v1',
      metadata: {},
      status: 'Failure',
      message:
        'pods is forbidden: User "arn:aws:sts::111122223333:assumed-role/idle/mia-example.com" cannot list resource "pods" in API group "" in the namespace "dev"',
      reason: 'Forbidden',
      details: { kind: 'pods' },
      code: 403,
    });
  });

  it.each([
    [
      'GET',
      '/apis/apps/v1/namespaces/dev/deployments/web',
      'deployments.apps "web" is forbidden: User "U" cannot get resource "deployments" in API group "apps" in the namespace "dev"',
    ],
    [
      'GET',
      '/api/v1/nodes',
      'nodes is forbidden: User "U" cannot list resource "nodes" in API group "" at the cluster scope',
    ],
    [
      'POST',
      '/api/v1/namespaces/dev/pods/p/exec',
      'pods "p" is forbidden: User "U" cannot create resource "pods/exec" in API group "" in the namespace "dev"',
    ],
    [
      'GET',
      '/api/v1/namespaces/dev',
      'namespaces "dev" is forbidden: User "U" cannot get resource "namespaces" in API group "" in the namespace "dev"',
    ],
    [
      'DELETE',
      '/api/v1/namespaces/dev/secrets',
      'secrets is forbidden: User "U" cannot deletecollection resource "secrets" in API group "" in the namespace "dev"',
    ],
    [
      'GET',
      '/apis/example.com/v1/widgets',
      'widgets.example.com is forbidden: User "U" cannot list resource "widgets" in API group "example.com" at the cluster scope',
    ],
    ['GET', '/metrics', 'forbidden: User "U" cannot get path "/metrics"'],
  ])('%s %s', async (method, path, message) => {
    const { body } = await test.call(idle, method, path);
    expect(body.code).toBe(403);
    expect(body.message.replace('arn:aws:sts::111122223333:assumed-role/idle/mia-example.com', 'U')).toBe(message);
  });

  it('still finds out what there is and what it may do', async () => {
    for (const path of ['/api', '/apis', '/api/v1', '/apis/apps/v1', '/openapi/v3', '/version']) {
      expect(await code(idle, 'GET', path)).toBe(200);
    }
    const review = {
      apiVersion: 'authorization.k8s.io/v1',
      kind: 'SelfSubjectRulesReview',
      spec: { namespace: 'dev' },
    };
    const { body } = await test.call(idle, 'POST', '/apis/authorization.k8s.io/v1/selfsubjectrulesreviews', {
      body: review,
    });
    expect(body.status).toMatchObject({
      incomplete: true,
      evaluationError: 'webhook authorizer does not support user rule resolution',
    });
    expect(JSON.stringify(body.status.resourceRules)).not.toContain('secrets');
  });
});

describe('groups and RBAC', () => {
  const bind = {
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'view' },
    subjects: [{ kind: 'Group', name: 'viewers' }],
  };

  it('a group opens what a binding gives it, until the binding goes', async () => {
    const path = '/apis/rbac.authorization.k8s.io/v1/namespaces/dev/rolebindings';
    expect(await code(grouped, 'GET', '/api/v1/namespaces/dev/pods')).toBe(403);
    await test.call(admin, 'POST', path, { body: { metadata: { name: 'viewers' }, ...bind } });
    expect(await code(grouped, 'GET', '/api/v1/namespaces/dev/pods')).toBe(200);
    expect(await code(grouped, 'GET', '/api/v1/namespaces/dev/secrets')).toBe(403);
    expect(await code(grouped, 'GET', '/api/v1/namespaces/team-a/pods')).toBe(403);
    await test.call(admin, 'DELETE', `${path}/viewers`);
    expect(await code(grouped, 'GET', '/api/v1/namespaces/dev/pods')).toBe(403);
  });

  it('a rule for one name allows a list of that name', async () => {
    const base = '/apis/rbac.authorization.k8s.io/v1/namespaces/dev';
    const rules = [
      { verbs: ['get', 'list'], apiGroups: [''], resources: ['configmaps'], resourceNames: ['greeter-settings'] },
    ];
    await test.call(admin, 'POST', `${base}/roles`, { body: { metadata: { name: 'one' }, rules } });
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'one' };
    await test.call(admin, 'POST', `${base}/rolebindings`, {
      body: { metadata: { name: 'one' }, roleRef, subjects: bind.subjects },
    });
    expect(
      await code(grouped, 'GET', '/api/v1/namespaces/dev/configmaps?fieldSelector=metadata.name%3Dgreeter-settings'),
    ).toBe(200);
    expect(await code(grouped, 'GET', '/api/v1/namespaces/dev/configmaps')).toBe(403);
    expect(await code(grouped, 'GET', '/api/v1/namespaces/dev/configmaps/kube-root-ca.crt')).toBe(403);
  });

  it('a node sees nodes and pods, and deletes no deployment', async () => {
    expect(await code(node, 'GET', '/api/v1/nodes')).toBe(200);
    expect(await code(node, 'DELETE', '/apis/apps/v1/namespaces/dev/deployments/greeter')).toBe(403);
  });

  it('who may write roles by an access policy cannot give away more than RBAC gave them', async () => {
    await grant(inNamespaces('AmazonEKSAdminPolicy', 'dev'));
    const path = '/apis/rbac.authorization.k8s.io/v1/namespaces/dev/rolebindings';
    const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'cluster-admin' };
    const body = { metadata: { name: 'planted' }, roleRef, subjects: [{ kind: 'User', name: 'mallory' }] };
    const { code: status, body: refusal } = await test.call(various, 'POST', path, { body });
    expect(status).toBe(403);
    expect(refusal.message).toContain(
      'is attempting to grant RBAC permissions not currently held:\n{APIGroups:["*"], Resources:["*"], Verbs:["*"]}',
    );
    expect(await code(admin, 'GET', `${path}/planted`)).toBe(404);
  });
});

describe('impersonation', () => {
  it('needs the right to it', async () => {
    const { body } = await test.call(idle, 'GET', '/api/v1/pods', { headers: { 'Impersonate-User': 'root' } });
    expect(body.message).toBe(
      'users "root" is forbidden: User "arn:aws:sts::111122223333:assumed-role/idle/mia-example.com" cannot impersonate resource "users" in API group "" at the cluster scope',
    );
  });

  it('leaves the caller’s access policies behind', async () => {
    expect(await code(admin, 'GET', '/api/v1/pods', { 'Impersonate-User': 'nobody' })).toBe(403);
    const asAdmin = { 'Impersonate-User': 'arn:aws:sts::111122223333:assumed-role/admin/mia-example.com' };
    expect(await code(admin, 'GET', '/api/v1/pods', asAdmin)).toBe(403);
  });

  it('is the only way into system:masters', async () => {
    expect(
      await code(admin, 'GET', '/api/v1/pods', { 'Impersonate-User': 'x', 'Impersonate-Group': 'system:masters' }),
    ).toBe(200);
    await grant(onCluster('AmazonEKSAdminPolicy'));
    expect(
      await code(various, 'GET', '/api/v1/pods', { 'Impersonate-User': 'x', 'Impersonate-Group': 'system:masters' }),
    ).toBe(403);
    const account = { 'Impersonate-User': 'system:serviceaccount:dev:default' };
    expect((await test.call(various, 'GET', '/api/v1/pods', { headers: account })).body.message).toContain(
      'User "system:serviceaccount:dev:default" cannot list',
    );
  });
});
