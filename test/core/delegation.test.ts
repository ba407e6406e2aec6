/**
 * Catches I1 and F17 where somebody decides in another's place: a delegation that outlives its dates, reaches further than
 * its giver, is passed on, makes two approvals out of one person, or lets a requester approve through a friend; and a
 * count at activation that disagrees with what was said when somebody clicked.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ApprovalStep, Configuration, Delegation, Person } from '../../src/core/configuration.ts';
import { approvalBy, isApproverOf, mayDecide, permits, verdictOn } from '../../src/core/decision.ts';
import { evaluateDelegation } from '../../src/core/delegating.ts';
import { circleThrough, delegationsTo, parseDay } from '../../src/core/delegation.ts';
import type { Approval } from '../../src/core/grant.ts';
import { identifiersOf } from '../../src/core/identity.ts';
import { decidersIn, waitingFor } from '../../src/core/waiting.ts';
import {
  at,
  CONFIG,
  configWith,
  countCases,
  ENTITLEMENT,
  FACTS,
  group,
  IN_STATE,
  one,
  peopleOf,
  person,
  SSO_ROLE,
} from './fixtures.ts';

/** bob and cyd lead; ada asks; dan, eve and fay have nothing to do with it. */
const step = (more: Partial<ApprovalStep> = {}): ApprovalStep => ({
  approvers: [group('leads')],
  approvalsNeeded: 1,
  channels: [],
  ...more,
});
const rules = (steps: readonly ApprovalStep[], ...delegations: Delegation[]): Configuration => ({
  ...configWith({ approval: { ...ENTITLEMENT.approval, steps } }),
  delegations,
});
const lends = (from: string, to: string, more: Partial<Delegation> = {}): Delegation => ({
  id: `${from}>${to}`,
  from,
  to: [to],
  starts: at(0),
  ends: at(60),
  ...more,
});
const own = (personId: string, number = 1, minute = 5): Approval => ({
  personId,
  name: personId,
  step: number,
  channel: 'cli',
  at: at(minute),
});
const forOf = (personId: string, from: string, number = 1, minute = 5): Approval => ({
  ...own(personId, number, minute),
  onBehalfOf: { personId: from, name: from, delegation: `${from}>${personId}` },
});
const asked = (approvals: readonly Approval[] = [], escalated: readonly number[] = []) => ({
  ...FACTS,
  approvals,
  autoApproved: false,
  escalated,
});
const TWO = [step({ approvalsNeeded: 2 })];
const IN_TURN = [step({ approvers: [one('bob')] }), step({ approvers: [one('cyd')] })];
const MORE = step({ escalateTo: [one('dan')] });

