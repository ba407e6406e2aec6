/**
 * Catches: a command that calls another endpoint, sends another body, or prints for machines what is meant for people;
 * and words on stdout, where a pipe would take them for data.
 */
import { afterEach, beforeEach, expect, test } from 'vitest';
import { VERSION } from '../../cli/version.ts';
import { active, grant, ID, OTHER_ID, withTimeline } from './grants.ts';
import { environment, run } from './run.ts';
import { type ApiServer, ok, startApi } from './server.ts';

let api: ApiServer;
beforeEach(async () => {
  api = await startApi();
});
afterEach(() => api.close());

const hallpass = (...argv: string[]) => run(argv, { env: environment(api.url) });

test('whoami', async () => {
  api.answer = () =>
    ok({
      id: 'bob',
      name: 'Bob Baker',
      email: 'bob@example.com',
      groups: ['platform'],
      channel: 'cli',
      proof: 'iam:AROAX:bob',
      hub: 'laptop',
    });
  expect(await hallpass('whoami')).toEqual({
    code: 0,
    stdout:
      'Person:      bob\nName:        Bob Baker\nE-mail:      bob@example.com\nGroups:      platform\nProved by:   iam:AROAX:bob\nHub:         laptop\n',
    stderr: '',
  });
  expect(api.calls[0]?.headers['user-agent']).toBe(`hallpass-cli/${VERSION}`);
});

test('entitlements says what each needs', async () => {
  const rule = {
    id: 'mycluster-admin',
    description: 'Everything',
    clusters: ['mycluster'],
    access: 'AmazonEKSClusterAdminPolicy, scope cluster',
    principal: { mode: 'role', role: 'arn:aws:iam::111122223333:role/KubernetesAdmin' },
    maxDuration: '4h',
    defaultDuration: '1h',
    justification: { required: true, minLength: 5 },
    ticket: { required: false },
    approval: {
      autoApprove: false,
      window: '1d',
      steps: [{ approvers: ['group:platform'], approvalsNeeded: 1, channels: ['cli'] }],
    },
  };
  const offered = { ...rule, id: 'mycluster-night', breakGlass: { maxDuration: '1h', minReason: 20 } };
  api.answer = () => ok({ entitlements: [rule, offered] });
  const { stdout, code } = await hallpass('entitlements');
  expect(code).toBe(0);
  expect(stdout.split('\n').map((line) => line.split(/ {3,}/))).toEqual([
    ['ENTITLEMENT', 'CLUSTERS', 'ACCESS', 'AT MOST', 'NEEDS', 'APPROVED BY', 'DESCRIPTION'],
    [
      'mycluster-admin',
      'mycluster',
      'AmazonEKSClusterAdminPolicy, scope cluster',
      '4h',
      'justification',
      '1 of group:platform',
      'Everything',
    ],
    [
      'mycluster-night',
      'mycluster',
      'AmazonEKSClusterAdminPolicy, scope cluster',
      '4h',
      'justification',
      '1 of group:platform, or break-glass',
      'Everything',
    ],
    [''],
  ]);
});

test('request sends what was typed, under a key of its own', async () => {
  api.answer = () => ok(grant(), 201);
  const argv = [
    'request',
    'mycluster-view-dev',
    '--cluster',
    'prod',
    '-n',
    'dev',
    '--namespace',
    'web',
    '--duration',
    '30m',
  ];
  const { code, stdout, stderr } = await hallpass(
    ...argv,
    '--start',
    '2026-11-24T18:00:00Z',
    '-j',
    'reading logs',
    '--ticket',
    'INC-1',
  );
  expect(code).toBe(0);
  expect(stdout).toContain(`Grant:           ${ID}\n`);
  expect(stderr).toContain(`hallpass approve ${ID}`);
  expect(api.calls).toMatchObject([
    {
      name: 'createGrant',
      query: {},
      body: {
        entitlement: 'mycluster-view-dev',
        cluster: 'prod',
        namespaces: ['dev', 'web'],
        duration: '30m',
        startAt: '2026-11-24T18:00:00Z',
        justification: 'reading logs',
        ticket: 'INC-1',
      },
    },
  ]);
  expect(api.calls[0]?.headers['idempotency-key']).toMatch(/^[0-9a-f-]{36}$/);
});

test('request with nothing but an entitlement sends nothing else, and takes the key it is given', async () => {
  api.answer = () => ok(grant(), 200);
  const { stderr } = await hallpass('request', 'mycluster-view-dev', '--idempotency-key', 'mine-1');
  expect(stderr, 'what is open already is shown, and whoever asked for more is told so').toMatch(
    /^This was asked for already, and is open\. Nothing new/,
  );
  expect(api.calls[0]?.body).toEqual({ entitlement: 'mycluster-view-dev' });
  expect(api.calls[0]?.headers['idempotency-key']).toBe('mine-1');
});

