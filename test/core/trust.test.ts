/**
 * Catches: a role that lets in more than its entitlement says (in mode `role` the access is theirs), a permission set's
 * role whose session names somebody else can choose, and F2: a dedicated role that another session may assume.
 */
import { describe, expect, test } from 'vitest';
import { admitsOnlyIdentityCenter, dedicatedTrust, trustedIn, widerThan } from '../../src/core/trust.ts';
import { at, CONFIG, countCases, HUB_ACCOUNT, peopleOf, person, SSO_ROLE, SSO_ROLE_ID } from './fixtures.ts';

const PROVIDER = 'arn:aws:iam::111111111111:saml-provider/AWSSSO_0123456789abcdef_DO_NOT_DELETE';
const allow = (Principal: unknown, more: object = {}): object => ({
  Effect: 'Allow',
  Action: 'sts:AssumeRole',
  Principal,
  ...more,
});
const doc = (...Statement: unknown[]): object => ({ Version: '2012-10-17', Statement });

describe('I1-role-mode-names-everyone-it-opens-to', () => {
  const WIDER: readonly (readonly [string, unknown, readonly string[], readonly string[]])[] = [
    ['as listed', doc(allow({ AWS: SSO_ROLE })), [SSO_ROLE], []],
    ['fewer than listed', doc(allow({ AWS: SSO_ROLE })), [SSO_ROLE, 'arn:aws:iam::1:role/b'], []],
    [
      'one more',
      doc(allow({ AWS: [SSO_ROLE, 'arn:aws:iam::111111111111:role/ci'] })),
      [SSO_ROLE],
      ['arn:aws:iam::111111111111:role/ci'],
    ],
    [
      'one more in another statement',
      doc(allow({ AWS: SSO_ROLE }), allow({ AWS: 'arn:aws:iam::9:user/x' })),
      [SSO_ROLE],
      ['arn:aws:iam::9:user/x'],
    ],
    ['everybody', doc(allow('*')), [SSO_ROLE], ['*']],
    ['everybody, the other way of writing it', doc(allow({ AWS: '*' })), [SSO_ROLE], ['*']],
    [
      'everybody under a condition',
      doc(allow({ AWS: '*' }, { Condition: { StringEquals: { 'aws:PrincipalOrgID': 'o-1' } } })),
      [SSO_ROLE],
      ['*'],
    ],
    [
      'everybody but',
      doc({ Effect: 'Allow', Action: 'sts:AssumeRole', NotPrincipal: { AWS: SSO_ROLE } }),
      [SSO_ROLE],
      ['*'],
    ],
    ['no principal at all', doc({ Effect: 'Allow', Action: 'sts:AssumeRole' }), [SSO_ROLE], ['*']],
    [
      'an account',
      doc(allow({ AWS: 'arn:aws:iam::222222222222:root' })),
      [SSO_ROLE],
      ['arn:aws:iam::222222222222:root'],
    ],
    ['an account, listed by its number', doc(allow({ AWS: 'arn:aws:iam::222222222222:root' })), ['222222222222'], []],
    [
      'an account by its number, listed by its root',
      doc(allow({ AWS: '222222222222' })),
      ['arn:aws:iam::222222222222:root'],
      [],
    ],
    ['an account does not stand for its roles', doc(allow({ AWS: SSO_ROLE })), ['111111111111'], [SSO_ROLE]],
    ['a service', doc(allow({ Service: 'ec2.amazonaws.com' })), [SSO_ROLE], ['ec2.amazonaws.com']],
    ['a provider', doc(allow({ Federated: PROVIDER }, { Action: 'sts:AssumeRoleWithSAML' })), [SSO_ROLE], [PROVIDER]],
    ['a role that was deleted', doc(allow({ AWS: 'AROADELETED0000000001' })), [SSO_ROLE], ['AROADELETED0000000001']],
    ['twice the same', doc(allow({ AWS: ['x', 'x'] })), [], ['x']],
    [
      'a Deny lets nobody in',
      doc(allow({ AWS: SSO_ROLE }), { Effect: 'Deny', Action: '*', Principal: '*' }),
      [SSO_ROLE],
      [],
    ],
    ['a statement that is not in a list', { Statement: allow({ AWS: 'x' }) }, [], ['x']],
    ['nobody', doc(), [SSO_ROLE], []],
  ];
  countCases('trusts against assumableBy', WIDER.length);
  test.each(WIDER)('%s', (_what, document, assumableBy, wider) =>
    expect(widerThan(document, assumableBy)).toEqual(wider),
  );
});

