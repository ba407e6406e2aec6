/**
 * Catches a pipeline that decides, an owner who approves what the owned pipeline asks for, and a role that anybody could
 * have become. Expected values are written by hand.
 */
import { describe, expect, it } from 'vitest';
import type { Configuration } from '../../src/core/configuration.ts';
import { mayDecide, permits } from '../../src/core/decision.ts';
import { evaluateRequest, requestableBy } from '../../src/core/request.ts';
import { isOwner, requesterIn, roleCallerOf } from '../../src/core/role-identity.ts';
import { namesItsCallers } from '../../src/core/trust.ts';
import { at, CONFIG, configWith, countCases, FACTS, group, one, person, SSO_ROLE, SSO_ROLE_ID } from './fixtures.ts';

const ROLE = 'arn:aws:iam::111111111111:role/ci';
const CI = { id: 'ci', role: ROLE, owners: [group('security'), one('bob')], description: 'The pipeline' };
const config: Configuration = {
  ...configWith({
    eligible: [{ kind: 'role', id: 'ci' }],
    approval: {
      autoApprove: false,
      window: at(480),
      steps: [{ approvers: [group('leads'), group('security'), one('fay')], approvalsNeeded: 1, channels: [] }],
    } as never,
  }),
  directory: { ...CONFIG.directory, roles: { ci: CI } },
};
const ROLE_IDS = new Map([
  [SSO_ROLE, SSO_ROLE_ID],
  [ROLE, 'AROACIROLE0000000001'],
]);
const caller = roleCallerOf({ kind: 'iam', userId: 'AROACIROLE0000000001:build-7' }, config.directory, ROLE_IDS);
if (!caller) throw new Error('no caller');
const requester = {
  id: 'role:ci',
  name: 'ci (role)',
  identifiers: ['person:role:ci', `iam:${ROLE}`],
  channel: 'api' as const,
  owners: ['person:dan', 'email:dan@example.com'],
};
const asked = { ...FACTS, requester, approvals: [], autoApproved: false };

describe('a role that is not a person', () => {
  it('is known by its unique id, whatever its session is called', () => {
    expect(caller).toMatchObject({ id: 'role:ci', iam: [{ role: ROLE, session: 'build-7' }] });
    for (const userId of [
      'AROASSOHALLPASS000001:ci',
      'AROACIROLE0000000002:build-7',
      'AROACIROLE0000000001',
      'AROACIROLE0000000001:',
    ])
      expect(roleCallerOf({ kind: 'iam', userId }, config.directory, ROLE_IDS)).toBeUndefined();
    expect(
      roleCallerOf({ kind: 'iam', userId: 'AROACIROLE0000000001:x' }, config.directory, new Map()),
    ).toBeUndefined();
  });

  it('may ask where an entitlement lists it, and nowhere else', () => {
    const input = { entitlement: 'prod-view', justification: 'nightly check' };
    expect(evaluateRequest(input, caller, config, at(0))).toMatchObject({ ok: true });
    expect(requestableBy(caller, CONFIG)).toEqual([]);
    expect(evaluateRequest(input, caller, CONFIG, at(0))).toMatchObject({ error: { reason: 'notEligible' } });
    // A person of the id `ci`, if there were one, is not the role.
    expect(evaluateRequest(input, person('ci'), config, at(0))).toMatchObject({ error: { reason: 'notEligible' } });
  });

  it('never decides, not even what others ask for', () => {
    const listed = {
      ...config,
      directory: { ...config.directory, groups: { ...config.directory.groups, leads: ['role:ci'] } },
    };
    expect(mayDecide(caller, 'api', { ...asked, requester: FACTS.requester }, listed, at(1))).toEqual({
      ok: false,
      error: { reason: 'roleNeverDecides', role: 'ci (role)' },
    });
    const approval = { personId: 'role:ci', name: 'ci', step: 1, channel: 'api' as const, at: at(1) };
    expect(permits({ ...asked, approvals: [approval] }, listed)).toMatchObject({
      ok: false,
      error: { reason: 'approvalsMissing', have: 0 },
    });
  });

  it.each([
    ['bob', 'owner by name', false],
    ['dan', 'owner when it asked, by a group', false],
    ['cyd', 'owner now, by a group', false],
    ['fay', 'no owner', true],
  ])('%s, %s: may decide is %s', (id, _what, may) => {
    const decision = mayDecide(person(id), 'cli', asked, config, at(1));
    if (may) expect(decision).toMatchObject({ ok: true });
    else expect(decision).toEqual({ ok: false, error: { reason: 'ownerApproval', role: 'ci (role)' } });
    const approval = { personId: id, name: id, step: 1, channel: 'cli' as const, at: at(1) };
    expect(permits({ ...asked, approvals: [approval] }, config).ok).toBe(may);
  });

  it('an owner of then stays one, and an owner is one under every identity', () => {
    const gone = { ...config.directory, roles: { ci: { ...CI, owners: [one('fay')] } } };
    expect(isOwner(requester, 'dan', gone)).toBe(true);
    expect(isOwner(requester, 'fay', gone)).toBe(true);
    expect(isOwner(requester, 'bob', gone)).toBe(false);
    const alias = { ...gone, people: { ...gone.people, dan2: person('dan2', { email: 'DAN@example.com' }) } };
    expect(isOwner(requester, 'dan2', alias)).toBe(true);
    expect(isOwner(FACTS.requester, 'bob', config.directory)).toBe(false);
  });

  it('that is gone, or another role by now, is no longer admitted', () => {
    expect(requesterIn(config.directory, requester)).toEqual({ id: 'role:ci', name: 'ci (role)' });
    expect(requesterIn(CONFIG.directory, requester)).toBeUndefined();
    const other = { ...config.directory, roles: { ci: { ...CI, role: `${ROLE}-2` } } };
    expect(requesterIn(other, requester)).toBeUndefined();
  });
});

