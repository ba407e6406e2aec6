/**
 * Catches what only a deployment shows: a bundle that does not load, a variable that the template does not give, a file
 * that is not in the package. The very assets of the templates, each in a fresh process, with the very environment.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { App } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildStacks } from '../../infra/build.ts';
import { everything } from './everything.ts';
import { FUNCTION_NAMES, ofType } from './synthesis.ts';

const root = new URL('../..', import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), 'hallpass-deployed-'));
const outdir = join(folder, 'out');
afterAll(() => rmSync(folder, { recursive: true, force: true }));

type Deployed = {
  readonly memoryMb: number;
  readonly code: string;
  readonly environment: Readonly<Record<string, string>>;
};
const deployed: Record<string, Deployed> = {};

beforeAll(() => {
  const bundled = spawnSync(process.execPath, ['scripts/bundle.ts', join(folder, 'dist')], {
    cwd: root,
    encoding: 'utf8',
  });
  if (bundled.status !== 0) throw new Error(bundled.stderr);
  const app = new App({ outdir });
  const { hub, clusters } = buildStacks(app, everything(), {
    bundles: join(folder, 'dist/functions'),
    staging: join(folder, 'staging'),
    alarmEmail: 'oncall@example.com',
  });
  app.synth();
  for (const stack of [hub, ...Object.values(clusters)])
    for (const { Properties } of ofType(Template.fromStack(stack), 'AWS::Lambda::Function')) {
      const { S3Key } = Properties['Code'] as { S3Key: string };
      const { Variables = {} } = (Properties['Environment'] ?? {}) as { Variables?: Record<string, unknown> };
      const code = join(outdir, `asset.${S3Key.replace('.zip', '')}`);
      const name = String(Properties['FunctionName']).replace('hallpass-laptop-', '');
      // What only AWS knows, the id of an API, is some text here.
      const environment = Object.fromEntries(
        Object.entries(Variables).map(([key, value]) => [
          key,
          typeof value === 'string' ? value : 'known-when-deployed',
        ]),
      );
      deployed[name] = { code, environment, memoryMb: Number(Properties['MemorySize']) };
    }
}, 60_000);

/** What Lambda itself sets. */
const LAMBDA = {
  AWS_REGION: 'eu-west-1',
  AWS_ACCESS_KEY_ID: 'ASIAEXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'example',
  AWS_SESSION_TOKEN: 'example',
};

type Outcome = {
  readonly error?: string;
  readonly message?: string;
  readonly answer?: unknown;
  readonly lines: readonly string[];
};
type Used = { readonly importCpuMs: number; readonly eventCpuMs: number; readonly peakMb: number };
/** What the first event took, by function: docs/operations.md tells of it. */
const used: Record<string, Used> = {};

function run(
  name: string,
  event: unknown,
  edit: (env: Record<string, string>) => Record<string, string> = (env) => env,
): Outcome {
  const { code, environment } = deployed[name] ?? fail(`there is no ${name}`);
  // Lambda unpacks the code at /var/task; here it lies elsewhere.
  const env = Object.fromEntries(
    Object.entries(environment).map(([key, value]) => [key, value.replace('/var/task', code)]),
  );
  const runner = join(root, 'test/infra/run-deployed.mjs');
  const ended = spawnSync(process.execPath, [runner, code, JSON.stringify(event)], {
    encoding: 'utf8',
    env: edit({ ...LAMBDA, ...env }),
    timeout: 15_000,
  });
  if (ended.status !== 0) throw new Error(`${name}: ${ended.stderr}`);
  const { used: took, ...outcome } = JSON.parse(ended.stdout) as Outcome & { used: Used };
  used[name] ??= took;
  return outcome;
}

function fail(message: string): never {
  throw new Error(message);
}

const API_EVENT = {
  version: '2.0',
  rawPath: '/v1/whoami',
  headers: {},
  requestContext: {
    http: { method: 'GET' },
    requestId: 'by-hand',
    authorizer: { iam: { userId: 'AROAEXAMPLE:alice' } },
  },
  isBase64Encoded: false,
};
/** The directory is read through AWS too, and nothing is decided without it. */
const NO_NETWORK = /no network in this test|the directory in IAM Identity Center cannot be read/;
const GRANT = '01m86ch5jg4tp449an9gwm1yr0';
const message = (queue: string, body: object) => ({
  Records: [
    {
      messageId: 'm-1',
      receiptHandle: 'r-1',
      body: JSON.stringify(body),
      attributes: { ApproximateReceiveCount: '1', SentTimestamp: String(Date.now()) },
      messageAttributes: {},
      md5OfBody: '',
      eventSource: 'aws:sqs',
      eventSourceARN: `arn:aws:sqs:eu-west-1:111122223333:hallpass-laptop-${queue}`,
      awsRegion: 'eu-west-1',
    },
  ],
});
const SLACK_EVENT = {
  ...API_EVENT,
  rawPath: '/slack',
  headers: {
    'content-type': 'application/x-www-form-urlencoded',
    'x-slack-request-timestamp': String(Math.floor(Date.now() / 1_000)),
    'x-slack-signature': `v0=${'0'.repeat(64)}`,
  },
  requestContext: { http: { method: 'POST' }, requestId: 'by-hand' },
  body: 'command=%2Fhallpass&text=',
};

