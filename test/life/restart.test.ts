/**
 * SIGKILL and start again, on one data folder. Would catch state that is kept in memory only, access that outlives its
 * grant because whoever should have ended it was dead, and an end that is not on the record.
 */
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { virtualClock } from '../../local/clock.ts';
import { instant, minutes, plus, seconds } from '../../src/core/time.ts';
import { ADMIN, eventTypes, show, testWorld, VIEW } from './harness.ts';
import { startLocalMode, temporaryFolder } from './local-mode.ts';
import { dedicatedRoles, KUBERNETES_ADMIN, principals } from './operator.ts';

it('SIGKILL while a grant is active: everything is there again; and once its time is over, access is gone within seconds, on the record', async () => {
  const dataDir = join(temporaryFolder(onTestFinished), 'data');
  const first = await startLocalMode(dataDir);
  onTestFinished(() => first.kill());
  const ask = async (body: object): Promise<string> => (await first.call('alice', 'POST', '/v1/grants', body)).body.id;
  const [admin, view, pending] = [
    await ask({ ...ADMIN, duration: '1m' }),
    await ask({ ...VIEW, duration: '1m' }),
    (await first.call('bob', 'POST', '/v1/grants', VIEW)).body.id,
  ];
  for (const id of [admin, view]) await first.call('bob', 'POST', `/v1/grants/${id}/approve`, {});
  await expect
    .poll(async () => (await first.call('alice', 'GET', '/v1/grants')).body['grants'], { timeout: 8_000, interval: 50 })
    .toMatchObject([{ state: 'active' }, { state: 'active' }]);
  await first.kill();

  const second = await startLocalMode(dataDir);
  onTestFinished(() => second.kill());
  expect((await second.call('alice', 'GET', `/v1/grants/${admin}`)).body.state).toBe('active');
  expect((await second.call('bob', 'GET', `/v1/grants/${pending}`)).body.state).toBe('pending');
  expect((await second.call('alice', 'POST', '/v1/grants', { ...ADMIN, duration: '1m' })).body.id).toBe(admin);
  await second.kill();

  // Started for the third time two minutes later: by a clock of the test's, so that nobody waits for it.
  const clock = virtualClock(plus(instant(Date.now()), minutes(2)));
  const third = await testWorld({ dataDir, clock });
  onTestFinished(() => third.close());
  await third.pass(seconds(5));
  expect(await principals(third)).not.toContain(KUBERNETES_ADMIN);
  expect((await principals(third)).filter((arn) => arn.includes('/hallpass/'))).toEqual([]);
  for (const id of [admin, view]) {
    const ended = await show(third, id);
    expect(ended).toMatchObject({ state: 'ended', reason: 'expired' });
    expect(eventTypes(ended).filter((type) => type === 'ended')).toHaveLength(1);
  }
  // Bob's pending request still has its role and can still be decided.
  expect(await dedicatedRoles(third)).toHaveLength(2);
  expect((await third.call('carol', 'POST', `/v1/grants/${pending}/approve`, {})).body.state).toBe('activating');
});