test.each([[['--cluster', 'prod', '--cluster', 'test']], [['--cluster', 'prod,test']]])(
  'several clusters, %j: one request, all of its grants, and the one decision it waits for',
  async (options) => {
    const grants = [grant(), grant({ id: OTHER_ID, cluster: { ...grant().cluster, name: 'test' } })];
    api.answer = () => ok({ ...grants[0], grants }, 201);
    const { code, stdout, stderr } = await hallpass('request', 'mycluster-view-dev', ...options);
    expect(api.calls[0]?.body).toEqual({ entitlement: 'mycluster-view-dev', clusters: ['prod', 'test'] });
    expect(code).toBe(0);
    expect(stdout).toContain(ID);
    expect(stdout).toContain(OTHER_ID);
    expect(stderr).toBe(`One decision is for all of them: hallpass approve ${ID}\n`);
  },
);

test('several clusters waited for: access on some of them is not what was waited for', async () => {
  const grants = [active(), grant({ id: OTHER_ID, state: 'denied', reason: 'clusterGone' })];
  api.answer = () => ok({ ...grants[0], grants }, 201);
  const { code, stdout, stderr } = await hallpass('request', 'e', '--cluster', 'prod,test', '--wait');
  expect(code).toBe(5);
  expect(stdout).toContain(OTHER_ID);
  expect(stderr).toContain('There is no access on prod: denied: clusterGone');
});

test('end --with-siblings ends what was asked for with it', async () => {
  api.answer = () => ok(active());
  await hallpass('end', ID, '--with-siblings');
  expect(api.calls).toMatchObject([{ name: 'endGrant', query: { withSiblings: 'true' } }]);
});

test('a grant shows those it was asked for with, and how they stand', async () => {
  const batch = {
    id: ID,
    grants: [
      { id: ID, cluster: 'prod', state: 'active' as const },
      { id: OTHER_ID, cluster: 'test', state: 'pending' as const },
    ],
  };
  api.answer = () => ok(withTimeline(active({ batch })));
  expect((await hallpass('grant', ID)).stdout).toContain(`test (pending) ${OTHER_ID}`);
});

const AWAY = {
  id: OTHER_ID,
  from: { id: 'bob', name: 'Bob Baker' },
  to: [{ id: 'carol', name: 'Carol Carter' }],
  starts: '2026-12-01T00:00:00.000Z',
  ends: '2026-12-15T00:00:00.000Z',
  configured: false,
  stands: false,
};

test('delegate says who, from when and until when; undelegate ends it', async () => {
  api.answer = () => ok(AWAY, 201);
  const argv = [
    'delegate',
    '--to',
    'carol,dave',
    '--from',
    '2026-12-01',
    '--until',
    '2026-12-14',
    '--entitlement',
    'e',
  ];
  const { code, stdout, stderr } = await hallpass(...argv);
  expect(api.calls[0]).toMatchObject({
    name: 'createDelegation',
    body: { to: ['carol', 'dave'], starts: '2026-12-01', ends: '2026-12-14', entitlements: ['e'] },
  });
  expect([code, stderr]).toEqual([0, `To end it earlier: hallpass undelegate ${OTHER_ID}\n`]);
  expect(stdout).toMatch(/In place of: +Bob Baker\n/);
  api.answer = () => ok(AWAY);
  await hallpass('undelegate', OTHER_ID);
  expect(api.calls[1]).toMatchObject({ name: 'revokeDelegation', id: OTHER_ID });
});

test('delegations lists what is written in the file without an id to end it by', async () => {
  api.answer = () =>
    ok({ delegations: [AWAY, { ...AWAY, id: 'configuration:bob@x', configured: true, stands: true }] });
  const { stdout } = await hallpass('delegations');
  expect(stdout).toContain(OTHER_ID);
  expect(stdout).toContain('(hallpass.yaml)');
  expect(stdout).not.toContain('configuration:');
});

test('grants --waiting-for-me asks for what waits; with --all it is a contradiction', async () => {
  api.answer = () => ok({ grants: [grant()] });
  expect((await hallpass('grants', '--waiting-for-me')).stdout).toContain(ID);
  expect(api.calls).toMatchObject([{ name: 'listGrants', query: { view: 'waiting' } }]);
  expect((await hallpass('grants', '--waiting-for-me', '--all')).code).toBe(2);
});

test('a grant says whom it waits for, who else may decide and from when', async () => {
  const waitingFor = {
    step: 1,
    steps: 2,
    have: 0,
    needed: 1,
    people: [
      { id: 'bob', name: 'Bob Baker' },
      { id: 'dave', name: 'Dave Dunn', onBehalfOf: 'Carol Carter' },
    ],
    channels: ['slack' as const],
    escalated: false,
    escalatesAt: '2026-11-24T12:00:00.000Z',
    escalatesTo: ['Erin Eck'],
  };
  api.answer = () => ok(withTimeline(grant({ waitingFor })));
  const { stdout } = await hallpass('grant', ID);
  expect(stdout).toContain('Bob Baker, Dave Dunn for Carol Carter (through slack): step 1 of 2, 0 of 1');
  expect(stdout).toContain('Erin Eck, from ');
});