test('every function is deployed, and no other', () =>
  expect(Object.keys(deployed).sort()).toEqual([...FUNCTION_NAMES].sort()));

describe('loads, finds all it needs, and gets as far as the network', () => {
  test('api', () => {
    const { answer, lines } = run('api', API_EVENT);
    expect(answer).toMatchObject({ statusCode: 503 });
    expect(lines.join('')).toMatch(NO_NETWORK);
  });
  test.each([
    ['workflow', { step: 'Activate', grantId: GRANT }],
    ['sweeper', { scheduledTime: '2026-11-24T09:00:00Z' }],
  ])('%s', (name, event) => {
    expect(run(name, event)).toMatchObject({ error: 'NoNetwork', message: 'no network in this test' });
  });
  test.each([
    ['inventory', {}],
    ['reaper', { scheduledTime: new Date().toISOString() }],
  ])('%s, which goes on whatever fails', (name, event) => {
    const { error, lines, message } = run(name, event);
    expect(`${message ?? ''}${lines.join('')}`).toContain('no network in this test');
    expect(error ?? 'NoNetwork').toBe('NoNetwork');
  });
  test.each([
    [
      'breakglass',
      {
        ...API_EVENT,
        rawPath: '/v1/break-glass',
        requestContext: { ...API_EVENT.requestContext, http: { method: 'POST' } },
        body: '{}',
      },
    ],
    [
      'doctor',
      {
        ...API_EVENT,
        rawPath: '/v1/doctor',
        requestContext: { ...API_EVENT.requestContext, http: { method: 'POST' } },
        body: '{}',
      },
    ],
    ['slack', SLACK_EVENT],
    [
      'interactions',
      message('clicks', { body: 'Y29tbWFuZA==', timestamp: '1', signature: 'v0=0', receivedAt: Date.now() }),
    ],
    ['notifier', message('notices', { grantId: GRANT, since: 1764000000000, tries: 0 })],
    [
      'guard',
      {
        RequestType: 'Update',
        ResourceProperties: { Against: 'update', Clusters: [] },
        ResponseURL: 'https://x.invalid/',
        StackId: 's',
        RequestId: 'r',
        LogicalResourceId: 'UpdateGuard',
      },
    ],
  ])('%s, which says so in its own way', (name, event) => {
    const { answer, error, message: said, lines } = run(name, event);
    expect(error ?? '').not.toBe('Misconfigured');
    expect(`${said ?? ''}${lines.join('')}${JSON.stringify(answer)}`).toMatch(NO_NETWORK);
  });
  test('publisher', () => {
    expect(run('publisher', { Records: [] })).toEqual({ answer: null, lines: [] });
  });
  test('every line is JSON, as the metric filters read it', () => {
    for (const line of run('reaper', { scheduledTime: new Date().toISOString() }).lines)
      expect(Object.keys(JSON.parse(line) as object)).toContain('level');
  });
});

describe('negative controls', () => {
  test.each([
    ['api', 'TABLE_NAME', API_EVENT],
    ['workflow', 'STATE_MACHINE_ARN', { step: 'Activate', grantId: GRANT }],
    ['sweeper', 'HUB_ACCOUNT', {}],
    ['reaper', 'PRINCIPAL_PREFIX', {}],
    ['reaper', 'CLUSTERS', {}],
  ])('%s without %s says so', (name, variable, event) => {
    const { error, message } = run(name, event, ({ [variable]: _gone, ...env }) => env);
    expect([error, message]).toEqual(['Misconfigured', `the environment variable ${variable} is not set`]);
  });
  test('a redirected endpoint stops it', () => {
    const { error } = run('publisher', { Records: [] }, (env) => ({ ...env, AWS_ENDPOINT_URL: 'http://127.0.0.1:1' }));
    expect(error).toBe('Misconfigured');
  });
  test('a configuration that is not there stops it', () => {
    const { answer, lines } = run('api', API_EVENT, (env) => ({ ...env, HALLPASS_CONFIG: '/nowhere/config.json' }));
    expect(answer).toMatchObject({ statusCode: 500 });
    expect(lines.join('')).toContain('ENOENT');
  });
});

test('only those that decide carry the configuration', () => {
  const carrying = Object.entries(deployed).filter(([, { code }]) => {
    try {
      return readFileSync(join(code, 'config.json'), 'utf8') !== '';
    } catch {
      return false;
    }
  });
  expect(carrying.map(([name]) => name).sort()).toEqual(
    [...FUNCTION_NAMES].sort().filter((name) => !['guard', 'publisher', 'reaper'].includes(name)),
  );
});

test('the first event of each takes less than two thirds of its memory', () => {
  console.table(used);
  expect(Object.keys(used).sort()).toEqual([...FUNCTION_NAMES].sort());
  for (const [name, { peakMb }] of Object.entries(used))
    expect(peakMb / (deployed[name]?.memoryMb ?? 0), name).toBeLessThan(2 / 3);
});
