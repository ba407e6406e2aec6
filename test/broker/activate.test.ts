/**
 * Catches I1, I2 and I5 at the one place that opens access: a decision that is not taken again, access before its start
 * or after its end, an entry that is made twice or built on what goes away, and one that stays when the grant was ended
 * while it was being made.
 */
import { describe, expect, test } from 'vitest';
import { activateGrant } from '../../src/broker/activateGrant.ts';
import { entryKeyOf } from '../../src/broker/arm.ts';
import { endGrant } from '../../src/broker/endGrant.ts';
import { freeze } from '../../src/broker/freeze.ts';
import { type Commit, type Deps, DirectoryUnreachable, type Eks, NotReady } from '../../src/broker/ports.ts';
import { revokeGrant } from '../../src/broker/revokeGrant.ts';
import type { Condition } from '../../src/core/condition-rule.ts';
import { type Claim, claimOf, entryKeyText, type Ledger } from '../../src/core/entry.ts';
import type { GrantId } from '../../src/core/id.ts';
import { toIso } from '../../src/core/time.ts';
import { at, IN_STATE, KUBERNETES_ADMIN } from '../core/fixtures.ts';
import { ENTITLEMENT_OF, MODES, type Mode, newWorld, WORKFLOW, type World } from './fake-world.ts';

const NOBODYS = '01khw0000000000000000000zz' as GrantId;
const by = (world: World, who: string) => ({ person: world.person(who), channel: 'cli', proof: 'test' }) as const;
const bodies = (world: World, id: GrantId) => world.events(id).map(({ body }) => body);
const typesOf = (world: World, id: GrantId): string[] => bodies(world, id).map(({ type }) => type);
const withEks = (world: World, strange: Partial<Eks>): Deps => ({
  ...world.deps,
  eks: (target) => ({ ...world.deps.eks(target), ...strange }),
});
const withStore = (world: World, strange: Partial<Deps['store']>): Deps => ({
  ...world.deps,
  store: { ...world.deps.store, ...strange },
});
const hold = (world: World, id: GrantId) => world.deps.store.putToken(id, { step: 'AwaitStart', value: 'token' });

async function decided(world: World, mode: Mode = 'dedicated', startAt?: number, who = 'ada'): Promise<GrantId> {
  const input = { entitlement: ENTITLEMENT_OF[mode], ...(startAt !== undefined && { startAt: toIso(at(startAt)) }) };
  const { grant } = await world.request(who, input);
  await world.prepare(grant.id);
  expect(await world.approve('bob', grant.id)).toMatchObject({ ok: true });
  return grant.id;
}
async function entryOf(world: World, id: GrantId): Promise<{ ledger: Ledger; key: string }> {
  const key = entryKeyOf(await world.grant(id));
  const ledger = world.tables.ledgers.get(entryKeyText(key));
  if (!ledger) throw new Error('no ledger');
  return { ledger, key: entryKeyText(key) };
}
async function setLedger(world: World, id: GrantId, more: Partial<Ledger>): Promise<void> {
  const { ledger, key } = await entryOf(world, id);
  world.tables.ledgers.set(key, { ...ledger, ...more });
}

describe('when', () => {
  test('a start is kept to the millisecond', async () => {
    const world = newWorld();
    const id = await decided(world, 'dedicated', 30);
    world.advance(30 - 1 / 60_000);
    expect(await world.activate(id)).toEqual({ kind: 'notYet', at: at(30) });
    world.advance(1 / 60_000);
    expect(await world.activate(id)).toEqual({ kind: 'active', expiresAt: at(90) });
    expect(typesOf(world, id).slice(-4)).toEqual(['scheduled', 'armed', 'activated', 'narrowed']);
  });

  test.each(['scheduled', 'activating'] as const)('at its end it is too late for what is %s', async (state) => {
    const world = newWorld();
    const id = await decided(world, 'dedicated', state === 'scheduled' ? 30 : undefined);
    await hold(world, id);
    const end = state === 'scheduled' ? 90 : 60;
    world.advance(end);
    expect(await world.activate(id)).toEqual({ kind: 'over' });
    expect(world.aws.created).toEqual([]);
    const detail = `The time asked for ended at ${toIso(at(end))}. A new request is needed.`;
    expect(bodies(world, id).at(-1)).toEqual(
      state === 'scheduled'
        ? { type: 'denied', reason: `windowOver: ${detail}` }
        : { type: 'revoking', outcome: { state: 'failed', reason: 'neverActive' } },
    );
    expect(world.signals.at(-1)?.token.value).toBe('token');
    expect(world.lines.at(-1)).toContain(`warn not activated {"grantId":"${id}","reason":"windowOver"`);
  });

  test('a millisecond before its end it is not', async () => {
    const world = newWorld();
    const id = await decided(world);
    world.advance(60 - 1 / 60_000);
    expect(await world.activate(id)).toEqual({ kind: 'active', expiresAt: at(60) });
  });

  test('what lives says until when, and nothing happens', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    const before = typesOf(world, id);
    expect(await world.activate(id)).toEqual({ kind: 'active', expiresAt: at(60) });
    expect(typesOf(world, id)).toEqual(before);
    expect(world.aws.created).toHaveLength(1);
  });

  test('what is being taken away, or over, or was never asked for, is over', async () => {
    const world = newWorld();
    const id = await world.live('dedicated');
    await endGrant(world.deps, { ...by(world, 'ada'), id });
    expect(await world.activate(id)).toEqual({ kind: 'over' });
    expect((await world.grant(id)).state).toBe('revoking');
    await world.revoke(id);
    expect(await world.activate(id)).toEqual({ kind: 'over' });
    expect(await world.activate(NOBODYS)).toEqual({ kind: 'over' });
  });
});

