/**
 * Catches: a deployment that opens something to somebody and says nothing, and one that cries wolf about a renamed
 * group. Each row changes one thing; what is expected of it is written by hand.
 */
import { describe, expect, test } from 'vitest';
import { rulesOfPolicy } from '../../local/cluster/access-policies.ts';
import { allows, type PolicyRule } from '../../local/cluster/rules.ts';
import { ACCESS_POLICIES } from '../../src/core/access.ts';
import type { Configuration, Entitlement, OfferedAccess } from '../../src/core/configuration.ts';
import { difference, type Width, widthOf } from '../../src/core/diff.ts';
import { covers, INCLUDES } from '../../src/core/policy-order.ts';
import type { Duration } from '../../src/core/time.ts';
import { CONFIG, configFor, configWith, countCases, group, HOUR, KUBERNETES_ADMIN, one } from './fixtures.ts';

const approval = (more: Partial<Entitlement['approval']>): Partial<Entitlement> => ({
  approval: { ...(CONFIG.entitlements['prod-view'] as Entitlement).approval, ...more },
});
const step = (
  approvers: Entitlement['eligible'],
  approvalsNeeded = 1,
  channels: Entitlement['approval']['steps'][number]['channels'] = [],
) => ({ approvers, approvalsNeeded, channels });
const scoped = (...namespaces: string[]): Partial<Entitlement> => ({
  access: { kind: 'policy', policy: 'AmazonEKSViewPolicy', scope: 'namespace', namespaces },
});
const other = { 'prod-other': { ...CONFIG.entitlements['prod-view'], id: 'prod-other' } as Entitlement };

type Row = readonly [what: string, before: Configuration, after: Configuration, width: Width, ...expected: string[]];
const from = (what: string, after: Configuration, width: Width, ...expected: string[]): Row => [
  what,
  CONFIG,
  after,
  width,
  ...expected,
];

