/**
 * What an emergency becomes on the record. Catches one that is written over another grant or taken twice, that says of
 * itself what it did not give, that lives longer for being recorded, or whose user is taken for somebody else.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { importEmergencies } from '../../src/broker/importEmergencies.ts';
import { offersOf, recordEmergency } from '../../src/broker/recordEmergency.ts';
import { UNKNOWN_ROLE } from '../../src/core/break-glass.ts';
import type { Configuration, Entitlement } from '../../src/core/configuration.ts';
import { derivedId, type Emergency } from '../../src/core/emergency.ts';
import { entryKeyText, type ObservedEntry } from '../../src/core/entry.ts';
import type { Actor } from '../../src/core/grant.ts';
import { type GrantId, grantId } from '../../src/core/id.ts';
import { type Duration, days, instant, plus, toIso } from '../../src/core/time.ts';
import { at, entitlement, group, HOUR, KUBERNETES_ADMIN, one } from '../core/fixtures.ts';
import { newWorld, sha256, WORLD_CONFIG, type World } from './fake-world.ts';

const ACTOR: Actor = { kind: 'system', part: 'sweeper' };
const CALLERS = 'arn:aws:iam::111111111111:role/sso';
const breakGlass = {
  ...{ eligible: [group('developers')], maxDuration: (2 * HOUR) as Duration, minReason: 20 },
  ...{ perWeek: 3, reviewWithin: 3 },
};
const RULE = entitlement({
  id: 'admin',
  breakGlass,
  principal: { mode: 'role', role: KUBERNETES_ADMIN, assumableBy: [CALLERS] },
});
const offering = (...rules: readonly Entitlement[]): Configuration => ({
  ...WORLD_CONFIG,
  reviewers: [one('eve')],
  entitlements: Object.fromEntries(rules.map((rule) => [rule.id, rule])),
});
const POLICY = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSViewPolicy';
const ENTRY = 'arn:aws:eks:eu-west-1:222222222222:access-entry/prod/1';
const idOf = (nth: number): GrantId => grantId(at(0), new Uint8Array(10).fill(nth));

let world: World;
beforeEach(() => {
  world = newWorld();
  world.config = offering(RULE);
  world.advance(10);
});

const emergency = (more: Partial<Emergency> = {}, tags: Readonly<Record<string, string>> = {}): Emergency => ({
  entryArn: ENTRY,
  madeAt: at(0),
  tags: {
    'hallpass:hub': 'main',
    'hallpass:grant': `emergency-${idOf(1)}`,
    'hallpass:expires': toIso(at(30)),
    'hallpass:person': 'ada',
    ...tags,
  },
  ...more,
});
const record = (what: Emergency, there = false, store: Partial<World['deps']['store']> = {}) => {
  const [offer] = offersOf(world.config);
  if (!offer) throw new Error('nothing is offered');
  return recordEmergency({ ...world.deps, store: { ...world.deps.store, ...store } }, offer, what, there, ACTOR);
};
/** EKS shows it. */
const shown = (what: Emergency, more: Partial<ObservedEntry> = {}, scopes: readonly (readonly string[])[] = []) =>
  world.prod.entries.set(KUBERNETES_ADMIN, {
    entry: {
      ...{ entryArn: what.entryArn, principalArn: KUBERNETES_ADMIN, type: 'STANDARD', username: '' },
      ...{ kubernetesGroups: [], tags: what.tags, createdAt: what.madeAt, ...more },
    },
    policies: scopes.map((namespaces) => ({ policyArn: POLICY, accessScope: { type: 'namespace', namespaces } })),
  });
const kinds = async (...all: readonly Promise<{ readonly kind: string }>[]): Promise<string[]> =>
  (await Promise.all(all)).map(({ kind }) => kind);

describe('what is offered', () => {
  const named = (config: Configuration) =>
    offersOf(config).map(({ rule, role, cluster }) => [rule.id, role, cluster.name]);
  test('roles by break-glass, on every cluster, each once', () => {
    const { breakGlass: _, ...silent } = RULE;
    const role = `${KUBERNETES_ADMIN}2`;
    const config = offering(
      { ...silent, id: 'asked-for' },
      entitlement({ id: 'own-role', breakGlass }),
      { ...RULE, clusters: ['prod', 'test', 'gone'] },
      { ...RULE, id: 'other', principal: { mode: 'role', role, assumableBy: [] } },
      { ...RULE, id: 'same', clusters: ['test'] },
    );
    expect(named(config)).toEqual([
      ['admin', KUBERNETES_ADMIN, 'prod'],
      ['same', KUBERNETES_ADMIN, 'test'],
      ['other', role, 'prod'],
    ]);
  });
});

