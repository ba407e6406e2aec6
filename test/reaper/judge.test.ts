/** F13, the reaper's side, as a table: would catch an entry of somebody else's judged to be ours because of a tag or a look-alike name. */
import { describe, expect, it } from 'vitest';
import { reaperSettings } from '../../src/aws/reaper-settings.ts';
import type { Runtime } from '../../src/aws/runtime.ts';
import type { ObservedEntry } from '../../src/core/entry.ts';
import { judge, type Mark, mayBeOurs } from '../../src/core/overdue.ts';
import { parseInstant } from '../../src/core/time.ts';

const PATH = 'arn:aws:iam::111122223333:role/hallpass/laptop/';
const OURS = `${PATH}hallpass-laptop-01arz3ndektsv4rrffq69g5fav`;
const STANDING = 'arn:aws:iam::444455556666:role/KubernetesAdmin';
const NODES = 'arn:aws:iam::444455556666:role/nodes';
const MARK: Mark = { hub: 'laptop', path: PATH, standingRoles: new Set([STANDING]) };
const NOW = parseInstant('2026-11-24T10:00:00Z') ?? (0 as never);
const OVERDUE = '2026-11-24T09:49:59.999Z';

const entry = (principalArn: string, tags: Record<string, string>, type = 'STANDARD'): ObservedEntry => ({
  entryArn: 'arn:aws:eks:eu-west-1:444455556666:access-entry/prod/role/444455556666/x/1',
  principalArn,
  type,
  username: '',
  kubernetesGroups: [],
  tags,
});
const tags = (expires: string, hub = 'laptop') => ({ 'hallpass:hub': hub, 'hallpass:expires': expires });

describe('an entry that is ours', () => {
  it.each([
    ['dedicated, 10 min and 1 ms past', OURS, OVERDUE, 'overdue'],
    ['dedicated, exactly 10 min past', OURS, '2026-11-24T09:50:00.000Z', 'live'],
    ['dedicated, past its end', OURS, '2026-11-24T09:59:59Z', 'live'],
    ['dedicated, with time left', OURS, '2026-11-24T12:00:00Z', 'live'],
    ['standing role, 10 min and 1 ms past', STANDING, OVERDUE, 'overdue'],
    ['another zone, 1 h past', OURS, '2026-11-24T10:00:00+01:00', 'overdue'],
    ['years past', STANDING, '2019-01-01T00:00:00Z', 'overdue'],
  ])('%s', (_name, principal, expires, kind) => {
    expect(judge(entry(principal, tags(expires)), MARK, NOW).kind).toBe(kind);
  });
});

describe('an entry that is never touched', () => {
  it.each([
    ['a node role with our tags, forged', entry(NODES, tags(OVERDUE), 'EC2_LINUX'), true, 'none of this hub'],
    ['a role of somebody else with our tags, forged', entry(NODES, tags(OVERDUE)), true, 'none of this hub'],
    ['a standing role of ours that serves nodes', entry(STANDING, tags(OVERDUE), 'EC2_LINUX'), true, 'type EC2_LINUX'],
    ['our tag stripped', entry(OURS, { 'hallpass:expires': OVERDUE }), true, 'no tag hallpass:hub'],
    ["a standing role's own entry", entry(STANDING, {}), false, 'no tag hallpass:hub'],
    ["another hub's, on a role that both use", entry(STANDING, tags(OVERDUE, 'other')), false, 'another hub'],
    ['the tag changed to another hub, under our path', entry(OURS, tags(OVERDUE, 'other')), true, 'another hub'],
    ['no expiry', entry(OURS, { 'hallpass:hub': 'laptop' }), true, 'cannot be read'],
    ['an expiry without a zone', entry(OURS, tags('2026-11-24T09:00:00')), true, 'cannot be read'],
    ['an expiry that is no time', entry(STANDING, tags('soon')), true, 'cannot be read'],
    ['an expiry in epoch seconds', entry(STANDING, tags('1764000000')), true, 'cannot be read'],
    [
      'a hub whose name ours begins with',
      entry(`${PATH.replace('laptop', 'laptop2')}x`, tags(OVERDUE)),
      true,
      'none of',
    ],
    [
      'our path in another account',
      entry(OURS.replace('111122223333', '999988887777'), tags(OVERDUE)),
      true,
      'none of',
    ],
    ['a user under our path', entry(OURS.replace(':role/', ':user/'), tags(OVERDUE)), true, 'none of'],
    ['the path and no role', entry(PATH, tags(OVERDUE)), true, 'none of'],
  ])('%s', (_name, observed, alarming, why) => {
    const verdict = judge(observed, MARK, NOW);
    expect(verdict).toMatchObject({ kind: 'untouchable', alarming });
    expect(verdict.kind === 'untouchable' && verdict.why).toContain(why);
  });
});

it('recognises what may be ours by the principal alone', () => {
  const arns = [OURS, STANDING, NODES, `${STANDING}2`, PATH, OURS.replace('laptop/', 'laptop2/')];
  expect(arns.filter((arn) => mayBeOurs(arn, MARK))).toEqual([OURS, STANDING]);
});

describe('settings', () => {
  const GOOD = { HUB_ID: 'laptop', AWS_REGION: 'eu-west-1', PRINCIPAL_PREFIX: PATH, CLUSTERS: 'prod' };
  const read = (env: Record<string, string>) => reaperSettings({ env: { ...GOOD, ...env } } as unknown as Runtime);

  it('takes names in its own region and ARNs in any', () => {
    const CLUSTERS = 'prod, arn:aws:eks:eu-central-1:444455556666:cluster/test,';
    expect(read({ CLUSTERS, STANDING_ROLES: STANDING })).toEqual({
      mark: MARK,
      clusters: [
        { label: 'prod', name: 'prod', region: 'eu-west-1' },
        {
          label: 'arn:aws:eks:eu-central-1:444455556666:cluster/test',
          name: 'test',
          region: 'eu-central-1',
        },
      ],
    });
  });

  it.each([
    ['no hub', { HUB_ID: '' }, 'HUB_ID'],
    ['a hub that is a pattern', { HUB_ID: '*' }, 'HUB_ID'],
    ['a path without its end', { PRINCIPAL_PREFIX: PATH.slice(0, -1) }, 'PRINCIPAL_PREFIX'],
    ['the path of another hub', { PRINCIPAL_PREFIX: PATH.replace('laptop', 'other') }, 'PRINCIPAL_PREFIX'],
    ['the path of all hubs', { PRINCIPAL_PREFIX: 'arn:aws:iam::111122223333:role/hallpass/' }, 'PRINCIPAL_PREFIX'],
    ['every role of the account', { PRINCIPAL_PREFIX: 'arn:aws:iam::111122223333:role/' }, 'PRINCIPAL_PREFIX'],
    ['no cluster', { CLUSTERS: ',' }, 'CLUSTERS'],
    ['a cluster that is none', { CLUSTERS: 'prod,arn:aws:eks:eu-west-1:44:cluster/x' }, 'CLUSTERS'],
    ['a standing role that is a pattern', { STANDING_ROLES: 'arn:aws:iam::444455556666:role/*' }, 'STANDING_ROLES'],
    ['a standing role that is a user', { STANDING_ROLES: 'arn:aws:iam::444455556666:user/root' }, 'STANDING_ROLES'],
  ])('refuses to start with %s', (_name, env, variable) => {
    expect(() => read(env as Record<string, string>)).toThrow(variable);
  });
});