const ROWS: readonly Row[] = [
  from('nothing', CONFIG, 'same'),
  from(
    'a group by another name',
    {
      ...configWith({ eligible: [group('devs')] }),
      directory: { ...CONFIG.directory, groups: { ...CONFIG.directory.groups, devs: ['ada', 'bob', 'cyd'] } },
    },
    'same',
  ),
  from(
    'a new member',
    configFor({ groups: { ...CONFIG.directory.groups, developers: ['ada', 'bob', 'cyd', 'dan'] } }),
    'wider',
    'prod-view on prod +dan',
  ),
  from(
    'a member less',
    configFor({ groups: { ...CONFIG.directory.groups, developers: ['ada', 'bob'] } }),
    'narrower',
    'prod-view on prod -cyd',
  ),
  from(
    'somebody disabled',
    configFor({
      people: { ...CONFIG.directory.people, ada: { ...CONFIG.directory.people['ada'], disabled: true } as never },
    }),
    'narrower',
    'prod-view on prod -ada',
  ),
  from('a new cluster', configWith({ clusters: ['prod', 'test'] }), 'wider', 'prod-view on test +ada +bob +cyd'),
  from('a cluster less', configWith({ clusters: [] }), 'narrower', 'prod-view on prod -ada -bob -cyd'),
  from(
    'another cluster under the name',
    {
      ...CONFIG,
      clusters: {
        ...CONFIG.clusters,
        prod: { ...CONFIG.clusters['prod'], arn: 'arn:aws:eks:eu-west-1:222222222222:cluster/prod2' } as never,
      },
    },
    'wider',
    'prod-view on prod -ada -bob -cyd',
    'prod-view on prod +ada +bob +cyd',
  ),
  from(
    'a new entitlement',
    { ...CONFIG, entitlements: { ...CONFIG.entitlements, ...other } },
    'wider',
    'prod-other on prod +ada +bob +cyd',
  ),
  [
    'an entitlement less',
    { ...CONFIG, entitlements: { ...CONFIG.entitlements, ...other } },
    CONFIG,
    'narrower',
    'prod-other on prod -ada -bob -cyd',
  ],
  from(
    'longer',
    configWith({ maxDuration: (5 * HOUR) as Duration }),
    'wider',
    'prod-view on prod maxDuration wider 4h → 5h for ada bob cyd',
  ),
  from(
    'shorter',
    configWith({ maxDuration: (3 * HOUR) as Duration }),
    'narrower',
    'prod-view on prod maxDuration narrower 4h → 3h for ada bob cyd',
  ),
  from(
    'from View to Edit',
    configWith({ access: { kind: 'policy', policy: 'AmazonEKSEditPolicy', scope: 'cluster' } }),
    'wider',
    'prod-view on prod access wider AmazonEKSViewPolicy → AmazonEKSEditPolicy for ada bob cyd',
  ),
  from(
    'from the cluster to a namespace',
    configWith(scoped('dev')),
    'narrower',
    'prod-view on prod access narrower AmazonEKSViewPolicy → AmazonEKSViewPolicy in dev for ada bob cyd',
  ),
  [
    'from a pattern to what it matches',
    configWith(scoped('dev-*')),
    configWith(scoped('dev-a', 'dev-b*')),
    'narrower',
    'prod-view on prod access narrower AmazonEKSViewPolicy in dev-* → AmazonEKSViewPolicy in dev-a, dev-b* for ada bob cyd',
  ],
  [
    'from a pattern to a wider one',
    configWith(scoped('dev-*')),
    configWith(scoped('dev*')),
    'wider',
    'prod-view on prod access wider AmazonEKSViewPolicy in dev-* → AmazonEKSViewPolicy in dev* for ada bob cyd',
  ],
  from(
    'a standing role',
    configWith({
      principal: { mode: 'role', role: KUBERNETES_ADMIN, assumableBy: ['arn:aws:iam::111111111111:root'] },
    }),
    'wider',
    `prod-view on prod principal wider dedicated → ${KUBERNETES_ADMIN}, assumable by arn:aws:iam::111111111111:root for ada bob cyd`,
  ),
  from(
    'no justification',
    configWith({ justification: { required: false, minLength: 5 } }),
    'wider',
    'prod-view on prod justification wider required, at least 5 characters → not required for ada bob cyd',
  ),
  from(
    'a longer justification',
    configWith({ justification: { required: true, minLength: 9 } }),
    'narrower',
    'prod-view on prod justification narrower required, at least 5 characters → required, at least 9 characters for ada bob cyd',
  ),
  from(
    'a ticket',
    configWith({ ticket: { required: true } }),
    'narrower',
    'prod-view on prod ticket narrower not required → required for ada bob cyd',
  ),
  [
    'another pattern',
    configWith({ ticket: { required: true, pattern: 'A' } }),
    configWith({ ticket: { required: true, pattern: 'B' } }),
    'wider',
    'prod-view on prod ticket unclear required, A → required, B for ada bob cyd',
  ],
  from(
    'nobody is asked',
    configWith(approval({ autoApprove: true, steps: [] })),
    'wider',
    'prod-view on prod approval wider 1 of group:leads, within 8h → nobody is asked, within 8h for ada bob cyd',
  ),
  from(
    'two of them',
    configWith(approval({ steps: [step([group('leads')], 2)] })),
    'narrower',
    'prod-view on prod approval narrower 1 of group:leads, within 8h → 2 of group:leads, within 8h for ada bob cyd',
  ),
  from(
    'a second step',
    configWith(approval({ steps: [step([group('leads')]), step([group('security')])] })),
    'narrower',
    'prod-view on prod approval narrower 1 of group:leads, within 8h → 1 of group:leads, then 1 of group:security, within 8h for ada bob cyd',
  ),
  from(
    'other approvers',
    configWith(approval({ steps: [step([group('security')])] })),
    'wider',
    'prod-view on prod approval wider 1 of group:leads, within 8h → 1 of group:security, within 8h for ada bob cyd',
  ),
  from(
    'one channel only',
    configWith(approval({ steps: [step([group('leads')], 1, ['console'])] })),
    'narrower',
    'prod-view on prod approval narrower 1 of group:leads, within 8h → 1 of group:leads through console, within 8h for ada bob cyd',
  ),
  from(
    'an approver more in the group',
    configFor({ groups: { ...CONFIG.directory.groups, leads: ['bob', 'cyd', 'dan'] } }),
    'wider',
    'prod-view on prod approval wider 1 of group:leads, within 8h → 1 of group:leads, within 8h for ada bob cyd',
  ),
  from(
    'an approver less in the group',
    configFor({ groups: { ...CONFIG.directory.groups, leads: ['bob'] } }),
    'narrower',
    'prod-view on prod approval narrower 1 of group:leads, within 8h → 1 of group:leads, within 8h for ada bob cyd',
  ),
  from(
    'more time to approve',
    configWith(approval({ window: (9 * HOUR) as Duration })),
    'wider',
    'prod-view on prod approval wider 1 of group:leads, within 8h → 1 of group:leads, within 9h for ada bob cyd',
  ),
  from(
    'an extension',
    configWith({ extension: { maxTotal: (8 * HOUR) as Duration, autoApprove: false } }),
    'wider',
    'prod-view on prod extension wider none → up to 8h in all for ada bob cyd',
  ),
  from(
    'a description',
    configWith({ description: 'Other words' }),
    'narrower',
    'prod-view on prod description neutral Read what runs in production → Other words for ada bob cyd',
  ),
  from(
    'a condition',
    configWith({ conditions: [{ a: 1 }] } as never),
    'narrower',
    'prod-view on prod conditions narrower [] → [{"a":1}] for ada bob cyd',
  ),
  [
    'a condition less',
    configWith({ conditions: [{ a: 1 }] } as never),
    CONFIG,
    'wider',
    'prod-view on prod conditions unclear [{"a":1}] → [] for ada bob cyd',
  ],
  from(
    'who is told',
    configWith({ notify: { slack: ['C1'] } } as never),
    'narrower',
    'prod-view on prod notify neutral none → {"slack":["C1"]} for ada bob cyd',
  ),
  from(
    'a key that nobody here knows',
    configWith({ surprise: 1 } as never),
    'wider',
    'prod-view on prod surprise unclear none → 1 for ada bob cyd',
  ),
  from('a responder', { ...CONFIG, responders: [one('fay'), one('dan')] }, 'wider', 'responders +dan'),
  from('an auditor less', { ...CONFIG, auditors: [] }, 'narrower', 'auditors -eve'),
  from('a key of the whole that nobody here knows', { ...CONFIG, surprise: 1 } as never, 'wider', 'surprise'),
  from('a limit', { ...CONFIG, limits: { ...CONFIG.limits, openGrantsPerPerson: 6 } }, 'narrower', 'limits'),
];

