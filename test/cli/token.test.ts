/**
 * Catches: a token that a cluster would not take, or another cluster would; one given to somebody else out of the
 * cache, kept where others can read it, or used beyond its own or its credentials' end (F43).
 */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { authenticate } from '../../local/aws/sigv4.ts';
import { readToken } from '../../local/cluster/token.ts';
import { instant } from '../../src/core/time.ts';
import { active, ID, withTimeline } from './grants.ts';
import { environment, NOW, run } from './run.ts';
import { ok, startApi } from './server.ts';

const ROLE = 'arn:aws:iam::111122223333:role/KubernetesAdmin';
const SESSION = {
  accessKeyId: 'ASIASESSION000000001',
  secretAccessKey: 'session-secret',
  sessionToken: 'session/token+=',
};
const TOKEN = ['token', '--role-arn', ROLE, '--cluster', 'mycluster', '--region', 'eu-west-1', '--grant', ID];

let sts: Server;
let asked: URLSearchParams[];
/** What STS answers: the end of the session that it gives, or an error. */
let answer: { readonly expires: number } | { readonly code: string; readonly message: string };
let folder: string;

beforeEach(async () => {
  asked = [];
  answer = { expires: NOW + 900_000 };
  folder = mkdtempSync(join(tmpdir(), 'hallpass-token-'));
  sts = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      asked.push(new URLSearchParams(body));
      response.writeHead('expires' in answer ? 200 : 403, { 'content-type': 'text/xml' });
      response.end('expires' in answer ? assumed(answer.expires) : refused(answer));
    });
  });
  await new Promise<void>((resolve) => sts.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  sts.closeAllConnections();
  await new Promise((resolve) => sts.close(resolve));
  rmSync(folder, { recursive: true });
});

const assumed = (expires: number): string =>
  `<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
   <AccessKeyId>${SESSION.accessKeyId}</AccessKeyId><SecretAccessKey>${SESSION.secretAccessKey}</SecretAccessKey>
   <SessionToken>${SESSION.sessionToken}</SessionToken><Expiration>${new Date(expires).toISOString()}</Expiration>
   </Credentials></AssumeRoleResult></AssumeRoleResponse>`;
const refused = ({ code, message }: { code: string; message: string }): string =>
  `<ErrorResponse><Error><Type>Sender</Type><Code>${code}</Code><Message>${message}</Message></Error></ErrorResponse>`;

const host = (): string => `127.0.0.1:${(sts.address() as AddressInfo).port}`;
const world = (env: Record<string, string> = {}, now = NOW) => ({
  env: { ...environment(undefined), HOME: folder, AWS_ENDPOINT_URL: `http://${host()}`, ...env },
  now: () => now,
});
const cacheFolder = (): string => join(folder, '.cache', 'hallpass');
const cacheFile = (): string => join(cacheFolder(), readdirSync(cacheFolder())[0] ?? '');

test('what kubectl gets is an ExecCredential whose token is presigned for this cluster alone', async () => {
  const { code, stdout, stderr } = await run(TOKEN, world());
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(JSON.parse(stdout)).toEqual({
    kind: 'ExecCredential',
    apiVersion: 'client.authentication.k8s.io/v1',
    spec: { interactive: false },
    status: { expirationTimestamp: '2026-11-24T10:14:00Z', token: expect.stringMatching(/^k8s-aws-v1\.[\w-]+$/) },
  });
  expect(Object.fromEntries(asked[0] ?? [])).toMatchObject({
    Action: 'AssumeRole',
    RoleArn: ROLE,
    RoleSessionName: 'hallpass',
    DurationSeconds: '900',
  });

  const read = readToken(JSON.parse(stdout).status.token, [host()], instant(NOW));
  if (!('url' in read)) throw new Error(read.refusal);
  expect(read.url.searchParams.get('X-Amz-Expires')).toBe('60');
  expect(read.url.searchParams.get('X-Amz-SignedHeaders')).toBe('host;x-k8s-aws-id');
  const verdict = (cluster: string) =>
    authenticate(
      {
        method: 'GET',
        url: `${read.url.pathname}${read.url.search}`,
        headers: [
          ['host', read.url.host],
          ['x-k8s-aws-id', cluster],
        ],
        body: new Uint8Array(),
      },
      {
        credentialOf: () => ({ ...SESSION, caller: {} as never }),
        signedNow: instant(NOW),
        sessionNow: instant(NOW),
        service: 'sts',
      },
    );
  expect(await verdict('mycluster')).toMatchObject({ ok: true, region: 'eu-west-1' });
  expect(await verdict('another')).toMatchObject({ ok: false, refusal: { reason: 'signatureMismatch' } });
});

test('it never outlives the session that signed it', async () => {
  answer = { expires: NOW + 300_000 };
  const { stdout } = await run(TOKEN, world());
  expect(JSON.parse(stdout).status.expirationTimestamp).toBe('2026-11-24T10:05:00Z');
});

test('the version of kubectl’s question is the version of the answer', async () => {
  const version = async (info: string) =>
    JSON.parse((await run(TOKEN, world({ KUBERNETES_EXEC_INFO: info }))).stdout).apiVersion;
  expect(await version('{"apiVersion":"client.authentication.k8s.io/v1beta1"}')).toBe(
    'client.authentication.k8s.io/v1beta1',
  );
  expect(await version('{"apiVersion":"client.authentication.k8s.io/v1"}')).toBe('client.authentication.k8s.io/v1');
  expect(await version('nonsense')).toBe('client.authentication.k8s.io/v1');
});

