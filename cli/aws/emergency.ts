/** The AWS calls of `hallpass emergency`: look, make, associate, read back. */
import {
  type AccessEntry,
  AssociateAccessPolicyCommand,
  CreateAccessEntryCommand,
  DescribeAccessEntryCommand,
  DescribeClusterCommand,
  EKSClient,
  ListAssociatedAccessPoliciesCommand,
} from '@aws-sdk/client-eks';
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { emergencyIdOf, emergencyTag } from '../../src/core/emergency.ts';
import { TAGS } from '../../src/core/entry.ts';
import type { GrantId } from '../../src/core/id.ts';
import { type Instant, parseInstant, toIso } from '../../src/core/time.ts';
import { Failure, textOf } from '../failure.ts';
import type { Io } from '../io.ts';
import { type Credentials, findCredentials } from './credentials.ts';
import { type AwsOptions, findRegion } from './region.ts';

export type Wanted = {
  readonly id: GrantId;
  readonly cluster: string;
  readonly hub: string;
  readonly role: string;
  readonly policy: string;
  readonly namespaces: readonly string[];
  readonly person: string;
  readonly expiresAt: Instant;
  readonly assumeRole?: string;
};

export type EmergencyEntry = {
  readonly id: GrantId;
  readonly cluster: { readonly name: string; readonly arn: string; readonly region: string };
  readonly principalArn: string;
  readonly entryArn: string;
  readonly policyArn: string;
  readonly person: string;
  readonly expiresAt: Instant;
};

/**
 * Throws `Failure`: refused where the role has an entry already, whoever made it; but one of the same emergency that gives
 * nothing yet is finished, with the end that it has.
 */
export async function makeEmergencyEntry(io: Io, options: AwsOptions, asked: Wanted): Promise<EmergencyEntry> {
  const region = await findRegion(io, options);
  const own = await findCredentials(io, options);
  const credentials = asked.assumeRole === undefined ? own : await become(asked, own, region);
  const eks = new EKSClient({ region, credentials });
  const { cluster: clusterName, role: principalArn } = asked;
  const cluster = await told('look at the cluster', eks.send(new DescribeClusterCommand({ name: clusterName })));
  const there = await entryOf(eks, clusterName, principalArn);
  const begun = there && (await begunIn(eks, there, asked, io.now()));
  if (there && !begun)
    throw new Failure(
      'refused',
      `${principalArn} has an access entry on ${clusterName} already. It stays as it is: whoever can assume the role has its access now.`,
    );
  const wanted = begun ?? asked;
  const [, partition = 'aws'] = principalArn.split(':');
  const policyArn = `arn:${partition}:eks::aws:cluster-access-policy/${wanted.policy}`;
  if (!begun) await told('make the access entry', eks.send(creationOf(wanted)));
  const accessScope =
    wanted.namespaces.length > 0
      ? { type: 'namespace' as const, namespaces: [...wanted.namespaces] }
      : { type: 'cluster' as const };
  await told(
    'associate the access policy (the entry that was made gives nothing. Type the same again to go on with it; else the reaper ends it)',
    eks.send(new AssociateAccessPolicyCommand({ clusterName, principalArn, policyArn, accessScope })),
  );
  const entryArn = await readBack(eks, wanted, policyArn);
  const { arn = '' } = cluster.cluster ?? {};
  const { id, person, expiresAt } = wanted;
  return { id, cluster: { name: clusterName, arn, region }, principalArn, entryArn, policyArn, person, expiresAt };
}

const creationOf = ({ id, cluster, role, hub, person, expiresAt }: Wanted): CreateAccessEntryCommand =>
  new CreateAccessEntryCommand({
    clusterName: cluster,
    principalArn: role,
    type: 'STANDARD',
    tags: {
      [TAGS.hub]: hub,
      [TAGS.grant]: emergencyTag(id),
      [TAGS.expires]: toIso(expiresAt),
      [TAGS.person]: person,
    },
    clientRequestToken: id,
  });

/** What an earlier try came to, if this entry is what is left of one: of the same hub and person, without access, not over. */
async function begunIn(
  eks: EKSClient,
  { tags = {}, type }: AccessEntry,
  asked: Wanted,
  now: number,
): Promise<Wanted | undefined> {
  const [id, expiresAt] = [emergencyIdOf({ tags }), parseInstant(tags[TAGS.expires] ?? '')];
  const isOwn = type === 'STANDARD' && tags[TAGS.hub] === asked.hub && tags[TAGS.person] === asked.person;
  if (!isOwn || id === undefined || expiresAt === undefined || expiresAt <= now) return undefined;
  const command = new ListAssociatedAccessPoliciesCommand({ clusterName: asked.cluster, principalArn: asked.role });
  const { associatedAccessPolicies = [] } = await told('look at what the entry gives', eks.send(command));
  return associatedAccessPolicies.length === 0 ? { ...asked, id, expiresAt } : undefined;
}

async function become({ assumeRole, person }: Wanted, credentials: Credentials, region: string): Promise<Credentials> {
  const sts = new STSClient({ region, credentials });
  const RoleSessionName = person.replace(/[^\w+=,.@-]/g, '-').slice(0, 64);
  const { Credentials: found } = await told(
    `become ${assumeRole}`,
    sts.send(new AssumeRoleCommand({ RoleArn: assumeRole, RoleSessionName, DurationSeconds: 900 })),
  );
  if (!found?.AccessKeyId || !found.SecretAccessKey || !found.SessionToken)
    throw new Failure('credentials', `STS gave no credentials for ${assumeRole}.`);
  return {
    accessKeyId: found.AccessKeyId,
    secretAccessKey: found.SecretAccessKey,
    sessionToken: found.SessionToken,
  };
}

async function entryOf(eks: EKSClient, clusterName: string, principalArn: string) {
  try {
    return (await eks.send(new DescribeAccessEntryCommand({ clusterName, principalArn }))).accessEntry;
  } catch (error) {
    if (error instanceof Error && error.name === 'ResourceNotFoundException') return undefined;
    throw failure('look for an entry of the role', error);
  }
}

/** Access is what EKS shows, not what it accepted. */
async function readBack(
  eks: EKSClient,
  { cluster: clusterName, role, id }: Wanted,
  policyArn: string,
): Promise<string> {
  const entry = await entryOf(eks, clusterName, role);
  const command = new ListAssociatedAccessPoliciesCommand({ clusterName, principalArn: role });
  const { associatedAccessPolicies = [] } = await told('read the access back', eks.send(command));
  const isThere =
    entry?.tags?.[TAGS.grant] === emergencyTag(id) &&
    associatedAccessPolicies.some((policy) => policy.policyArn === policyArn);
  if (isThere && entry.accessEntryArn) return entry.accessEntryArn;
  throw new Failure(
    'unavailable',
    `EKS does not show the access of ${role} yet. Look: aws eks describe-access-entry --cluster-name ${clusterName} --principal-arn ${role}`,
  );
}

async function told<T>(what: string, call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw failure(what, error);
  }
}

function failure(what: string, error: unknown): Failure {
  const name = error instanceof Error ? error.name : '';
  const refused = /AccessDenied|NotAuthorized|UnauthorizedOperation|Forbidden|ExpiredToken|UnrecognizedClient/.test(
    name,
  );
  return new Failure(refused ? 'credentials' : 'unavailable', `Could not ${what}: ${name}: ${textOf(error)}`, {
    cause: error,
  });
}
