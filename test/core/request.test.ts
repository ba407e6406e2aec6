/**
 * Catches I7: a request refused for the wrong reason, or not at all, and a preview that says otherwise than what is
 * enforced.
 */
import { describe, expect, test } from 'vitest';
import type { Configuration, Entitlement } from '../../src/core/configuration.ts';
import type { Refusal } from '../../src/core/refusal.ts';
import { admits, evaluateRequest, type RequestInput, requestableBy } from '../../src/core/request.ts';
import type { Duration } from '../../src/core/time.ts';
import {
  at,
  CONFIG,
  configFor,
  configWith,
  countCases,
  FACTS,
  group,
  HOUR,
  KUBERNETES_ADMIN,
  MINUTE,
  peopleOf,
  person,
} from './fixtures.ts';

const ada = person('ada');
const good: RequestInput = { entitlement: 'prod-view', justification: 'INC-4211' };
const ask = (input: Partial<RequestInput>, config: Configuration = CONFIG, who = ada) =>
  evaluateRequest({ ...good, ...input }, who, config, at(0));

const inNamespaces = (...namespaces: string[]): Configuration =>
  configWith({ access: { kind: 'policy', policy: 'AmazonEKSEditPolicy', scope: 'namespace', namespaces } });
const ticket = (pattern?: string): Configuration =>
  configWith({ ticket: { required: true, ...(pattern !== undefined && { pattern }) } });

