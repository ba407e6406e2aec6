/**
 * Break-glass as its user meets it (F21): over the API, with Step Functions and IAM refusing everything.
 * Catches a function that may not do what it has to, one that asks IAM after all, and people who are told nothing.
 */
import { afterEach, expect, it } from 'vitest';
import { days, minutes } from '../../src/core/time.ts';
import { run } from '../cli/run.ts';
import { ADMIN, alarmsOf, eventTypes, exampleConfig, keysOf, replacing, type TestWorld, testWorld } from './harness.ts';
import { entryOf, KUBERNETES_ADMIN, principals } from './operator.ts';

let world: TestWorld;
afterEach(() => world?.close());

const config = exampleConfig(
  replacing(
    [
      '    # `hallpass extend`: approved like',
      '    breakGlass: { eligible: [alice, bob] }\n    # `hallpass extend`: approved like',
    ],
    ['auditors: []', 'auditors: []\nreviewers: [bob, carol]'],
  ),
);
const USE = { entitlement: 'mycluster-admin', reason: 'API server down, nobody answers', incident: 'INC-4211' };
const breakGlass = (who: string, body: object = {}) => world.call(who, 'POST', '/v1/break-glass', { ...USE, ...body });
const minutely = async (count: number): Promise<void> => {
  for (let minute = 0; minute < count; minute++) {
    await world.pass(minutes(1));
    await world.sweep();
  }
};
const down = (service: 'iam' | 'states'): void =>
  world.faults.add({ on: { service }, fault: { kind: 'accessDenied' }, times: 1_000_000 });

it('is active with workflow, Slack and IAM down; ended by the sweeper; told and reviewed once they are back', async () => {
  world = await testWorld({ config });
  const told: { type: string; loud: unknown }[] = [];
  world.events.onEvent((event) => {
    const { type, loud } = (typeof event.detail === 'string' ? JSON.parse(event.detail) : event.detail) as never;
    told.push({ type, loud });
  });
  const before = await principals(world);
  await world.sweep();
  for (const service of ['iam', 'states'] as const) down(service);

  const used = await breakGlass('alice', { duration: '30m' });
  expect(used.status).toBe(201);
  expect(used.body).toMatchObject({
    state: 'active',
    breakGlass: { incident: 'INC-4211', trustCheckedAt: '2026-11-24T09:00:00.000Z' },
    review: { overdue: false, dueBy: '2026-11-27T09:00:00.000Z' },
    remarks: expect.arrayContaining([expect.stringMatching(/^BREAK-GLASS: nobody approved/)]),
  });
  expect(await entryOf(world, KUBERNETES_ADMIN)).toMatchObject({ policies: [{ accessScope: { type: 'cluster' } }] });
  expect(alarmsOf(world).join()).toContain('break-glass was used');

  await minutely(33);
  expect(await principals(world)).toEqual(before);
  world.faults.clear();
  await minutely(1);
  const { id } = used.body;
  expect(eventTypes((await world.call('alice', 'GET', `/v1/grants/${id}`)).body).slice(0, 5)).toEqual([
    'requested',
    'brokeGlass',
    'prepared',
    'armed',
    'activated',
  ]);
  await world.drain();
  expect(told).toContainEqual({ type: 'brokeGlass', loud: true });
  expect(told).toContainEqual({ type: 'activated', loud: false });

  expect((await world.call('bob', 'GET', '/v1/reviews')).body).toMatchObject({ grants: [{ id }] });
  const review = await world.call('bob', 'GET', `/v1/grants/${id}/review`);
  expect(review.body).toMatchObject({
    grant: { id, requester: { name: 'Alice Archer' }, justification: USE.reason },
    use: { clusterAudit: { available: false, detail: expect.stringMatching(/^Not available/) } },
  });
  const verdict = { verdict: 'ok', note: 'etcd restored, see INC-4211' };
  expect((await world.call('alice', 'POST', `/v1/grants/${id}/review`, verdict)).body.rule).toBe('notReviewer');
  expect((await world.call('bob', 'POST', `/v1/grants/${id}/review`, verdict)).status).toBe(200);
  expect((await world.call('bob', 'GET', '/v1/reviews')).body).toMatchObject({ grants: [] });
});

