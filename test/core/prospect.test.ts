/** Catches I7: an explanation that promises what enforcing would refuse, or names somebody who could not approve. */
import { describe, expect, test } from 'vitest';
import type { Configuration } from '../../src/core/configuration.ts';
import { type Prospect, prospectOf } from '../../src/core/prospect.ts';
import { evaluateRequest, type RequestInput } from '../../src/core/request.ts';
import type { Duration } from '../../src/core/time.ts';
import { CONFIG, configFor, configWith, group, HOUR, one, person, T0 } from './fixtures.ts';

const ask = (input: Partial<RequestInput> = {}, config: Configuration = CONFIG, who = 'ada'): Prospect =>
  prospectOf({ entitlement: 'prod-view', ...input }, config.directory.people[who] ?? person(who), config, T0);

const reasons = (refusals: readonly { reason: string }[]): string[] => refusals.map(({ reason }) => reason);
const names = (prospect: Prospect): string[][] =>
  prospect.decision?.steps.map(({ approvers }) => approvers.map((one) => one.id)) ?? [];

describe('I7: what is missing', () => {
  test('all of it at once, and the rest is told all the same', () => {
    const config = configWith({
      clusters: ['prod', 'test'],
      access: { kind: 'policy', policy: 'AmazonEKSViewPolicy', scope: 'namespace', namespaces: ['team-*', 'dev'] },
      ticket: { required: true, pattern: 'INC-[0-9]+' },
    });
    const found = ask({}, config);
    expect(reasons(found.missing)).toEqual([
      'clusterNeeded',
      'namespacesNeeded',
      'justificationMissing',
      'ticketMissing',
    ]);
    expect(found.refusal).toBeUndefined();
    expect(found.plan).toMatchObject({ duration: HOUR, cluster: { name: 'prod' }, entitlement: { id: 'prod-view' } });
    expect(found.plan?.entitlement.ticket.required, 'the rule itself, not what was supposed').toBe(true);
    const given = { cluster: 'test', namespaces: ['dev'], justification: 'looking', ticket: 'INC-1' };
    expect(ask(given, config).missing).toEqual([]);
    expect(evaluateRequest({ entitlement: 'prod-view', ...given }, person('ada'), config, T0).ok).toBe(true);
  });

  test.each<[string, Partial<RequestInput>, string]>([
    ['too long', { duration: '5h' }, 'durationTooLong'],
    ['a cluster that is not offered', { cluster: 'test' }, 'clusterNotOffered'],
    ['a justification that is given and too short', { justification: 'hm' }, 'justificationTooShort'],
    ['an entitlement that is not there', { entitlement: 'nothing' }, 'unknownEntitlement'],
  ])('what nothing added would help: %s', (_what, input, reason) => {
    const found = ask(input);
    expect(found.refusal?.reason).toBe(reason);
    expect(found.plan).toBeUndefined();
  });

  test('not eligible; and without an identity that could use the access', () => {
    expect(ask({ justification: 'looking' }, CONFIG, 'dan').refusal?.reason).toBe('notEligible');
    const noIam = configFor({ people: { ...CONFIG.directory.people, ada: person('ada', { iam: [] }) } });
    expect(ask({ justification: 'looking' }, noIam).refusal?.reason).toBe('noIamIdentity');
  });
});

describe('who could approve', () => {
  test('never who asks, and it says why', () => {
    const found = ask({ justification: 'looking' }, CONFIG, 'bob');
    expect(names(found)).toEqual([['cyd']]);
    expect(found.decision?.steps[0]?.without.map(({ person: { id }, why }) => `${id} ${why.reason}`)).toEqual([
      'bob selfApproval',
    ]);
    expect(found.decision?.possible).toBe(true);
  });

  test('nor under another entry of the directory that is the same person', () => {
    const config = configFor({
      people: { ...CONFIG.directory.people, cyd: person('cyd', { email: 'ADA@example.com' }) },
    });
    expect(names(ask({ justification: 'looking' }, config))).toEqual([['bob']]);
  });

  test('a later step is told as if the earlier ones were over', () => {
    const config = configWith({
      approval: {
        autoApprove: false,
        window: (8 * HOUR) as Duration,
        steps: [
          { approvers: [group('leads')], approvalsNeeded: 1, channels: [] },
          { approvers: [group('security')], approvalsNeeded: 1, channels: ['console'] },
        ],
      },
    });
    expect(names(ask({ justification: 'looking' }, config))).toEqual([
      ['bob', 'cyd'],
      ['cyd', 'dan'],
    ]);
  });

  test('too few different people: said, though each step by itself has somebody', () => {
    const steps = [one('cyd'), one('cyd')].map((who) => ({ approvers: [who], approvalsNeeded: 1, channels: [] }));
    const config = configWith({ approval: { autoApprove: false, window: HOUR, steps } });
    expect(ask({ justification: 'looking' }, config).decision?.possible).toBe(false);
    expect(
      ask({ justification: 'looking' }, configWith({ approval: { autoApprove: true, window: HOUR, steps: [] } }))
        .decision,
    ).toEqual({ autoApprove: true, possible: true, steps: [] });
  });
});
