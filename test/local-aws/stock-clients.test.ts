/**
 * Catches: a wire form that only our own SDK understands. The stock AWS CLI runs the commands of the article that this
 * project grew from, and boto3 assumes a role and pages through a list. Skipped, saying so, where they are not installed.
 */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Credentials, seedRole } from '../../local/aws/iam/seed.ts';
import { HUB, MEMBER, makeWorld, REGION, trusting, type World } from './world.ts';

const run = promisify(execFile);
const works = async (command: string, args: string[]): Promise<boolean> =>
  run(command, args).then(
    () => true,
    () => false,
  );
const [hasCli, hasBoto3] = await Promise.all([works('aws', ['--version']), works('python3', ['-c', 'import boto3'])]);
if (!hasCli) console.log('skipped: no aws CLI on the PATH');
if (!hasBoto3) console.log('skipped: python3 has no boto3');

const PRINCIPAL = `arn:aws:iam::${HUB}:role/KubernetesAdmin`;
const MINUTE = 60_000;
let world: World;
let home: string;

beforeAll(async () => {
  world = await makeWorld();
  seedRole(world.seeding, { account: HUB, name: 'KubernetesAdmin', trust: trusting(`arn:aws:iam::${HUB}:root`) });
  home = await mkdtemp(join(tmpdir(), 'local-aws-'));
});
afterAll(async () => {
  await world.close();
  await rm(home, { recursive: true });
});

const environment = (credentials: Credentials) => ({
  PATH: process.env.PATH,
  HOME: home,
  AWS_ENDPOINT_URL: world.endpoint.url,
  AWS_DEFAULT_REGION: REGION,
  AWS_ACCESS_KEY_ID: credentials.accessKeyId,
  AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
  AWS_EC2_METADATA_DISABLED: 'true',
  ...(credentials.sessionToken && { AWS_SESSION_TOKEN: credentials.sessionToken }),
});
const aws = async (args: string, credentials = world.hub): Promise<unknown> => {
  const { stdout } = await run('aws', [...args.split(' '), '--output', 'json'], { env: environment(credentials) });
  return stdout.trim() === '' ? undefined : JSON.parse(stdout);
};

test.skipIf(!hasCli)(
  "the article's commands work with the stock AWS CLI",
  async () => {
    const policies = (await aws('eks list-access-policies')) as { accessPolicies: unknown[] };
    expect(policies.accessPolicies).toContainEqual({
      name: 'AmazonEKSClusterAdminPolicy',
      arn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy',
    });
    await aws(`eks create-access-entry --cluster-name prod --principal-arn ${PRINCIPAL}`);
    await aws(
      `eks associate-access-policy --cluster-name prod --principal-arn ${PRINCIPAL} --policy-arn arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy --access-scope type=cluster`,
    );
    expect(await aws('eks list-access-entries --cluster-name prod')).toEqual({ accessEntries: [PRINCIPAL] });
    expect(
      await aws(`eks list-associated-access-policies --cluster-name prod --principal-arn ${PRINCIPAL}`),
    ).toMatchObject({
      associatedAccessPolicies: [{ accessScope: { type: 'cluster', namespaces: [] } }],
      clusterName: 'prod',
      principalArn: PRINCIPAL,
    });
    const kubeconfig = join(home, 'config');
    await run(
      'aws',
      `eks update-kubeconfig --region ${REGION} --name prod --role-arn ${PRINCIPAL} --kubeconfig ${kubeconfig}`.split(
        ' ',
      ),
      { env: environment(world.hub) },
    );
    expect(await readFile(kubeconfig, 'utf8')).toContain('server: https://127.0.0.1:6443');
    await aws(`eks delete-access-entry --cluster-name prod --principal-arn ${PRINCIPAL}`);
    expect(await aws('eks list-access-entries --cluster-name prod')).toEqual({ accessEntries: [] });
  },
  2 * MINUTE,
);