const VERDICTS: readonly (readonly [
  string,
  Configuration,
  readonly Approval[],
  number | 'granted',
  (readonly number[])?,
])[] = [
  ['a delegate, while it stands', rules([step()], lends('bob', 'dan')), [forOf('dan', 'bob')], 'granted'],
  ['at its first moment', rules([step()], lends('bob', 'dan')), [forOf('dan', 'bob', 1, 0)], 'granted'],
  ['before it', rules([step()], lends('bob', 'dan', { starts: at(6) })), [forOf('dan', 'bob')], 0],
  ['at its end', rules([step()], lends('bob', 'dan')), [forOf('dan', 'bob', 1, 60)], 0],
  [
    'it ended since, and the record still shows that it stood',
    rules([step()], lends('bob', 'dan', { ends: at(6) })),
    [forOf('dan', 'bob')],
    'granted',
  ],
  [
    'it was shortened to before the approval',
    rules([step()], lends('bob', 'dan', { ends: at(5) })),
    [forOf('dan', 'bob')],
    0,
  ],
  ['it is on record no more', rules([step()]), [forOf('dan', 'bob')], 0],
  ['somebody else’s', rules([step()], lends('bob', 'dan')), [forOf('eve', 'bob')], 0],
  [
    'it names another giver than is recorded',
    rules([step()], lends('bob', 'dan')),
    [{ ...forOf('dan', 'cyd'), onBehalfOf: { personId: 'cyd', name: 'Cyd', delegation: 'bob>dan' } }],
    0,
  ],
  ['a delegate claims a right of their own', rules([step()], lends('bob', 'dan')), [own('dan')], 0],
  [
    'for another entitlement',
    rules([step()], lends('bob', 'dan', { entitlements: ['other'] })),
    [forOf('dan', 'bob')],
    0,
  ],
  [
    'for this one',
    rules([step()], lends('bob', 'dan', { entitlements: ['prod-view'] })),
    [forOf('dan', 'bob')],
    'granted',
  ],
  ['its giver is no approver', rules([step()], lends('eve', 'dan')), [forOf('dan', 'eve')], 0],
  ['passed on', rules([step()], lends('bob', 'dan'), lends('dan', 'eve')), [forOf('eve', 'dan')], 0],
  [
    'its giver is the requester',
    rules([step({ approvers: [one('ada'), one('bob')] })], lends('ada', 'dan')),
    [forOf('dan', 'ada')],
    0,
  ],
  ['to the requester', rules([step()], lends('bob', 'ada')), [forOf('ada', 'bob')], 0],
  ['two needed: bob and bob’s delegate are one', rules(TWO, lends('bob', 'dan')), [own('bob'), forOf('dan', 'bob')], 1],
  ['two needed: in the other order, too', rules(TWO, lends('bob', 'dan')), [forOf('dan', 'bob'), own('bob')], 1],
  [
    'two needed: two delegates of bob are one',
    rules(TWO, lends('bob', 'dan'), lends('bob', 'eve')),
    [forOf('dan', 'bob'), forOf('eve', 'bob')],
    1,
  ],
  [
    'two needed: cyd for herself and for bob is one',
    rules(TWO, lends('bob', 'cyd')),
    [own('cyd'), forOf('cyd', 'bob')],
    1,
  ],
  [
    'two needed: dan for bob and for cyd is one',
    rules(TWO, lends('bob', 'dan'), lends('cyd', 'dan')),
    [forOf('dan', 'bob'), forOf('dan', 'cyd')],
    1,
  ],
  ['two needed: dan for bob, and cyd', rules(TWO, lends('bob', 'dan')), [forOf('dan', 'bob'), own('cyd')], 'granted'],
  [
    'two needed: dan for bob, eve for cyd',
    rules(TWO, lends('bob', 'dan'), lends('cyd', 'eve')),
    [forOf('dan', 'bob'), forOf('eve', 'cyd')],
    'granted',
  ],
  [
    'two needed: cyd for bob, bob for cyd: each is used up',
    rules(TWO, lends('bob', 'cyd'), lends('cyd', 'bob')),
    [forOf('cyd', 'bob'), forOf('bob', 'cyd')],
    1,
  ],
  [
    'in turn: dan for bob, then dan for cyd: one person, once',
    rules(IN_TURN, lends('bob', 'dan'), lends('cyd', 'dan')),
    [forOf('dan', 'bob'), forOf('dan', 'cyd', 2)],
    0,
  ],
  [
    'in turn: bob, then for bob',
    rules([step({ approvers: [one('bob')] }), step()], lends('bob', 'dan')),
    [own('bob'), forOf('dan', 'bob', 2)],
    0,
  ],
  [
    'in turn: dan for bob, then cyd',
    rules(IN_TURN, lends('bob', 'dan')),
    [forOf('dan', 'bob'), own('cyd', 2)],
    'granted',
  ],
  ['escalated', rules([MORE]), [own('dan')], 'granted', [1]],
  ['not escalated yet', rules([MORE]), [own('dan')], 0],
  ['another step was escalated', rules([MORE]), [own('dan')], 0, [2]],
  ['escalated, and the rules name nobody any more', rules([step()]), [own('dan')], 0, [1]],
  ['escalated to the requester', rules([step({ escalateTo: [one('ada')] })]), [own('ada')], 0, [1]],
  ['escalated to somebody who is away', rules([MORE], lends('dan', 'eve')), [forOf('eve', 'dan')], 'granted', [1]],
];

