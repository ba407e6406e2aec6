/**
 * Break-glass (F21). Catches one that needs what is down in an emergency, one that leaves access when it dies half-way,
 * one that is every Friday's habit, and a use that nobody looks at, or that its own user reviews.
 */
import { beforeEach, describe, expect, test } from 'vitest';
import { activateGrant } from '../../src/broker/activateGrant.ts';
import { breakGlass } from '../../src/broker/breakGlass.ts';
import { endGrant } from '../../src/broker/endGrant.ts';
import { extendGrant } from '../../src/broker/extendGrant.ts';
import { freeze } from '../../src/broker/freeze.ts';
import { DirectoryUnreachable, type KnownRoles, type Roles } from '../../src/broker/ports.ts';
import { rememberRoles } from '../../src/broker/rememberRoles.ts';
import { reviewGrant } from '../../src/broker/review.ts';
import { type BreakGlassInput, UNKNOWN_ROLE, workingDaysAfter } from '../../src/core/break-glass.ts';
import type { BreakGlassRule, Configuration } from '../../src/core/configuration.ts';
import { permits } from '../../src/core/decision.ts';
import type { Verdict } from '../../src/core/grant.ts';
import type { GrantId } from '../../src/core/id.ts';
import { type Duration, instant } from '../../src/core/time.ts';
import { at, group, HOUR, KUBERNETES_ADMIN, one, peopleOf, person } from '../core/fixtures.ts';
import { trust } from './fake-aws.ts';
import { newWorld, WORLD_CONFIG, type World } from './fake-world.ts';

const RULE: BreakGlassRule = {
  eligible: [group('developers')],
  maxDuration: (2 * HOUR) as Duration,
  minReason: 20,
  perWeek: 3,
  reviewWithin: 3,
};
const admin = WORLD_CONFIG.entitlements['admin'];
if (!admin) throw new Error('the fixtures have no such entitlement');
const CONFIG: Configuration = {
  ...WORLD_CONFIG,
  reviewers: [one('eve'), one('ada')],
  entitlements: { ...WORLD_CONFIG.entitlements, admin: { ...admin, breakGlass: RULE } },
};

let world: World;
let known: KnownRoles;
beforeEach(() => {
  world = newWorld();
  world.config = CONFIG;
  known = { standing: {} };
});

const dead = async (): Promise<never> => {
  throw new Error('IAM is down');
};
const NO_IAM: Roles = { create: dead, setAssumableUntil: dead, remove: dead, inspect: dead };
const by = (id: string) => ({ person: world.person(id), channel: 'cli', proof: `test:${id}` }) as const;
const memory = () => ({
  read: async () => known,
  write: async (next: KnownRoles) => {
    known = next;
  },
});
const REASON = 'API server down, nobody answers the page';
const using = (who = 'ada', input: Partial<BreakGlassInput> = {}, key?: string, ready = world.deps.ready) =>
  breakGlass(
    { ...world.deps, ready, roles: NO_IAM, known: memory(), pause: async () => {} },
    {
      ...by(who),
      input: { entitlement: 'admin', reason: REASON, incident: 'INC-4211', ...input },
      ...(key !== undefined && { idempotencyKey: key }),
    },
  );
const used = async (who = 'ada'): Promise<GrantId> => {
  const answer = await using(who);
  if (!answer.ok) throw new Error(JSON.stringify(answer.error));
  return answer.value.grant.id;
};
const end = (who: string, id: GrantId) => endGrant(world.deps, { ...by(who), id });
const review = (who: string, id: GrantId, verdict: Verdict = 'ok', note = 'restored etcd') =>
  reviewGrant(world.deps, { ...by(who), id, verdict, note });