it('by the command: used, ended now by an approver; a second use with an overdue review is refused', async () => {
  world = await testWorld({ config });
  await world.sweep();
  const as = (who: string) => {
    const { accessKeyId, secretAccessKey, sessionToken } = keysOf(world, who);
    return {
      env: {
        AWS_ACCESS_KEY_ID: accessKeyId,
        AWS_SECRET_ACCESS_KEY: secretAccessKey,
        AWS_SESSION_TOKEN: sessionToken ?? '',
        AWS_REGION: 'eu-west-1',
        HALLPASS_URL: world.apiUrl,
      },
      now: () => Date.now(),
    };
  };
  const args = ['break-glass', 'mycluster-admin', '--incident', 'INC-4211', '--reason', USE.reason];
  const used = await run(args, as('alice'));
  expect(used).toMatchObject({ code: 0, stdout: expect.stringMatching(/Incident: +INC-4211/) });
  const id = /To use it: hallpass kubeconfig (\w+)/.exec(used.stderr)?.[1] ?? '';
  expect((await run(args, as('alice'))).stderr).toMatch(/Break-glass in use/);
  expect((await run(['end', id, '--note', 'stop'], as('carol'))).code).toBe(0);
  await minutely(2);
  expect(await entryOf(world, KUBERNETES_ADMIN)).toBeUndefined();

  await world.pass(days(3));
  await world.sweep();
  const again = await run(args, as('alice'));
  expect(again).toMatchObject({ code: 1, stderr: expect.stringMatching(/Review overdue: .*Bob Baker, Carol Carter/) });
  expect((await run(['reviews'], as('bob'))).stderr).toMatch(/OVERDUE/);
  const shown = await run(['review', id], as('bob'));
  expect(shown.stdout).toMatch(/The cluster's audit: +Not available/);
  expect((await run(['review', id, '--verdict', 'ok', '--note', 'fine'], as('bob'))).code).toBe(0);
  expect((await run(args, as('alice'))).code).toBe(0);
});

it('is refused where nobody may, and does not go by the API’s other door', async () => {
  world = await testWorld({ config });
  await world.sweep();
  expect((await breakGlass('carol')).body).toMatchObject({ rule: 'breakGlassNotOffered', status: 403 });
  expect((await breakGlass('alice', { incident: '' })).body.rule).toBe('incidentMissing');
  expect((await breakGlass('alice', { startAt: 'tomorrow' })).status).toBe(400);
  const event = { method: 'POST', path: '/v1/break-glass' };
  const answer = await world.functions.invoke('api', {
    version: '2.0',
    rawPath: event.path,
    headers: { 'content-type': 'application/json' },
    requestContext: {
      http: { method: event.method },
      requestId: 'x',
      authorizer: { iam: { userId: 'AROA00000000000000000:alice@example.com' } },
    },
    body: JSON.stringify(USE),
    isBase64Encoded: false,
  });
  expect(answer.ok && (answer.payload as { statusCode: number }).statusCode).toBe(403);
  expect(await world.call('alice', 'POST', '/v1/grants', { ...ADMIN })).toMatchObject({ status: 201 });
});

it('in a hub’s first minute, before any sweep: IAM is asked who it is; with IAM down nobody is recognised', async () => {
  world = await testWorld({ config });
  down('iam');
  expect((await breakGlass('alice')).body.rule).toBe('notRecognised');
  expect(alarmsOf(world).join()).toContain('IAM does not answer');
  expect(await principals(world)).not.toContain(KUBERNETES_ADMIN);
  world.faults.clear();
  const used = await breakGlass('alice');
  expect([used.status, used.body.state]).toEqual([201, 'active']);
  expect(used.body.remarks).toContainEqual(expect.stringMatching(/^WARNING: who can assume .* was not known/));
  // What the sweep has seen serves from then on.
  await world.sweep();
  world.functions.recycle();
  down('iam');
  expect((await breakGlass('bob')).status).toBe(201);
});
