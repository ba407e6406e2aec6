/** How each service speaks: its protocol, and its words for what goes wrong around every operation. */
import { awsJson } from './aws-json.ts';
import { awsQuery } from './aws-query.ts';
import type { CommonErrors, Protocol } from './protocol.ts';
import { type Route, restJson } from './rest-json.ts';

export type ServiceName =
  | 'eks'
  | 'iam'
  | 'sts'
  | 'states'
  | 'dynamodb'
  | 'events'
  | 'secretsmanager'
  | 'sqs'
  | 'identitystore'
  | 'cloudtrail'
  | 'lambda';

export type Wire = { protocol: Protocol; errors: CommonErrors };

const ENTRY = '/clusters/{clusterName}/access-entries/{principalArn}';

const EKS_ROUTES: readonly Route[] = [
  { method: 'POST', path: '/clusters/{clusterName}/access-entries', operation: 'CreateAccessEntry' },
  { method: 'GET', path: '/clusters/{clusterName}/access-entries', operation: 'ListAccessEntries' },
  { method: 'GET', path: ENTRY, operation: 'DescribeAccessEntry' },
  { method: 'POST', path: ENTRY, operation: 'UpdateAccessEntry' },
  { method: 'DELETE', path: ENTRY, operation: 'DeleteAccessEntry' },
  { method: 'POST', path: `${ENTRY}/access-policies`, operation: 'AssociateAccessPolicy' },
  { method: 'GET', path: `${ENTRY}/access-policies`, operation: 'ListAssociatedAccessPolicies' },
  { method: 'DELETE', path: `${ENTRY}/access-policies/{policyArn}`, operation: 'DisassociateAccessPolicy' },
  { method: 'GET', path: '/access-policies', operation: 'ListAccessPolicies' },
  { method: 'GET', path: '/clusters', operation: 'ListClusters' },
  { method: 'GET', path: '/clusters/{name}', operation: 'DescribeCluster' },
  { method: 'POST', path: '/tags/{resourceArn}', operation: 'TagResource' },
  { method: 'DELETE', path: '/tags/{resourceArn}', operation: 'UntagResource', lists: ['tagKeys'] },
  { method: 'GET', path: '/tags/{resourceArn}', operation: 'ListTagsForResource' },
];

const LAMBDA_ROUTES: readonly Route[] = [
  { method: 'GET', path: '/2016-08-19/account-settings', operation: 'GetAccountSettings' },
];

const QUERY_ERRORS: CommonErrors = {
  missingAuthentication: ['MissingAuthenticationToken', 403],
  incompleteSignature: ['IncompleteSignature', 400],
  unknownKey: ['InvalidClientTokenId', 403],
  invalidToken: ['InvalidClientTokenId', 403],
  signature: ['SignatureDoesNotMatch', 403],
  expired: ['ExpiredToken', 403],
  accessDenied: ['AccessDenied', 403],
  throttle: ['Throttling', 400],
  internal: ['ServiceFailure', 500],
};

const JSON_ERRORS: CommonErrors = {
  missingAuthentication: ['MissingAuthenticationTokenException', 400],
  incompleteSignature: ['IncompleteSignatureException', 400],
  unknownKey: ['UnrecognizedClientException', 400],
  invalidToken: ['UnrecognizedClientException', 400],
  signature: ['InvalidSignatureException', 400],
  expired: ['ExpiredTokenException', 400],
  accessDenied: ['AccessDeniedException', 400],
  throttle: ['ThrottlingException', 400],
  internal: ['InternalServerError', 500],
};

const EKS_ERRORS: CommonErrors = {
  missingAuthentication: ['MissingAuthenticationTokenException', 403],
  incompleteSignature: ['IncompleteSignatureException', 400],
  unknownKey: ['UnrecognizedClientException', 403],
  invalidToken: ['UnrecognizedClientException', 403],
  signature: ['InvalidSignatureException', 403],
  expired: ['ExpiredTokenException', 403],
  accessDenied: ['AccessDeniedException', 403],
  throttle: ['ThrottlingException', 429],
  internal: ['ServerException', 500],
};

const WIRES: Readonly<Record<ServiceName, Wire>> = {
  eks: { protocol: restJson('eks', EKS_ROUTES), errors: EKS_ERRORS },
  iam: { protocol: awsQuery('2010-05-08', 'https://iam.amazonaws.com/doc/2010-05-08/'), errors: QUERY_ERRORS },
  sts: {
    protocol: awsQuery('2011-06-15', 'https://sts.amazonaws.com/doc/2011-06-15/'),
    errors: { ...QUERY_ERRORS, internal: ['InternalFailure', 500] },
  },
  states: { protocol: awsJson('1.0', 'AWSStepFunctions'), errors: JSON_ERRORS },
  dynamodb: {
    protocol: awsJson('1.0', 'DynamoDB_20120810', 'com.amazonaws.dynamodb.v20120810#'),
    errors: JSON_ERRORS,
  },
  events: { protocol: awsJson('1.1', 'AWSEvents'), errors: { ...JSON_ERRORS, internal: ['InternalException', 500] } },
  sqs: { protocol: awsJson('1.0', 'AmazonSQS', 'com.amazonaws.sqs#'), errors: JSON_ERRORS },
  identitystore: { protocol: awsJson('1.1', 'AWSIdentityStore'), errors: JSON_ERRORS },
  cloudtrail: { protocol: awsJson('1.1', 'CloudTrail_20131101'), errors: JSON_ERRORS },
  lambda: {
    protocol: restJson('lambda', LAMBDA_ROUTES),
    errors: { ...EKS_ERRORS, throttle: ['TooManyRequestsException', 429], internal: ['ServiceException', 500] },
  },
  secretsmanager: {
    protocol: awsJson('1.1', 'secretsmanager'),
    errors: { ...JSON_ERRORS, internal: ['InternalServiceError', 500] },
  },
};

export const wireOf = (service: ServiceName): Wire => WIRES[service];

export const isServiceName = (text: string): text is ServiceName => Object.hasOwn(WIRES, text);

/** Which service an unsigned request most likely means, only to choose the words of its refusal. */
export function guessService(headers: readonly (readonly [string, string])[]): ServiceName {
  const header = (wanted: string): string => headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? '';
  const target = header('x-amz-target');
  if (target.startsWith('DynamoDB')) return 'dynamodb';
  if (target.startsWith('AWSEvents')) return 'events';
  if (target.startsWith('AWSIdentityStore')) return 'identitystore';
  if (target.includes('CloudTrail')) return 'cloudtrail';
  if (target.startsWith('secretsmanager')) return 'secretsmanager';
  if (target.startsWith('AmazonSQS')) return 'sqs';
  if (target) return 'states';
  return header('content-type').includes('form-urlencoded') ? 'sts' : 'eks';
}