const types = (id: GrantId): string[] => world.events(id).map(({ body }) => body.type);
const refusal = async (answer: ReturnType<typeof using>): Promise<object> => {
  const { ok, ...rest } = (await answer) as { ok: boolean; error?: object };
  return ok ? { given: true } : (rest.error ?? {});
};
/** Used, ended and gone. */
const usedUp = async (who = 'ada'): Promise<GrantId> => {
  const id = await used(who);
  await end('fay', id);
  await world.sweepFor(2);
  return id;
};

describe('with IAM and the workflow down', () => {
  test('access is there when the call returns, and is ended by the sweeper alone', async () => {
    world.workflowIsDown = true;
    const id = await used();
    expect(await world.grant(id)).toMatchObject({ state: 'active', breakGlass: { incident: 'INC-4211' } });
    expect(types(id)).toEqual(['requested', 'brokeGlass', 'prepared', 'armed', 'activated']);
    expect([...world.prod.entries.keys()]).toEqual([KUBERNETES_ADMIN]);
    expect(world.chainFaults(id)).toEqual([]);
    await world.sweepFor(75);
    expect(await world.grant(id)).toMatchObject({ state: 'ended', reason: 'expired' });
    expect([...world.prod.entries.keys()]).toEqual([]);
    expect(world.alarms).toContain('break-glass was used');
  });

  test('the directory down as well: given to whom it says nothing about; a user of it may have left, and waits', async () => {
    const down = () => Promise.reject(new DirectoryUnreachable('gone'));
    const given = await using('ada', {}, undefined, down);
    expect(given).toMatchObject({ ok: true, value: { grant: { state: 'active' } } });
    world = newWorld();
    const ada = { ...world.person('ada'), userId: 'u-1' };
    world.config = { ...CONFIG, directory: { ...CONFIG.directory, people: { ...CONFIG.directory.people, ada } } };
    expect(await using('ada', {}, undefined, down)).toMatchObject({ value: { grant: { state: 'activating' } } });
    expect([...world.prod.entries.keys()]).toEqual([]);
  });

  test.each(['crashBefore', 'crashAfter', 'failBefore', 'failAfter'] as const)(
    'I2: %s at every call: nothing stands after its end, and what was armed is reviewed',
    async (fault) => {
      for (let n = 1; ; n++) {
        world = newWorld();
        world.config = CONFIG;
        world.strike(n, fault);
        await using('ada').catch(() => {});
        const struck = world.wasStruck();
        world.restart();
        world.calm();
        await world.sweepFor(80);
        expect([n, [...world.prod.entries.keys()]]).toEqual([n, []]);
        for (const { grant } of world.tables.grants.values()) {
          expect([n, grant.state]).toEqual([n, expect.stringMatching(/^(ended|failed)$/)]);
          expect(grant.review).toBeDefined();
        }
        if (!struck) break;
        expect(n).toBeLessThan(60);
      }
    },
  );

  test('the same key gives the same grant, and another body with it is refused', async () => {
    const first = await using('ada', {}, 'k');
    const again = await using('ada', {}, 'k');
    expect(again.ok && first.ok && again.value.grant.id).toBe(first.ok && first.value.grant.id);
    expect(await refusal(using('ada', { incident: 'INC-2' }, 'k'))).toMatchObject({ reason: 'idempotencyKeyReused' });
  });
});

