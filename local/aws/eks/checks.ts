/** What EKS refuses about an access entry before it looks at the cluster. Texts were measured on the real API where known. */
import { AwsError, type Context, type Input } from '../../aws-service.ts';
import { parsePrincipalArn, partitionOf } from '../arn.ts';
import { inputReader } from '../input.ts';
import { policyProblem } from './policies.ts';
import { type AccessScope, type Cluster, clusterKey, clustersOf, ENTRY_TYPES, type EntryType } from './store.ts';

export const invalidParameter = (message: string, members: Readonly<Record<string, string>> = {}): AwsError =>
  new AwsError('InvalidParameterException', 400, message, members);
export const invalidRequest = (message: string): AwsError => new AwsError('InvalidRequestException', 400, message);
export const notFound = (message: string): AwsError => new AwsError('ResourceNotFoundException', 404, message);

export const read = inputReader((name, problem) => invalidParameter(`The parameter ${name} ${problem}.`));

const RESERVED_PREFIXES = ['system:', 'eks:', 'aws:', 'amazon:', 'iam:'];
const NODE_TYPES: readonly EntryType[] = ['EC2_LINUX', 'EC2_WINDOWS', 'FARGATE_LINUX', 'HYBRID_LINUX', 'EC2'];

const reservedPrefix = (text: string): string | undefined =>
  RESERVED_PREFIXES.find((prefix) => text.startsWith(prefix));

export function findCluster(input: Input, { storage, caller, region }: Context): Cluster {
  const name = read.text(input, 'clusterName');
  const cluster = clustersOf(storage).get(clusterKey(caller.account, region, name));
  if (!cluster) throw notFound(`No cluster found for name: ${name}.`);
  return cluster;
}

/** A cluster that keeps access entries at all. */
export function findApiCluster(input: Input, context: Context): Cluster {
  const cluster = findCluster(input, context);
  if (cluster.authenticationMode === 'CONFIG_MAP') {
    throw invalidRequest(
      "The cluster's authentication mode must be set to one of [API, API_AND_CONFIG_MAP] to perform this operation.",
    );
  }
  return cluster;
}

export function readGroups(input: Input): string[] | undefined {
  const groups = read.optionalTexts(input, 'kubernetesGroups');
  for (const group of groups ?? []) {
    const prefix = reservedPrefix(group);
    if (prefix) throw invalidParameter(`The kubernetes group name ${group} is invalid, it cannot start with ${prefix}`);
    if (group === '') throw invalidParameter('The kubernetes group name must not be empty');
  }
  return groups && [...groups];
}

export function readUsername(input: Input): string | undefined {
  const username = read.optionalText(input, 'username');
  if (username === undefined || username === '') return undefined;
  const prefix = reservedPrefix(username);
  if (prefix) throw invalidParameter(`The username must not begin with ${prefix}`);
  const at = username.search(/\{\{SessionName(Raw)?\}\}/);
  if (at !== -1 && !username.slice(0, at).includes(':')) {
    throw invalidParameter('The username must contain a colon before {{SessionName}}');
  }
  return username;
}

export function readType(input: Input): EntryType {
  const text = read.optionalText(input, 'type') || 'STANDARD';
  const type = ENTRY_TYPES.find((each) => each === text);
  if (!type) throw invalidParameter(`The specified type is invalid: must be one of [${ENTRY_TYPES.join(', ')}]`);
  return type;
}

/** Which members go with which type of entry, and whose principal it may be. */
export function checkType(type: EntryType, input: Input, account: string): void {
  if (type === 'STANDARD') return;
  const refuse = (member: string): AwsError =>
    invalidParameter(`The specified ${member} is invalid: setting ${member} is not allowed when the type is "${type}"`);
  if ((read.optionalTexts(input, 'kubernetesGroups') ?? []).length > 0) throw refuse('kubernetesGroups');
  if (read.optionalText(input, 'username')) throw refuse('username');
  const principal = parsePrincipalArn(read.text(input, 'principalArn'));
  const types = `when using types [${NODE_TYPES.join(', ')}]`;
  if (principal?.kind === 'user') throw invalidParameter(`AccessEntry principalArn must be IAM role ${types}`);
  if (principal && principal.account !== account) {
    throw invalidParameter(`AccessEntry principalArn must be from the same account as the cluster ${types}`);
  }
}

export function checkServiceLinkedRole(principalArn: string): void {
  if (principalArn.includes(':role/aws-service-role/')) {
    throw invalidParameter(
      'The caller is not allowed to modify access entries with a principalArn value of a Service Linked Role',
    );
  }
}

export const invalidPrincipal = (): AwsError =>
  invalidParameter('The specified principalArn is invalid: invalid principal.');

/** An associable policy of this region's partition. */
export function readPolicyArn(input: Input, region: string): string {
  const arn = read.text(input, 'policyArn');
  switch (policyProblem(arn, region)) {
    case undefined:
      return arn;
    case 'notFound':
      throw notFound('The specified policyArn could not be found.');
    case 'malformed':
      throw invalidParameter('The policyArn parameter format is not valid');
    case 'serviceLinkedOnly':
      throw invalidParameter('The specified policyArn is only for service-linked roles');
  }
}

export function readScope(input: Input): AccessScope {
  const given = input.accessScope;
  if (typeof given !== 'object' || given === null)
    throw invalidParameter('The parameter accessScope must not be null.');
  const scope = given as Input;
  const namespaces = [...(read.optionalTexts(scope, 'namespaces') ?? [])];
  const type = read.text(scope, 'type');
  if (type === 'namespace') {
    if (namespaces.length === 0) {
      throw invalidParameter('At least 1 namespace must be provided if the type is set as namespace');
    }
    return { type, namespaces };
  }
  if (type !== 'cluster') throw invalidParameter('accessScope type must be one of [cluster, namespace]');
  if (namespaces.length > 0) {
    throw invalidParameter('accessScope should not include namespaces if the type is not set as namespace');
  }
  return { type, namespaces: [] };
}

const MOST_TAGS = 50;

/** `member` is `tags`: a map of at most 50. `refuse` makes the operation's own error. */
export function readTags(
  input: Input,
  refuse: (message: string) => AwsError = invalidParameter,
): Record<string, string> {
  const given = input.tags;
  if (given === undefined || given === null) return {};
  const tags = typeof given === 'object' && !Array.isArray(given) ? Object.entries(given) : undefined;
  if (!tags?.every((entry): entry is [string, string] => typeof entry[1] === 'string')) {
    throw refuse('tags must be a map of strings');
  }
  if (tags.length > MOST_TAGS) throw refuse(`A resource may have at most ${MOST_TAGS} tags`);
  for (const [key, value] of tags) {
    if (key.length < 1 || key.length > 128 || value.length > 256)
      throw refuse(`The tag ${key} is too short or too long`);
    if (/^aws:/i.test(key)) throw refuse(`The tag key ${key} may not begin with aws:`);
  }
  return Object.fromEntries(tags);
}

/** `arn:P:eks:R:A:access-entry/CLUSTER/role/ACCOUNT/NAME/`, to which a UUID is added. The name goes without its path. */
export function entryArnPrefix(region: string, account: string, clusterName: string, principalArn: string): string {
  const principal = parsePrincipalArn(principalArn);
  const whose = principal ? `${principal.kind}/${principal.account}/${principal.name}` : 'role/000000000000/unknown';
  return `arn:${partitionOf(region)}:eks:${region}:${account}:access-entry/${clusterName}/${whose}/`;
}