describe('I1: what was decided in another’s place', () => {
  countCases('I1 delegation and escalation', VERDICTS.length);
  test.each(VERDICTS.map((row) => [row[0], row] as const))(
    '%s',
    (_what, [, config, approvals, wanted, escalated = []]) => {
      const verdict = verdictOn(asked(approvals, escalated), config.entitlements['prod-view'] ?? ENTITLEMENT, config);
      if (wanted === 'granted') expect(verdict).toEqual({ kind: 'granted' });
      else expect(verdict).toMatchObject({ kind: 'waiting', have: wanted });
      expect(permits(asked(approvals, escalated), config).ok).toBe(wanted === 'granted');
    },
  );

  test('a giver or a delegate who left, or is the requester under another entry, counts no more', () => {
    const config = rules([step()], lends('bob', 'dan'));
    for (const changed of [
      person('bob', { disabled: true }),
      person('dan', { disabled: true }),
      person('bob', { email: 'ADA@example.com' }),
      person('dan', { iam: [{ role: SSO_ROLE, session: 'ada' }] }),
    ]) {
      const people = { ...CONFIG.directory.people, [changed.id]: changed };
      expect(permits(asked([forOf('dan', 'bob')]), { ...config, directory: { ...config.directory, people } }).ok).toBe(
        false,
      );
    }
  });
});

describe('what an approval would be', () => {
  const by = (who: string, config: Configuration, approvals: readonly Approval[] = [], minute = 5) => {
    const answer = approvalBy(person(who), 'cli', asked(approvals), config, at(minute));
    return answer.ok ? (answer.value.onBehalfOf?.personId ?? 'own') : answer.error.reason;
  };
  test.each<[string, string, Configuration, readonly Approval[], string]>([
    ['a right of one’s own comes first', 'cyd', rules([step()], lends('bob', 'cyd')), [], 'own'],
    ['in another’s place', 'dan', rules([step()], lends('bob', 'dan')), [], 'bob'],
    [
      'in the place of whoever did not say yes yet',
      'dan',
      rules(TWO, lends('bob', 'dan'), lends('cyd', 'dan')),
      [own('bob')],
      'cyd',
    ],
    [
      'bob has said yes: his delegate adds nothing',
      'dan',
      rules(TWO, lends('bob', 'dan')),
      [own('bob')],
      'alreadyApproved',
    ],
    [
      'his delegate said yes: bob adds nothing',
      'bob',
      rules(TWO, lends('bob', 'dan')),
      [forOf('dan', 'bob')],
      'alreadyApproved',
    ],
    [
      'his delegate said yes, by a delegation that never was: bob still can',
      'bob',
      rules(TWO),
      [forOf('dan', 'bob')],
      'own',
    ],
    ['the requester, for somebody', 'ada', rules([step()], lends('bob', 'ada')), [], 'selfApproval'],
    [
      'for the requester',
      'dan',
      rules([step({ approvers: [one('ada'), one('bob')] })], lends('ada', 'dan')),
      [],
      'notApprover',
    ],
    ['passed on', 'eve', rules([step()], lends('bob', 'dan'), lends('dan', 'eve')), [], 'notApprover'],
    [
      'the wrong channel, in another’s place too',
      'dan',
      rules([step({ channels: ['slack'] })], lends('bob', 'dan')),
      [],
      'channelNotAllowed',
    ],
  ])('%s', (_what, who, config, approvals, wanted) => expect(by(who, config, approvals)).toBe(wanted));

  test('neither before it stands nor after', () => {
    const config = rules([step()], lends('bob', 'dan', { starts: at(5), ends: at(10) }));
    expect([4, 5, 9, 10].map((minute) => by('dan', config, [], minute))).toEqual([
      'notApprover',
      'bob',
      'bob',
      'notApprover',
    ]);
    expect(
      [4, 5, 10].map((minute) =>
        isApproverOf(person('dan'), config.entitlements['prod-view'] ?? ENTITLEMENT, config, at(minute)),
      ),
    ).toEqual([false, true, false]);
  });

  test('it waits for the living who may, delegates among them, and nobody twice', () => {
    const config = rules(
      [step({ escalateTo: [one('fay')] })],
      lends('bob', 'dan'),
      lends('bob', 'ada'),
      lends('cyd', 'eve', { starts: at(30) }),
    );
    const names = (grant: typeof IN_STATE.pending & { escalated?: readonly number[] }) => {
      const waiting = waitingFor(grant, config);
      return (
        waiting &&
        decidersIn(waiting, config, at(5)).map(({ person: { id }, onBehalfOf }) => [id, onBehalfOf?.personId])
      );
    };
    expect(names(IN_STATE.pending)).toEqual([
      ['bob', undefined],
      ['cyd', undefined],
      ['dan', 'bob'],
    ]);
    expect(names({ ...IN_STATE.pending, escalated: [1] })).toContainEqual(['fay', undefined]);
    expect(waitingFor(IN_STATE.active, config)).toBeUndefined();
  });
});

