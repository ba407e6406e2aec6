/**
 * Catches a doctor that calls something fine which is not, that anybody can ask, that changes something, or that falls
 * over where a look fails: each thing is broken in the simulated account, and the finding has to say so and what to do.
 */
import { UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam';
import { afterEach, describe, expect, it } from 'vitest';
import { seedCluster } from '../../local/aws/eks/seed.ts';
import { clustersOf } from '../../local/aws/eks/store.ts';
import type { Examination } from '../../src/http/doctor-schemas.ts';
import { TEAM } from '../slack/fake-slack.ts';
import { CHANNEL, slackWorld } from '../slack/harness.ts';
import { exampleConfig, replacing, type TestWorld, testWorld } from './harness.ts';
import { iamOf } from './operator.ts';

type Finding = Examination['findings'][number];

let world: TestWorld;
afterEach(() => world.close());

async function examined(profile = 'bob'): Promise<Finding[]> {
  const reply = await world.call(profile, 'POST', '/v1/doctor', {});
  expect(reply.status, JSON.stringify(reply.body)).toBe(200);
  return (reply.body as unknown as Examination).findings;
}
const wrong = (findings: readonly Finding[]) =>
  findings.filter(({ level }) => level !== 'ok').map(({ check, level }) => [check, level]);

it('an installation as it should be: what is left to think about is that aws-auth is still read', async () => {
  world = await testWorld();
  const findings = await examined();
  expect(wrong(findings)).toEqual([['authentication-mode', 'warn']]);
  expect(new Set(findings.map(({ check }) => check))).toEqual(
    new Set([
      'clock',
      'table',
      'roles-quota',
      'concurrency',
      'people-roles',
      'cluster-trust',
      'cluster-status',
      'authentication-mode',
      'audit-logs',
      'entries-quota',
      'standing-role',
    ]),
  );
  for (const { level, advice } of findings) expect(advice !== undefined).toBe(level !== 'ok');
});

it('only responders and auditors may ask', async () => {
  world = await testWorld();
  const refused = await world.call('alice', 'POST', '/v1/doctor', {});
  expect(refused.status).toBe(403);
  expect(refused.body['rule']).toBe('notResponder');
});

describe('broken on purpose', () => {
  it('an executor that does not trust the hub: the template to deploy is named, and the rest is looked at all the same', async () => {
    world = await testWorld();
    world.faults.add({
      fault: { kind: 'accessDenied' },
      on: { service: 'sts', operation: 'AssumeRole' },
      times: Infinity,
    });
    const findings = await examined();
    const trust = findings.find(({ check }) => check === 'cluster-trust');
    expect(trust).toMatchObject({ subject: 'mycluster', level: 'fail' });
    expect(trust?.advice).toContain("Deploy the cluster account's template in 111122223333");
    expect(findings.find(({ check }) => check === 'concurrency')?.level).toBe('ok');
  });

  it('a cluster without audit logs, by aws-auth only', async () => {
    world = await testWorld();
    const [found] = clustersOf(world.storage).list();
    if (!found) throw new Error('there is no cluster');
    seedCluster(
      { storage: world.storage, now: world.clock.now() },
      { ...found.value, authenticationMode: 'CONFIG_MAP', logs: [] },
    );
    expect(wrong(await examined())).toEqual(
      expect.arrayContaining([
        ['authentication-mode', 'fail'],
        ['audit-logs', 'warn'],
      ]),
    );
  });

  it('a standing role whose trust is wider', async () => {
    world = await testWorld();
    const trust = {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:user/operator' }, Action: 'sts:AssumeRole' },
        { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::999999999999:root' }, Action: 'sts:AssumeRole' },
      ],
    };
    await iamOf(world).send(
      new UpdateAssumeRolePolicyCommand({ RoleName: 'KubernetesAdmin', PolicyDocument: JSON.stringify(trust) }),
    );
    const role = (await examined()).find(({ check }) => check === 'standing-role');
    expect(role).toMatchObject({ level: 'fail', subject: 'arn:aws:iam::111122223333:role/KubernetesAdmin' });
    expect(role?.detail).toContain('999999999999');
  });
});

it('Slack: its token, its scopes, and the channels that it is not in', async () => {
  const slack = await slackWorld();
  world = slack;
  slack.fake.always('auth.test', {
    status: 200,
    headers: { 'x-oauth-scopes': 'commands,chat:write,users:read,channels:read,groups:read' },
    body: JSON.stringify({ ok: true, team_id: TEAM }),
  });
  slack.fake.channels[CHANNEL] = { ...slack.fake.channels[CHANNEL], is_member: false };
  const findings = (await examined()).filter(({ check }) => check === 'slack');
  expect(findings.map(({ subject, level }) => [subject, level])).toEqual([
    ['workspace', 'ok'],
    ['scopes', 'ok'],
    [CHANNEL, 'fail'],
  ]);
  expect(findings.at(-1)?.advice).toContain('/invite @hallpass');
});

it('emergencies: whether CloudTrail can be asked where they may happen', async () => {
  const config = exampleConfig(
    replacing(
      [
        '    # `hallpass extend`: approved like',
        '    breakGlass: { eligible: [alice] }\n    # `hallpass extend`: approved like',
      ],
      [
        'auditors: []',
        'auditors: []\nreviewers: [bob]\nemergency: { assumableBy: ["arn:aws:iam::111122223333:user/operator"] }',
      ],
    ),
  );
  world = await testWorld({ config });
  const trail = async () => (await examined()).find(({ check }) => check === 'emergency-trail');
  expect(await trail()).toMatchObject({ subject: '111122223333 eu-west-1', level: 'ok' });
  world.faults.add({ fault: { kind: 'accessDenied' }, on: { service: 'cloudtrail' }, times: 9 });
  expect(await trail()).toMatchObject({ level: 'fail', advice: expect.stringContaining('cloudtrail:LookupEvents') });
});