describe('on record', () => {
  test('live: with its claim, its entry in the ledger, and open for its user', async () => {
    const what = emergency({ madeBy: 'arn:maker' });
    shown(what);
    expect(await record(what, true)).toEqual({ kind: 'imported', id: idOf(1) });
    expect(await world.grant(idOf(1))).toMatchObject({
      ...{ state: 'active', hub: 'main', tableId: 'table-1', entryArn: ENTRY, expiresAt: at(30) },
      ...{ duration: 30 * 60_000, requestedAt: at(10), decideBy: at(10), justification: 'Made with the hub down.' },
      requester: { id: 'ada', name: 'Ada', channel: 'cli', identifiers: expect.arrayContaining(['person:ada']) },
      entitlement: { id: 'admin', digest: RULE.digest },
      configuration: WORLD_CONFIG.digest,
      warnBefore: WORLD_CONFIG.warnBefore,
      cluster: { name: 'prod', account: '222222222222', region: 'eu-west-1' },
      principal: { mode: 'role', arn: KUBERNETES_ADMIN, assumableBy: [CALLERS], opensTo: [CALLERS] },
      preparation: { clusterCreatedAt: instant(1_700_000_000_000), roleId: UNKNOWN_ROLE },
      breakGlass: {
        incident: `emergency-${idOf(1)}`,
        reviewBy: plus(at(10), days(3)),
        emergency: { madeAt: at(0), person: 'ada', entryArn: ENTRY, madeBy: 'arn:maker' },
      },
      review: { reminders: 0 },
    });
    expect(world.events(idOf(1)).map(({ body }) => body.type)).toEqual([
      ...['requested', 'brokeGlass', 'prepared', 'armed', 'activated'],
    ]);
    expect(world.events(idOf(1))[1]?.body).toEqual({ type: 'brokeGlass', incident: `emergency-${idOf(1)}` });
    expect([...world.tables.ledgers.values()]).toMatchObject([{ entryArn: ENTRY, makers: [idOf(1)], version: 1 }]);
    expect([...world.tables.claims.values()].flatMap((held) => [...held.keys()])).toEqual([idOf(1)]);
    expect(world.tables.people.get('ada')).toEqual({
      ...{ personId: 'ada', version: 1, requestedAt: [], open: { 'admin#prod#break-glass': idOf(1) } },
      uses: [{ id: idOf(1), at: at(10) }],
    });
    expect(world.lines).toContain(
      `alarm access that was made with the hub down is on record now ${JSON.stringify({
        ...{ grantId: idOf(1), cluster: 'prod', principalArn: KUBERNETES_ADMIN, person: 'ada' },
        ...{ madeBy: 'arn:maker', live: true },
      })}`,
    );
  });

  test('live, on a role that grants used before: what is known of its entries stays', async () => {
    const key = { clusterArn: world.prod.arn, principalArn: KUBERNETES_ADMIN };
    const before = { ...key, mode: 'role', makers: [idOf(9)], version: 3, entryArn: 'arn:gone' } as const;
    world.tables.ledgers.set(entryKeyText(key), before);
    shown(emergency());
    expect((await record(emergency(), true)).kind).toBe('imported');
    expect(world.tables.ledgers.get(entryKeyText(key))).toEqual({
      ...before,
      ...{ entryArn: ENTRY, makers: [idOf(9), idOf(1)], version: 4 },
    });
  });

  test.each([
    ['at its end: expired', at(10), 'expired'],
    ['a moment before it: somebody took it away', plus(at(10), 1 as Duration), 'removedExternally'],
  ])('gone, %s; it holds nothing, and what its user had is still theirs', async (_what, expires, reason) => {
    const before = { personId: 'ada', version: 4, open: { 'prod-view#prod': idOf(9) }, requestedAt: [at(1)] };
    world.tables.people.set('ada', { ...before, uses: [{ id: idOf(8), at: at(2) }] });
    await record(emergency({}, { 'hallpass:expires': toIso(expires) }));
    expect(await world.grant(idOf(1))).toMatchObject({ state: 'ended', reason });
    expect(world.events(idOf(1)).at(-1)?.body.type).toBe('ended');
    expect([world.tables.claims.size, world.tables.ledgers.size]).toEqual([0, 0]);
    expect(world.tables.people.get('ada')).toEqual({
      ...before,
      version: 5,
      uses: [
        { id: idOf(8), at: at(2) },
        { id: idOf(1), at: at(10) },
      ],
    });
    expect((await world.grant(idOf(1))).breakGlass?.emergency).not.toHaveProperty('madeBy');
  });

  test('of a cluster that is gone, too: it was made after that began', async () => {
    world.aws.clusters.clear();
    await record(emergency());
    expect((await world.grant(idOf(1))).preparation).toMatchObject({ clusterCreatedAt: at(0) });
  });

  test('an end before it was made is no time at all', async () => {
    await record(emergency({}, { 'hallpass:expires': toIso(at(-5)) }));
    expect(await world.grant(idOf(1))).toMatchObject({ duration: 0, state: 'ended', reason: 'expired' });
  });

  test.each<[string | undefined, object]>([
    ['zoe', { id: 'emergency:zoe', name: 'zoe', identifiers: [] }],
    ['constructor', { id: 'emergency:constructor', name: 'constructor', identifiers: [] }],
    [undefined, { id: 'emergency:nobody says who', name: 'nobody says who', channel: 'cli' }],
  ])('its user, as %s: nobody who is known', async (who, requester) => {
    const { 'hallpass:person': _, ...tags } = emergency().tags;
    await record(emergency({ tags: { ...tags, ...(who !== undefined && { 'hallpass:person': who }) } }));
    expect((await world.grant(idOf(1))).requester).toMatchObject(requester);
  });
});