describe('I7: each refusal, with its evidence', () => {
  const REFUSED: readonly (readonly [string, Partial<RequestInput>, Configuration, Refusal])[] = [
    [
      'no such entitlement',
      { entitlement: 'nosuch' },
      CONFIG,
      { reason: 'unknownEntitlement', entitlement: 'nosuch', requestable: ['prod-view'] },
    ],
    [
      'the name of a property of every object',
      { entitlement: 'constructor' },
      CONFIG,
      { reason: 'unknownEntitlement', entitlement: 'constructor', requestable: ['prod-view'] },
    ],
    [
      'a prototype',
      { entitlement: '__proto__' },
      CONFIG,
      { reason: 'unknownEntitlement', entitlement: '__proto__', requestable: ['prod-view'] },
    ],
    [
      'not eligible',
      {},
      configWith({ eligible: [group('security')] }),
      { reason: 'notEligible', entitlement: 'prod-view', eligible: ['Cyd', 'Dan'] },
    ],
    [
      'several clusters and none named',
      {},
      configWith({ clusters: ['prod', 'test'] }),
      { reason: 'clusterNeeded', entitlement: 'prod-view', clusters: ['prod', 'test'] },
    ],
    [
      'another cluster',
      { cluster: 'test' },
      CONFIG,
      { reason: 'clusterNotOffered', cluster: 'test', entitlement: 'prod-view', clusters: ['prod'] },
    ],
    [
      'a cluster that is nowhere',
      { cluster: 'toString' },
      CONFIG,
      { reason: 'clusterNotOffered', cluster: 'toString', entitlement: 'prod-view', clusters: ['prod'] },
    ],
    [
      'no clusters',
      {},
      configWith({ clusters: [] }),
      { reason: 'clusterNotOffered', cluster: '', entitlement: 'prod-view', clusters: [] },
    ],
    ['a duration that is none', { duration: 'an hour' }, CONFIG, { reason: 'durationUnreadable', given: 'an hour' }],
    ['no time at all', { duration: '0m' }, CONFIG, { reason: 'durationUnreadable', given: '0m' }],
    [
      'a second too short',
      { duration: '59s' },
      CONFIG,
      { reason: 'durationTooShort', asked: 59_000 as Duration, min: MINUTE },
    ],
    [
      'a second too long',
      { duration: '4h1s' },
      CONFIG,
      {
        reason: 'durationTooLong',
        asked: 14_401_000 as Duration,
        max: (4 * HOUR) as Duration,
        entitlement: 'prod-view',
      },
    ],
    ['no justification', { justification: '' }, CONFIG, { reason: 'justificationMissing', entitlement: 'prod-view' }],
    [
      'blanks for a justification',
      { justification: ' \n\t ' },
      CONFIG,
      { reason: 'justificationMissing', entitlement: 'prod-view' },
    ],
    [
      'too few words',
      { justification: ' abcd ' },
      CONFIG,
      { reason: 'justificationTooShort', length: 4, minLength: 5, entitlement: 'prod-view' },
    ],
    [
      'too many',
      { justification: 'x'.repeat(1_001) },
      CONFIG,
      { reason: 'justificationTooLong', length: 1_001, maxLength: 1_000 },
    ],
    ['no ticket', {}, ticket('INC-\\d+'), { reason: 'ticketMissing', entitlement: 'prod-view', pattern: 'INC-\\d+' }],
    ['no ticket of any form', { ticket: '  ' }, ticket(), { reason: 'ticketMissing', entitlement: 'prod-view' }],
    [
      'another ticket',
      { ticket: 'CHG-1' },
      ticket('INC-\\d+'),
      { reason: 'ticketMismatch', ticket: 'CHG-1', pattern: 'INC-\\d+' },
    ],
    [
      'a ticket with more after it',
      { ticket: 'INC-1 or so' },
      ticket('INC-\\d+'),
      { reason: 'ticketMismatch', ticket: 'INC-1 or so', pattern: 'INC-\\d+' },
    ],
    [
      'a ticket of half an alternative',
      { ticket: 'INC-1x' },
      ticket('INC-\\d+|CHG-\\d+'),
      { reason: 'ticketMismatch', ticket: 'INC-1x', pattern: 'INC-\\d+|CHG-\\d+' },
    ],
    [
      'namespaces where there are none',
      { namespaces: ['dev'] },
      CONFIG,
      { reason: 'namespacesNotApplicable', entitlement: 'prod-view' },
    ],
    ['no namespaces of a pattern', {}, inNamespaces('team-*'), { reason: 'namespacesNeeded', offered: ['team-*'] }],
    [
      'an empty list of them',
      { namespaces: [] },
      inNamespaces('team-*'),
      { reason: 'namespacesNeeded', offered: ['team-*'] },
    ],
    [
      'an empty list of fixed ones',
      { namespaces: [] },
      inNamespaces('dev'),
      { reason: 'namespacesNeeded', offered: ['dev'] },
    ],
    [
      'a namespace that is not covered',
      { namespaces: ['team-a', 'prod'] },
      inNamespaces('team-*'),
      { reason: 'namespaceNotOffered', namespace: 'prod', offered: ['team-*'] },
    ],
    ...['*', 'team-a*', 'team-*', '', 'a'.repeat(64), 'team-ä'].map(
      (namespace) =>
        [
          `F30 ${namespace}`,
          { namespaces: [namespace] },
          inNamespaces('*'),
          { reason: 'namespaceInvalid', namespace },
        ] as const,
    ),
    [
      'a start without a zone',
      { startAt: '2026-11-24T03:00:00' },
      CONFIG,
      { reason: 'startUnreadable', given: '2026-11-24T03:00:00' },
    ],
    [
      'a start in the past',
      { startAt: '2026-11-24T02:59:59Z' },
      CONFIG,
      { reason: 'startInPast', startAt: at(-1 / 60), now: at(0) },
    ],
    [
      'a start too far ahead',
      { startAt: '2026-12-24T03:00:01Z' },
      CONFIG,
      { reason: 'startTooFar', startAt: at(43_200 + 1 / 60), latest: at(43_200) },
    ],
  ];
  countCases('refused requests', REFUSED.length);
  test.each(REFUSED)('%s', (_what, input, config, refusal) =>
    expect(ask(input, config)).toEqual({ ok: false, error: refusal }),
  );
});

