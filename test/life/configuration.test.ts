/** A deployment as people and other systems hear of it: would catch one that is not told, told twice, or not summed up. */
import { afterEach, expect, it } from 'vitest';
import { minutes } from '../../src/core/time.ts';
import { exampleConfig, replacing, type TestWorld, testWorld } from './harness.ts';

let world: TestWorld;
afterEach(() => world?.close());

it('what is in force after a deployment is on the record once, on EventBridge, and shown', async () => {
  world = await testWorld();
  const heard: { 'detail-type': string; detail: Record<string, unknown> }[] = [];
  world.events.onEvent((event) => void heard.push(event as never));
  await world.sweep();
  const first = exampleConfig();
  const second = exampleConfig(replacing(['maxDuration: 4h', 'maxDuration: 5h']));
  world.deploy(second);
  for (let n = 0; n < 3; n++) {
    await world.pass(minutes(1));
    await world.sweep();
  }
  world.functions.recycle();
  await world.sweep();
  await world.drain();
  const changed = heard.filter((event) => event['detail-type'] === 'hub configurationChanged');
  expect(changed.map(({ detail }) => detail['now'])).toMatchObject([
    { digest: first.digest },
    { digest: second.digest },
  ]);
  expect(changed[1]?.detail).toMatchObject({
    actor: { system: 'sweeper' },
    was: { digest: first.digest },
    changes: { width: 'wider', gain: 0, lose: 0 },
  });
  expect((await world.call('alice', 'GET', '/v1/hub')).body).toMatchObject({
    configuration: { digest: second.digest, release: expect.stringMatching(/^\d+\.\d+\.\d+/) },
  });
});

it('the table does not answer just then: told with a later sweep', async () => {
  world = await testWorld();
  world.faults.add({ fault: { kind: 'failBefore' }, on: { service: 'dynamodb', operation: 'PutItem' }, times: 4 });
  await world.sweep();
  expect((await world.call('alice', 'GET', '/v1/hub')).body).not.toHaveProperty('configuration');
  await world.pass(minutes(1));
  await world.sweep();
  expect((await world.call('alice', 'GET', '/v1/hub')).body).toHaveProperty('configuration');
});
