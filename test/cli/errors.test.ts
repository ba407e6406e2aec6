/**
 * Catches: a failure without a sentence, with a stack trace, or with an exit code that a script takes for another; a
 * request sent twice that must not be, or given up that need not be; credentials sent where they do not belong.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { EXIT_CODES } from '../../cli/exit-codes.ts';
import { problemOf, tryAgain, unexpected } from '../../src/http/problem.ts';
import { active, grant, ID } from './grants.ts';
import { environment, NOW, run } from './run.ts';
import { type ApiServer, KEYS, ok, type Reply, refusal, startApi } from './server.ts';

let api: ApiServer;
let folder: string;
beforeEach(async () => {
  api = await startApi();
  folder = mkdtempSync(join(tmpdir(), 'hallpass-cli-'));
});
afterEach(async () => {
  await api.close();
  rmSync(folder, { recursive: true });
});

const EMERGENCY = [
  ...['emergency', 'prod', '--hub', 'laptop', '--person', 'alice'],
  ...['--role', 'arn:aws:iam::111122223333:role/KubernetesAdmin'],
];
const without = (env: Record<string, string>, ...names: string[]): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter(([name]) => !names.includes(name)));

test('a refusal is title, detail and rule, and exit 1', async () => {
  api.answer = () => refusal(problemOf({ reason: 'selfApproval', requester: 'Alice Archer' }));
  expect(await run(['approve', ID], { env: environment(api.url) })).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'Self-approval: Alice Archer asked for this and cannot decide it, under any identity. Somebody else has to.\nRule: selfApproval\n',
  });
});

test('the places of a wrong body are named', async () => {
  const problem = { ...problemOf({ reason: 'notRecognised' }), errors: [{ path: 'duration', message: 'too long' }] };
  api.answer = () => refusal(problem);
  expect((await run(['whoami'], { env: environment(api.url) })).stderr).toContain('\n  duration: too long\n');
});

test.each([
  [['frobnicate'], /unknown command 'frobnicate'/],
  [['grants', '--colour'], /unknown option '--colour'/],
  [['grants', '--state', 'gone'], /Allowed choices are pending/],
  [['request'], /missing required argument 'entitlement'\n"hallpass request --help" shows/],
  [['deny', ID], /required option '--reason <text>' not specified/],
  [['approve', ID, 'another'], /too many arguments/],
  [['approve', '../whoami'], /"\.\.\/whoami" is not the id of a grant/],
  [['approve', '..'], /not the id of a grant/],
  [['request', 'x', '--wait', '--interval', '0'], /from 1 to 300/],
  [['token'], /Pass --grant, or --role-arn and --cluster/],
  [['review', ID, '--note', 'all was well'], /add --verdict with one of ok, followUp, misuse/],
  [['review', ID, '--verdict', 'ok'], /add --note/],
  [['end'], /Name a grant, or exactly one of --all/],
  [[...EMERGENCY, '--policy', 'AmazonEKSClusterAdmin'], /there are: AmazonEKSClusterAdminPolicy, /],
  [
    [...EMERGENCY, '--policy', 'AmazonEKSEditPolicy', '-n', 'team-*'],
    /--namespace "team-\*" is not a namespace's name/,
  ],
  [[], /Usage: hallpass/],
])('wrong usage %j: exit 2 and nothing sent', async (argv, words) => {
  const { code, stdout, stderr } = await run(argv, { env: environment(api.url) });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(words);
  expect(stderr).not.toMatch(/\n {4}at /);
  expect(api.calls).toEqual([]);
});

test('help and version are no errors, and list every exit code', async () => {
  const help = await run(['--help']);
  expect(help.code).toBe(0);
  for (const { code, means } of Object.values(EXIT_CODES)) {
    expect(help.stdout).toContain(`
  ${String(code).padEnd(4)} ${means}`);
  }
  expect(Object.values(EXIT_CODES).map(({ code }) => code)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 70, 130]);
  expect(await run(['--version'])).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});

test('HALLPASS_URL missing, or nonsense, or open to eavesdroppers', async () => {
  const env = environment(undefined);
  expect(await run(['whoami'], { env })).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/HALLPASS_URL is not set/),
  });
  for (const url of ['laptop', 'ftp://127.0.0.1', 'http://hallpass.example.com', 'https://a:b@example.com']) {
    const outcome = await run(['whoami', '--url', url], { env });
    expect(outcome).toMatchObject({ code: 2, stderr: expect.stringContaining(`"${url}" is not the address`) });
  }
});

test('no region', async () => {
  const env = without(environment(api.url), 'AWS_REGION');
  expect(await run(['whoami'], { env })).toMatchObject({
    code: 2,
    stderr: expect.stringMatching(/No AWS region is known/),
  });
});

test('no credentials', async () => {
  const env = { ...without(environment(api.url), 'AWS_ACCESS_KEY_ID'), HOME: folder };
  const { code, stderr } = await run(['whoami'], { env });
  expect(code).toBe(4);
  expect(stderr).toMatch(/^No AWS credentials to sign with were found in the environment, in \/nowhere\/config/);
  expect(stderr).toMatch(/Set AWS_PROFILE or pass --profile/);
  expect(stderr).not.toMatch(/\n {4}at /);
});

test('a profile that does not exist is named', async () => {
  const env = { ...environment(api.url), HOME: folder };
  const { code, stderr } = await run(['whoami', '--profile', 'nobody'], { env });
  expect(code).toBe(4);
  expect(stderr).toMatch(/the profile "nobody" of \/nowhere\/config/);
});

/** A profile whose keys come from a program, as `credential_process` has it. */
function withProcess(expiration: string): Record<string, string> {
  const answer = {
    Version: 1,
    AccessKeyId: KEYS.accessKeyId,
    SecretAccessKey: KEYS.secretAccessKey,
    Expiration: expiration,
  };
  writeFileSync(join(folder, 'keys.json'), JSON.stringify(answer));
  writeFileSync(
    join(folder, 'config'),
    `[profile alice]\nregion = eu-west-1\ncredential_process = cat ${join(folder, 'keys.json')}\n`,
  );
  return {
    ...without(environment(api.url), 'AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_REGION'),
    AWS_CONFIG_FILE: join(folder, 'config'),
  };
}

