/**
 * Kubernetes groups and picked namespaces, to the end: what the cluster allows. Would catch groups that never reach RBAC,
 * a binding that works without the grant, and a picked namespace that opens its neighbours (F30).
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type VirtualClock, virtualClock } from '../../local/clock.ts';
import { type ClusterAccess, kubernetes } from '../../local/demo/kubernetes.ts';
import { enter, hallpass, token } from '../../local/demo/people.ts';
import { writeEnvironment } from '../../local/world/environment.ts';
import { startWorld, type World } from '../../local/world/world.ts';
import { instant, seconds } from '../../src/core/time.ts';
import type { GrantWithTimeline } from '../../src/http/schemas.ts';
import { exampleConfig } from '../life/harness.ts';

const RULES = `
  debugging:
    description: What the bindings of this group allow
    clusters: { tags: { stage: prod } }
    access: { groups: [debuggers] }
    eligible: [alice]
    maxDuration: 1h
    approval: { steps: [{ approvers: [group:platform] }] }
  picked:
    description: A namespace out of a pattern
    clusters: all
    access: { policy: AmazonEKSViewPolicy, scope: namespace, namespaces: ["team-*", dev] }
    eligible: [alice]
    maxDuration: 1h
    approval: { steps: [{ approvers: [group:platform] }] }
`;

let world: World;
let clock: VirtualClock;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'hallpass-groups-'));
  clock = virtualClock(instant(Date.now()));
  const config = exampleConfig((text) => text + RULES);
  world = await startWorld({ config, clock, dataDir: folder, schedule: false });
  const { awsUrl, apiUrl, profiles } = world;
  const bin = join(import.meta.dirname, '../../bin');
  const env = writeEnvironment({ dataDir: folder, awsUrl, apiUrl, region: config.region, profiles, bin });
  const lines = [...readFileSync(env, 'utf8').matchAll(/^export (\w+)='([^\n]*)'$/gm)];
  const exported = Object.fromEntries(lines.map(([, name = '', value = '']) => [name, value]));
  enter({ ...exported, XDG_CACHE_HOME: join(folder, 'cache'), HOME: folder });
  await clock.advanceBy(seconds(2));
}, 60_000);
afterAll(async () => {
  await world?.close();
  rmSync(folder, { recursive: true, force: true });
});

async function json(person: string, ...argv: string[]): Promise<GrantWithTimeline> {
  const { code, out, err } = await hallpass(person, [...argv, '--output', 'json']);
  if (code !== 0) throw new Error(err);
  return JSON.parse(out);
}

async function live(entitlement: string, ...more: string[]): Promise<ClusterAccess> {
  const { id } = await json('alice', 'request', entitlement, '--justification', 'a test of groups', ...more);
  await clock.advanceBy(seconds(2));
  await json('bob', 'approve', id);
  await clock.advanceBy(seconds(3));
  const grant = await json('alice', 'grant', id);
  expect(grant.state).toBe('active');
  const running = world.clusters['mycluster'];
  if (!running) throw new Error('no cluster');
  return {
    endpoint: running.url,
    certificateAuthorityData: running.certificateAuthorityData,
    token: () => token('alice', 'mycluster', 'eu-west-1', grant.principal.arn),
  };
}

const RBAC = '/apis/rbac.authorization.k8s.io/v1/namespaces/dev';
const PODS = (namespace: string): string => `/api/v1/namespaces/${namespace}/pods`;

describe('Kubernetes groups', () => {
  it('allow what a role binding says of them, and nothing before it', async () => {
    const admin = await live('mycluster-admin');
    const debugging = await live('debugging');
    expect((await kubernetes(debugging, 'GET', PODS('dev'))).status).toBe(403);
    const made = [
      await kubernetes(admin, 'POST', `${RBAC}/roles`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'Role',
        metadata: { name: 'debug' },
        rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
      }),
      await kubernetes(admin, 'POST', `${RBAC}/rolebindings`, {
        apiVersion: 'rbac.authorization.k8s.io/v1',
        kind: 'RoleBinding',
        metadata: { name: 'debuggers' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'debug' },
        subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'Group', name: 'debuggers' }],
      }),
    ];
    expect(made.map(({ status }) => status)).toEqual([201, 201]);
    expect((await kubernetes(debugging, 'GET', PODS('dev'))).status).toBe(200);
    expect((await kubernetes(debugging, 'GET', PODS('default'))).status).toBe(403);
    expect((await kubernetes(debugging, 'GET', '/api/v1/namespaces/dev/secrets')).status).toBe(403);
  });
});

describe('F30: a namespace that was picked', () => {
  it('has to be named, has to fit, and is the only one', async () => {
    const refused = async (...more: string[]): Promise<string> =>
      (await hallpass('alice', ['request', 'picked', '--justification', 'a test of groups', ...more])).err;
    expect(await refused()).toMatch(/Name the namespaces that you need, out of: team-\*, dev/);
    expect(await refused('--namespace', 'team-*')).toMatch(/no wildcards/);
    expect(await refused('--namespace', 'kube-system')).toMatch(/"kube-system" is not covered/);
    const picked = await live('picked', '--namespace', 'dev');
    expect((await kubernetes(picked, 'GET', PODS('dev'))).status).toBe(200);
    expect((await kubernetes(picked, 'GET', PODS('default'))).status).toBe(403);
  });
});