describe('I1: decided again', () => {
  test('frozen meanwhile: turned back, whoever approved', async () => {
    const world = newWorld();
    const id = await decided(world);
    await freeze(world.deps, { ...by(world, 'fay'), scope: { kind: 'all' }, reason: 'INC-1', breakGlass: false });
    expect(await world.activate(id)).toEqual({ kind: 'over' });
    expect(world.aws.created).toEqual([]);
    expect(bodies(world, id).at(-1)).toMatchObject({
      type: 'revoking',
      outcome: { state: 'denied', reason: expect.stringMatching(/^frozen: /) },
    });
  });

  test('nobody is asked who people are unless they can be: it is tried again, and nothing is open meanwhile', async () => {
    const world = newWorld();
    const id = await decided(world);
    const ready = async (): Promise<never> => {
      throw new DirectoryUnreachable('gone');
    };
    await expect(activateGrant({ ...world.deps, ready }, id, WORKFLOW)).rejects.toThrow(DirectoryUnreachable);
    expect((await world.grant(id)).state).toBe('activating');
    expect(world.aws.created).toEqual([]);
    expect((await world.activate(id)).kind).toBe('active');
  });

  test('of another table: failed, and says so', async () => {
    const world = newWorld();
    const id = await decided(world);
    world.tableId = 'table-2';
    expect(await world.activate(id)).toEqual({ kind: 'over' });
    expect(bodies(world, id).at(-1)).toEqual({ type: 'revoking', outcome: { state: 'failed', reason: 'restored' } });
  });

  test('a forged record is an alarm; a rule that says no is a warning', async () => {
    const world = newWorld();
    const [forged, refused] = [await decided(world), await decided(world, 'role', undefined, 'cyd')];
    const stored = world.tables.grants.get(forged);
    if (stored) world.tables.grants.set(forged, { ...stored, grant: { ...stored.grant, justification: 'other' } });
    await world.activate(forged);
    world.config = { ...world.config, entitlements: {} };
    await world.activate(refused);
    expect(world.lines.filter((line) => line.includes('not activated')).map((line) => line.split(' ')[0])).toEqual([
      'alarm',
      'warn',
    ]);
    expect(world.aws.created).toEqual([]);
  });

  const ONCALL: Condition = { kind: 'onCall', schedule: 'payments' };
  test('a condition that nobody can tell: what was armed is not asked again, what waited is tried again', async () => {
    const world = newWorld();
    const [armed, waited] = [await decided(world), await decided(world, 'role', 30, 'cyd')];
    const provider = { kind: 'provider', url: 'https://oncall.example.com/now', secret: 'arn' } as const;
    const rules = Object.entries(world.config.entitlements).map(([id, rule]) => [
      id,
      { ...rule, conditions: [ONCALL] },
    ]);
    world.config = { ...world.config, entitlements: Object.fromEntries(rules), onCall: { payments: provider } };
    expect((await world.activate(armed)).kind).toBe('active');
    world.advance(30);
    await expect(world.activate(waited)).rejects.toThrow(NotReady);
    expect((await world.grant(waited)).state).toBe('scheduled');
  });
});

