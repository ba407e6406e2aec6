/** Catches: an outlet that holds up another, one that is tried for ever, a message that is lost, and one that is told twice because of a neighbour. */
import { expect, test } from 'vitest';
import { notificationText, notify, type Outlet, parseNotification } from '../../src/broker/outlets.ts';
import { hours, type Instant, plus } from '../../src/core/time.ts';
import { at, ID, IN_STATE } from '../core/fixtures.ts';

const ABOUT = { grant: IN_STATE.pending, chain: { n: 0, hash: '' }, version: 1, retries: {}, events: [] };

function stage(outlets: readonly Outlet[], now: Instant = at(0)) {
  const sent: { readonly body: string; readonly delay: number }[] = [];
  const deps = {
    store: { readGrant: async () => ABOUT },
    queue: { send: async (body: string, delay = 0) => void sent.push({ body, delay }) },
    outlets,
    now: () => now,
    log: () => {},
  };
  return { deps, sent };
}
const outlet = (name: string, tell: Outlet['tell']): Outlet => ({ name, wants: () => true, tell });
const fine = outlet('fine', async () => undefined);
const FIRST = { grantId: ID, n: 1, since: at(0), tries: 0 };

test('what fails comes again by itself, later and later, and no later than a quarter of an hour', async () => {
  const away = outlet('away', async () => ({ seconds: 1, why: 'away' }));
  const delays: number[] = [];
  let next = FIRST as ReturnType<typeof parseNotification>;
  for (let n = 0; n < 12; n++) {
    const { deps, sent } = stage([away, fine]);
    await notify(deps, next);
    expect(sent).toHaveLength(1);
    next = parseNotification(sent[0]?.body ?? '');
    expect(next).toMatchObject({ outlet: 'away', n: 1, tries: n + 1 });
    delays.push(sent[0]?.delay ?? 0);
  }
  expect(delays.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
  expect(Math.max(...delays)).toBe(900);
});

test('one that takes its time keeps no other waiting: a score of receivers that are away would outlast the function', async () => {
  let told = () => {};
  const other = new Promise<void>((settle) => {
    told = settle;
  });
  const slow = outlet('slow', async () => void (await other));
  const next = outlet('next', async () => void told());
  await notify(stage([slow, next]).deps, FIRST);
}, 1_000);

test('a bug of one among several comes again alone; by itself it is put aside', async () => {
  const poison = outlet('poison', async () => {
    throw new TypeError('bug');
  });
  const { deps, sent } = stage([poison, fine]);
  await notify(deps, FIRST);
  expect(sent.map(({ body }) => parseNotification(body).outlet)).toEqual(['poison']);
  await expect(notify(deps, { ...FIRST, outlet: 'poison' })).rejects.toThrow('bug');
  await expect(notify(deps, { ...FIRST, outlet: 'fine' })).resolves.toBeUndefined();
});

test('after a day it is put aside, and not before', async () => {
  const away = outlet('away', async () => ({ seconds: 900, why: '503' }));
  for (const [now, gives] of [
    [plus(at(0), hours(24)), true],
    [plus(at(0), hours(24.1)), false],
  ] as const) {
    const { deps, sent } = stage([away], now);
    const done = notify(deps, { ...FIRST, outlet: 'away', tries: 90 });
    if (gives) await expect(done).resolves.toBeUndefined();
    else await expect(done).rejects.toThrow('could not be told');
    expect(sent).toHaveLength(gives ? 1 : 0);
  }
});

test('what nobody here wrote is refused', () => {
  for (const text of ['', 'null', '{}', '{"grantId":"x","since":1}', `{"grantId":"${ID}"}`])
    expect(() => parseNotification(text)).toThrow();
  expect(parseNotification(notificationText(FIRST))).toEqual(FIRST);
});