describe('what it gives', () => {
  const scope = (access: Entitlement['access']) => {
    world.config = offering({ ...RULE, access });
  };
  const inNamespaces = (...namespaces: readonly string[]): void =>
    scope({ kind: 'policy', policy: 'AmazonEKSViewPolicy', scope: 'namespace', namespaces });
  const access = async (): Promise<unknown> => (await world.grant(idOf(1))).access;

  test('gone: what the entitlement gives, without its patterns', async () => {
    inNamespaces('dev', 'team-*');
    await record(emergency());
    expect(await access()).toEqual({
      ...{ kind: 'policy', policyArn: POLICY, accessScope: { type: 'namespace', namespaces: ['dev'] } },
    });
  });

  test('gone: groups, or the whole cluster', async () => {
    scope({ kind: 'groups', kubernetesGroups: ['sre'] });
    await record(emergency());
    expect(await access()).toEqual({ kind: 'groups', kubernetesGroups: ['sre'] });
    world.config = offering(RULE);
    await record(emergency({ entryArn: `${ENTRY}2` }, { 'hallpass:grant': `emergency-${idOf(2)}` }));
    expect((await world.grant(idOf(2))).access).toEqual({
      ...{ kind: 'policy', policyArn: POLICY, accessScope: { type: 'cluster' } },
    });
  });

  test('there: what EKS shows of the entitlement’s policy, else what it shows first', async () => {
    inNamespaces('dev', 'test');
    const what = emergency();
    shown(what, {}, [['test']]);
    const other = { policyArn: `${POLICY}2`, accessScope: { type: 'cluster', namespaces: [] } } as const;
    world.prod.entries.get(KUBERNETES_ADMIN)?.policies.unshift(other);
    await record(what, true);
    expect(await access()).toMatchObject({ policyArn: POLICY, accessScope: { namespaces: ['test'] } });
    world = newWorld();
    inNamespaces('dev');
    shown(what);
    world.prod.entries.get(KUBERNETES_ADMIN)?.policies.unshift(other);
    await record(what, true);
    expect(await access()).toEqual({
      ...{ kind: 'policy', policyArn: `${POLICY}2`, accessScope: { type: 'cluster' } },
    });
  });
});

