/**
 * Grants and the simulated clusters together, as people meet them. Would catch a token that opens another cluster, a
 * grant whose end kubectl does not notice, an open watch that is cut though EKS would let it go on, and a kubeconfig
 * that stock clients cannot use.
 */
import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type VirtualClock, virtualClock } from '../../local/clock.ts';
import { type ClusterAccess, kubernetes } from '../../local/demo/kubernetes.ts';
import { enter, hallpass, token } from '../../local/demo/people.ts';
import { writeEnvironment } from '../../local/world/environment.ts';
import { startWorld, type World } from '../../local/world/world.ts';
import { instant, minutes, seconds } from '../../src/core/time.ts';
import type { GrantWithTimeline } from '../../src/http/schemas.ts';
import { exampleConfig } from '../life/harness.ts';
import { findKubectls, type Kubectl } from '../local-cluster/kubectl.ts';

const SECOND = `  second:
    arn: arn:aws:eks:eu-west-1:111122223333:cluster/second
    executor: arn:aws:iam::111122223333:role/hallpass-executor
`;
const ADMIN_ROLE = 'arn:aws:iam::111122223333:role/KubernetesAdmin';

let world: World;
let clock: VirtualClock;
let folder: string;
const audited: string[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hallpass-kubectl-'));
  // Clients sign by the machine's clock, and sessions end by this one: they begin together.
  clock = virtualClock(instant(Date.now()));
  const config = exampleConfig((text) => text.replace('\nidentities:', `\n${SECOND}\nidentities:`));
  world = await startWorld({
    config,
    clock,
    dataDir: folder,
    schedule: false,
    audit: (event) => void audited.push(JSON.stringify(event)),
  });
  const env = writeEnvironment({
    dataDir: folder,
    awsUrl: world.awsUrl,
    apiUrl: world.apiUrl,
    region: config.region,
    profiles: world.profiles,
    bin: join(import.meta.dirname, '../../bin'),
  });
  const exported = [...readFileSync(env, 'utf8').matchAll(/^export (\w+)='([^\n]*)'$/gm)].map(
    ([, name = '', value = '']) => [name, value],
  );
  enter({ ...Object.fromEntries(exported), XDG_CACHE_HOME: join(folder, 'cache'), HOME: folder });
  await clock.advanceBy(seconds(2));
}, 60_000);
afterAll(async () => {
  await world?.close();
  rmSync(folder, { recursive: true, force: true });
});

const json = async (person: string, ...argv: string[]): Promise<GrantWithTimeline> => {
  const { code, out, err } = await hallpass(person, [...argv, '--output', 'json']);
  if (code !== 0) throw new Error(err);
  return JSON.parse(out);
};

async function liveGrant(entitlement: string): Promise<GrantWithTimeline> {
  const { id } = await json(
    'alice',
    'request',
    entitlement,
    '--duration',
    '30m',
    '--justification',
    'a test of kubectl',
  );
  await clock.advanceBy(seconds(2));
  await json('bob', 'approve', id);
  await clock.advanceBy(seconds(3));
  const grant = await json('alice', 'grant', id);
  expect(grant.state).toBe('active');
  return grant;
}

async function end({ id }: GrantWithTimeline): Promise<void> {
  await json('alice', 'end', id);
  await clock.advanceBy(seconds(3));
  expect((await json('alice', 'grant', id)).state).toBe('ended');
}

const as = (person: string, cluster: string, roleArn: string): ClusterAccess => {
  const running = world.clusters[cluster];
  if (!running) throw new Error(`no cluster ${cluster}`);
  return {
    endpoint: running.url,
    certificateAuthorityData: running.certificateAuthorityData,
    token: () => token(person, cluster, 'eu-west-1', roleArn),
  };
};
const PODS = '/api/v1/namespaces/dev/pods';

describe('over HTTPS', () => {
  it('a token for one cluster is refused by the other', async () => {
    const grant = await liveGrant('mycluster-view-dev');
    const role = grant.principal.arn;
    const right = as('alice', 'mycluster', role);
    expect((await kubernetes(right, 'GET', PODS)).status).toBe(200);
    expect((await kubernetes({ ...as('alice', 'second', role), token: right.token }, 'GET', PODS)).status).toBe(401);
    expect((await kubernetes(as('alice', 'second', role), 'GET', PODS)).status).toBe(401);
    await end(grant);
    expect((await kubernetes(right, 'GET', PODS)).status).toBe(401);
  });

  it('the grant is named in the audit log of the cluster, and no token is', async () => {
    const grant = await liveGrant('mycluster-view-dev');
    const { id, principal } = grant;
    await kubernetes(as('alice', 'mycluster', principal.arn), 'GET', PODS);
    const secret = await token('alice', 'mycluster', 'eu-west-1', principal.arn);
    const mine = audited.filter((event) => event.includes(`"username":"hallpass:${id}:alice"`));
    expect(mine.map((event) => JSON.parse(event).requestURI)).toEqual([PODS]);
    expect(audited.filter((event) => event.includes(secret))).toEqual([]);
    await end(grant);
  });
});