test('a profile gives keys and region', async () => {
  api.answer = () => ok(active());
  const env = withProcess('2036-01-01T00:00:00Z');
  expect(await run(['approve', ID, '--profile', 'alice'], { env })).toMatchObject({ code: 0, stderr: '' });
  expect(await run(['approve', ID], { env: { ...env, AWS_PROFILE: 'alice' } })).toMatchObject({ code: 0 });
});

test('keys in the environment win over AWS_PROFILE, as with the AWS CLI, and --profile over them', async () => {
  api.answer = () => ok(active());
  writeFileSync(join(folder, 'c'), '[profile bob]\naws_access_key_id = AKIABOB\naws_secret_access_key = other\n');
  const env = { ...environment(api.url), AWS_CONFIG_FILE: join(folder, 'c'), AWS_PROFILE: 'bob' };
  expect(await run(['approve', ID], { env })).toMatchObject({ code: 0 });
  expect(await run(['approve', ID, '--profile', 'bob'], { env })).toMatchObject({ code: 4 });
});

test('credentials that have expired', async () => {
  const env = withProcess('2036-01-01T00:00:00Z');
  const later = () => Date.parse('2036-01-01T00:00:00Z');
  expect(await run(['whoami', '--profile', 'alice'], { env, now: later })).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/^Your AWS credentials expired at 2036-01-01T00:00:00.000Z.*aws sso login/),
  });
});

test('a signature that the API does not take', async () => {
  const env = { ...environment(api.url), AWS_SECRET_ACCESS_KEY: 'wrong' };
  expect(await run(['whoami'], { env })).toMatchObject({
    code: 4,
    stderr: expect.stringMatching(/did not accept your credentials \(403: Forbidden\)/),
  });
});

test('the signature is for the region of the call, and for every header that is sent', async () => {
  api.answer = () => ok(active());
  const env = environment(api.url);
  expect(await run(['approve', ID, '--region', 'us-east-1'], { env })).toMatchObject({ code: 4 });
  expect(await run(['approve', ID, '--region', 'eu-west-1'], { env })).toMatchObject({ code: 0 });
  expect(api.calls[0]?.headers.authorization).toMatch(
    /\/20261124\/eu-west-1\/execute-api\/aws4_request, SignedHeaders=accept;content-type;host;/,
  );
});