const statement = (more: object) => ({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', ...more }],
});
const FORGE = 'arn:aws:iam::111111111111:oidc-provider/token.actions.githubusercontent.com';
const SUB = 'token.actions.githubusercontent.com:sub';
const web = (Condition: object | undefined, Action: unknown = 'sts:AssumeRoleWithWebIdentity') =>
  statement({ Action, Principal: { Federated: FORGE }, ...(Condition && { Condition }) });

describe('F3: the trust of a role that is not a person names who may become it', () => {
  const rows: readonly (readonly [string, object, boolean])[] = [
    ['another role', statement({ Principal: { AWS: 'arn:aws:iam::444444444444:role/runner' } }), true],
    ['a service', statement({ Principal: { Service: 'codebuild.amazonaws.com' } }), true],
    ['one repository of a forge', web({ StringEquals: { [SUB]: 'repo:a/b:ref:refs/heads/main' } }), true],
    ['repositories of an organisation', web({ StringLike: { [SUB]: 'repo:a/*' } }), true],
    ['everybody at the forge', web(undefined), false],
    [
      'every token for AWS',
      web({ StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com' } }),
      false,
    ],
    ['any subject', web({ StringLike: { [SUB]: '*' } }), false],
    ['any subject among others', web({ StringLike: { [SUB]: ['repo:a/b', '*'] } }), false],
    ['every repository of the forge', web({ StringLike: { [SUB]: 'repo:*' } }), false],
    ['every owner whose name begins so', web({ StringLike: { [SUB]: 'repo:a*' } }), false],
    ['main branches of everybody', web({ StringLike: { [SUB]: 'repo:*/*:ref:refs/heads/main' } }), false],
    ['any subject of one character and more', web({ StringLike: { [SUB]: '?*' } }), false],
    ['one project of a forge', web({ StringLike: { [SUB]: 'project_path:a/b:ref_type:branch:ref:*' } }), true],
    ['one namespace of a cluster', web({ StringLike: { [SUB]: 'system:serviceaccount:ci:*' } }), true],
    ['a subject, if there is one', web({ StringEqualsIfExists: { [SUB]: 'repo:a/b' } }), false],
    ['a subject that it is not', web({ StringNotEquals: { [SUB]: 'repo:a/b' } }), false],
    ['every action of STS', web(undefined, 'sts:*'), false],
    ['anybody', statement({ Principal: '*' }), false],
    ['anybody of AWS', statement({ Principal: { AWS: '*' } }), false],
    ['a whole account', statement({ Principal: { AWS: 'arn:aws:iam::111111111111:root' } }), false],
    ['a whole account by its number', statement({ Principal: { AWS: '111111111111' } }), false],
    ['all but some', statement({ NotPrincipal: { AWS: 'arn:aws:iam::111111111111:role/x' } }), false],
    [
      'all actions but some',
      { Statement: [{ Effect: 'Allow', NotAction: 'sts:TagSession', Principal: { AWS: ROLE } }] },
      false,
    ],
    [
      "people's own role",
      statement({ Principal: { AWS: ['arn:aws:iam::444444444444:role/runner', SSO_ROLE] } }),
      false,
    ],
    [
      "one session of people's role",
      statement({
        Principal: { AWS: 'arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Hallpass_0123456789abcdef/ada' },
      }),
      false,
    ],
    [
      'Identity Center itself',
      statement({
        Action: 'sts:AssumeRoleWithSAML',
        Principal: { Federated: 'arn:aws:iam::111111111111:saml-provider/AWSSSO_0a_DO_NOT_DELETE' },
      }),
      false,
    ],
    ['nobody', { Statement: [] }, false],
    ['only a Deny', { Statement: [{ Effect: 'Deny', Action: '*', Principal: { Service: 'x' } }] }, false],
    [
      'a Deny beside it',
      {
        Statement: [
          ...statement({ Principal: { Service: 'codebuild.amazonaws.com' } }).Statement,
          { Effect: 'Deny', Action: '*', Principal: '*' },
        ],
      },
      true,
    ],
    [
      'somebody and everybody',
      statement({ Principal: { AWS: ['arn:aws:iam::444444444444:role/runner', '*'] } }),
      false,
    ],
    ['a service and everybody', statement({ Principal: { Service: 'codebuild.amazonaws.com', AWS: '*' } }), false],
    ['a whole account of China', statement({ Principal: { AWS: 'arn:aws-cn:iam::111111111111:root' } }), false],
    [
      "a session of a role that is only named as people's begins",
      statement({
        Principal: { AWS: 'arn:aws:sts::111111111111:assumed-role/AWSReservedSSO_Hallpass_0123456789abcdef2/ada' },
      }),
      true,
    ],
    [
      'a provider of the own company',
      statement({
        Action: ['sts:AssumeRoleWithSAML', 'sts:TagSession'],
        Principal: { Federated: 'arn:aws:iam::111111111111:saml-provider/ci' },
      }),
      true,
    ],
    ['web identities among other actions', web(undefined, ['sts:TagSession', 'sts:AssumeRoleWithWebIdentity']), false],
    [
      'a subject for all values, of which there may be none',
      web({ 'ForAllValues:StringLike': { [SUB]: 'repo:a/b' } }),
      false,
    ],
    [
      'a subject beside something else',
      web({ StringEquals: { 'token.actions.githubusercontent.com:aud': 'x' }, StringLike: { [SUB]: 'repo:a/b:*' } }),
      true,
    ],
    [
      'a subject beside the audience',
      web({ StringEquals: { 'token.actions.githubusercontent.com:aud': 'sts.amazonaws.com', [SUB]: 'repo:a/b' } }),
      true,
    ],
    ['a role whose name ends in an account', statement({ Principal: { AWS: `${ROLE}-444444444444` } }), true],
    ['something that only begins as a subject', web({ StringEquals: { [`${SUB}ject`]: 'repo:a/b' } }), false],
    ['everybody before an owner', web({ StringLike: { [SUB]: '*:repo:a/b:x' } }), false],
    ['an owner with a character to choose', web({ StringLike: { [SUB]: 'repo:a?/b:x' } }), false],
    [
      'a second statement that opens it',
      {
        Statement: [
          ...statement({ Principal: { Service: 'codebuild.amazonaws.com' } }).Statement,
          ...statement({ Principal: '*' }).Statement,
        ],
      },
      false,
    ],
  ];
  it.each(rows)('%s', (_what, document, expected) => {
    expect(namesItsCallers(document, [SSO_ROLE])).toBe(expected);
  });
  it("a session of a people's role without a path, in another partition", () => {
    const peoples = 'arn:aws-cn:iam::111111111111:role/Developer';
    const through = (name: string) =>
      statement({ Principal: { AWS: `arn:aws-cn:sts::111111111111:assumed-role/${name}` } });
    expect(namesItsCallers(through('Developer/ada'), [ROLE, peoples])).toBe(false);
    expect(namesItsCallers(through('Deployer/ada'), [ROLE, peoples])).toBe(true);
  });
  countCases('trusts of roles that are not people', rows.length);
});