describe('F3: only Identity Center names the sessions', () => {
  const sso = allow(
    { Federated: PROVIDER },
    {
      Action: ['sts:AssumeRoleWithSAML', 'sts:TagSession'],
      Condition: { StringEquals: { 'SAML:aud': 'https://signin.aws.amazon.com/saml' } },
    },
  );
  const federated = (provider: unknown, Action: unknown = 'sts:AssumeRoleWithSAML'): object =>
    allow({ Federated: provider }, { Action });
  const TRUSTS: readonly (readonly [string, unknown, boolean])[] = [
    ['as Identity Center writes it', doc(sso), true],
    ['one action, not in a list', doc(federated(PROVIDER)), true],
    ['with a Deny', doc(sso, { Effect: 'Deny', Principal: '*', Action: '*' }), true],
    ['of China', doc(federated(PROVIDER.replace('arn:aws:', 'arn:aws-cn:'))), true],
    ['another account’s provider', doc(federated(PROVIDER.replace('111111111111', '999999999999'))), false],
    ['another provider of this account', doc(federated('arn:aws:iam::111111111111:saml-provider/Okta')), false],
    ['one named nearly so', doc(federated('arn:aws:iam::111111111111:saml-provider/AWSSSO_x_DO_NOT_DELETE')), false],
    ['one whose name goes on', doc(federated(`${PROVIDER}2`)), false],
    ['one whose name begins otherwise', doc(federated(`x${PROVIDER}`)), false],
    [
      'by the name of a provider, of another kind',
      doc(allow({ AWS: PROVIDER }, { Action: 'sts:AssumeRoleWithSAML' })),
      false,
    ],
    ['of two kinds', doc(allow({ Federated: PROVIDER, AWS: PROVIDER }, { Action: 'sts:AssumeRoleWithSAML' })), false],
    ['an empty list of actions', doc(federated(PROVIDER, [])), false],
    ['no principal', doc(allow(null, { Action: 'sts:AssumeRoleWithSAML' })), false],
    ['one more provider', doc(federated([PROVIDER, 'arn:aws:iam::111111111111:saml-provider/Okta'])), false],
    [
      'one more principal of another kind',
      doc(allow({ Federated: PROVIDER, AWS: SSO_ROLE }, { Action: 'sts:AssumeRoleWithSAML' })),
      false,
    ],
    ['one more statement', doc(sso, allow({ AWS: SSO_ROLE })), false],
    ['assumed by roles', doc(allow({ AWS: SSO_ROLE })), false],
    ['any action', doc(federated(PROVIDER, '*')), false],
    ['any action of STS', doc(federated(PROVIDER, 'sts:*')), false],
    ['the action of roles', doc(federated(PROVIDER, ['sts:AssumeRoleWithSAML', 'sts:AssumeRole'])), false],
    ['the action of web identities', doc(federated(PROVIDER, 'sts:AssumeRoleWithWebIdentity')), false],
    ['no action', doc(allow({ Federated: PROVIDER }, { Action: undefined })), false],
    [
      'all but an action',
      doc({ Effect: 'Allow', NotAction: 'sts:AssumeRole', Principal: { Federated: PROVIDER } }),
      false,
    ],
    ['everybody', doc(allow('*', { Action: 'sts:AssumeRoleWithSAML' })), false],
    ['everybody federated', doc(federated('*')), false],
    [
      'everybody but',
      doc({ Effect: 'Allow', Action: 'sts:AssumeRoleWithSAML', NotPrincipal: { Federated: PROVIDER } }),
      false,
    ],
    [
      'everybody but, beside it',
      doc({
        Effect: 'Allow',
        Action: 'sts:AssumeRoleWithSAML',
        Principal: { Federated: PROVIDER },
        NotPrincipal: { AWS: 'x' },
      }),
      false,
    ],
    ['nobody', doc(), false],
    ['only a Deny', doc({ Effect: 'Deny', Principal: '*', Action: '*' }), false],
    ['nothing', undefined, false],
  ];
  countCases('trusts of permission sets', TRUSTS.length);
  test.each(TRUSTS)('%s: %s', (_what, document, only) =>
    expect(admitsOnlyIdentityCenter(document, HUB_ACCOUNT)).toBe(only),
  );
});

test('F2, I9: a dedicated role trusts one session of one role, until a moment', () => {
  const trust = dedicatedTrust({ role: SSO_ROLE, userId: `${SSO_ROLE_ID}:ada` }, at(70.5));
  expect(trust).toEqual({
    Version: '2012-10-17',
    Statement: [
      {
        Effect: 'Allow',
        Principal: { AWS: SSO_ROLE },
        Action: 'sts:AssumeRole',
        Condition: {
          StringEquals: { 'aws:userid': `${SSO_ROLE_ID}:ada` },
          DateLessThan: { 'aws:CurrentTime': '2026-11-24T04:10:30Z' },
        },
      },
    ],
  });
  expect(JSON.stringify(trust)).not.toMatch(/RoleSessionName/i);
});

test('F5: whom a standing role opens to, by name', () => {
  expect(trustedIn([SSO_ROLE], CONFIG.directory)).toEqual(['Ada', 'Bob', 'Cyd', 'Dan', 'Eve', 'Fay']);
  expect(trustedIn(['arn:aws:iam::1:role/ci'], CONFIG.directory)).toEqual(['arn:aws:iam::1:role/ci']);
  const iam = [
    { role: 'arn:aws:iam::1:role/other', session: 'gus' },
    { role: SSO_ROLE, session: 'gus' },
  ];
  expect(trustedIn([SSO_ROLE], { people: peopleOf(person('gus', { iam })), groups: {} })).toEqual(['Gus']);
});