const found = findKubectls();
const chosen = [found.find(({ minor }) => minor >= 32), found.find(({ minor }) => minor <= 31)].filter(
  (one): one is Kubectl => one !== undefined,
);

type Outcome = { readonly code: number; readonly stdout: string; readonly stderr: string };
const run = (path: string, args: readonly string[], env: Record<string, string> = {}): Promise<Outcome> =>
  new Promise((resolve) => {
    execFile(path, args, { env: { ...process.env, ...env }, timeout: 60_000 }, (error, stdout, stderr) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : error ? -1 : 0, stdout, stderr });
    });
  });

describe.skipIf(chosen.length === 0)(
  `stock kubectl (${chosen.map(({ minor }) => `1.${minor}`).join(', ') || 'none on this machine: skipped'})`,
  () => {
    it.each(chosen)(
      '1.$minor by the kubeconfig that hallpass writes: in, then out, and an open watch goes on',
      async ({ path }) => {
        const grant = await liveGrant('mycluster-admin');
        const kubeconfig = join(folder, `kubeconfig-${grant.id}`);
        const env = { KUBECONFIG: kubeconfig, AWS_PROFILE: 'alice' };
        process.env['KUBECONFIG'] = kubeconfig;
        const written = await hallpass('alice', ['kubeconfig', grant.id]);
        expect(written.code).toBe(0);

        expect(await run(path, ['auth', 'can-i', 'delete', 'pods', '-A'], env)).toMatchObject({
          code: 0,
          stdout: 'yes\n',
        });
        expect(await run(path, ['-n', 'kube-system', 'create', 'secret', 'generic', 'testsecret'], env)).toMatchObject({
          code: 0,
        });
        expect(await run(path, ['-n', 'kube-system', 'delete', 'secret', 'testsecret'], env)).toMatchObject({
          code: 0,
        });

        const watch = spawn(path, ['get', 'configmaps', '-n', 'dev', '-w', '-o', 'name'], {
          env: { ...process.env, ...env },
          stdio: ['ignore', 'pipe', 'ignore'],
        });
        try {
          const lines = lineReader(watch.stdout);
          await lines.until('greeter-settings');
          await end(grant);
          const refused = await run(path, ['get', 'pods', '-n', 'dev'], env);
          expect(refused.code).toBe(1);
          expect(refused.stderr).toMatch(/Unauthorized|must be logged in/);
          // Somebody else makes something: whoever watched from before the end still sees it, as on EKS.
          const other = await liveGrant('mycluster-view-dev');
          await makeConfigMap(grant.id.slice(-8));
          await lines.until(grant.id.slice(-8));
          await end(other);
        } finally {
          watch.kill('SIGKILL');
        }
      },
      60_000,
    );
  },
);

/** Straight into the cluster, by a standing entry that has nothing to do with any grant. */
async function makeConfigMap(name: string): Promise<void> {
  const { EKSClient, CreateAccessEntryCommand, AssociateAccessPolicyCommand, DeleteAccessEntryCommand } = await import(
    '@aws-sdk/client-eks'
  );
  const client = new EKSClient({
    endpoint: world.awsUrl,
    region: 'eu-west-1',
    credentials: world.profiles['operator'] ?? { accessKeyId: '', secretAccessKey: '' },
  });
  const entry = { clusterName: 'mycluster', principalArn: ADMIN_ROLE };
  await client.send(new CreateAccessEntryCommand(entry));
  await client.send(
    new AssociateAccessPolicyCommand({
      ...entry,
      policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
      accessScope: { type: 'cluster' },
    }),
  );
  await clock.advanceBy(seconds(3));
  const made = await kubernetes(as('operator', 'mycluster', ADMIN_ROLE), 'POST', '/api/v1/namespaces/dev/configmaps', {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name },
  });
  expect(made.status).toBe(201);
  await client.send(new DeleteAccessEntryCommand(entry));
  await clock.advanceBy(minutes(1));
}

function lineReader(stream: NodeJS.ReadableStream): { until(text: string): Promise<void> } {
  let seen = '';
  const waiting = new Set<() => void>();
  stream.on('data', (chunk: Buffer) => {
    seen += chunk.toString('utf8');
    for (const look of waiting) look();
  });
  return {
    until: (text) =>
      new Promise((resolve) => {
        const look = (): void => {
          if (!seen.includes(text)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
  };
}