describe('what is granted is what was asked for, within the rule', () => {
  const plan = (input: Partial<RequestInput>, config: Configuration = CONFIG) => {
    const answer = ask(input, config);
    return answer.ok ? answer.value : answer.error;
  };
  test('with nothing but the name: the only cluster, the default duration, the window', () => {
    expect(plan({})).toEqual({
      entitlement: CONFIG.entitlements['prod-view'],
      cluster: CONFIG.clusters['prod'],
      access: FACTS.access,
      duration: HOUR,
      decideBy: at(480),
      justification: 'INC-4211',
    });
  });
  test.each<[string, Partial<RequestInput>, Configuration, object]>([
    ['the longest there is', { duration: '4h' }, CONFIG, { duration: 14_400_000 }],
    ['the shortest', { duration: '1m' }, CONFIG, { duration: 60_000 }],
    ['a start at this very moment', { startAt: '2026-11-24T03:00:00Z' }, CONFIG, { startAt: at(0) }],
    ['the farthest start', { startAt: '2026-12-24T03:00:00Z' }, CONFIG, { startAt: at(43_200) }],
    ['a justification, trimmed', { justification: '  because  ' }, CONFIG, { justification: 'because' }],
    ['a thousand characters', { justification: 'x'.repeat(1_000) }, CONFIG, { justification: 'x'.repeat(1_000) }],
    ['a ticket', { ticket: ' INC-1 ' }, ticket('INC-\\d+|CHG-\\d+'), { ticket: 'INC-1' }],
    [
      'namespaces, sorted and once',
      { namespaces: ['team-b', 'team-a', 'team-b'] },
      inNamespaces('team-*'),
      {
        access: {
          kind: 'policy',
          policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy',
          accessScope: { type: 'namespace', namespaces: ['team-a', 'team-b'] },
        },
      },
    ],
    [
      'all the fixed namespaces',
      {},
      inNamespaces('dev', 'build'),
      {
        access: {
          kind: 'policy',
          policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy',
          accessScope: { type: 'namespace', namespaces: ['build', 'dev'] },
        },
      },
    ],
    [
      'groups',
      {},
      configWith({ access: { kind: 'groups', kubernetesGroups: ['oncall'] } }),
      { access: { kind: 'groups', kubernetesGroups: ['oncall'] } },
    ],
  ])('%s', (_what, input, config, wanted) => expect(plan(input, config)).toMatchObject(wanted));

  test('justification may be left out where it is not required, and is measured where it is given', () => {
    const free = configWith({ justification: { required: false, minLength: 5 } });
    expect(plan({ justification: '' }, free)).toMatchObject({ justification: '' });
    expect(plan({ justification: 'abc' }, free)).toMatchObject({ reason: 'justificationTooShort' });
  });

  test('what one may request at all', () => {
    const config = {
      ...CONFIG,
      entitlements: {
        ...CONFIG.entitlements,
        other: { ...(CONFIG.entitlements['prod-view'] as Entitlement), id: 'other', eligible: [group('security')] },
      },
    };
    expect(requestableBy(ada, config).map((rule) => rule.id)).toEqual(['prod-view']);
    expect(requestableBy(person('cyd'), config).map((rule) => rule.id)).toEqual(['prod-view', 'other']);
    expect(requestableBy(person('eve'), config)).toEqual([]);
  });
});