const lines = (before: Configuration, after: Configuration): string[] => {
  const { entitlements, duties, settings } = difference(before, after);
  const who = (gained: readonly string[], lost: readonly string[]): string =>
    [...gained.map((id) => `+${id}`), ...lost.map((id) => `-${id}`)].join(' ');
  return [
    ...entitlements.flatMap(({ entitlement, cluster, gained, lost, kept, changes }) => [
      ...(gained.length + lost.length > 0 ? [`${entitlement} on ${cluster} ${who(gained, lost)}`] : []),
      ...changes.map(
        ({ term, was, now, direction }) =>
          `${entitlement} on ${cluster} ${term} ${direction} ${was} → ${now} for ${kept.join(' ')}`,
      ),
    ]),
    ...duties.map(({ duty, gained, lost }) => `${duty} ${who(gained, lost)}`),
    ...settings,
  ];
};

describe('who gains and loses what', () => {
  test.each(ROWS.map(([what, before, after, width, ...expected]) => ({ what, before, after, width, expected })))(
    '$what',
    ({ before, after, width, expected }) => {
      expect(lines(before, after)).toEqual(expected);
      expect(widthOf(difference(before, after))).toBe(width);
    },
  );

  test('there is a row for every way that a change can go', () => {
    countCases('differences', ROWS.length);
    expect(new Set(ROWS.map(([, , , width]) => width)).size).toBe(3);
  });
});

describe('which policy includes which', () => {
  /** Every verb on every resource of a rule as a question of its own; `*` stands for something that no other rule names. */
  const questions = (rule: PolicyRule) =>
    (rule.resources ?? []).flatMap((resource) =>
      (rule.apiGroups ?? []).flatMap((api) =>
        rule.verbs.map((verb) => {
          const [name = '', subresource] = resource.split('/');
          const real = (text: string): string => (text === '*' ? 'elsewhere' : text);
          return { group: real(api), resource: real(name), ...(subresource && { subresource }), verb: real(verb) };
        }),
      ),
    );
  test.each(ACCESS_POLICIES)('%s', (whole) => {
    const included = ACCESS_POLICIES.filter(
      (part) =>
        part !== whole &&
        rulesOfPolicy(part)
          .flatMap(questions)
          .every((asked) =>
            rulesOfPolicy(whole).some((rule) => allows(rule, { user: 'x', resourceAttributes: asked })),
          ),
    );
    expect(new Set(INCLUDES[whole])).toEqual(new Set(included));
  });

  test.each<[OfferedAccess, OfferedAccess, boolean]>([
    [{ kind: 'groups', kubernetesGroups: ['a', 'b'] }, { kind: 'groups', kubernetesGroups: ['a'] }, true],
    [{ kind: 'groups', kubernetesGroups: ['a'] }, { kind: 'groups', kubernetesGroups: ['a', 'b'] }, false],
    [
      { kind: 'policy', policy: 'AmazonEKSClusterAdminPolicy', scope: 'cluster' },
      { kind: 'groups', kubernetesGroups: ['a'] },
      false,
    ],
  ])('%j and %j', (whole, part, expected) => expect(covers(whole, part)).toBe(expected));
});
