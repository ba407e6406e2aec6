/**
 * Catches I1 and I6 where a grant's record is made and read: a record that was rewritten so that it fits, a person's open
 * request that is closed by another grant, a refusal that is remembered though nobody refused, tries that are forgotten;
 * and what is asked of IAM although it is not to be.
 */
import { describe, expect, test } from 'vitest';
import { provenForgery } from '../../src/broker/forgery.ts';
import { lookAtGround } from '../../src/broker/lookAhead.ts';
import { NotReady, type Stored, type StoredWithEvents } from '../../src/broker/ports.ts';
import { draft, openKey } from '../../src/broker/record.ts';
import type { AuditEvent, EventBody } from '../../src/core/event.ts';
import { replay } from '../../src/core/evolve.ts';
import type { Actor, Grant } from '../../src/core/grant.ts';
import { at, IN_STATE, KUBERNETES_ADMIN } from '../core/fixtures.ts';
import { newWorld, sha256, WORKFLOW, type World } from './fake-world.ts';

const ADA: Actor = { kind: 'person', id: 'ada', name: 'Ada', channel: 'cli', proof: 'test' } as Actor;
const RETRIES = { revoke: { attempts: 3, at: at(80) } };
const before = (grant: Grant): Stored => ({ grant, chain: { n: 4, hash: 'h' }, version: 7, retries: RETRIES });
const drafted = (grant: Grant, body: EventBody, actor: Actor = WORKFLOW) =>
  draft({ now: () => at(90), sha256 }, before(grant), actor, [body]);

describe('a change', () => {
  test('is the next version, of the next event', () => {
    const { stored, events } = drafted(IN_STATE.active, { type: 'verified' });
    expect([stored.version, stored.chain.n, events.map(({ n, previous }) => [n, previous])]).toEqual([
      8,
      5,
      [[5, 'h']],
    ]);
  });

  test('in the same state keeps what was tried, in another it begins anew', () => {
    expect(drafted(IN_STATE.active, { type: 'verified' }).stored.retries).toEqual(RETRIES);
    const outcome = { state: 'ended', reason: 'expired' } as const;
    expect(drafted(IN_STATE.active, { type: 'revoking', outcome }).stored.retries).toEqual({});
  });

  test('that ends it closes its request, once: aftercare closes none that was made since', () => {
    const open = openKey(IN_STATE.revoking);
    expect(drafted(IN_STATE.revoking, { type: 'ended' }).closes).toEqual({
      personId: IN_STATE.revoking.requester.id,
      open,
    });
    expect(drafted(IN_STATE.active, { type: 'verified' })).not.toHaveProperty('closes');
    expect(drafted(IN_STATE.ended, { type: 'settled', found: [] })).not.toHaveProperty('closes');
  });

  test.each<[string, EventBody, Actor, boolean]>([
    ['a person who said no', { type: 'denied', reason: 'no' }, ADA, true],
    ['a rule that said no', { type: 'denied', reason: 'no' }, WORKFLOW, false],
    ['whoever withdrew it', { type: 'withdrawn' }, ADA, false],
    ['its time', { type: 'lapsed' }, WORKFLOW, false],
  ])('remembers a refusal of %s: %#', (_what, body, actor, remembered) => {
    const { closes } = drafted(IN_STATE.pending, body, actor);
    expect(closes).toEqual({
      personId: IN_STATE.pending.requester.id,
      open: openKey(IN_STATE.pending),
      ...(remembered && { deniedAt: at(90) }),
    });
  });
});

test('an emergency is open beside a request for the same', () => {
  const { entitlement, cluster } = IN_STATE.pending;
  expect(openKey({ entitlement, cluster })).toBe(`${entitlement.id}#${cluster.name}`);
  expect(openKey({ entitlement, cluster, breakGlass: {} })).toBe(`${entitlement.id}#${cluster.name}#break-glass`);
});

