/**
 * Catches F3 and F17: somebody taken for a person whom nothing proves, and a requester who approves for themselves under
 * another address, session or entry of the directory.
 */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Configuration, Directory, Person } from '../../src/core/configuration.ts';
import { mayDecide, verdictOn } from '../../src/core/decision.ts';
import { identifiersOf, isAmong, isSamePerson, peopleAmong, personOf, rolesOf } from '../../src/core/identity.ts';
import {
  CONFIG,
  configFor,
  countCases,
  ENTITLEMENT,
  FACTS,
  group,
  one,
  peopleOf,
  person,
  SSO_ROLE,
  SSO_ROLE_ID,
} from './fixtures.ts';

const OTHER_ROLE =
  'arn:aws:iam::111111111111:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_Other_fedcba9876543210';
const ROLE_IDS = new Map([[SSO_ROLE, SSO_ROLE_ID]]);
const DIRECTORY: Directory = {
  people: peopleOf(
    person('ada'),
    person('bob', {
      iam: [
        { role: SSO_ROLE, session: 'bob@example.com' },
        { role: OTHER_ROLE, session: 'bob' },
      ],
    }),
    person('gone', { disabled: true }),
    person('twin1', { iam: [{ role: SSO_ROLE, session: 'twin' }] }),
    person('twin2', { iam: [{ role: SSO_ROLE, session: 'twin' }] }),
    person('ghost', { iam: [{ role: SSO_ROLE, session: 'shared' }], disabled: true }),
    person('heir', { iam: [{ role: SSO_ROLE, session: 'shared' }] }),
    person('nobody', { iam: [] }),
  ),
  groups: {},
};

describe('F3, I8: a proof is one person or nobody', () => {
  const PROOFS: readonly (readonly [string, string, string | undefined])[] = [
    ['her own session', `${SSO_ROLE_ID}:ada`, 'ada'],
    ['his own session, an address', `${SSO_ROLE_ID}:bob@example.com`, 'bob'],
    ['I8-lookalike-role-is-nobody: another id, the same session', 'AROALOOKALIKE00000001:ada', undefined],
    ['the role’s name for its id', 'AWSReservedSSO_Hallpass_0123456789abcdef:ada', undefined],
    ['the role’s ARN for its id', `${SSO_ROLE}:ada`, undefined],
    ['a session that nobody has', `${SSO_ROLE_ID}:mallory`, undefined],
    ['a session in other letters', `${SSO_ROLE_ID}:Ada`, undefined],
    ['a session with something after it', `${SSO_ROLE_ID}:ada `, undefined],
    ['a session that begins alike', `${SSO_ROLE_ID}:ada@example.com`, undefined],
    ['her e-mail', 'ada@example.com', undefined],
    ['her id', 'ada', undefined],
    ['the role alone', SSO_ROLE_ID, undefined],
    ['no session', `${SSO_ROLE_ID}:`, undefined],
    ['a role that was not resolved', 'undefined:bob', undefined],
    ['somebody who left', `${SSO_ROLE_ID}:gone`, undefined],
    ['two people with one session', `${SSO_ROLE_ID}:twin`, undefined],
    ['two people with one session, one of whom left', `${SSO_ROLE_ID}:shared`, undefined],
    ['a user', 'AIDAEXAMPLE00000000001', undefined],
    ['the root', '111111111111', undefined],
    ['a federated user', '111111111111:ada', undefined],
    ['nothing', '', undefined],
  ];
  countCases('F3 proofs', PROOFS.length);
  test.each(PROOFS)('%s', (_what, userId, who) =>
    expect(personOf({ kind: 'iam', userId }, DIRECTORY, ROLE_IDS)?.id).toBe(who),
  );

  test('no role id known, nobody known', () => {
    expect(personOf({ kind: 'iam', userId: `${SSO_ROLE_ID}:ada` }, DIRECTORY, new Map())).toBeUndefined();
  });

  test('a proof without an id is nobody, even while a role’s id is not known', () => {
    const alone = { people: peopleOf(person('bob', { iam: [{ role: OTHER_ROLE, session: 'bob' }] })), groups: {} };
    const empty = { kind: 'iam', userId: undefined } as unknown as Parameters<typeof personOf>[0];
    expect(personOf(empty, alone, new Map())).toBeUndefined();
  });

  test('every role that somebody comes through is named once', () => {
    expect(rolesOf(DIRECTORY).sort()).toEqual([SSO_ROLE, OTHER_ROLE].sort());
  });
});

describe('who is meant', () => {
  test.each<[string, ReturnType<typeof group> | ReturnType<typeof one>, boolean]>([
    ['by id', one('bob'), true],
    ['by group', group('leads'), true],
    ['by another’s id', one('ada'), false],
    ['by a group without them', group('security'), false],
    ['by a group that is not there', group('nosuch'), false],
    ['by an empty group', group('empty'), false],
  ])('%s', (_what, subject, among) => expect(isAmong('bob', [subject], CONFIG.directory)).toBe(among));

  test('nobody is meant by nothing', () => expect(isAmong('bob', [], CONFIG.directory)).toBe(false));

  test('people who left are not asked', () => {
    const directory = {
      people: peopleOf(person('bob'), person('cyd', { disabled: true })),
      groups: { leads: ['bob', 'cyd'] },
    };
    expect(peopleAmong([group('leads')], directory).map((lead) => lead.id)).toEqual(['bob']);
  });
});