test('a dry run asks for none and says so', async () => {
  const { access, duration, decideBy } = grant();
  const approvers = ['Bob Baker', 'Carol Carter'];
  const decision = {
    autoApprove: false,
    possible: true,
    steps: [{ approvalsNeeded: 1, channels: [], approvers, without: [] }],
  };
  api.answer = () => ok({ entitlement: 'e', cluster: 'prod', access, duration, decideBy, approvers, decision });
  const { code, stdout, stderr } = await hallpass('request', 'e', '--dry-run');
  expect(api.calls).toMatchObject([{ name: 'createGrant', query: { dryRun: 'true' } }]);
  expect(api.calls[0]?.headers['idempotency-key']).toBeUndefined();
  expect(code).toBe(0);
  expect(stdout).toContain('Step 1: 1 of Bob Baker, Carol Carter\n');
  expect(stderr).toBe('Nothing was asked for: this is what would be.\n');
});

test.each([
  [['approve', ID], 'approveGrant', {}],
  [['deny', ID, '--reason', 'not today'], 'denyGrant', { reason: 'not today' }],
  [['withdraw', ID], 'withdrawGrant', {}],
  [['end', ID], 'endGrant', {}],
  [['end', ID, '--note', 'solved'], 'endGrant', { note: 'solved' }],
])('%j', async (argv, name, body) => {
  api.answer = () => ok(active());
  const { code, stdout } = await hallpass(...argv);
  expect(code).toBe(0);
  expect(stdout).toContain('State:           active\n');
  expect(api.calls).toMatchObject([{ name, id: ID, body }]);
});

test('an id is found however it was pasted', async () => {
  api.answer = () => ok(active());
  await hallpass('approve', ` ${ID.toUpperCase()}\n`);
  expect(api.calls[0]?.id).toBe(ID);
});

test('grants: pages, filters, and what to type for more', async () => {
  api.answer = () => ok({ grants: [grant(), active()], cursor: 'eyJ+/=' });
  const { stdout, stderr } = await hallpass(
    'grants',
    '--all',
    '--state',
    'pending',
    '--limit',
    '2',
    '--cursor',
    'a b+/=&',
  );
  expect(api.calls[0]?.query).toEqual({ view: 'all', state: 'pending', limit: '2', cursor: 'a b+/=&' });
  expect(stdout.split('\n')[0]).toMatch(/^ID +STATE +ENTITLEMENT +CLUSTER +REQUESTER +ASKED +ENDS$/);
  expect(stdout).toMatch(
    /active +mycluster-view-dev +prod +Alice Archer +2026-11-24 09:59:00Z +2026-11-24 10:30:00Z\n/,
  );
  expect(stderr).toBe('There are more: add --cursor eyJ+/=\n');
});

test('no grants is no error', async () => {
  api.answer = () => ok({ grants: [] });
  const { code, stderr } = await hallpass('grants');
  expect(api.calls[0]?.query).toEqual({ view: 'mine' });
  expect({ code, stderr }).toEqual({ code: 0, stderr: 'There are no such grants.\n' });
});

test('grant shows details, remarks and the timeline', async () => {
  api.answer = () => ok(withTimeline(active({ remarks: ['Tokens live on.'], ticket: 'INC-1' })));
  const { stdout } = await hallpass('grant', ID);
  expect(stdout).toContain('Access ends:     2026-11-24 10:30:00Z\n');
  expect(stdout).toContain('\nTokens live on.\n');
  expect(stdout).toMatch(
    /\nAT +WHAT +WHO +DETAIL\n2026-11-24 09:59:00Z +requested +Alice Archer \(cli\) +mycluster-view-dev on/,
  );
});

test('json is what the server said, fields that are not known yet included', async () => {
  const said = { ...withTimeline(active()), somethingNew: { deep: [1, 'ü'] } };
  api.answer = () => ok(said);
  for (const argv of [
    ['grant', ID, '--output', 'json'],
    ['--output', 'json', 'grant', ID],
    ['-o', 'json', 'grant', ID],
  ]) {
    const { stdout, stderr, code } = await hallpass(...argv);
    expect(JSON.parse(stdout)).toEqual(said);
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  }
});

test('colour on a terminal only, and not against NO_COLOR', async () => {
  api.answer = () => ok({ grants: [active()] });
  const env = environment(api.url);
  expect((await run(['grants'], { env, tty: true })).stdout).toContain('\u001b[32mactive\u001b[39m');
  for (const world of [
    { env, tty: false },
    { env: { ...env, NO_COLOR: '1' }, tty: true },
    { env: { ...env, TERM: 'dumb' }, tty: true },
  ]) {
    expect((await run(['grants'], world)).stdout).not.toContain('\u001b');
  }
});