describe('a record', () => {
  async function whole(): Promise<{ world: World; record: StoredWithEvents }> {
    const world = newWorld();
    const { grant } = await world.request('ada');
    await world.prepare(grant.id);
    await world.approve('bob', grant.id);
    return { world, record: (await world.deps.store.readGrant(grant.id)) as StoredWithEvents };
  }
  const judged = (world: World, found: StoredWithEvents, next: readonly (StoredWithEvents | undefined)[]) => {
    let reads = 0;
    const readGrant = async (): Promise<StoredWithEvents | undefined> => next[Math.min(reads++, next.length - 1)];
    return {
      reads: () => reads,
      answer: provenForgery({ ...world.deps, store: { ...world.deps.store, readGrant } }, found),
    };
  };
  const leadingTo = (record: StoredWithEvents, events: readonly AuditEvent[]): StoredWithEvents => ({
    ...record,
    events,
    grant: replay(events) as Grant,
  });

  test('that is whole is read no second time', async () => {
    const { world, record } = await whole();
    const { reads, answer } = judged(world, record, [record]);
    expect([await answer, reads()]).toEqual([undefined, 0]);
  });

  const FORGED: readonly (readonly [string, (record: StoredWithEvents) => StoredWithEvents, RegExp])[] = [
    [
      'the table says it was altered',
      (record) => ({ ...record, altered: 'access' }),
      /^access was changed in the table/,
    ],
    [
      'an event and the state were rewritten to fit',
      (record) => {
        const [first, ...others] = record.events as readonly [AuditEvent, ...AuditEvent[]];
        if (first.body.type !== 'requested') throw new Error(first.body.type);
        const facts = { ...first.body.facts, justification: 'another' };
        return leadingTo(record, [{ ...first, body: { ...first.body, facts } }, ...others]);
      },
      /^event 1 is changed/,
    ],
    [
      'its last event is gone and the state taken back',
      (record) => leadingTo(record, record.events.slice(0, -1)),
      /^the last event is not the one on record/,
    ],
    [
      'its state was rewritten',
      (record) => ({ ...record, grant: { ...record.grant, justification: 'another' } }),
      /^the events do not lead to activating/,
    ],
    ['it has no events', (record) => ({ ...record, events: [] }), /^the last event is not the one on record/],
  ];

  test.each(FORGED)('is forged, %s: by four looks', async (_what, forge, why) => {
    const { world, record } = await whole();
    const { reads, answer } = judged(world, forge(record), [forge(record)]);
    expect(await answer).toMatch(why);
    expect(reads()).toBe(3);
  });

  test.each([1, 2, 3])('is not forged if look %i after the first finds it whole', async (nth) => {
    const { world, record } = await whole();
    const half = { ...record, events: record.events.slice(0, -1) };
    const looks = [...Array<StoredWithEvents>(nth - 1).fill(half), record];
    const { answer, reads } = judged(world, half, looks);
    await expect(answer).rejects.toThrow(NotReady);
    expect(reads()).toBe(nth);
  });

  test('that is gone at the second look does not excuse what was found', async () => {
    const { world, record } = await whole();
    const { answer } = judged(world, { ...record, events: [] }, [undefined]);
    expect(await answer).toBeDefined();
  });
});

test.each([
  ['a standing role', 'role', undefined, 1],
  ['a standing role in an emergency: what was known of it is on record', 'role', {}, 0],
  ['a role of its own', 'dedicated', undefined, 0],
  ['a role of its own in an emergency', 'dedicated', {}, 0],
])('IAM is asked only about %s', async (_what, mode, breakGlass, times) => {
  const world = newWorld();
  const onRole = { mode: 'role', arn: KUBERNETES_ADMIN, assumableBy: [], opensTo: [] } as const;
  const principal = mode === 'role' ? onRole : IN_STATE.active.principal;
  const { cluster } = (await world.request('ada')).grant;
  const ground = await lookAtGround(world.deps, { cluster, principal, ...(breakGlass && { breakGlass }) });
  expect(world.calls.filter((name) => name === 'roles.inspect')).toHaveLength(times);
  expect([ground.cluster?.arn, ground.role?.roleId]).toEqual([
    world.prod.arn,
    times ? 'AROAKUBERNETESADMIN01' : undefined,
  ]);
});