describe('making one', () => {
  const config = rules([step()]);
  const make = (who: string, to: readonly string[], ends: string, more: object = {}, by: Configuration = config) => {
    const answer = evaluateDelegation({ to, ends, ...more }, 'new', person(who), by, at(0));
    return answer.ok ? [answer.value.starts, answer.value.ends] : answer.error;
  };
  const DAY = 24 * 60;
  test.each<[string, unknown, unknown]>([
    ['from now to the end of a day', make('bob', ['dan'], '2026-11-30'), [at(0), at(7 * DAY - 180)]],
    [
      'between moments',
      make('bob', ['dan'], '2026-11-24T20:00:00+01:00', { starts: '2026-11-24T05:00:00Z' }),
      [at(120), at(960)],
    ],
    [
      'a date that is today begins now',
      make('bob', ['dan'], '2026-11-24', { starts: '2026-11-24' }),
      [at(0), at(21 * 60)],
    ],
    ['not to oneself', make('bob', ['bob'], '2026-11-30'), { reason: 'delegateSelf' }],
    ['nor to somebody unknown', make('bob', ['zoe'], '2026-11-30'), { reason: 'delegateUnknown', person: 'zoe' }],
    [
      'nor to the name of a property',
      make('bob', ['constructor'], '2026-11-30'),
      { reason: 'delegateUnknown', person: 'constructor' },
    ],
    [
      'nor without anything to delegate',
      make('dan', ['eve'], '2026-11-30'),
      { reason: 'nothingToDelegate', name: 'Dan', entitlements: [] },
    ],
    [
      'what was lent is nothing of one’s own',
      make('dan', ['eve'], '2026-11-30', {}, rules([step()], lends('bob', 'dan'))),
      { reason: 'nothingToDelegate', name: 'Dan', entitlements: [] },
    ],
    [
      'nor of an entitlement that is not one’s own',
      make('bob', ['dan'], '2026-11-30', { entitlements: ['other'] }),
      { reason: 'nothingToDelegate', name: 'Bob', entitlements: ['other'] },
    ],
  ])('%s', (_what, got, wanted) => expect(got).toEqual(wanted));

  test.each([
    ['it would end before it begins', '2026-11-23', {}],
    ['longer than 30 days', '2026-12-25', {}],
    ['too far ahead', '2027-04-02', { starts: '2027-04-01' }],
    ['no date', 'friday', {}],
    ['no such date', '2026-02-30', {}],
    ['a moment without its zone', '2026-11-30T18:00:00', {}],
  ])('%s', (_what, ends, more) =>
    expect(make('bob', ['dan'], ends, more)).toMatchObject({ reason: 'delegationTimes' }),
  );

  test('not under another entry of oneself', () => {
    const people = { ...CONFIG.directory.people, dan: person('dan', { email: 'BOB@example.com' }) };
    expect(make('bob', ['dan'], '2026-11-30', {}, { ...config, directory: { ...CONFIG.directory, people } })).toEqual({
      reason: 'delegateSelf',
    });
  });

  test('ten at most', () => {
    const many = rules([step()], ...Array.from({ length: 10 }, (_, n) => lends('bob', 'dan', { id: `${n}` })));
    expect(make('bob', ['eve'], '2026-11-30', {}, many)).toEqual({ reason: 'tooManyDelegations', open: 10, limit: 10 });
  });
});