describe('I2: armed first', () => {
  test('what waited is prepared, then armed, then made', async () => {
    const world = newWorld();
    const { grant } = await world.request('ada', { startAt: toIso(at(30)) });
    await world.approve('bob', grant.id);
    world.advance(30);
    expect((await world.activate(grant.id)).kind).toBe('active');
    expect(typesOf(world, grant.id).slice(-5)).toEqual(['scheduled', 'prepared', 'armed', 'activated', 'narrowed']);
  });

  test('a claim that is not on the ledger opens nothing', async () => {
    const world = newWorld();
    const id = await decided(world);
    const { key } = await entryOf(world, id);
    world.tables.claims.delete(key);
    expect(await world.activate(id)).toEqual({ kind: 'over' });
    expect(world.aws.created).toEqual([]);
    const note = `The claim of grant ${id} is missing from the ledger.`;
    expect(bodies(world, id).at(-1)).toEqual({
      type: 'revoking',
      outcome: { state: 'failed', reason: 'neverActive', note },
    });
  });

  test('nor does a ledger that is gone', async () => {
    const world = newWorld();
    const id = await decided(world);
    const { key } = await entryOf(world, id);
    world.tables.ledgers.delete(key);
    expect(await world.activate(id)).toEqual({ kind: 'over' });
    expect(world.aws.created).toEqual([]);
  });

  test('what cannot be given before it is armed is denied, by its name', async () => {
    const world = newWorld();
    const first = await world.live('role');
    const second = await decided(world, 'role', 10, 'cyd');
    const claims = world.tables.claims.get((await entryOf(world, first)).key);
    const held = claims?.get(first);
    if (held) claims?.set(first, { ...held, access: { kind: 'groups', kubernetesGroups: ['x'] } });
    world.advance(10);
    expect(await world.activate(second)).toEqual({ kind: 'over' });
    expect(bodies(world, second).at(-1)).toEqual({
      type: 'denied',
      reason: `principalInUse: ${KUBERNETES_ADMIN} is in use by grant ${first}, which gives other access.`,
    });
  });
});

