/** Would catch: a secret's contents in the answer to a mere listing, and columns that kubectl users would miss. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { humanDuration } from '../../local/cluster/api/columns.ts';
import { days, hours, minutes, seconds } from '../../src/core/time.ts';
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

const TABLE = 'application/json;as=Table;v=v1;g=meta.k8s.io,application/json';
const get = async (path: string, accept = TABLE) =>
  (await test.call(admin, 'GET', path, { headers: { Accept: accept } })).body;
type Row = { cells: unknown[]; object: unknown };
type Named = { name: string; priority: number };

describe('a table', () => {
  it('of secrets says how many there are in each, and no more', async () => {
    const table = await get('/api/v1/secrets');
    expect(table).toMatchObject({ kind: 'Table', apiVersion: 'meta.k8s.io/v1' });
    expect(table.columnDefinitions.map(({ name }: Named) => name)).toEqual(['Name', 'Type', 'Data', 'Age']);
    expect(table.rows.map(({ cells }: Row) => cells)).toEqual([
      ['greeter-credentials', 'Opaque', 2, '0s'],
      ['orders-credentials', 'Opaque', 2, '0s'],
    ]);
    expect(table.rows[0].object).toMatchObject({ kind: 'PartialObjectMetadata', apiVersion: 'meta.k8s.io/v1' });
    expect(Object.keys(table.rows[0].object)).toEqual(['kind', 'apiVersion', 'metadata']);
    expect(JSON.stringify(table)).not.toContain(Buffer.from('only-a-demonstration').toString('base64'));
  });

  it('has whole objects only where asked for', async () => {
    expect((await get('/api/v1/secrets?includeObject=None')).rows[0].object).toBeNull();
    expect((await get('/api/v1/secrets?includeObject=Object')).rows[0].object.data).toBeDefined();
    expect((await get('/api/v1/secrets?includeObject=All')).code).toBe(400);
  });

  it('is made of one object, too', async () => {
    const table = await get('/api/v1/namespaces/dev/pods/greeter-5d8f7c9b64-7xk2p');
    expect(table.rows).toHaveLength(1);
    expect(table.rows[0].cells.slice(0, 5)).toEqual(['greeter-5d8f7c9b64-7xk2p', '1/1', 'Running', 0, '0s']);
    expect(
      table.columnDefinitions.filter(({ priority }: Named) => priority === 0).map(({ name }: Named) => name),
    ).toEqual(['Name', 'Ready', 'Status', 'Restarts', 'Age']);
  });

  it.each([
    ['/apis/apps/v1/namespaces/dev/deployments', ['greeter', '2/2', 2, 2, '0s']],
    ['/apis/apps/v1/namespaces/kube-system/daemonsets', ['aws-node', 2, 2, 2, 2, 2, '<none>', '0s']],
    ['/api/v1/namespaces/default/services', ['kubernetes', 'ClusterIP', '10.100.0.1', '<none>', '443/TCP', '0s']],
    ['/api/v1/namespaces/default/endpoints', ['kubernetes', '10.0.1.10:443', '0s']],
    ['/api/v1/nodes', ['ip-10-0-11-24.eu-west-1.compute.internal', 'Ready', '<none>', '0s', 'v1.35.0-eks-hallpass']],
    ['/api/v1/namespaces/dev/events', ['0s', 'Normal', 'ScalingReplicaSet', 'deployment/greeter']],
    [
      '/apis/rbac.authorization.k8s.io/v1/clusterrolebindings',
      ['cluster-admin', 'ClusterRole/cluster-admin', '0s', '', 'system:masters', ''],
    ],
    ['/api/v1/namespaces', ['default', 'Active', '0s']],
  ])('of %s', async (path, cells) => {
    expect((await get(path)).rows[0].cells.slice(0, cells.length)).toEqual(cells);
  });

  it('is passed over in a version that there is not', async () => {
    const accept = 'application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json';
    expect((await get('/api/v1/namespaces', accept)).kind).toBe('NamespaceList');
  });
});

it('metadata alone can be asked for', async () => {
  const list = await get('/api/v1/secrets', 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1');
  expect(list.kind).toBe('PartialObjectMetadataList');
  expect(Object.keys(list.items[0])).toEqual(['kind', 'apiVersion', 'metadata']);
});

it.each([
  [seconds(0), '0s'],
  [seconds(119), '119s'],
  [seconds(120), '2m'],
  [seconds(125), '2m5s'],
  [minutes(10), '10m'],
  [minutes(179), '179m'],
  [hours(3), '3h'],
  [minutes(190), '3h10m'],
  [hours(47), '47h'],
  [hours(50), '2d2h'],
  [days(8), '8d'],
  [days(800), '2y70d'],
])('an age of %i ms is written %s', (length, text) => {
  expect(humanDuration(length)).toBe(text);
});
