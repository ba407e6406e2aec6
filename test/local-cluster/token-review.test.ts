/**
 * Would catch: a token that somebody else could have made being believed (another host, action, cluster, parameter or
 * signature), a token living longer than EKS lets it, and a role made again under its old name inheriting its access.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { minutes, plus, seconds } from '../../src/core/time.ts';
import { startTestCluster, type TestCluster } from './harness.ts';
import { ACCOUNT, entryFor, onCluster, person, STS_HOST, type TokenChange, tokenFor } from './people.ts';

const admin = person('admin');
const stranger = person('stranger');
/** The same role name with a new unique id: deleted and made again. */
const reborn = { ...person('reborn', 'AROANEWNEWNEWNEWNEWNE') };
const original = person('reborn', 'AROAOLDOLDOLDOLDOLDOL');

let test: TestCluster;
beforeAll(async () => {
  test = await startTestCluster({
    people: [admin, stranger, reborn],
    entries: [
      entryFor(admin, onCluster('AmazonEKSClusterAdminPolicy')),
      entryFor(original, onCluster('AmazonEKSClusterAdminPolicy')),
    ],
  });
});
afterAll(() => test.close());

const PATH = '/api/v1/namespaces/default/pods';
const UNAUTHORIZED = {
  kind: 'Status',
  apiVersion: 'v1',
  metadata: {},
  status: 'Failure',
  message: 'Unauthorized',
  reason: 'Unauthorized',
  code: 401,
};
const withToken = (token: string) => test.call(undefined, 'GET', PATH, { token });
/** What the token review's own webhook says is wrong. */
async function errorOf(token: string): Promise<string> {
  const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenReview', spec: { token } };
  const { body } = await test.call(undefined, 'POST', '/webhooks/token-review', { body: review });
  expect(body.status.authenticated).toBe(false);
  return body.status.error;
}
const changed = (change: TokenChange) => tokenFor(admin, 'mycluster', test.clock.now(), change);