describe('whom the role lets in', () => {
  test('not known: given all the same, with an alarm and on record', async () => {
    const id = await used();
    expect(world.alarms).toContain('break-glass is given through a role whose trust is not known');
    const grant = await world.grant(id);
    expect(grant.breakGlass).not.toHaveProperty('trustCheckedAt');
    expect(grant.preparation?.roleId).toBe(UNKNOWN_ROLE);
  });

  test('known: on record with its age', async () => {
    await rememberRoles({ ...world.deps, known: memory() });
    world.advance(50);
    const id = await used();
    expect((await world.grant(id)).breakGlass).toMatchObject({ trustCheckedAt: at(0) });
    expect(world.alarms).toEqual(['break-glass was used']);
  });

  test('known to be too wide: refused, with whom it lets in', async () => {
    const role = world.aws.standing.get(KUBERNETES_ADMIN);
    if (role) role.trust = trust('arn:aws:iam::111111111111:role/sso', 'arn:aws:iam::999999999999:root');
    await rememberRoles({ ...world.deps, known: memory() });
    expect(await refusal(using())).toMatchObject({
      why: 'trustTooWide',
      detail: expect.stringMatching(/999999999999/),
    });
    expect(world.tables.grants.size).toBe(0);
  });

  test('what IAM does not answer now stays as it was known', async () => {
    await rememberRoles({ ...world.deps, known: memory() });
    const before = known;
    world.advance(60);
    await rememberRoles({ ...world.deps, roles: NO_IAM, identities: { roleIds: dead }, known: memory() });
    expect(known).toEqual(before);
  });

  test('F39: nor is anybody forgotten whom only a directory knows that cannot be read now', async () => {
    await rememberRoles({ ...world.deps, known: memory() });
    const before = known;
    expect(before.callers?.ids).not.toEqual({});
    const ofTheFile = { roleIds: async () => new Map() };
    const ready = () => Promise.reject(new DirectoryUnreachable('gone'));
    await rememberRoles({ ...world.deps, identities: ofTheFile, ready, known: memory() });
    expect(known.callers).toEqual(before.callers);
  });

  test('a later grant through approval shares the entry, though the role was not known', async () => {
    await used('ada');
    const id = await world.live('role', {}, 'bob');
    expect(await world.grant(id)).toMatchObject({ state: 'active' });
  });
});

describe('limits, by name', () => {
  test.each<[string, Partial<BreakGlassInput>, object]>([
    ['no incident', { incident: ' ' }, { reason: 'incidentMissing' }],
    ['a reason of 19 characters', { reason: 'x'.repeat(19) }, { reason: 'justificationTooShort', minLength: 20 }],
    ['longer than it may be', { duration: '3h' }, { reason: 'durationTooLong', max: 2 * HOUR }],
    ['an entitlement without it', { entitlement: 'prod-view' }, { reason: 'breakGlassNotOffered', offered: ['admin'] }],
    ['a cluster that is not covered', { cluster: 'test' }, { reason: 'clusterNotOffered' }],
  ])('%s', async (_what, input, error) => {
    expect(await refusal(using('ada', input))).toMatchObject(error);
    expect(world.tables.grants.size).toBe(0);
    expect(world.aws.created).toEqual([]);
  });

  test('somebody who may not', async () => {
    expect(await refusal(using('dan'))).toMatchObject({ reason: 'breakGlassNotOffered', offered: [] });
  });

  test('one at a time, also of two at once', async () => {
    const answers = await Promise.all([using(), using()]);
    expect(answers.map(({ ok }) => ok).sort()).toEqual([false, true]);
    expect(await refusal(using())).toMatchObject({ reason: 'breakGlassLive' });
    expect((await using('bob')).ok).toBe(true);
  });

  test('three in seven days, and again after that', async () => {
    for (let n = 0; n < 3; n++) {
      expect((await review('eve', await usedUp())).ok).toBe(true);
      world.advance(60);
    }
    expect(await refusal(using())).toMatchObject({ reason: 'breakGlassTooOften', uses: 3, limit: 3 });
    world.advance(7 * 24 * 60);
    expect((await using()).ok).toBe(true);
  });

  test('one person under two entries of the directory has one allowance', async () => {
    const twin = person('ada2', { email: 'ada@example.com' });
    const { directory } = CONFIG;
    world.config = {
      ...CONFIG,
      directory: {
        people: { ...directory.people, ...peopleOf(twin) },
        groups: { ...directory.groups, developers: ['ada', 'ada2'] },
      },
    };
    await used('ada');
    expect(await refusal(using('ada2'))).toMatchObject({ reason: 'breakGlassLive' });
  });

  test('it cannot be extended', async () => {
    const id = await used();
    expect(await extendGrant(world.deps, { ...by('ada'), id, input: { justification: REASON } })).toMatchObject({
      ok: false,
      error: { reason: 'extensionNotOffered' },
    });
  });

  test.each([
    [false, { reason: 'frozen' }],
    [true, { given: true }],
  ])('frozen, with break-glass allowed: %s', async (allowed, outcome) => {
    await freeze(world.deps, { ...by('fay'), scope: { kind: 'all' }, reason: 'INC-1', breakGlass: allowed });
    expect(await refusal(using())).toMatchObject(outcome);
  });
});

