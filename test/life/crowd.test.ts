/**
 * Many ends at once over the wire: the index of what is due, the lease in the table, EKS called once for each entry and
 * listed, with the rights that the functions have. Would catch a permission that draining lacks, and an item or a page
 * that is read wrongly.
 */
import { afterEach, expect, it } from 'vitest';
import { faultPlan } from '../../local/faults.ts';
import { minutes } from '../../src/core/time.ts';
import { activeGrant, alarmsOf, exampleConfig, replacing, show, type TestWorld, testWorld, VIEW } from './harness.ts';

const MANY = 9;
let world: TestWorld;
afterEach(() => world?.close());

/** mycluster-view-dev nine times over, and nobody limited. */
function views(text: string): string {
  const [before = '', view = ''] = replacing(
    ['openGrantsPerPerson: 5', 'openGrantsPerPerson: 50'],
    ['requestsPerPersonAndHour: 10', 'requestsPerPersonAndHour: 50'],
  )(text).split('  mycluster-view-dev:\n');
  return before + Array.from({ length: MANY }, (_, n) => `  view-${n}:\n${view}`).join('');
}

it('a sweep ends nine that are overdue with nine deletes and one list', async () => {
  const seen: string[] = [];
  world = await testWorld({
    config: exampleConfig(views),
    faults: faultPlan(),
    onAccess: (_caller, { action }) => void seen.push(action),
  });
  const ids: string[] = [];
  for (let n = 0; n < MANY; n++) ids.push(await activeGrant(world, { ...VIEW, entitlement: `view-${n}` }));
  await world.pass(minutes(3));
  await world.sweep();
  // No workflow is woken: the sweeper has all of them at once.
  world.faults.add({
    fault: { kind: 'failBefore' },
    on: { service: 'states', operation: 'SendTaskSuccess' },
    times: Number.POSITIVE_INFINITY,
  });
  seen.length = 0;
  const ended = await world.call('carol', 'POST', '/v1/end', { all: true });
  expect(ended.status).toBe(200);
  await world.pass(minutes(1));
  await world.sweep();
  for (const id of ids) expect((await show(world, id)).state).toBe('ended');
  const eks = seen.filter((action) => action.startsWith('eks:')).sort();
  expect(eks).toEqual([...Array(MANY).fill('eks:DeleteAccessEntry'), 'eks:DescribeCluster', 'eks:ListAccessEntries']);

  // The looks back read the list, and find nothing.
  seen.length = 0;
  await world.pass(minutes(3));
  await world.sweep();
  expect(seen).toContain('eks:ListAccessEntries');
  expect(seen).not.toContain('eks:DeleteAccessEntry');
  expect(alarmsOf(world)).toEqual([]);
});