test('a second command gets the same token without asking, until a minute before its end', async () => {
  const first = await run(TOKEN, world());
  expect(statSync(cacheFile()).mode & 0o777).toBe(0o600);
  expect(statSync(cacheFolder()).mode & 0o777).toBe(0o700);
  expect(readFileSync(cacheFile(), 'utf8')).not.toContain(SESSION.secretAccessKey);
  expect(await run(TOKEN, world({}, NOW + 779_000))).toEqual(first);
  expect(asked).toHaveLength(1);
  await run(TOKEN, world({}, NOW + 780_000));
  expect(asked).toHaveLength(2);
});

test.each<[string, readonly string[], Record<string, string>]>([
  ['another role', [...TOKEN, '--role-arn', `${ROLE}2`], {}],
  ['another cluster', [...TOKEN, '--cluster', 'other'], {}],
  ['another region', [...TOKEN, '--region', 'us-east-1'], {}],
  ['another grant', [...TOKEN, '--grant', '01kavy8w3vaaaaaaaaaaaaaaaa'], {}],
  ['other keys', TOKEN, { AWS_ACCESS_KEY_ID: 'AKIABOB00000000000BB' }],
  ['another session', TOKEN, { AWS_SESSION_TOKEN: 'x' }],
  ['another profile', TOKEN, { AWS_PROFILE: 'bob' }],
])('%s: never the token that was kept', async (_what, argv, env) => {
  await run(TOKEN, world());
  await run(argv, world(env));
  expect(asked).toHaveLength(2);
});

test('a profile that was edited, and somebody else signed in to its SSO session, are other callers', async () => {
  const config = join(folder, 'config');
  const env = { AWS_CONFIG_FILE: config };
  writeFileSync(config, '[sso-session s]\nsso_start_url = https://example.com\nsso_region = eu-west-1\n');
  await run(TOKEN, world(env));
  await run(TOKEN, world(env));
  expect(asked).toHaveLength(1);
  writeFileSync(config, `${readFileSync(config, 'utf8')}\n[profile new]\nregion = eu-west-1\n`);
  await run(TOKEN, world(env));
  expect(asked).toHaveLength(2);
});

test.each<[string, () => void]>([
  ['is no JSON', () => writeFileSync(cacheFile(), '{')],
  ['is empty', () => writeFileSync(cacheFile(), '')],
  ['has another form', () => writeFileSync(cacheFile(), '{"token":"x","expiresAt":9e15}')],
  ['says it lives for ever', () => writeFileSync(cacheFile(), '{"token":"k8s-aws-v1.x","expiresAt":9e15}')],
  ['can be read by others', () => chmodSync(cacheFile(), 0o644)],
])('a cache file that %s is ignored and replaced', async (_what, damage) => {
  const first = await run(TOKEN, world());
  damage();
  expect(await run(TOKEN, world())).toEqual(first);
  expect(asked).toHaveLength(2);
  expect(statSync(cacheFile()).mode & 0o777).toBe(0o600);
  await run(TOKEN, world());
  expect(asked).toHaveLength(2);
});

test('dead tokens are cleared away, living ones and other files are not', async () => {
  await run([...TOKEN, '--cluster', 'other'], world());
  answer = { expires: NOW + 1_800_000 };
  await run(TOKEN, world({}, NOW + 600_000));
  writeFileSync(join(cacheFolder(), 'notes.txt'), '');
  expect(readdirSync(cacheFolder())).toHaveLength(3);
  await run([...TOKEN, '--cluster', 'third'], world({}, NOW + 900_000));
  expect(readdirSync(cacheFolder())).toHaveLength(3);
});

test('XDG_CACHE_HOME is respected, and a cache that cannot be written stops nobody', async () => {
  await run(TOKEN, world({ XDG_CACHE_HOME: join(folder, 'xdg') }));
  expect(readdirSync(join(folder, 'xdg', 'hallpass'))).toHaveLength(1);
  writeFileSync(join(folder, 'file'), '');
  const { code, stdout, stderr } = await run(TOKEN, world({ XDG_CACHE_HOME: join(folder, 'file') }));
  expect(code).toBe(0);
  expect(stdout).toContain('k8s-aws-v1.');
  expect(stderr).toMatch(/^The token could not be kept in .*kubectl will be slower\.\n$/);
});

test('a role that may not be assumed: exit 1, in words, with what to look at', async () => {
  answer = { code: 'AccessDenied', message: 'alice is not authorized to perform: sts:AssumeRole' };
  const { code, stdout, stderr } = await run(TOKEN, world());
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toBe(
    `The role ${ROLE} could not be assumed (AccessDenied: alice is not authorized to perform: sts:AssumeRole). ` +
      `The grant may not be active, or no longer, or not be yours.\nHow the grant stands: hallpass grant ${ID}\n`,
  );
});

test('expired credentials and none: exit 1', async () => {
  answer = { code: 'ExpiredToken', message: 'The security token included in the request is expired' };
  expect(await run(TOKEN, world())).toMatchObject({ code: 1, stderr: expect.stringMatching(/have expired\. Get new/) });
  const env = { ...world().env, AWS_ACCESS_KEY_ID: '' };
  expect(await run(TOKEN, { env })).toMatchObject({ code: 1, stderr: expect.stringMatching(/^No AWS credentials/) });
});

test('by the grant alone: role, cluster and region are asked for, EKS’s name of the cluster and not Hallpass’s', async () => {
  const api = await startApi();
  api.answer = () => ok(withTimeline(active()));
  const { code, stdout } = await run(['token', '--grant', ID, '--url', api.url], world());
  await api.close();
  expect(code).toBe(0);
  expect(asked[0]?.get('RoleArn')).toBe(active().principal.arn);
  expect(stdout).toContain('k8s-aws-v1.');
});