describe('F22: what was asked for, under the configuration in force', () => {
  const roleFacts = {
    ...FACTS,
    principal: { mode: 'role', arn: KUBERNETES_ADMIN, assumableBy: [], opensTo: [] } as const,
  };
  const byRole = configWith({ principal: { mode: 'role', role: KUBERNETES_ADMIN, assumableBy: [] } });
  const narrow = {
    ...FACTS,
    access: {
      kind: 'policy',
      policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSEditPolicy',
      accessScope: { type: 'namespace', namespaces: ['team-a'] },
    },
  } as const;
  const prod = CONFIG.clusters['prod'] as Configuration['clusters'][string];
  const CHANGES: readonly (readonly [string, typeof FACTS, Configuration, string | undefined])[] = [
    ['nothing changed', FACTS, CONFIG, undefined],
    ['only texts and digests', FACTS, configWith({ description: 'x', digest: 'y' }), undefined],
    ['a longer maximum', FACTS, configWith({ maxDuration: (9 * HOUR) as Duration }), undefined],
    ['a maximum of just what was asked', FACTS, configWith({ maxDuration: HOUR }), undefined],
    ['a stricter justification', FACTS, configWith({ justification: { required: true, minLength: 100 } }), undefined],
    [
      'a shorter maximum',
      FACTS,
      configWith({ maxDuration: (59 * MINUTE) as Duration }),
      'the maximum duration is shorter now',
    ],
    ['the entitlement is gone', FACTS, { ...CONFIG, entitlements: {} }, 'the entitlement prod-view is no longer there'],
    [
      'the requester is gone',
      FACTS,
      configFor({ people: peopleOf(person('bob')) }),
      'Ada is no longer in the directory',
    ],
    [
      'the requester left',
      FACTS,
      configFor({ people: { ...CONFIG.directory.people, ada: person('ada', { disabled: true }) } }),
      'Ada is no longer in the directory',
    ],
    [
      'the requester changed teams',
      FACTS,
      configFor({ groups: { ...CONFIG.directory.groups, developers: ['bob'] } }),
      'Ada is no longer eligible',
    ],
    ['others are eligible', FACTS, configWith({ eligible: [group('security')] }), 'Ada is no longer eligible'],
    ['the cluster is not covered', FACTS, configWith({ clusters: ['test'] }), 'the cluster prod is no longer covered'],
    [
      'the cluster is another one',
      FACTS,
      { ...CONFIG, clusters: { prod: { ...prod, arn: `${prod.arn}2` } } },
      'the cluster prod is no longer covered',
    ],
    ['the cluster is gone', FACTS, { ...CONFIG, clusters: {} }, 'the cluster prod is no longer covered'],
    [
      'another policy',
      FACTS,
      configWith({ access: { kind: 'policy', policy: 'AmazonEKSClusterAdminPolicy', scope: 'cluster' } }),
      'it gives other access now',
    ],
    [
      'a lesser policy',
      FACTS,
      configWith({ access: { kind: 'policy', policy: 'AmazonEKSSecretReaderPolicy', scope: 'cluster' } }),
      'it gives other access now',
    ],
    ['namespaces instead of the cluster', FACTS, inNamespaces('dev'), 'it gives other access now'],
    [
      'groups instead of a policy',
      FACTS,
      configWith({ access: { kind: 'groups', kubernetesGroups: ['x'] } }),
      'it gives other access now',
    ],
    ['the namespace is still covered', narrow, inNamespaces('team-*', 'dev'), undefined],
    ['the namespace is not covered any more', narrow, inNamespaces('dev'), 'it gives other access now'],
    [
      'the whole cluster instead of a namespace',
      narrow,
      configWith({ access: { kind: 'policy', policy: 'AmazonEKSEditPolicy', scope: 'cluster' } }),
      'it gives other access now',
    ],
    ['a standing role instead of the grant’s own', FACTS, byRole, 'it uses another principal now'],
    ['the grant’s own role instead of a standing one', roleFacts, CONFIG, 'it uses another principal now'],
    ['the same standing role', roleFacts, byRole, undefined],
    [
      'another standing role',
      roleFacts,
      configWith({ principal: { mode: 'role', role: `${KUBERNETES_ADMIN}2`, assumableBy: [] } }),
      'it uses another principal now',
    ],
  ];
  countCases('F22 configuration changes', CHANGES.length);
  test.each(CHANGES)('%s', (_what, facts, config, what) => {
    const answer = admits(facts, config);
    expect(answer.ok ? undefined : answer.error).toEqual(
      what === undefined ? undefined : { reason: 'entitlementChanged', what },
    );
  });
});
