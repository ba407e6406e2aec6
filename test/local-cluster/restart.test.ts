/** Would catch: a kubeconfig or an object that does not survive a restart, and clusters that take each other's tokens. */
import { expect, it } from 'vitest';
import { openStorage } from '../../local/storage.ts';
import { startTestCluster } from './harness.ts';
import { entryFor, onCluster, person } from './people.ts';

const admin = person('admin');
const entries = [entryFor(admin, onCluster('AmazonEKSClusterAdminPolicy'))];
const CM = '/api/v1/namespaces/dev/configmaps';

it('keeps its authority, its objects and its resource versions', async () => {
  const storage = openStorage(':memory:');
  const first = await startTestCluster({ people: [admin], entries, storage });
  const kept = (await first.call(admin, 'POST', CM, { body: { metadata: { name: 'kept' } } })).body;
  await first.call(admin, 'DELETE', `${CM}/greeter-settings`);
  const { resourceVersion } = (await first.call(admin, 'GET', CM)).body.metadata;
  await first.close();

  const second = await startTestCluster({ people: [admin], entries, storage });
  expect(second.cluster.certificateAuthorityData).toBe(first.cluster.certificateAuthorityData);
  expect((await second.call(admin, 'GET', `${CM}/kept`)).body).toEqual(kept);
  expect((await second.call(admin, 'GET', `${CM}/greeter-settings`)).code).toBe(404);
  expect((await second.call(admin, 'GET', CM)).body.metadata.resourceVersion).toBe(resourceVersion);
  await second.close();
  storage.close();
});

it('two clusters of one storage are two: objects, authorities, tokens', async () => {
  const storage = openStorage(':memory:');
  const one = await startTestCluster({ people: [admin], entries, storage, name: 'one' });
  const two = await startTestCluster({ people: [admin], entries, storage, name: 'two' });
  await one.call(admin, 'POST', CM, { body: { metadata: { name: 'mine' } } });
  expect((await two.call(admin, 'GET', `${CM}/mine`)).code).toBe(404);
  expect(one.cluster.certificateAuthorityData).not.toBe(two.cluster.certificateAuthorityData);
  expect((await two.call(undefined, 'GET', CM, { token: await one.token(admin) })).code).toBe(401);
  expect((await one.call(undefined, 'GET', CM, { token: await one.token(admin) })).code).toBe(200);
  await one.close();
  await two.close();
  storage.close();
});

it('stops at once, though a client holds a connection', async () => {
  const { openWatch } = await import('./harness.ts');
  const test = await startTestCluster({ people: [admin], entries });
  const watch = await openWatch(test, admin, `${CM}?watch=1`);
  await test.close();
  await watch.ended;
});
