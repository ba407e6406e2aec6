/**
 * Catches: waiting that never ends, ends too early, tells success from failure by words alone, gives up because the
 * server was restarted, or cannot be left.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { GrantView } from '../../src/http/schemas.ts';
import { active, grant, ID, withTimeline } from './grants.ts';
import { environment, run, type World } from './run.ts';
import { type ApiServer, ok, type Reply, startApi } from './server.ts';

let api: ApiServer;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.close());

/** The grant as each look finds it; the last one stays. */
function unfolds(...looks: (GrantView | Reply)[]): void {
  let n = 0;
  api.answer = ({ name }) => {
    if (name !== 'showGrant') return ok(grant({ state: name === 'endGrant' ? 'revoking' : 'pending' }), 201);
    const look = looks[Math.min(n++, looks.length - 1)];
    return look && 'id' in look ? ok(withTimeline(look)) : (look ?? {});
  };
}

const waiting = (argv: readonly string[], world: World = {}) => run(argv, { env: environment(api.url), ...world });
const REQUEST = ['request', 'x', '--wait'];

test('request waits until the access is there, and says what happens on the way', async () => {
  unfolds(grant(), grant({ state: 'activating' }), active());
  const slept: number[] = [];
  const { code, stdout, stderr } = await waiting([...REQUEST, '--interval', '5'], { onSleep: (ms) => slept.push(ms) });
  expect(code).toBe(0);
  expect(slept).toEqual([5_000, 5_000, 5_000]);
  expect(stderr).toBe(
    'pending: waiting for approval, until 2026-11-25 09:59:00Z\n' +
      'activating: the access is being made and read back\n' +
      'active: access until 2026-11-24 10:30:00Z\n' +
      `To use it: hallpass kubeconfig ${ID}\n`,
  );
  expect(stdout.match(/Grant:/g)).toHaveLength(1);
  expect(stdout).toContain('State:           active\n');
});

test.each<[GrantView, string]>([
  [grant({ state: 'denied', by: 'Bob Baker', note: 'not today' }), 'denied by Bob Baker: not today'],
  [grant({ state: 'lapsed' }), 'lapsed'],
  [grant({ state: 'failed', reason: 'principalHasStandingEntry' }), 'failed: principalHasStandingEntry'],
  [grant({ state: 'ended', reason: 'expired' }), 'ended: expired'],
  [grant({ state: 'withdrawn', by: 'Alice Archer' }), 'withdrawn by Alice Archer'],
])('request that ends otherwise: exit 5 (%j)', async (over, words) => {
  unfolds(grant(), over);
  const { code, stdout, stderr } = await waiting([...REQUEST, '--output', 'json']);
  expect(code).toBe(5);
  expect(stderr).toContain(`There is no access: ${words}\n`);
  expect(JSON.parse(stdout)).toMatchObject({ state: over.state });
});

test('end waits until it is over', async () => {
  unfolds(active({ state: 'revoking' }), active({ state: 'ended', reason: 'endedEarly', by: 'Alice Archer' }));
  const { code, stderr } = await waiting(['end', ID, '--wait']);
  expect(code).toBe(0);
  expect(stderr).toContain('revoking: the access is being removed and read back\nended by Alice Archer: endedEarly\n');
});

test('a server that is away for a moment is waited for', async () => {
  const away: Reply = { status: 502, json: { message: 'Bad Gateway' } };
  unfolds(away, away, away, away, away, active());
  const { code, stderr } = await waiting(REQUEST);
  expect(code).toBe(0);
  expect(stderr).toContain('Hallpass is in trouble; still trying.');
});

test('a server that stays away is not waited for for ever', async () => {
  unfolds({ status: 502, json: { message: 'Bad Gateway' } });
  const { code, stderr } = await waiting(REQUEST);
  expect(code).toBe(3);
  expect(stderr).toContain(`The grant goes on as it is: hallpass grant ${ID}`);
});

test('Ctrl-C leaves, the grant stays, and its id is said', async () => {
  unfolds(grant());
  const interrupt = new AbortController();
  const { code, stdout, stderr } = await waiting(REQUEST, {
    interrupted: interrupt.signal,
    onSleep: () => interrupt.abort(),
  });
  expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  expect(stderr).toContain(`Not waiting any longer. The grant goes on as it is: hallpass grant ${ID}\nStopped.\n`);
});

test('on a terminal it is one living line, with the states gone through left above', async () => {
  unfolds(grant({ state: 'activating' }), active());
  const { stderr } = await waiting(REQUEST, { tty: true });
  expect(stderr).toContain('\r\u001b[2K⠋');
  const left = stderr.split('\n').map((line) => line.slice(line.lastIndexOf('\u001b[2K') + 4));
  expect(left.slice(0, 3)).toEqual([
    'pending: waiting for approval, until 2026-11-25 09:59:00Z',
    'activating: the access is being made and read back',
    'active: access until 2026-11-24 10:30:00Z',
  ]);
});