describe.each(MODES)('made, mode %s', (mode) => {
  test('the entry is on record, with the ledger one version on', async () => {
    const world = newWorld();
    const id = await decided(world, mode);
    const before = await entryOf(world, id);
    await world.activate(id);
    const [entry] = world.prod.entries.values();
    expect((await entryOf(world, id)).ledger).toEqual({
      ...before.ledger,
      entryArn: entry?.entry.entryArn,
      version: before.ledger.version + 1,
    });
    expect(await world.grant(id)).toMatchObject({ entryArn: entry?.entry.entryArn });
  });

  test('what EKS made and does not show is recorded all the same, and tried again with another token', async () => {
    const world = newWorld();
    const id = await decided(world, mode);
    const before = await entryOf(world, id);
    const tokens: string[] = [];
    const deps = (eks: Partial<Eks>) =>
      withEks(world, {
        ...eks,
        createEntry: async (desired, token) => {
          tokens.push(token);
          return world.deps.eks((await world.grant(id)).cluster).createEntry(desired, token);
        },
      });
    await expect(activateGrant(deps({ listPolicies: async () => undefined }), id, WORKFLOW)).rejects.toThrow(NotReady);
    const [entry] = world.prod.entries.values();
    expect((await entryOf(world, id)).ledger).toEqual({
      ...before.ledger,
      entryArn: entry?.entry.entryArn,
      version: before.ledger.version + 1,
    });
    expect((await world.grant(id)).state).toBe('activating');
    expect((await activateGrant(deps({}), id, WORKFLOW)).kind).toBe('active');
    expect(tokens).toEqual([`${id}-${at(0)}`]);
  });

  test('what EKS did not make leaves the ledger as it is', async () => {
    const world = newWorld();
    const id = await decided(world, mode);
    const before = await entryOf(world, id);
    const createEntry = async (): Promise<never> => {
      throw new NotReady('throttled');
    };
    await expect(activateGrant(withEks(world, { createEntry }), id, WORKFLOW)).rejects.toThrow('throttled');
    expect(await entryOf(world, id)).toEqual(before);
  });

  const missing = async (world: World, id: GrantId): Promise<void> => {
    await expect(activateGrant(withEks(world, { listPolicies: async () => undefined }), id, WORKFLOW)).rejects.toThrow(
      NotReady,
    );
    world.prod.entries.clear();
  };

  test('made and not to be seen: waited for a minute, and then somebody removed it', async () => {
    const world = newWorld();
    const id = await decided(world, mode);
    await missing(world, id);
    world.advance(1 - 1 / 60_000);
    await expect(world.activate(id)).rejects.toThrow(/was made and cannot be seen yet/);
    world.advance(1 / 60_000);
    await hold(world, id);
    expect(await world.activate(id)).toEqual({ kind: 'over' });
    const { arn } = (await world.grant(id)).principal;
    const note = `the entry of ${arn} was made and has been removed by somebody else`;
    expect(bodies(world, id).at(-1)).toEqual({
      type: 'revoking',
      outcome: { state: 'ended', reason: 'removedExternally', note },
    });
    expect(world.lines.at(-1)).toBe(
      `alarm not activated {"grantId":"${id}","reason":"removedExternally","detail":"${note}"}`,
    );
    expect(world.aws.made).toBe(1);
    expect(world.signals.at(-1)?.token.value).toBe('token');
  });

  test('made and gone while a delete of ours may still have been on its way: made again', async () => {
    const world = newWorld();
    const id = await decided(world, mode);
    await missing(world, id);
    world.advance(2);
    await setLedger(world, id, { deletedAt: at(1) });
    expect((await world.activate(id)).kind).toBe('active');
    expect(world.aws.made).toBe(2);
  });

  test('ended while it was being made: what came after the removal goes at once', async () => {
    const world = newWorld();
    const id = await decided(world, mode);
    let met = false;
    const commit: Deps['store']['commit'] = async (change) => {
      if (!met && change.events.some(({ body }) => body.type === 'activated')) {
        met = true;
        const entries = new Map(world.prod.entries);
        await endGrant(world.deps, { ...by(world, 'ada'), id });
        await revokeGrant(world.deps, id, WORKFLOW);
        for (const [arn, entry] of entries) world.prod.entries.set(arn, entry);
      }
      return world.deps.store.commit(change);
    };
    expect(await activateGrant(withStore(world, { commit }), id, WORKFLOW)).toEqual({ kind: 'over' });
    expect(met).toBe(true);
    expect(world.prod.entries.size).toBe(0);
    expect((await world.grant(id)).state).toBe('ended');
  });

  test('overtaken five times it is made all the same; six times it says that it was not', async () => {
    const world = newWorld();
    const id = await decided(world, mode);
    const losing = (times: number): Deps => {
      let tries = 0;
      const lost: Commit = { ok: false, conflict: 'ledger' };
      return withStore(world, {
        commit: async (change) => (++tries > times ? world.deps.store.commit(change) : lost),
      });
    };
    const trying = activateGrant(losing(6), id, WORKFLOW);
    await expect(trying).rejects.toThrow(NotReady);
    await expect(trying).rejects.toThrow(`changes of grant ${id} keep overtaking its activation`);
    expect(await activateGrant(losing(5), id, WORKFLOW)).toEqual({ kind: 'active', expiresAt: at(60) });
    expect(world.aws.made, 'what is not over is not undone').toBe(1);
  });
});

describe('the role of its own', () => {
  test('is dated to the end, at once', async () => {
    const world = newWorld();
    const id = await decided(world);
    await world.activate(id);
    expect([...world.aws.dedicated.values()].map(({ until }) => until)).toEqual([at(60)]);
    expect(bodies(world, id).at(-1)).toEqual({ type: 'narrowed', until: at(60) });
  });

  test('that cannot be dated now is owed its date, and keeps nobody waiting', async () => {
    const world = newWorld();
    const id = await decided(world);
    const setAssumableUntil = async (): Promise<never> => {
      throw new Error('throttled');
    };
    const deps = { ...world.deps, roles: { ...world.deps.roles, setAssumableUntil } };
    expect((await activateGrant(deps, id, WORKFLOW)).kind).toBe('active');
    expect(typesOf(world, id)).not.toContain('narrowed');
    expect(world.lines).toContain(
      `warn the role was not dated; the sweeper does it {"grantId":"${id}","error":"Error: throttled"}`,
    );
    await world.sweepFor(3);
    expect(typesOf(world, id)).toContain('narrowed');
  });

  test('a standing role is not dated', async () => {
    const world = newWorld();
    const id = await decided(world, 'role');
    await world.activate(id);
    expect(world.calls).not.toContain('roles.setAssumableUntil');
    expect(typesOf(world, id)).not.toContain('narrowed');
  });
});