describe('a good token', () => {
  it('opens what its access entry opens', async () => {
    expect((await withToken(await changed({}))).code).toBe(200);
  });

  it('gives the user that EKS gives: name, uid, groups and extra', async () => {
    const { body } = await test.call(admin, 'POST', '/apis/authentication.k8s.io/v1/selfsubjectreviews', {
      body: { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' },
    });
    expect(body.status.userInfo).toEqual({
      username: 'arn:aws:sts::111122223333:assumed-role/admin/mia-example.com',
      uid: 'aws-iam-authenticator:111122223333:AROAADMINXXXXXXXXXXXX',
      groups: ['system:authenticated'],
      extra: {
        accessKeyId: ['ASIAADMINKKKKKKKKKKK'],
        arn: ['arn:aws:sts::111122223333:assumed-role/admin/mia@example.com'],
        canonicalArn: ['arn:aws:iam::111122223333:role/admin'],
        principalId: ['AROAADMINXXXXXXXXXXXX'],
        sessionName: ['mia@example.com'],
        'sigs.k8s.io/aws-iam-authenticator/principalId': ['AROAADMINXXXXXXXXXXXX'],
      },
    });
  });

  it('lives 15 minutes from its date, whatever X-Amz-Expires says', async () => {
    const token = await changed({});
    const start = test.clock.now();
    await test.clock.advanceTo(plus(start, minutes(15)));
    expect((await withToken(token)).code).toBe(200);
    await test.clock.advanceBy(seconds(1));
    expect((await withToken(token)).body).toEqual(UNAUTHORIZED);
    expect(await errorOf(token)).toContain('X-Amz-Date parameter is expired (15 minute window)');
  });
});

const QUERY = { Action: 'GetCallerIdentity', Version: '2011-06-15' };
/** What is wrong, and what the token review's own error says of it: each is refused for its own sake. */
const REFUSED: readonly (readonly [string, TokenChange, string])[] = [
  ['signed for another cluster', { headers: { host: STS_HOST, 'x-k8s-aws-id': 'othercluster' } }, 'signatureMismatch'],
  ['that does not name a cluster', { headers: { host: STS_HOST } }, 'did not sign the x-k8s-aws-id header'],
  ['of another STS host', { host: 'sts.evil.example' }, 'unexpected hostname'],
  ['of the STS host on another port', { host: '127.0.0.1:4567' }, 'unexpected hostname'],
  ['of a host that begins like ours', { host: '127.0.0.1:4566.evil.example' }, 'not a URL'],
  ['of another action', { query: { ...QUERY, Action: 'GetSessionToken' } }, 'unexpected action'],
  ['signed for another method', { method: 'POST' }, 'signatureMismatch'],
  ['of another path', { path: '/other' }, 'unexpected path'],
  ['with an unknown parameter', { query: { ...QUERY, Extra: '1' } }, 'non-whitelisted query parameter "Extra"'],
  ['with a doubled parameter', { rewrite: (url) => `${url}&Action=GetCallerIdentity` }, 'multiple values'],
  [
    'with a parameter doubled in other letters',
    { rewrite: (url) => `${url}&action=GetCallerIdentity` },
    'multiple values',
  ],
  [
    'whose signature was changed',
    { rewrite: (url) => url.replace(/Signature=..../, 'Signature=0000') },
    'signatureMismatch',
  ],
  [
    'whose date was moved',
    { rewrite: (url) => url.replace(/Date=\d+T\d+Z/, 'Date=20261124T090500Z') },
    'signatureMismatch',
  ],
  [
    'without a date',
    { rewrite: (url) => url.replace(/X-Amz-Date=\w+/, 'X-Amz-Date=') },
    'X-Amz-Date parameter must be present',
  ],
  ['with a user in its URL', { rewrite: (url) => url.replace('://', '://user@') }, 'unexpected user'],
  ['with a fragment', { rewrite: (url) => `${url}#x` }, 'unexpected user or fragment'],
  ['of another scheme', { rewrite: (url) => url.replace('http:', 'ftp:') }, 'unexpected scheme'],
];

describe('a token that is refused as Unauthorized', () => {
  it.each(REFUSED)('is one %s', async (_, change, why) => {
    const token = await changed(change);
    expect(await withToken(token)).toMatchObject({ code: 401, body: UNAUTHORIZED });
    expect(await errorOf(token)).toContain(why);
  });

  it.each([
    ['of no form at all', 'nonsense'],
    ['of another version', `k8s-aws-v2.${Buffer.from('http://x/').toString('base64url')}`],
    ['that is not base64url', 'k8s-aws-v1.***'],
    ['that is padded', 'k8s-aws-v1.aHR0cDovL3g='],
    ['that holds no URL', `k8s-aws-v1.${Buffer.from('not a url').toString('base64url')}`],
    ['that is too long', `k8s-aws-v1.${'A'.repeat(5_000)}`],
  ])('is one %s', async (_, token) => {
    expect((await withToken(token)).code).toBe(401);
  });

  it('is one from the future', async () => {
    const token = await tokenFor(admin, 'mycluster', plus(test.clock.now(), minutes(6)));
    expect((await withToken(token)).code).toBe(401);
    expect(await errorOf(token)).toContain('X-Amz-Date parameter lies in the future');
  });

  it('is one of somebody without an access entry', async () => {
    expect((await test.call(stranger, 'GET', PATH)).body).toEqual(UNAUTHORIZED);
  });

  it('is one of a role that was deleted and made again under its name', async () => {
    expect(reborn.principalArn).toBe(original.principalArn);
    expect((await test.call(reborn, 'GET', PATH)).body).toEqual(UNAUTHORIZED);
  });

  it('is refused even where nobody needs a token', async () => {
    expect((await test.call(undefined, 'GET', '/version', { token: 'nonsense' })).code).toBe(401);
  });
});

describe('without a token', () => {
  it.each(['/version', '/healthz', '/livez', '/readyz'])('%s answers', async (path) => {
    expect((await test.call(undefined, 'GET', path)).code).toBe(200);
  });
  it.each(['/api', '/apis', '/openapi/v3', '/', PATH, '/metrics'])('%s is Unauthorized', async (path) => {
    expect((await test.call(undefined, 'GET', path)).body).toEqual(UNAUTHORIZED);
  });
  it('a Basic header is no token', async () => {
    expect((await test.call(undefined, 'GET', PATH, { headers: { Authorization: 'Basic YTpi' } })).code).toBe(401);
  });
});

it('fills a username in one pass, so that a session name is never a template', async () => {
  const { fillUsername } = await import('../../local/cluster/username.ts');
  const identity = { arn: '', account: ACCOUNT, userId: 'AROAX:{{AccountID}}@x', accessKeyId: '' };
  expect(fillUsername('a:{{SessionName}}', identity)).toBe('a:{{AccountID}}-x');
  expect(fillUsername('a:{{SessionNameRaw}}:{{AccountID}}', identity)).toBe('a:{{AccountID}}@x:111122223333');
  expect(fillUsername('system:node:{{EC2PrivateDNSName}}', identity)).toBe('system:node:{{EC2PrivateDNSName}}');
});