describe('circles', () => {
  test.each([
    ['two, at the same time', lends('bob', 'cyd'), [lends('cyd', 'bob')], ['bob', 'cyd', 'bob']],
    [
      'two, one after the other',
      lends('bob', 'cyd'),
      [lends('cyd', 'bob', { starts: at(60), ends: at(90) })],
      undefined,
    ],
    [
      'two, about different things',
      lends('bob', 'cyd', { entitlements: ['a'] }),
      [lends('cyd', 'bob', { entitlements: ['b'] })],
      undefined,
    ],
    ['three', lends('bob', 'cyd'), [lends('cyd', 'dan'), lends('dan', 'bob')], ['bob', 'cyd', 'dan', 'bob']],
    [
      'three, never all at once',
      lends('bob', 'cyd', { ends: at(20) }),
      [lends('cyd', 'dan'), lends('dan', 'bob', { starts: at(20) })],
      undefined,
    ],
    ['a chain that does not close', lends('bob', 'cyd'), [lends('cyd', 'dan'), lends('dan', 'eve')], undefined],
    ['others who lend to its giver alone', lends('bob', 'cyd'), [lends('eve', 'bob')], undefined],
    [
      'through the second of two',
      lends('bob', 'eve', { to: ['eve', 'cyd'] }),
      [lends('cyd', 'dan', { to: ['dan', 'bob'] })],
      ['bob', 'cyd', 'bob'],
    ],
    [
      'one of them about everything',
      lends('bob', 'cyd', { entitlements: ['a'] }),
      [lends('cyd', 'bob')],
      ['bob', 'cyd', 'bob'],
    ],
    [
      'about one thing that is the same',
      lends('bob', 'cyd', { entitlements: ['a', 'b'] }),
      [lends('cyd', 'bob', { entitlements: ['c', 'b'] })],
      ['bob', 'cyd', 'bob'],
    ],
    ['a circle of others', lends('bob', 'cyd'), [lends('cyd', 'dan'), lends('dan', 'cyd')], undefined],
  ] as const)('%s', (_what, delegation, others, wanted) => expect(circleThrough(delegation, others)).toEqual(wanted));

  test('nobody stands in where nothing was delegated', () => {
    expect(delegationsTo('dan', 'prod-view', at(5), CONFIG)).toEqual([]);
    const { delegations } = rules([step()], lends('bob', 'dan'));
    expect(delegationsTo('dan', 'prod-view', at(5), { ...CONFIG, ...(delegations && { delegations }) })).toHaveLength(
      1,
    );
  });

  test('a day is its whole day in UTC, a moment is itself', () => {
    expect(parseDay('2026-11-24')).toEqual({ from: at(-180), until: at(21 * 60) });
    expect(parseDay('2026-11-24T03:00:00Z')).toEqual({ from: at(0), until: at(0) });
    expect(parseDay('tomorrow')).toBeUndefined();
  });
});

/** Groups of ids that are one person: entries that share an address, directly or through others. */
function components(people: readonly Person[]): Map<string, string> {
  const of = new Map(people.map(({ id }) => [id, id]));
  for (const _ of people)
    for (const a of people)
      for (const b of people)
        if (a.email === b.email || a.iam.some((x) => b.iam.some((y) => x.session === y.session))) {
          const least = [of.get(a.id) ?? '', of.get(b.id) ?? ''].sort()[0] ?? '';
          of.set(a.id, least);
          of.set(b.id, least);
        }
  return of;
}

const worlds = fc.record({
  people: fc
    .array(fc.record({ mail: fc.nat(6), sessions: fc.array(fc.nat(9), { maxLength: 2 }) }), {
      minLength: 3,
      maxLength: 7,
    })
    .map((drawn) =>
      drawn.map(({ mail, sessions }, n) =>
        person(`p${n}`, { email: `m${mail}@x.org`, iam: sessions.map((s) => ({ role: SSO_ROLE, session: `s${s}` })) }),
      ),
    ),
  lent: fc.array(
    fc.record({ from: fc.nat(6), to: fc.nat(6), starts: fc.nat(8), length: fc.integer({ min: 5, max: 20 }) }),
    { minLength: 2, maxLength: 6 },
  ),
  approvers: fc.array(fc.nat(6), { minLength: 1, maxLength: 4 }),
  more: fc.array(fc.nat(6), { maxLength: 2 }),
  owners: fc.array(fc.nat(6), { maxLength: 2 }),
  byRole: fc.boolean(),
  escalated: fc.boolean(),
  needed: fc.integer({ min: 1, max: 3 }),
  clicks: fc.array(fc.record({ who: fc.nat(6), minute: fc.nat(15) }), { minLength: 1, maxLength: 8 }),
});