describe('once, and over nobody', () => {
  const derived = derivedId(ENTRY, sha256);
  test('told again it is known, under either id', async () => {
    expect(await kinds(record(emergency()))).toEqual(['imported']);
    expect(await kinds(record(emergency()))).toEqual(['known']);
    world = newWorld();
    world.config = offering(RULE);
    const untagged = emergency({}, { 'hallpass:grant': 'emergency-none' });
    expect(await record(untagged)).toEqual({ kind: 'imported', id: derived });
    expect(await kinds(record(untagged))).toEqual(['known']);
  });

  test.each<[string, Partial<Emergency>, boolean]>([
    ['another entry at the same moment', { entryArn: `${ENTRY}2` }, false],
    ['without its name, a minute off', { entryArn: 'cloudtrail:1', madeAt: at(1) }, true],
    ['without its name, a minute off before', { entryArn: 'cloudtrail:1', madeAt: at(-1) }, true],
    ['without its name, more than that', { entryArn: 'cloudtrail:1', madeAt: plus(at(1), 1 as Duration) }, false],
    ['by its name, whenever that was', { madeAt: at(-60) }, true],
  ])('the id is taken by it: %s', async (_what, more, same) => {
    await record(emergency());
    expect((await record(emergency(more))).kind).toBe(same ? 'known' : 'imported');
  });

  test('recorded without its name, seen by its name later', async () => {
    await record(emergency({ entryArn: 'cloudtrail:1' }));
    expect((await record(emergency({ madeAt: at(0.5) }))).kind).toBe('known');
  });

  test.each<[string, Partial<Entitlement>]>([
    ['another cluster', { clusters: ['test'] }],
    ['another role', { principal: { mode: 'role', role: `${KUBERNETES_ADMIN}2`, assumableBy: [] } }],
  ])('of %s under the same name it is another', async (_what, more) => {
    await record(emergency());
    world.config = offering({ ...RULE, ...more });
    expect(await record(emergency())).toEqual({ kind: 'imported', id: derived });
  });

  test('both ids are other grants’: an outage, and nothing is written over', async () => {
    world.config = { ...WORLD_CONFIG, entitlements: { ...WORLD_CONFIG.entitlements, admin: RULE } };
    const { grant } = await world.request('bob');
    const taken = (id: GrantId) =>
      world.tables.grants.set(id, world.tables.grants.get(grant.id) ?? expect.fail('gone'));
    taken(idOf(1));
    taken(derived);
    const offer = offersOf(world.config)[0] ?? expect.fail('nothing is offered');
    await expect(recordEmergency(world.deps, offer, emergency(), false, ACTOR)).rejects.toThrow(ENTRY);
    expect(world.calls.filter((call) => call === 'store.commit').length).toBe(1);
  });

  test('come back to: somebody else was first; the role is in use; the cluster is another one', async () => {
    const what = emergency();
    shown(what);
    expect(await kinds(record(what, true, { commit: async () => ({ ok: false, conflict: 'ledger' }) }))).toEqual([
      'later',
    ]);
    const arn = world.prod.arn;
    world.prod.arn = `${arn}2`;
    expect(await kinds(record(what, true))).toEqual(['later']);
    world.aws.clusters.clear();
    expect(await kinds(record(what, true))).toEqual(['later']);
    world = newWorld();
    world.config = offering(RULE);
    await world.live('role');
    expect(await kinds(record(what, true))).toEqual(['later']);
    // What is gone changes nothing for those who use the role now.
    expect(await kinds(record(what))).toEqual(['imported']);
  });
});

describe('at the entries that EKS shows', () => {
  const look = (enough = () => false) => importEmergencies(world.deps, ACTOR, enough);
  test('one that is marked as this hub’s, of the ordinary type, dated by EKS', async () => {
    shown(emergency());
    expect(await look()).toEqual([idOf(1)]);
    expect(await world.grant(idOf(1))).toMatchObject({
      state: 'active',
      breakGlass: { emergency: { madeAt: at(0), entryArn: ENTRY } },
    });
    expect(await look()).toEqual([]);
  });

  test.each<[string, Partial<ObservedEntry>]>([
    ['another type', { type: 'EC2_LINUX' }],
    ['another hub’s', { tags: { ...emergency().tags, 'hallpass:hub': 'other' } }],
    ['one without our tags', { tags: {} }],
    ['a grant’s', { tags: { ...emergency().tags, 'hallpass:grant': idOf(1) } }],
  ])('not %s', async (_what, more) => {
    shown(emergency(), more);
    expect([await look(), world.tables.grants.size]).toEqual([[], 0]);
  });

  test('one that nobody dates is over at once', async () => {
    shown(emergency());
    const kept = world.prod.entries.get(KUBERNETES_ADMIN) ?? expect.fail('gone');
    const { createdAt: _, ...undated } = kept.entry;
    kept.entry = undated;
    await look();
    expect(await world.grant(idOf(1))).toMatchObject({ expiresAt: plus(instant(0), (4 * HOUR) as Duration) });
  });

  test('a cluster that does not answer holds up no other, and time that is up is up', async () => {
    world.config = offering({ ...RULE, clusters: ['test', 'prod'] });
    shown(emergency());
    let looked = 0;
    const eks: World['deps']['eks'] = (target) => {
      looked++;
      if (target.name === 'test') throw new Error('ThrottlingException');
      return world.deps.eks(target);
    };
    expect(await importEmergencies({ ...world.deps, eks }, ACTOR, () => looked > 0)).toEqual([]);
    expect(looked).toBe(1);
    expect(await importEmergencies({ ...world.deps, eks }, ACTOR, () => false)).toEqual([idOf(1)]);
    expect(world.lines.filter((line) => line.startsWith('warn'))).toContain(
      'warn a cluster could not be looked at for emergencies {"cluster":"test","error":"Error: ThrottlingException"}',
    );
  });
});