describe('I1: activation decides again', () => {
  /** Armed, and the process dead before anything was opened. */
  const armed = async (): Promise<GrantId> => {
    const eks = world.deps.eks;
    const broken = {
      ...world.deps,
      eks: (target: Parameters<typeof eks>[0]) => ({ ...eks(target), createEntry: dead }),
    };
    await breakGlass(
      { ...broken, roles: NO_IAM, known: memory(), pause: async () => {} },
      { ...by('ada'), input: { entitlement: 'admin', reason: REASON, incident: 'INC-4211' } },
    );
    const [id] = [...world.tables.grants.keys()];
    expect(world.tables.grants.get(id ?? '')?.grant.state).toBe('activating');
    return id as GrantId;
  };

  test('break-glass is taken out of the configuration meanwhile: denied, nothing opens', async () => {
    const id = await armed();
    world.config = WORLD_CONFIG;
    await world.sweepFor(3);
    expect(await world.grant(id)).toMatchObject({ state: 'denied', reason: expect.stringMatching(/no longer offers/) });
    expect(world.aws.created).toEqual([]);
  });

  test('facts that say break-glass without the event of it open nothing', async () => {
    const id = await armed();
    const stored = world.tables.grants.get(id);
    if (!stored) throw new Error('gone');
    const { review: _, ...rest } = stored.grant;
    world.tables.grants.set(id, { ...stored, grant: rest as typeof stored.grant });
    await activateGrant(world.deps, id, { kind: 'system', part: 'workflow' });
    expect(await world.grant(id)).toMatchObject({ state: expect.stringMatching(/revoking|denied/) });
    expect(world.aws.created).toEqual([]);
  });
});

test('I1: a chain that adds up, of facts that say break-glass and no event of it, permits nothing', async () => {
  const { review, ...never } = await world.grant(await used());
  expect(review).toBeDefined();
  expect(permits({ ...never, review } as never, CONFIG)).toMatchObject({ ok: true });
  expect(permits(never as never, CONFIG)).toMatchObject({ ok: false, error: { reason: 'approvalsMissing' } });
});

describe('End now', () => {
  test.each([
    ['an approver', 'bob'],
    ['a responder', 'fay'],
    ['whoever used it', 'ada'],
  ])('%s may', async (_who, id) => {
    const grantId = await used();
    expect((await end(id, grantId)).ok).toBe(true);
    await world.sweepFor(2);
    expect([...world.prod.entries.keys()]).toEqual([]);
  });
});