test('nobody there: exit 3, at once', async () => {
  const { url } = api;
  await api.close();
  const slept: number[] = [];
  const { code, stderr } = await run(['whoami'], { env: environment(url), onSleep: (ms) => slept.push(ms) });
  expect({ code, stderr, slept }).toEqual({
    code: 3,
    stderr: `Hallpass at ${url} could not be reached (ECONNREFUSED).\n`,
    slept: [],
  });
  api = await startApi();
});

test.each<[string, Reply, RegExp]>([
  [
    'a page',
    { status: 200, text: '<html>', headers: { 'content-type': 'text/html' } },
    /200 with text\/html that is not JSON/,
  ],
  [
    'another address',
    { status: 302, text: '', headers: { location: 'https://example.com/' } },
    /points elsewhere \(302\)/,
  ],
  ['other JSON', ok({ hello: 'world' }), /does not understand/],
  ['a fault', refusal(unexpected('r-1')), /^Unexpected error: .*request r-1\.\nRule: unexpected/],
])('%s: exit 3', async (_what, reply, words) => {
  api.answer = () => reply;
  const { code, stderr, stdout } = await run(['whoami'], { env: environment(api.url) });
  expect({ code, stdout }).toEqual({ code: 3, stdout: '' });
  expect(stderr).toMatch(words);
});

test('503 with Retry-After is asked again when it says, a few times', async () => {
  const slept: number[] = [];
  const world = { env: environment(api.url), onSleep: (ms: number) => void slept.push(ms) };
  const busy: Reply = {
    ...refusal(tryAgain()),
    headers: { 'content-type': 'application/problem+json', 'retry-after': '7' },
  };
  api.answer = () => (api.calls.length < 3 ? busy : ok(active()));
  expect(await run(['approve', ID], world)).toMatchObject({ code: 0, stderr: '' });
  expect(slept).toEqual([7_000, 7_000]);

  api.calls.length = 0;
  api.answer = () => refusal(tryAgain());
  expect(await run(['approve', ID], world)).toMatchObject({ code: 3, stderr: expect.stringMatching(/Try again/) });
  expect(api.calls).toHaveLength(4);
  expect(slept.slice(2)).toEqual([500, 1_000, 2_000]);
});

test('a request whose answer was lost is sent again under the same key', async () => {
  api.answer = () => (api.calls.length === 1 ? { cut: true } : ok(grant(), 200));
  expect(await run(['request', 'x'], { env: environment(api.url) })).toMatchObject({ code: 0 });
  const keys = api.calls.map(({ headers }) => headers['idempotency-key']);
  expect(keys).toHaveLength(2);
  expect(keys[0]).toBe(keys[1]);
});

test('a decision whose answer was lost is not sent again: it may have been made', async () => {
  api.answer = () => ({ cut: true });
  const { code, stderr } = await run(['approve', ID], { env: environment(api.url) });
  expect(code).toBe(3);
  expect(stderr).toMatch(/It may have been done all the same: look with "hallpass grant"/);
  expect(api.calls).toHaveLength(1);
});

test('trouble at the gateway repeats a reading, never a decision', async () => {
  api.answer = () => ({ status: 504, json: { message: 'Gateway Timeout' } });
  expect(await run(['whoami'], { env: environment(api.url) })).toMatchObject({
    code: 3,
    stderr: expect.stringMatching(/504: Gateway Timeout/),
  });
  expect(api.calls).toHaveLength(4);
  await run(['end', ID], { env: environment(api.url) });
  expect(api.calls).toHaveLength(5);
});

test('a limit of Hallpass’s is a rule, and not waited for', async () => {
  api.answer = () => refusal(problemOf({ reason: 'tooManyOpenGrants', open: 5, limit: 5 }));
  expect(await run(['request', 'x'], { env: environment(api.url) })).toMatchObject({ code: 1 });
  expect(api.calls).toHaveLength(1);
});

test('a stack is shown to who asks for it', async () => {
  const env = { ...environment(undefined), HALLPASS_DEBUG: '1' };
  expect((await run(['whoami'], { env, now: () => NOW })).stderr).toMatch(/\n {4}at /);
});
