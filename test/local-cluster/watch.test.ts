/**
 * Would catch: a watch that misses or doubles a change, never ends, shows secrets, or is cut off by a grant's end,
 * which EKS does not do either, and about which people must be told the truth.
 */
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { kindCalled } from '../../local/cluster/api/kinds.ts';
import { openObjectStore } from '../../local/cluster/api/store.ts';
import { openStorage } from '../../local/storage.ts';
import { minutes, seconds } from '../../src/core/time.ts';
import { openWatch, startTestCluster, type TestCluster } from './harness.ts';
import { entryFor, inNamespaces, onCluster, person } from './people.ts';

const admin = person('admin');
const viewer = person('viewer');
const standing = [entryFor(admin, onCluster('AmazonEKSClusterAdminPolicy'))];
const granted = [...standing, entryFor(viewer, inNamespaces('AmazonEKSViewPolicy', 'dev'))];
let test: TestCluster;
beforeAll(async () => {
  test = await startTestCluster({ people: [admin, viewer], entries: granted });
});
afterAll(() => test.close());

const CM = '/api/v1/namespaces/dev/configmaps';
const TABLE = { Accept: 'application/json;as=Table;v=v1;g=meta.k8s.io' };
const create = (name: string, labels = {}) => test.call(admin, 'POST', CM, { body: { metadata: { name, labels } } });
const merge = (name: string, body: object) =>
  test.call(admin, 'PATCH', `${CM}/${name}`, {
    body: JSON.stringify(body),
    headers: { 'Content-Type': 'application/merge-patch+json' },
  });
const remove = (name: string) => test.call(admin, 'DELETE', `${CM}/${name}`);
let version: string;
beforeEach(async () => {
  version = (await test.call(admin, 'GET', CM)).body.metadata.resourceVersion;
});

it('goes on where a list ended, change by change', async () => {
  await create('early');
  const watch = await openWatch(test, viewer, `${CM}?watch=1&resourceVersion=${version}`);
  expect(await watch.next()).toMatchObject({
    type: 'ADDED',
    object: { kind: 'ConfigMap', metadata: { name: 'early' } },
  });
  await merge('early', { data: { a: '1' } });
  expect(await watch.next()).toMatchObject({ type: 'MODIFIED', object: { data: { a: '1' } } });
  await test.call(admin, 'POST', '/api/v1/namespaces/team-a/configmaps', { body: { metadata: { name: 'elsewhere' } } });
  await remove('early');
  expect(await watch.next()).toMatchObject({ type: 'DELETED', object: { metadata: { name: 'early' } } });
  watch.stop();
});

it('without a version begins with what is there', async () => {
  const watch = await openWatch(test, viewer, '/api/v1/namespaces/dev/services?watch=true');
  expect(await watch.next()).toMatchObject({ type: 'ADDED', object: { metadata: { name: 'greeter' } } });
  watch.stop();
});

it('as a table has headers in its first event only, and metadata only', async () => {
  const watch = await openWatch(test, admin, '/api/v1/secrets?watch=1', TABLE);
  const first = await watch.next();
  expect(first.object.columnDefinitions[0].name).toBe('Name');
  const second = await watch.next();
  expect(second.object.columnDefinitions).toBeNull();
  expect(second.object.rows[0].cells.slice(0, 3)).toEqual(['orders-credentials', 'Opaque', 2]);
  expect(Object.keys(second.object.rows[0].object)).toEqual(['kind', 'apiVersion', 'metadata']);
  watch.stop();
});

it('tells of what enters and leaves its selection as added and deleted', async () => {
  await create('chosen');
  const watch = await openWatch(test, viewer, `${CM}?watch=1&resourceVersion=${version}&labelSelector=in%3Dyes`);
  await merge('chosen', { metadata: { labels: { in: 'yes' } } });
  expect((await watch.next()).type).toBe('ADDED');
  await merge('chosen', { metadata: { labels: { in: 'no' } } });
  expect((await watch.next()).type).toBe('DELETED');
  watch.stop();
});

it('that wants its beginning marked is sent a bookmark after what is there', async () => {
  const query = 'watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true';
  const watch = await openWatch(test, viewer, `/api/v1/namespaces/dev/services?${query}`);
  expect((await watch.next()).type).toBe('ADDED');
  expect(await watch.next()).toMatchObject({
    type: 'BOOKMARK',
    object: { kind: 'Service', metadata: { annotations: { 'k8s.io/initial-events-end': 'true' } } },
  });
  watch.stop();
});

it('from before all that is remembered is told to list again', async () => {
  const storage = openStorage(':memory:');
  const before = await startTestCluster({ people: [admin], entries: standing, storage });
  await before.close();
  const after = await startTestCluster({ people: [admin], entries: standing, storage });
  const watch = await openWatch(after, admin, `${CM}?watch=1&resourceVersion=2`);
  expect(await watch.next()).toMatchObject({ type: 'ERROR', object: { kind: 'Status', code: 410, reason: 'Expired' } });
  await watch.ended;
  await after.close();
});

it('remembers a thousand changes, and of those every one', () => {
  const store = openObjectStore(openStorage(':memory:'), 'arn');
  const kind = kindCalled('Namespace');
  const change = (n: number) =>
    store.put(kind, {
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'n', uid: 'u', resourceVersion: '', creationTimestamp: '', n },
    });
  for (let n = 1; n <= 1_001; n++) change(n);
  const seen: unknown[] = [];
  // The store counts from 2: the change that made version 2 is forgotten, so that version 1 is too long ago.
  expect(() => store.watch(kind, '', 1, () => {})).toThrow('too old resource version: 1 (2)');
  store.watch(kind, '', 2, ({ object }) => seen.push(object.metadata['n']));
  expect(seen).toHaveLength(1_000);
  expect(seen.at(0)).toBe(2);
  expect(seen.at(-1)).toBe(1_001);
});

it('ends by itself, when asked to or after half an hour', async () => {
  const asked = await openWatch(test, viewer, `${CM}?watch=1&resourceVersion=${version}&timeoutSeconds=60`);
  const plain = await openWatch(test, viewer, `${CM}?watch=1&resourceVersion=${version}`);
  await test.clock.advanceBy(seconds(60));
  await asked.ended;
  await test.clock.advanceBy(minutes(29));
  await plain.ended;
});

it('goes on after the grant that opened it has ended, while the next request is refused', async () => {
  const watch = await openWatch(test, viewer, `${CM}?watch=1&resourceVersion=${version}`, TABLE);
  test.setEntries(standing);
  await test.clock.advanceBy(seconds(1));
  expect((await test.call(viewer, 'GET', CM)).code).toBe(401);
  await create('after-the-end');
  expect((await watch.next()).object.rows[0].cells[0]).toBe('after-the-end');
  watch.stop();
  test.setEntries(granted);
  await test.clock.advanceBy(seconds(1));
});