test.skipIf(!hasCli)(
  'the stock AWS CLI assumes a role, and its session is who it says',
  async () => {
    const assumed = (await aws(`sts assume-role --role-arn ${PRINCIPAL} --role-session-name alice`)) as {
      Credentials: Record<string, string>;
    };
    const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = assumed.Credentials;
    const session = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    expect(await aws('sts get-caller-identity', session)).toMatchObject({
      Arn: `arn:aws:sts::${HUB}:assumed-role/KubernetesAdmin/alice`,
    });
    await expect(aws('eks list-clusters', session)).rejects.toMatchObject({
      stderr: expect.stringContaining('(AccessDeniedException)'),
    });
  },
  2 * MINUTE,
);

const BOTO3 = `
import boto3, json, sys
from botocore.exceptions import ClientError
iam, sts, eks, events = (boto3.client(name) for name in ('iam', 'sts', 'eks', 'events'))
trust = json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'sts:AssumeRole',
  'Principal': {'AWS': 'arn:aws:iam::${HUB}:root'}}]})
names = []
for i in range(3):
  iam.create_role(RoleName='boto%d' % i, Path='/boto/', AssumeRolePolicyDocument=trust, Tags=[{'Key': 'n', 'Value': str(i)}])
for page in iam.get_paginator('list_roles').paginate(PathPrefix='/boto/', PaginationConfig={'PageSize': 2}):
  names += [role['RoleName'] for role in page['Roles']]
entry = eks.create_access_entry(clusterName='prod', principalArn='arn:aws:iam::${HUB}:role/boto/boto0')['accessEntry']
try:
  sts.assume_role(RoleArn='arn:aws:iam::${MEMBER}:role/none', RoleSessionName='boto')
  refused = None
except ClientError as error:
  refused = error.response['Error']['Code']
put = events.put_events(Entries=[{'Source': 'hallpass', 'DetailType': 't', 'Detail': '{}'}])
print(json.dumps({'names': names, 'trust': iam.get_role(RoleName='boto1')['Role']['AssumeRolePolicyDocument'],
  'created': entry['createdAt'].isoformat(), 'refused': refused, 'failed': put['FailedEntryCount'],
  'account': sts.get_caller_identity()['Account']}))
`;

test.skipIf(!hasBoto3)(
  'boto3 understands IAM, STS, EKS and EventBridge answers',
  async () => {
    const { stdout } = await run('python3', ['-c', BOTO3], { env: { ...environment(world.hub), TZ: 'UTC' } });
    expect(JSON.parse(stdout)).toEqual({
      names: ['boto0', 'boto1', 'boto2'],
      trust: trusting(`arn:aws:iam::${HUB}:root`),
      created: expect.stringMatching(/^2026-11-24T09:00:00/),
      refused: 'AccessDenied',
      failed: 0,
      account: HUB,
    });
  },
  2 * MINUTE,
);

test.skipIf(!hasCli)(
  'who made an access entry, as an administrator looks it up',
  async () => {
    await aws(`eks create-access-entry --cluster-name prod --principal-arn ${PRINCIPAL}`);
    const lookUp = async () =>
      (await aws(
        'cloudtrail lookup-events --lookup-attributes AttributeKey=EventName,AttributeValue=CreateAccessEntry --max-items 1',
      )) as { Events: { Username: string; CloudTrailEvent: string }[] };
    await world.clock.advanceBy((6 * MINUTE) as Parameters<typeof world.clock.advanceBy>[0]);
    const [event] = (await lookUp()).Events;
    expect(event?.Username).toBe('operator');
    expect(JSON.parse(event?.CloudTrailEvent ?? '{}')).toMatchObject({
      eventName: 'CreateAccessEntry',
      requestParameters: { name: 'prod', principalArn: PRINCIPAL },
      responseElements: { accessEntry: { clusterName: 'prod', type: 'STANDARD' } },
    });
    await aws(`eks delete-access-entry --cluster-name prod --principal-arn ${PRINCIPAL}`);
  },
  MINUTE,
);