describe('F17: one person under several identities', () => {
  const ada = identifiersOf(person('ada'));
  const same = (other: Person, ...more: Person[]): boolean =>
    isSamePerson(ada, other.id, { people: peopleOf(person('ada'), other, ...more), groups: {} });

  test.each<[string, Person, boolean]>([
    ['somebody else', person('bob'), false],
    ['the same address', person('bob', { email: 'ada@example.com' }), true],
    ['the same address in capitals', person('bob', { email: 'ADA@Example.com' }), true],
    ['the same address in full-width letters', person('bob', { email: 'ａｄａ@example.com' }), true],
    ['the same session of the same role', person('bob', { iam: [{ role: SSO_ROLE, session: 'ada' }] }), true],
    ['the same session in capitals', person('bob', { iam: [{ role: SSO_ROLE, session: 'ADA' }] }), true],
    ['the same session of another role', person('bob', { iam: [{ role: OTHER_ROLE, session: 'ada' }] }), false],
    ['an entry that is disabled', person('bob', { email: 'ada@example.com', disabled: true }), true],
    ['an address that begins alike', person('bob', { email: 'ada@example.com.org' }), false],
  ])('%s: %s', (_what, other, is) => expect(same(other)).toBe(is));

  test('through a third entry', () => {
    const link = person('link', { email: 'ada@example.com', iam: [{ role: OTHER_ROLE, session: 'x' }] });
    const far = person('far', { iam: [{ role: OTHER_ROLE, session: 'x' }] });
    expect(same(far, link)).toBe(true);
    expect(same(link, far)).toBe(true);
  });

  test('what she was known by when she asked still counts after the directory was edited', () => {
    const later = {
      people: peopleOf(
        person('ada', { email: 'new@example.com', iam: [] }),
        person('alias', { email: 'ada@example.com' }),
      ),
      groups: {},
    };
    expect(isSamePerson(ada, 'alias', later)).toBe(true);
  });

  test('and so does her id if her entry is gone', () => {
    expect(isSamePerson(ada, 'ada', { people: {}, groups: {} })).toBe(true);
  });
});

/** Reached from the requester by shared addresses or sessions: a plain search over a matrix, nothing of the code's. */
function connected(people: readonly Person[], from: string): Set<string> {
  const shares = (a: Person, b: Person): boolean =>
    a.email.toLowerCase() === b.email.toLowerCase() ||
    a.iam.some((x) => b.iam.some((y) => x.session === y.session && x.role === y.role));
  const reached = new Set([from]);
  for (const _ of people)
    for (const a of people) for (const b of people) if (reached.has(a.id) && shares(a, b)) reached.add(b.id);
  return reached;
}

const graph = fc
  .array(
    fc.record({
      mail: fc.integer({ min: 0, max: 5 }),
      capitals: fc.boolean(),
      sessions: fc.array(fc.integer({ min: 0, max: 6 }), { maxLength: 3 }),
    }),
    { minLength: 2, maxLength: 7 },
  )
  .map((drawn) =>
    drawn.map(({ mail, capitals, sessions }, i) =>
      person(`p${i}`, {
        email: capitals ? `M${mail}@X.ORG` : `m${mail}@x.org`,
        iam: sessions.map((n) => ({ role: SSO_ROLE, session: `s${n}` })),
      }),
    ),
  );

describe('F17: no approval by anyone connected to the requester counts', () => {
  let connectedCases = 0;
  let freeCases = 0;
  test('over random graphs of shared addresses and sessions', () => {
    fc.assert(
      fc.property(graph, (people) => {
        const [requester] = people;
        if (!requester) return;
        const config: Configuration = configFor({
          people: peopleOf(...people),
          groups: { all: people.map((p) => p.id) },
        });
        const rule = {
          ...ENTITLEMENT,
          eligible: [group('all')],
          approval: {
            ...ENTITLEMENT.approval,
            steps: [{ approvers: [group('all')], approvalsNeeded: 1, channels: [] }],
          },
        };
        const inForce = { ...config, entitlements: { 'prod-view': rule } };
        const facts = {
          ...FACTS,
          requester: { ...FACTS.requester, id: requester.id, identifiers: identifiersOf(requester) },
        };
        const hers = connected(people, requester.id);
        for (const approver of people) {
          const approvals = [
            { personId: approver.id, name: approver.name, step: 1, channel: 'cli', at: FACTS.requestedAt } as const,
          ];
          const verdict = verdictOn({ ...facts, approvals, autoApproved: false }, rule, inForce);
          expect(verdict.kind).toBe(hers.has(approver.id) ? 'waiting' : 'granted');
          const may = mayDecide(
            approver,
            'cli',
            { ...facts, approvals: [], autoApproved: false },
            inForce,
            FACTS.requestedAt,
          );
          expect(may.ok ? 'may' : may.error.reason).toBe(hers.has(approver.id) ? 'selfApproval' : 'may');
          if (hers.has(approver.id)) connectedCases++;
          else freeCases++;
        }
      }),
      { numRuns: 300 },
    );
    expect(connectedCases).toBeGreaterThan(300);
    expect(freeCases).toBeGreaterThan(100);
    countCases('F17 approvals over random graphs', connectedCases + freeCases);
  });
});
