/** Catches a diagnosis that calls something fine which is not, and one that says what is wrong without saying what to do. */
import { describe, expect, test } from 'vitest';
import {
  type ClusterSeen,
  type Diagnosis,
  judgeClock,
  judgeCluster,
  judgeConcurrency,
  judgePeoplesRoles,
  judgeRoles,
  judgeStandingRole,
  judgeTable,
  type Seen,
} from '../../src/core/diagnosis.ts';
import { type Duration, seconds } from '../../src/core/time.ts';
import { CONFIG, countCases, entitlement } from './fixtures.ts';

const seen = <T>(value: T): Seen<T> => ({ ok: true, value });
const unseen = (error: string): Seen<never> => ({ ok: false, error });
const [cluster] = Object.values(CONFIG.clusters);
if (!cluster) throw new Error('the fixture has no cluster');

const HEALTHY: ClusterSeen = {
  arn: cluster.arn,
  status: 'ACTIVE',
  authenticationMode: 'API',
  logs: ['api', 'audit', 'authenticator'],
  entries: 12,
};
const judged = (change: Partial<ClusterSeen>, config = CONFIG): Diagnosis[] =>
  judgeCluster(cluster, seen({ ...HEALTHY, ...change }), config);
const levelOf = (found: readonly Diagnosis[], check: Diagnosis['check']) =>
  found.find((one) => one.check === check)?.level;

const TRUST = (principal: string) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Principal: { AWS: principal }, Action: 'sts:AssumeRole' }],
});
const SSO = 'arn:aws:iam::111111111111:role/sso';

const CASES: readonly (readonly [string, Diagnosis | undefined, Diagnosis['level']])[] = [
  ['clocks 60 s apart', judgeClock(seconds(60)), 'ok'],
  ['the function ahead by 61 s', judgeClock(-seconds(61) as Duration), 'fail'],
  ['the function behind by 61 s', judgeClock(seconds(61)), 'fail'],
  ['a table as it should be', judgeTable('t', seen({ deletionProtection: true, stream: true })), 'ok'],
  ['a restored table', judgeTable('t', seen({ deletionProtection: false, stream: false })), 'fail'],
  ['no table', judgeTable('t', unseen('ResourceNotFoundException')), 'fail'],
  ['800 of 1,000 roles', judgeRoles(seen({ used: 800, quota: 1_000 })), 'ok'],
  ['801 of 1,000 roles', judgeRoles(seen({ used: 801, quota: 1_000 })), 'warn'],
  ['1,000 of 1,000 roles', judgeRoles(seen({ used: 1_000, quota: 1_000 })), 'fail'],
  ['an account that may not be summed up', judgeRoles(unseen('AccessDenied')), 'warn'],
  ['a hundred executions', judgeConcurrency(seen({ limit: 1_000, unreserved: 100 })), 'ok'],
  ['a new account', judgeConcurrency(seen({ limit: 10, unreserved: 10 })), 'warn'],
  ['3,000 entries', judged({ entries: 3_000 }).at(-1), 'fail'],
  ['2,401 entries', judged({ entries: 2_401 }).at(-1), 'warn'],
  ['a standing role as listed', judgeStandingRole('r', [SSO], seen({ trust: TRUST(SSO) })), 'ok'],
  ['a standing role that is wider', judgeStandingRole('r', [SSO], seen({ trust: TRUST('*') })), 'fail'],
  ['a standing role that is gone', judgeStandingRole('r', [SSO], seen(undefined)), 'fail'],
  ['a standing role that may not be looked at', judgeStandingRole('r', [SSO], unseen('AccessDenied')), 'fail'],
];
countCases('diagnoses', CASES.length);

test.each(CASES)('%s', (_what, diagnosis, level) => {
  expect(diagnosis?.level).toBe(level);
  // Whoever is told that something is wrong is told what to do.
  expect(diagnosis?.advice !== undefined).toBe(level !== 'ok');
});

describe('a cluster', () => {
  test('as it should be', () => {
    expect(judged({}).map(({ check, level }) => [check, level])).toEqual([
      ['cluster-trust', 'ok'],
      ['cluster-status', 'ok'],
      ['authentication-mode', 'ok'],
      ['audit-logs', 'ok'],
      ['entries-quota', 'ok'],
    ]);
  });

  test('that does not let the hub in: the template to deploy is named, and nothing else is said', () => {
    const found = judgeCluster(cluster, unseen('AccessDenied: is not authorized to perform: sts:AssumeRole'), CONFIG);
    expect(found).toHaveLength(1);
    expect(found[0]).toMatchObject({ check: 'cluster-trust', level: 'fail' });
    expect(found[0]?.advice).toContain(`template in ${cluster.account}`);
  });

  test('that is another, or none', () => {
    expect(judged({ arn: `${cluster.arn}x` })).toMatchObject([{ check: 'cluster-trust', level: 'fail' }]);
    expect(judgeCluster(cluster, seen(undefined), CONFIG)).toMatchObject([{ check: 'cluster-trust', level: 'fail' }]);
  });

  test('by its authentication mode: who could stay is named', () => {
    expect(levelOf(judged({ authenticationMode: 'CONFIG_MAP' }), 'authentication-mode')).toBe('fail');
    const mixed = judged({ authenticationMode: 'API_AND_CONFIG_MAP' }).find(
      (one) => one.check === 'authentication-mode',
    );
    expect(mixed?.level).toBe('warn');
    const config = {
      ...CONFIG,
      entitlements: {
        admin: entitlement({
          id: 'admin',
          clusters: [cluster.name],
          access: { kind: 'policy', policy: 'AmazonEKSClusterAdminPolicy', scope: 'cluster' },
        }),
      },
    };
    const admins = judged({ authenticationMode: 'API_AND_CONFIG_MAP' }, config);
    expect(admins.find((one) => one.check === 'authentication-mode')?.detail).toContain('Whoever gets admin can add');
  });

  test('without audit logs', () => {
    expect(levelOf(judged({ logs: ['audit'] }), 'audit-logs')).toBe('warn');
    expect(levelOf(judged({ logs: [] }), 'audit-logs')).toBe('warn');
  });

  test('while it is updated', () => {
    expect(levelOf(judged({ status: 'UPDATING' }), 'cluster-status')).toBe('warn');
  });
});

test('roles of people: each is recognised, or is a failure of its own', () => {
  expect(judgePeoplesRoles(['a', 'b'], new Set(['b'])).map(({ subject, level }) => [subject, level])).toEqual([
    ['a', 'fail'],
    ['b', 'ok'],
  ]);
});
