/** What the AWS administrator sees of a world, with the AWS SDK: the observer that knows nothing of Hallpass. */
import { DynamoDBClient, ScanCommand } from '@aws-sdk/client-dynamodb';
import {
  CreateAccessEntryCommand,
  DescribeAccessEntryCommand,
  EKSClient,
  ListAccessEntriesCommand,
  ListAssociatedAccessPoliciesCommand,
} from '@aws-sdk/client-eks';
import { GetRoleCommand, IAMClient, ListRolesCommand } from '@aws-sdk/client-iam';
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { unmarshall } from '@aws-sdk/util-dynamodb';
import type { Credentials } from '../../local/aws/iam/seed.ts';
import type { TestWorld } from './harness.ts';

export const ACCOUNT = '111122223333';
export const KUBERNETES_ADMIN = `arn:aws:iam::${ACCOUNT}:role/KubernetesAdmin`;
export const CREATOR = `arn:aws:iam::${ACCOUNT}:role/platform-pipeline`;
export const NODES = `arn:aws:iam::${ACCOUNT}:role/mycluster-nodes`;
export const clusterName = 'mycluster';

export type Client = { endpoint: string; region: string; credentials: Credentials; maxAttempts: number };

export function clientOf(world: TestWorld, credentials: Credentials | undefined = world.profiles['operator']): Client {
  if (!credentials) throw new Error('there is no operator');
  return { endpoint: world.awsUrl, region: 'eu-west-1', credentials, maxAttempts: 1 };
}

export const eksOf = (world: TestWorld): EKSClient => new EKSClient(clientOf(world));
export const iamOf = (world: TestWorld): IAMClient => new IAMClient(clientOf(world));
export const tableOf = (world: TestWorld): DynamoDBClient => new DynamoDBClient(clientOf(world));

export async function principals(world: TestWorld): Promise<string[]> {
  return (await eksOf(world).send(new ListAccessEntriesCommand({ clusterName }))).accessEntries ?? [];
}

/** The entry with its policies, or undefined. */
export async function entryOf(world: TestWorld, principalArn: string) {
  const eks = eksOf(world);
  try {
    const { accessEntry } = await eks.send(new DescribeAccessEntryCommand({ clusterName, principalArn }));
    const { associatedAccessPolicies } = await eks.send(
      new ListAssociatedAccessPoliciesCommand({ clusterName, principalArn }),
    );
    return { entry: accessEntry, policies: associatedAccessPolicies };
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw error;
  }
}

/** An entry of somebody's own, as the article makes one. */
export const makeStandingEntry = (world: TestWorld, principalArn = KUBERNETES_ADMIN) =>
  eksOf(world).send(new CreateAccessEntryCommand({ clusterName, principalArn, tags: { team: 'platform' } }));

/** Roles that Hallpass made, by their path. */
export async function dedicatedRoles(world: TestWorld): Promise<string[]> {
  const { Roles } = await iamOf(world).send(new ListRolesCommand({ PathPrefix: '/hallpass/' }));
  return (Roles ?? []).map((role) => role.Arn ?? '').sort();
}

export async function trustOf(world: TestWorld, roleArn: string): Promise<string> {
  const RoleName = roleArn.slice(roleArn.lastIndexOf('/') + 1);
  const { Role } = await iamOf(world).send(new GetRoleCommand({ RoleName }));
  return decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '');
}

/** `ok`, or the name of AWS's refusal. */
export async function assume(
  world: TestWorld,
  credentials: Credentials | undefined,
  RoleArn: string,
  RoleSessionName: string,
): Promise<string> {
  const sts = new STSClient(clientOf(world, credentials));
  return sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName })).then(
    () => 'ok',
    (error: Error) => error.name,
  );
}

/** `AROA…:<session>`, or `AIDA…`: what AWS's authorisers call the caller. */
export async function userIdOf(world: TestWorld, credentials: Credentials | undefined): Promise<string> {
  const sts = new STSClient(clientOf(world, credentials));
  return (await sts.send(new GetCallerIdentityCommand({}))).UserId ?? '';
}

/** Every item of the product's table, by its key. */
export async function items(world: TestWorld): Promise<Record<string, Record<string, unknown>>> {
  const { Items } = await tableOf(world).send(new ScanCommand({ TableName: 'hallpass', ConsistentRead: true }));
  const found = (Items ?? []).map((item) => unmarshall(item));
  return Object.fromEntries(found.map((item) => [`${item['pk']} ${item['sk']}`, item]));
}

/** Everything that a refusal must leave as it was. */
export async function everything(world: TestWorld) {
  const arns = await principals(world);
  return {
    items: await items(world),
    entries: await Promise.all(arns.map((arn) => entryOf(world, arn))),
    roles: await dedicatedRoles(world),
  };
}