describe('the review', () => {
  test('second use with an overdue review is refused, naming who may review; reviewed, it is given', async () => {
    const id = await usedUp();
    expect((await using()).ok).toBe(true);
    await world.sweepFor(65);
    // Tuesday 03:00 and three working days: Friday 03:00.
    world.advance(3 * 24 * 60);
    expect(await refusal(using())).toMatchObject({ reason: 'reviewOverdue', grantId: id, reviewers: ['Ada', 'Eve'] });
    expect((await using('bob')).ok).toBe(true);
    for (const { grant } of world.tables.grants.values())
      if (grant.requester.id === 'ada') expect((await review('eve', grant.id)).ok).toBe(true);
    expect((await using()).ok).toBe(true);
  });

  test.each<[string, string, Partial<{ note: string; live: boolean }>, object]>([
    ['by whoever used it, though a reviewer', 'ada', {}, { reason: 'notReviewer', own: true, reviewers: ['Eve'] }],
    ['by somebody who is no reviewer', 'bob', {}, { reason: 'notReviewer', own: false }],
    ['without a note', 'eve', { note: ' ' }, { reason: 'reviewNoteMissing' }],
    ['while it is live', 'eve', { live: true }, { reason: 'reviewTooEarly', state: 'active' }],
  ])('%s: refused', async (_what, who, { note = 'fine', live = false }, error) => {
    const id = live ? await used() : await usedUp();
    expect(await review(who, id, 'ok', note)).toMatchObject({ ok: false, error });
    expect(types(id)).not.toContain('reviewed');
  });

  test('by whoever used it under another entry of the directory: refused', async () => {
    const id = await usedUp();
    const twin = person('ada2', { email: 'ADA@example.com' });
    world.config = {
      ...CONFIG,
      reviewers: [one('ada2')],
      directory: { ...CONFIG.directory, people: { ...CONFIG.directory.people, ...peopleOf(twin) } },
    };
    expect(await review('ada2', id)).toMatchObject({ ok: false, error: { reason: 'notReviewer', own: true } });
  });

  test('by whoever has the Slack account now that its user had then: refused', async () => {
    const slack = { teamId: 'T1', userId: 'U1' };
    world.config = { ...CONFIG, slack: { teamId: 'T1' } };
    const { links } = world.deps;
    const chain = { n: 0, hash: 'none' };
    const recordOf = (personId: string, version: number, accounts: readonly object[]) =>
      links.commit({ record: { personId, version, accounts, attempts: [], chain } as never });
    await recordOf('ada', 1, [{ ...slack, linkedAt: at(0) }]);
    const id = await usedUp();
    await recordOf('ada', 2, []);
    await recordOf('eve', 1, [{ ...slack, linkedAt: at(0) }]);
    expect(await review('eve', id)).toMatchObject({ ok: false, error: { reason: 'notReviewer', own: true } });
  });

  test('once: the first verdict stands', async () => {
    const id = await usedUp();
    expect((await review('eve', id, 'misuse', 'it was a Friday deployment')).ok).toBe(true);
    expect(await review('eve', id)).toMatchObject({
      ok: false,
      error: { reason: 'nothingToReview', reviewedBy: 'Eve' },
    });
    expect((await world.grant(id)).review?.done).toMatchObject({ verdict: 'misuse', byId: 'eve' });
    expect(world.chainFaults(id)).toEqual([]);
  });

  test('a grant that was approved needs none', async () => {
    const id = await world.live('role', {}, 'bob');
    expect(await review('eve', id)).toMatchObject({ ok: false, error: { reason: 'nothingToReview' } });
  });

  test('reminders: when it is overdue, then once a day; none once it is reviewed', async () => {
    const id = await usedUp();
    world.advance(3 * 24 * 60 - 10);
    await world.sweepFor(12);
    const reminders = (): number => types(id).filter((type) => type === 'reviewOverdue').length;
    expect(reminders()).toBe(1);
    world.advance(24 * 60);
    await world.sweepFor(3);
    expect(reminders()).toBe(2);
    await review('eve', id);
    world.advance(3 * 24 * 60);
    await world.sweepFor(3);
    expect(reminders()).toBe(2);
  });

  test.each([
    ['2026-11-24T03:00Z', 3, '2026-11-27T03:00:00.000Z'],
    ['2026-11-27T03:00Z', 1, '2026-11-30T03:00:00.000Z'],
    ['2026-11-28T03:00Z', 1, '2026-11-30T03:00:00.000Z'],
    ['2026-11-26T03:00Z', 3, '2026-12-01T03:00:00.000Z'],
  ])('from %s, %i working days later is %s', (from, count, until) => {
    expect(new Date(workingDaysAfter(instant(Date.parse(from)), count)).toISOString()).toBe(until);
  });
});
