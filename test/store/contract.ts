/**
 * What every store must do, whatever it is made of: the conditions on which the use cases rely. Would catch a lost race
 * that both sides believe to have won, an answer that was lost and is then reported as somebody else's, an event without
 * its state or a state without its event, and work that the due index forgot.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { BadCursor, type Change, type Store, type Stored } from '../../src/broker/ports.ts';
import { instant } from '../../src/core/time.ts';
import { at, countCases } from '../core/fixtures.ts';
import {
  approvedBy,
  armed,
  begin,
  DENIED,
  factsOf,
  following,
  idOf,
  PREPARED,
  personRecord,
  requested,
  requestRecord,
} from './changes.ts';

const OK = { ok: true };
const lost = (conflict: string): object => ({ ok: false, conflict });

/** `make` answers a store of its own over an empty table each time; `another` is a second function on the same table. */
export function describeStore(
  name: string,
  make: () => Promise<{ store: Store; another: Store; tableId: string }>,
): void {
  let store: Store;
  let another: Store;
  let tableId: string;
  beforeEach(async () => {
    begin();
    ({ store, another, tableId } = await make());
  });
  const idsDue = async (...asked: Parameters<Store['due']>) => (await store.due(...asked)).map(({ id }) => id);
  const write = async (change: Change): Promise<Stored> => {
    expect(await store.commit(change)).toEqual(OK);
    return change.stored;
  };

  describe(`${name}: grants and events`, () => {
    test('I6: a new grant and its events are one write, read back as they were', async () => {
      const change = requested(1);
      await write(change);
      expect(await store.readGrant(idOf(1))).toEqual({ ...change.stored, events: change.events });
      expect(await store.readGrant(idOf(2))).toBeUndefined();
    });

    test('I6: if any part is refused, nothing of it is written', async () => {
      await write({ ...requested(1), person: { put: personRecord(1) } });
      const second = {
        ...requested(2),
        person: { put: personRecord(1, { x: idOf(2) }) },
        request: requestRecord(idOf(2), at(2_000)),
      };
      expect(await store.commit(second)).toEqual(lost('person'));
      expect(await store.readGrant(idOf(2))).toBeUndefined();
      expect(await store.readRequest('ada', 'POST /v1/grants', 'key-1')).toBeUndefined();
      expect(await store.readPerson('ada')).toEqual(personRecord(1));
    });

    test('F23: changes of several grants are one write, closed together for their one person', async () => {
      await write({
        ...requested(1),
        person: { put: personRecord(1, { 'a#1': idOf(1), 'a#2': idOf(2), 'b#1': 'x' }) },
      });
      await write(requested(2));
      const [one, two] = [requested(1).stored, requested(2).stored].map((stored, n) => ({
        ...following(stored, at(5), DENIED),
        closes: { personId: 'ada', open: `a#${n + 1}` },
      })) as [Change, Change];
      expect(await store.commitAll([one, two])).toEqual(OK);
      for (const { stored } of [one, two]) expect(await store.readGrant(stored.grant.id)).toMatchObject(stored);
      expect((await store.readPerson('ada'))?.open).toEqual({ 'b#1': 'x' });
      expect(await another.commitAll([one, two]), 'its answer was lost').toEqual(OK);
      expect((await store.readGrant(idOf(2)))?.events).toHaveLength(2);
    });

    test('F23: if one of several was changed meanwhile, none is written', async () => {
      await write(requested(1));
      await write(requested(2));
      await write(following(requested(2).stored, at(4), PREPARED));
      const changes = [requested(1).stored, requested(2).stored].map((stored) =>
        following(stored, at(5), approvedBy('bob', at(5))),
      ) as [Change, Change];
      expect(await store.commitAll(changes)).toEqual(lost('grant'));
      expect((await store.readGrant(idOf(1)))?.events).toHaveLength(1);
      expect(await store.commitAll([changes[1], changes[0]])).toEqual(lost('grant'));
      expect((await store.readGrant(idOf(1)))?.events).toHaveLength(1);
    });

    test('several new grants with their person’s record and the key they were asked for with', async () => {
      const request = { ...requestRecord(idOf(1), at(2_000)), grantIds: [idOf(1), idOf(2)] };
      const first = { ...requested(1), person: { put: personRecord(1, { x: idOf(1), y: idOf(2) }) }, request };
      expect(await store.commitAll([first, requested(2)])).toEqual(OK);
      expect(await store.readRequest('ada', 'POST /v1/grants', 'key-1')).toEqual(request);
      expect((await store.readGrant(idOf(2)))?.grant.state).toBe('pending');
    });

    test('events are read back in their order, past the ninth', async () => {
      let change = requested(1);
      await write(change);
      for (let n = 2; n <= 12; n++) {
        change = following(change.stored, at(n), approvedBy(`person-${n}`, at(n)));
        await write(change);
      }
      const read = await store.readGrant(idOf(1));
      expect(read?.events.map((event) => event.n)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
      expect(read?.version).toBe(12);
    });

    test('of two writers of one version one wins, and the other is told so', async () => {
      const { stored } = requested(1);
      await write(requested(1));
      const answers = await Promise.all([
        store.commit(following(stored, at(2), approvedBy('bob', at(2)))),
        another.commit(following(stored, at(2), DENIED)),
      ]);
      expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
      expect(answers.find((answer) => !answer.ok)).toEqual(lost('grant'));
      const read = await store.readGrant(idOf(1));
      expect(read?.events).toHaveLength(2);
      expect(read?.version).toBe(2);
    });

    test('of twenty writers one wins', async () => {
      const { stored } = requested(1);
      await write(requested(1));
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) =>
          (n % 2 ? store : another).commit(following(stored, at(2), approvedBy(`p${n}`, at(2)))),
        ),
      );
      expect(answers.filter((answer) => answer.ok)).toHaveLength(1);
      expect(answers.filter((answer) => !answer.ok)).toEqual(Array.from({ length: 19 }, () => lost('grant')));
      expect((await store.readGrant(idOf(1)))?.events).toHaveLength(2);
    });

    test('a writer of what was true earlier is refused', async () => {
      const first = requested(1);
      await write(first);
      await write(following(first.stored, at(2), PREPARED));
      expect(await store.commit(following(first.stored, at(3), DENIED))).toEqual(lost('grant'));
      expect(await store.commit(requested(1, { justification: 'another' }))).toEqual(lost('grant'));
    });

    test('F23: one’s own write, repeated because its answer was lost, is success and is not done twice', async () => {
      const first = requested(1);
      await write(first);
      expect(await another.commit(first)).toEqual(OK);
      const second = following(first.stored, at(2), approvedBy('bob', at(2)));
      await write(second);
      expect(await store.commit(second)).toEqual(OK);
      expect(await another.commit(second)).toEqual(OK);
      expect((await store.readGrant(idOf(1)))?.events).toHaveLength(2);
    });

    test('every kind of fact survives being written', async () => {
      const change = requested(1, { ticket: 'INC-1', startAt: at(90), justification: 'ünïcode \u202e "quoted" 🐙' });
      await write(change);
      expect((await store.readGrant(idOf(1)))?.grant).toEqual({
        ...factsOf(1, { ticket: 'INC-1', startAt: at(90), justification: 'ünïcode \u202e "quoted" 🐙' }),
        state: 'pending',
        approvals: [],
        autoApproved: false,
      });
    });
  });

  describe(`${name}: claims and ledgers`, () => {
    test('I2: claim and ledger are written with the state that arms the grant', async () => {
      await write(requested(1));
      const { change, claim, ledger } = armed(requested(1), at(5));
      expect(await store.readEntry(claim)).toEqual({ claims: [] });
      await write({ ...change, claim: { put: claim }, ledger: { was: 0, put: ledger } });
      expect(await another.readEntry(claim)).toEqual({ ledger, claims: [claim] });
    });

    test('version 0 means that there must be no ledger', async () => {
      await write(requested(1));
      const { change, claim, ledger } = armed(requested(1), at(5));
      expect(await store.commitLedger(ledger, 0)).toEqual(OK);
      expect(await store.commit({ ...change, claim: { put: claim }, ledger: { was: 0, put: ledger } })).toEqual(
        lost('ledger'),
      );
      expect((await store.readGrant(idOf(1)))?.grant.state).toBe('pending');
      expect((await store.readEntry(claim)).claims).toEqual([]);
    });

    test('a ledger of another version is somebody else’s', async () => {
      const { ledger } = armed(requested(1), at(5));
      await store.commitLedger(ledger, 0);
      const next = { ...ledger, removingSince: at(9), version: 2 };
      const rival = { ...ledger, removingSince: at(10), version: 2 };
      expect(await store.commitLedger(next, 1)).toEqual(OK);
      expect(await another.commitLedger(rival, 1)).toEqual(lost('ledger'));
      expect(await another.commitLedger(next, 1), 'its own, repeated').toEqual(OK);
      expect((await store.readEntry(ledger)).ledger).toEqual(next);
    });

    test('claims of several grants on one entry stand beside each other, and go one by one', async () => {
      const role = {
        mode: 'role',
        arn: 'arn:aws:iam::222222222222:role/KubernetesAdmin',
        assumableBy: [],
        opensTo: [],
      } as const;
      const [one, other] = [requested(1, { principal: role }), requested(2, { principal: role })];
      await write(one);
      await write(other);
      const [a, b] = [armed(one, at(5)), armed(other, at(6))];
      const ledger = { ...a.ledger, mode: 'role' as const };
      await write({ ...a.change, claim: { put: a.claim }, ledger: { was: 0, put: ledger } });
      await write({ ...b.change, claim: { put: b.claim }, ledger: { was: 1, put: { ...ledger, version: 2 } } });
      expect((await store.readEntry(a.claim)).claims).toEqual([a.claim, b.claim]);
      const end = following(
        a.change.stored,
        at(7),
        { type: 'revoking', outcome: { state: 'ended', reason: 'expired' } },
        { type: 'ended' },
      );
      await write({ ...end, claim: { remove: a.claim }, ledger: { was: 2, put: { ...ledger, version: 3 } } });
      expect(await store.readEntry(a.claim)).toEqual({ ledger: { ...ledger, version: 3 }, claims: [b.claim] });
    });

    test('a ledger is removed only in the version that was read', async () => {
      const { claim, ledger } = armed(requested(1), at(5));
      const first = requested(1);
      await write(first);
      await store.commitLedger(ledger, 0);
      expect(
        await store.commit({ ...following(first.stored, at(9), DENIED), ledger: { was: 7, remove: claim } }),
      ).toEqual(lost('ledger'));
      await write({ ...following(first.stored, at(9), DENIED), ledger: { was: 1, remove: claim } });
      expect(await store.readEntry(claim)).toEqual({ claims: [] });
    });
  });

  describe(`${name}: people and idempotency`, () => {
    test('F18: of two requests of one person at once one is counted, and the other looks again', async () => {
      const both = await Promise.all([
        store.commit({ ...requested(1), person: { put: personRecord(1, { 'a#prod': idOf(1) }, [at(1)]) } }),
        another.commit({ ...requested(2), person: { put: personRecord(1, { 'b#prod': idOf(2) }, [at(2)]) } }),
      ]);
      expect(both.filter((answer) => answer.ok)).toHaveLength(1);
      expect(both.find((answer) => !answer.ok)).toEqual(lost('person'));
      expect(Object.keys((await store.readPerson('ada'))?.open ?? {})).toHaveLength(1);
    });

    test('a grant that is over leaves the person’s record, and no other does', async () => {
      const [one, other] = [requested(1), requested(2)];
      await write({ ...one, person: { put: personRecord(1, { 'prod-view#prod': idOf(1) }, [at(1)]) } });
      await write({
        ...other,
        person: { put: personRecord(2, { 'prod-view#prod': idOf(1), 'other#prod': idOf(2) }, [at(1), at(2)]) },
      });
      const denied = following(one.stored, at(3), DENIED);
      expect(denied.closes).toEqual({ personId: 'ada', open: 'prod-view#prod' });
      await write(denied);
      expect(await store.readPerson('ada')).toEqual(personRecord(3, { 'other#prod': idOf(2) }, [at(1), at(2)]));
      expect(
        await store.commit({ ...requested(4), person: { put: personRecord(3) } }),
        'made from what was true before',
      ).toEqual(lost('person'));
    });

    test('a grant can be over whatever became of the person’s record', async () => {
      const one = requested(1);
      await write(one);
      await write(following(one.stored, at(3), DENIED));
      expect((await store.readGrant(idOf(1)))?.grant.state).toBe('denied');
    });

    test('nobody has a record before they ask', async () => expect(await store.readPerson('ada')).toBeUndefined());

    test('the first request of a key is the one', async () => {
      const day = at(24 * 60);
      await write({ ...requested(1), request: requestRecord(idOf(1), day) });
      expect(await another.commit({ ...requested(2), request: requestRecord(idOf(2), day) })).toEqual(lost('request'));
      expect(await store.readRequest('ada', 'POST /v1/grants', 'key-1')).toEqual(requestRecord(idOf(1), day));
      expect(await store.readGrant(idOf(2))).toBeUndefined();
      for (const [person, route, key] of [
        ['bob', 'POST /v1/grants', 'key-1'],
        ['ada', 'POST /v1/x', 'key-1'],
        ['ada', 'POST /v1/grants', 'key-2'],
      ] as const)
        expect(await store.readRequest(person, route, key)).toBeUndefined();
    });

    test('a key is free again when its day is over, and not a millisecond earlier', async () => {
      const day = instant(at(24 * 60) + 7);
      const madeAt = (moment: number, n: number) => requestRecord(idOf(n), instant(moment + 86_400_000));
      await write({ ...requested(1), request: madeAt(day - 86_400_000, 1) });
      expect(await store.commit({ ...requested(2), request: madeAt(day - 1, 2) })).toEqual(lost('request'));
      expect(await store.keepRequest(madeAt(day - 1, 2))).toBe(false);
      expect(await store.commit({ ...requested(3), request: madeAt(day, 3) })).toEqual(OK);
      expect((await store.readRequest('ada', 'POST /v1/grants', 'key-1'))?.grantId).toBe(idOf(3));
      expect(await store.keepRequest(madeAt(day + 86_400_000, 4))).toBe(true);
      expect((await store.readRequest('ada', 'POST /v1/grants', 'key-1'))?.grantId).toBe(idOf(4));
    });

    test('a key that was answered with what was open already is kept, by the first of two', async () => {
      const day = at(24 * 60);
      const both = await Promise.all([
        store.keepRequest(requestRecord(idOf(1), day)),
        another.keepRequest(requestRecord(idOf(2), day)),
      ]);
      expect(both.sort()).toEqual([false, true]);
      expect((await store.readRequest('ada', 'POST /v1/grants', 'key-1'))?.expiresAt).toBe(day);
    });
  });

  describe(`${name}: the workflow’s token`, () => {
    test('is kept beside the grant, bumps no version, and survives a later write', async () => {
      const first = requested(1);
      await write(first);
      const token = { step: 'AwaitApproval', value: 'token-1' } as const;
      expect(await store.putToken(idOf(1), token)).toMatchObject({ grant: { state: 'pending' }, token });
      expect(await store.readGrant(idOf(1))).toMatchObject({ ...first.stored, token });
      const second = following(first.stored, at(2), approvedBy('bob', at(2)));
      await write(second);
      expect(await store.readGrant(idOf(1))).toMatchObject({ version: 2, token });
      expect(await store.putToken(idOf(1), { step: 'Hold', value: 'token-2' })).toMatchObject({
        grant: { state: 'pending', approvals: [{ personId: 'bob' }] },
        token: { step: 'Hold', value: 'token-2' },
      });
      expect((await store.readGrant(idOf(1)))?.events).toHaveLength(2);
    });

    test('makes no grant where there is none', async () => {
      expect(await store.putToken(idOf(1), { step: 'Hold', value: 'x' })).toBeUndefined();
      expect(await store.readGrant(idOf(1))).toBeUndefined();
    });
  });

  describe(`${name}: what is due`, () => {
    test('the most overdue first, up to this very moment, and no more than asked for', async () => {
      for (const n of [3, 1, 2, 50]) await write(requested(n));
      const at20s = (n: number) => instant(at(n) + 20_000);
      expect(await idsDue(at20s(3), 10)).toEqual([idOf(1), idOf(2), idOf(3)]);
      expect(await idsDue(instant(at20s(3) - 1), 10)).toEqual([idOf(1), idOf(2)]);
      expect(await idsDue(at20s(3), 2)).toEqual([idOf(1), idOf(2)]);
      expect(await idsDue(at(0), 10)).toEqual([]);
    });

    test('an entry says when, where, and from when on its access stands too long', async () => {
      await write(requested(1));
      const { change } = armed(requested(1), at(5));
      await write(change);
      const { account, region } = change.stored.grant.cluster;
      const expiresAt = instant(at(5) + 3_600_000);
      const entry = { id: idOf(1), place: `${account}/${region}` };
      expect(await store.due(at(60), 10)).toEqual([{ ...entry, at: instant(at(5) + 20_000), overdueFrom: expiresAt }]);
      const turned = following(change.stored, at(8), {
        type: 'revoking',
        outcome: { state: 'ended', reason: 'endedEarly' },
      });
      await write(turned);
      await store.defer(turned.stored, 'revoke', { attempts: 3, at: at(12) });
      expect(await store.due(at(60), 10), 'putting it off makes it no less overdue').toEqual([
        { ...entry, at: at(12), overdueFrom: at(8) },
      ]);
      await write(following(turned.stored, at(13), { type: 'ended' }));
      expect(await store.due(at(60), 10)).toEqual([{ ...entry, at: at(15) }]);
    });

    test('a grant leaves the index when nothing is owed any more', async () => {
      const first = requested(1);
      await write(first);
      const over = following(first.stored, at(2), DENIED, { type: 'roleDeleted' });
      await write(over);
      expect(await idsDue(at(100_000), 10)).toEqual([]);
    });

    test('putting a task off moves its due time and not the grant’s version', async () => {
      const first = requested(1);
      await write(first);
      await store.defer(first.stored, 'prepare', { attempts: 1, at: at(30) });
      expect(await idsDue(at(29), 10)).toEqual([]);
      expect(await idsDue(at(30), 10)).toEqual([idOf(1)]);
      const read = await store.readGrant(idOf(1));
      expect(read).toMatchObject({ version: 1, retries: { prepare: { attempts: 1, at: at(30) } } });
      expect(
        await store.commit(following(first.stored, at(31), PREPARED)),
        'whoever read before it may still write',
      ).toEqual(OK);
    });

    test('and puts off nothing if the grant has changed since', async () => {
      const first = requested(1);
      await write(first);
      await write(following(first.stored, at(2), PREPARED));
      await store.defer(first.stored, 'lapse', { attempts: 9, at: at(9_000) });
      expect(await idsDue(at(480 + 1), 10)).toEqual([idOf(1)]);
      expect((await store.readGrant(idOf(1)))?.retries).toEqual({});
    });
  });

  describe(`${name}: listings`, () => {
    test('in pages, the newest first, each grant once', async () => {
      for (const n of [1, 2, 3, 4, 5]) await write(requested(n));
      await write(requested(6, { requester: { id: 'bob', name: 'Bob', identifiers: [], channel: 'cli' } }));
      const seen: string[] = [];
      for (let cursor: string | undefined, pages = 0; ; pages++) {
        expect(pages).toBeLessThan(5);
        const page = await store.grantsOfPerson('ada', 2, cursor);
        seen.push(...page.items.map((item) => item.grant.id));
        cursor = page.cursor;
        if (cursor === undefined) break;
      }
      expect(seen).toEqual([5, 4, 3, 2, 1].map(idOf));
      expect((await store.grantsByTime(10)).items.map((item) => item.grant.id)).toEqual([6, 5, 4, 3, 2, 1].map(idOf));
      expect(await store.grantsOfPerson('eve', 10)).toEqual({ items: [] });
    });

    test('what waits for people, in pages, and nothing that they have decided or took back', async () => {
      const changes = [1, 2, 3, 4].map((n) => requested(n));
      for (const change of changes) await write(change);
      await write(following((changes[1] as Change).stored, at(9), DENIED));
      const first = await store.undecidedGrants(2);
      expect(first.items.map((item) => item.grant.id)).toEqual([idOf(4), idOf(3)]);
      const rest = await store.undecidedGrants(2, first.cursor);
      expect(rest.items.map((item) => item.grant.id)).toEqual([idOf(1)]);
      await expect(store.grantsByTime(1, first.cursor)).rejects.toThrow(BadCursor);
      const { change } = armed(changes[0] as Change, at(10));
      await write(change);
      expect((await store.undecidedGrants(10)).items.map((item) => item.grant.id)).toEqual([idOf(4), idOf(3)]);
    });

    test('a cursor of another listing, or one made up, is refused', async () => {
      for (const n of [1, 2, 3]) await write(requested(n));
      const { cursor } = await store.grantsOfPerson('ada', 1);
      const byTime = (await store.grantsByTime(1)).cursor;
      expect(cursor).toBeDefined();
      const FOREIGN: readonly (readonly [string, string | undefined, string | undefined])[] = [
        ['another person’s', 'bob', cursor],
        ['of the listing by time', 'ada', byTime],
        ['of a person, by time', undefined, cursor],
        ['made up', 'ada', 'AAAA'],
        ['empty', 'ada', ''],
        ['JSON of another shape', 'ada', Buffer.from('{"pk":"x"}').toString('base64url')],
        ['with a key for an id', 'ada', Buffer.from(JSON.stringify(['byPerson', 'ada', 'x#y'])).toString('base64url')],
        ['cut short', 'ada', cursor?.slice(0, -3)],
      ];
      countCases(`${name}: foreign cursors`, FOREIGN.length);
      for (const [what, who, given] of FOREIGN) {
        const listing = who === undefined ? store.grantsByTime(1, given) : store.grantsOfPerson(who, 1, given);
        await expect(listing, what).rejects.toThrow(BadCursor);
      }
    });
  });

  test(`${name}: F7: knows the table it writes to`, async () => {
    expect(await store.tableId()).toBe(tableId);
    expect(await another.tableId()).toBe(tableId);
  });
}