describe('a race that is lost', () => {
  /** The first write of this kind is somebody else's. */
  const losing = (world: World, type: string): Deps => {
    let lost = false;
    return withStore(world, {
      commit: async (change) => {
        if (lost || !change.events.some(({ body }) => body.type === type)) return world.deps.store.commit(change);
        lost = true;
        return { ok: false, conflict: 'grant' };
      },
    });
  };

  test('turned back, and overtaken: looked at again, turned back, and told once', async () => {
    const world = newWorld();
    const id = await decided(world);
    world.config = { ...world.config, entitlements: {} };
    await hold(world, id);
    expect(await activateGrant(losing(world, 'revoking'), id, WORKFLOW)).toEqual({ kind: 'over' });
    expect((await world.grant(id)).state).toBe('revoking');
    expect(world.signals).toHaveLength(1);
  });

  test('removed by somebody, and overtaken: looked at again, and recorded', async () => {
    const world = newWorld();
    const id = await decided(world, 'role');
    await setLedger(world, id, { entryArn: 'made' });
    world.advance(2);
    expect(await activateGrant(losing(world, 'revoking'), id, WORKFLOW)).toEqual({ kind: 'over' });
    expect(await world.grant(id)).toMatchObject({ state: 'revoking', outcome: { reason: 'removedExternally' } });
  });
});

describe('reading ahead', () => {
  const stale = (world: World, claims: readonly Claim[]): { readonly deps: Deps; readonly reads: () => number } => {
    let reads = 0;
    const readEntry: Deps['store']['readEntry'] = async (key) =>
      ++reads === 1 ? { claims } : world.deps.store.readEntry(key);
    return { deps: withStore(world, { readEntry }), reads: () => reads };
  };

  test.each([
    ['no claim', []],
    ['another’s claim', [{ ...claimOf(IN_STATE.active), grantId: 'other' }]],
  ] as const)('what is older than the claim, and shows %s, is read again', async (_what, claims) => {
    const world = newWorld();
    const id = await decided(world, 'role');
    const { deps, reads } = stale(world, claims);
    expect((await activateGrant(deps, id, WORKFLOW)).kind).toBe('active');
    expect(reads()).toBe(2);
  });

  test('what shows the claim among others is not read again', async () => {
    const world = newWorld();
    await world.live('role', {}, 'cyd');
    const id = await decided(world, 'role');
    world.calls.length = 0;
    expect((await world.activate(id)).kind).toBe('active');
    expect(world.calls.filter((name) => name === 'store.readEntry')).toHaveLength(1);
  });
});

test('nothing runs on after an activation that failed: the role’s date was waited for', async () => {
  const world = newWorld();
  const id = await decided(world);
  let dated = false;
  const setAssumableUntil = async (): Promise<void> => {
    for (let turn = 0; turn < 50; turn++) await Promise.resolve();
    dated = true;
  };
  const failing = withEks(world, {
    createEntry: async () => {
      throw new NotReady('throttled');
    },
  });
  const deps = { ...failing, roles: { ...world.deps.roles, setAssumableUntil } };
  await expect(activateGrant(deps, id, WORKFLOW)).rejects.toThrow('throttled');
  expect(dated).toBe(true);
});

describe('a standing role that others hold', () => {
  async function held(world: World): Promise<{ first: GrantId; second: GrantId }> {
    const first = await world.live('role', { duration: '2h' });
    const second = await decided(world, 'role', undefined, 'cyd');
    return { first, second };
  }

  test('keeps its one entry, until the later end', async () => {
    const world = newWorld();
    const { second } = await held(world);
    await world.activate(second);
    expect(world.aws.made).toBe(1);
    expect(world.prod.entries.get(KUBERNETES_ADMIN)?.entry.tags['hallpass:expires']).toBe(toIso(at(120)));
  });

  test('was made, and is gone: it is made again, for this grant was decided since', async () => {
    const world = newWorld();
    const { second } = await held(world);
    world.advance(5);
    world.prod.entries.clear();
    expect((await world.activate(second)).kind).toBe('active');
    expect(world.aws.made).toBe(2);
    expect(world.prod.entries.get(KUBERNETES_ADMIN)?.entry.tags['hallpass:grant']).toBe(second);
  });

  test('a claim of another table holds nothing', async () => {
    const world = newWorld();
    const { first, second } = await held(world);
    const claims = world.tables.claims.get((await entryOf(world, first)).key);
    const claim = claims?.get(first);
    if (claim) claims?.set(first, { ...claim, tableId: 'table-0' });
    world.prod.entries.clear();
    await expect(world.activate(second)).rejects.toThrow(/was made and cannot be seen yet/);
  });
});
