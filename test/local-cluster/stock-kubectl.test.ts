/**
 * Would catch: a cluster that our own client believes and kubectl does not. Four people, as on a real kube-apiserver:
 * verdicts, texts and exit codes, with a kubectl that speaks JSON (1.31 and before) and one that speaks protobuf.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seconds } from '../../src/core/time.ts';
import { openWatch, startTestCluster, type TestCluster } from './harness.ts';
import { findKubectls, type Kubectl, kubectlHome, type Person } from './kubectl.ts';
import { entryFor, inNamespaces, onCluster, person } from './people.ts';

const found = findKubectls();
const EDITIONS: readonly { edition: string; kubectl: Kubectl | undefined }[] = [
  { edition: '1.31 or before', kubectl: found.find(({ minor }) => minor <= 31 && minor >= 29) },
  { edition: '1.32 or later', kubectl: found.find(({ minor }) => minor >= 32) },
];

const admin = person('KubernetesAdmin');
const viewer = person('viewer');
const idle = person('idle');
const stranger = person('stranger');
const standing = [entryFor(admin, onCluster('AmazonEKSClusterAdminPolicy')), entryFor(idle)];
const granted = [...standing, entryFor(viewer, inNamespaces('AmazonEKSViewPolicy', 'dev'))];
const forbidden = (role: string, what: string): string =>
  `Error from server (Forbidden): ${what.replace('USER', `"arn:aws:sts::111122223333:assumed-role/${role}/mia-example.com"`)}\n`;

for (const { edition, kubectl } of EDITIONS) {
  // Told rather than hidden: a machine without this kubectl counts these as skipped, with the reason in the name.
  const title = kubectl ? `kubectl 1.${kubectl.minor}` : `kubectl ${edition}: none on this machine`;
  describe.skipIf(!kubectl)(title, { timeout: 60_000 }, () => {
    let test: TestCluster;
    let home: Awaited<ReturnType<typeof kubectlHome>>;
    const as: Record<string, Person> = {};
    const run = async (role: string, ...args: string[]) =>
      (await as[role]?.run(...args)) ?? { code: -1, stdout: '', stderr: '' };

    beforeAll(async () => {
      test = await startTestCluster({ people: [admin, viewer, idle, stranger], entries: granted });
      home = await kubectlHome();
      if (!kubectl) return;
      for (const who of [admin, viewer, idle, stranger])
        as[who.role] = await home.as(kubectl, test.cluster, await test.token(who));
    });
    afterAll(async () => {
      await home.remove();
      await test.close();
    });

    it('the article’s commands work for a cluster admin', async () => {
      const info = await run('KubernetesAdmin', 'cluster-info');
      expect(info.code).toBe(0);
      expect(info.stdout).toContain(test.cluster.url);
      expect(info.stdout).toContain('/api/v1/namespaces/kube-system/services/kube-dns:dns/proxy');
      expect(await run('KubernetesAdmin', 'auth', 'can-i', 'delete', 'pods', '-A')).toEqual({
        code: 0,
        stdout: 'yes\n',
        stderr: '',
      });
      expect(await run('KubernetesAdmin', 'auth', 'can-i', 'get', 'configmap/aws-auth', '-n', 'kube-system')).toEqual({
        code: 0,
        stdout: 'yes\n',
        stderr: '',
      });
      const configmaps = await run('KubernetesAdmin', 'get', 'configmaps', '-A');
      expect(configmaps.stdout).toMatch(/^NAMESPACE +NAME +DATA +AGE\n/);
      expect(configmaps.stdout).toMatch(/\nkube-system +aws-auth +1 +0s\n/);
      const secrets = await run('KubernetesAdmin', 'get', 'secrets', '-A');
      expect(secrets.stdout).toMatch(/\ndev +greeter-credentials +Opaque +2 +0s\n/);
      const secret = ['secret', 'testsecret'] as const;
      expect(await run('KubernetesAdmin', '-n', 'kube-system', 'create', 'secret', 'generic', 'testsecret')).toEqual({
        code: 0,
        stdout: 'secret/testsecret created\n',
        stderr: '',
      });
      const deletion = await run('KubernetesAdmin', '-n', 'kube-system', 'delete', ...secret);
      expect(deletion).toMatchObject({ code: 0, stdout: expect.stringContaining('secret "testsecret" deleted') });
      expect(await run('KubernetesAdmin', '-n', 'kube-system', 'get', ...secret)).toEqual({
        code: 1,
        stdout: '',
        stderr: 'Error from server (NotFound): secrets "testsecret" not found\n',
      });
    });

    it('a view of namespace dev sees dev, and is told what it may not', async () => {
      expect((await run('viewer', 'get', 'pods', '-n', 'dev')).stdout).toMatch(
        /greeter-5d8f7c9b64-7xk2p +1\/1 +Running +0 +0s\n/,
      );
      expect((await run('viewer', 'get', 'ns', 'dev')).stdout).toMatch(/\ndev +Active +0s\n/);
      expect((await run('viewer', 'logs', 'deploy/greeter', '-n', 'dev', '--tail=1')).stdout).toContain(
        'greeter is ready',
      );
      expect(await run('viewer', 'get', 'ns')).toEqual({
        code: 1,
        stdout: '',
        stderr: forbidden(
          'viewer',
          'namespaces is forbidden: User USER cannot list resource "namespaces" in API group "" at the cluster scope',
        ),
      });
      expect((await run('viewer', 'get', 'secrets', '-n', 'dev')).stderr).toBe(
        forbidden(
          'viewer',
          'secrets is forbidden: User USER cannot list resource "secrets" in API group "" in the namespace "dev"',
        ),
      );
      expect(await run('viewer', 'auth', 'can-i', 'get', 'secrets', '-n', 'dev')).toMatchObject({
        code: 1,
        stdout: 'no\n',
      });
      expect(await run('viewer', 'auth', 'can-i', 'get', 'pods', '-n', 'dev')).toMatchObject({
        code: 0,
        stdout: 'yes\n',
      });
      expect(await run('viewer', 'create', 'secret', 'generic', 'x', '-n', 'dev')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('cannot create resource "secrets" in API group "" in the namespace "dev"'),
      });
      expect(await run('viewer', 'exec', 'greeter-5d8f7c9b64-7xk2p', '-n', 'dev', '--', 'id')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('cannot create resource "pods/exec"'),
      });
      const info = await run('viewer', 'cluster-info');
      expect(info.code).toBe(1);
      expect(info.stderr).toContain('services is forbidden');
    });

    it('an entry without policies authenticates, and may only ask about itself', async () => {
      const whoami = await run('idle', 'auth', 'whoami');
      expect(whoami.code).toBe(0);
      expect(whoami.stdout).toMatch(/\nUsername +arn:aws:sts::111122223333:assumed-role\/idle\/mia-example.com\n/);
      expect(whoami.stdout).toMatch(/\nExtra: sessionName +\[mia@example.com\]\n/);
      expect(await run('idle', 'get', 'pods', '-n', 'dev')).toEqual({
        code: 1,
        stdout: '',
        stderr: forbidden(
          'idle',
          'pods is forbidden: User USER cannot list resource "pods" in API group "" in the namespace "dev"',
        ),
      });
      const list = await run('idle', 'auth', 'can-i', '--list');
      expect(list.code).toBe(0);
      expect(list.stderr).toContain(
        'Warning: the list may be incomplete: webhook authorizer does not support user rule resolution',
      );
      expect(list.stdout).toMatch(/selfsubjectaccessreviews.authorization.k8s.io +\[\] +\[\] +\[create\]/);
    });

    it('no entry is Unauthorized', async () => {
      const { code, stdout, stderr } = await run('stranger', 'get', 'pods');
      expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
      expect(stderr).toContain('error: You must be logged in to the server (Unauthorized)\n');
      expect(await run('stranger', 'auth', 'whoami')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('Unauthorized'),
      });
    });

    it('apply makes, changes and leaves alone', async () => {
      const manifest = (image: string) =>
        [
          'apiVersion: apps/v1',
          'kind: Deployment',
          'metadata: {name: web, namespace: dev}',
          'spec:',
          '  selector: {matchLabels: {app: web}}',
          '  template:',
          '    metadata: {labels: {app: web}}',
          `    spec: {containers: [{name: web, image: "${image}"}, {name: side, image: "side:1"}]}`,
          '',
        ].join('\n');
      const file = await home.write('web.yaml', manifest('web:1'));
      expect(await run('KubernetesAdmin', 'apply', '-f', file)).toEqual({
        code: 0,
        stdout: 'deployment.apps/web created\n',
        stderr: '',
      });
      await home.write('web.yaml', manifest('web:2'));
      expect((await run('KubernetesAdmin', 'apply', '-f', file)).stdout).toBe('deployment.apps/web configured\n');
      expect((await run('KubernetesAdmin', 'apply', '-f', file)).stdout).toBe('deployment.apps/web unchanged\n');
      expect((await run('KubernetesAdmin', 'apply', '--server-side', '--force-conflicts', '-f', file)).stdout).toBe(
        'deployment.apps/web serverside-applied\n',
      );
      const images = await run(
        'KubernetesAdmin',
        'get',
        'deploy',
        'web',
        '-n',
        'dev',
        '-o',
        'jsonpath={.spec.template.spec.containers[*].image}',
      );
      expect(images.stdout).toBe('web:2 side:1');
      expect(await run('KubernetesAdmin', 'delete', '-f', file)).toMatchObject({ code: 0 });
    });

    it('what kubectl creates from arguments arrives whole', async () => {
      const made = async (...args: string[]) =>
        expect(await run('KubernetesAdmin', 'create', ...args)).toMatchObject({ code: 0, stderr: '' });
      await made('ns', 'made');
      await made('configmap', 'c', '-n', 'made', '--from-literal=a=1', '--from-literal=name=');
      await made('sa', 's', '-n', 'made');
      await made('role', 'r', '-n', 'made', '--verb=list', '--resource=pods');
      await made('rolebinding', 'b', '-n', 'made', '--role=r', '--serviceaccount=made:s');
      await made('deployment', 'd', '-n', 'made', '--image=nginx', '--replicas=3', '--port=80');
      await made('service', 'clusterip', 'v', '-n', 'made', '--tcp=80:8080');
      await made('job', 'j', '-n', 'made', '--image=busybox', '--', 'echo', 'hi');
      const json = async (path: string) => (await test.call(admin, 'GET', path)).body;
      expect((await json('/api/v1/namespaces/made/configmaps/c')).data).toEqual({ a: '1', name: '' });
      expect((await json('/apis/apps/v1/namespaces/made/deployments/d')).spec).toMatchObject({
        replicas: 3,
        selector: { matchLabels: { app: 'd' } },
        template: { spec: { containers: [{ name: 'nginx', image: 'nginx', ports: [{ containerPort: 80 }] }] } },
      });
      expect((await json('/api/v1/namespaces/made/services/v')).spec.ports).toEqual([
        { name: '80-8080', port: 80, protocol: 'TCP', targetPort: 8_080 },
      ]);
      expect((await json('/apis/batch/v1/namespaces/made/jobs/j')).spec.template.spec).toMatchObject({
        containers: [{ command: ['echo', 'hi'] }],
      });
      const asAccount = await run('KubernetesAdmin', 'get', 'pods', '-n', 'made', '--as=system:serviceaccount:made:s');
      expect(asAccount.code).toBe(0);
      expect(await run('KubernetesAdmin', 'delete', 'ns', 'made')).toMatchObject({ code: 0 });
    });

    it('exec by somebody who may says that it is not simulated', async () => {
      expect(await run('KubernetesAdmin', 'exec', 'greeter-5d8f7c9b64-7xk2p', '-n', 'dev', '--', 'id')).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('exec is not simulated: this cluster runs no containers'),
      });
    });

    it('the command after a grant’s end is refused, while a watch goes on', async () => {
      const watch = await openWatch(test, viewer, '/api/v1/namespaces/dev/pods?watch=1');
      expect((await run('viewer', 'get', 'pods', '-n', 'dev')).code).toBe(0);
      test.setEntries(standing);
      await test.clock.advanceBy(seconds(1));
      expect((await run('viewer', 'get', 'pods', '-n', 'dev')).stderr).toContain(
        'You must be logged in to the server (Unauthorized)',
      );
      expect((await watch.next()).type).toBe('ADDED');
      watch.stop();
    });
  });
}