describe('F17: over random graphs of aliases, delegations, escalations and owners', () => {
  let given = 0;
  let refused = 0;
  let lent = 0;
  test('nobody connected to the requester says yes, nobody says it twice, and click and count agree', () => {
    fc.assert(
      fc.property(worlds, ({ people, lent: drawn, approvers, more, owners, byRole, escalated, needed, clicks }) => {
        const id = (n: number): string => `p${n % people.length}`;
        const steps = [
          step({
            approvers: approvers.map((n) => one(id(n))),
            approvalsNeeded: needed,
            escalateTo: more.map((n) => one(id(n))),
          }),
        ];
        const delegations = drawn.map(
          ({ from, to, starts, length }, n): Delegation => ({
            id: `d${n}`,
            from: id(from),
            to: [id(to)],
            starts: at(starts),
            ends: at(starts + length),
          }),
        );
        const rule = {
          ...ENTITLEMENT,
          eligible: [group('all'), { kind: 'role' as const, id: 'ci' }],
          approval: { ...ENTITLEMENT.approval, steps },
        };
        const ci = {
          id: 'ci',
          role: 'arn:aws:iam::111111111111:role/ci',
          description: 'x',
          owners: owners.map((n) => one(id(n))),
        };
        const config: Configuration = {
          ...CONFIG,
          directory: { people: peopleOf(...people), groups: { all: people.map((p) => p.id) }, roles: { ci } },
          entitlements: { 'prod-view': rule as Configuration['entitlements'][string] },
          delegations,
        };
        const [first] = people as [Person];
        const requester = byRole
          ? { ...FACTS.requester, id: 'role:ci', identifiers: ['person:role:ci', `iam:${ci.role}`], owners: [] }
          : { ...FACTS.requester, id: first.id, identifiers: identifiersOf(first) };
        const same = components(people);
        const barred = new Set((byRole ? ci.owners.map((owner) => owner.id) : [first.id]).map((one) => same.get(one)));
        let approvals: Approval[] = [];
        for (const { who, minute } of [...clicks].sort((a, b) => a.minute - b.minute)) {
          const asking = { ...FACTS, requester, approvals, autoApproved: false, escalated: escalated ? [1] : [] };
          const clicker = config.directory.people[id(who)] as Person;
          const before = verdictOn(asking, rule as never, config);
          const answer = approvalBy(clicker, 'cli', asking, config, at(minute));
          const may = mayDecide(clicker, 'cli', asking, config, at(minute));
          if (!answer.ok) {
            refused++;
            continue;
          }
          expect(may.ok).toBe(true);
          given++;
          const voices = [answer.value.personId, answer.value.onBehalfOf?.personId ?? answer.value.personId];
          if (answer.value.onBehalfOf) lent++;
          for (const voice of voices) expect(barred.has(same.get(voice)), `${voice} is the requester`).toBe(false);
          for (const other of approvals)
            for (const voice of [other.personId, other.onBehalfOf?.personId ?? other.personId])
              expect(voices.map((one) => same.get(one))).not.toContain(same.get(voice));
          approvals = [...approvals, answer.value];
          const after = verdictOn({ ...asking, approvals }, rule as never, config);
          if (before.kind === 'waiting')
            expect(after.kind === 'granted' ? before.needed : after.have).toBe(before.have + 1);
        }
      }),
      { numRuns: 400 },
    );
    countCases('F17 approvals given and refused over random graphs', given + refused);
    expect([given > 100, refused > 100, lent > 10]).toEqual([true, true, true]);
  });
});
