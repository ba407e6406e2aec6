/** awsJson 1.0 and 1.1: every call is a POST to `/`, named by `X-Amz-Target: PREFIX.Operation`. */
import { AwsError } from '../../aws-service.ts';
import { errorMembers, headerOf, type Protocol, readJsonObject } from './protocol.ts';

/**
 * `errorNamespace` precedes the error's name, as in `com.amazonaws.dynamodb.v20120810#…`; often there is none. A target may
 * have a namespace before its prefix, too, as the AWS CLI's does for CloudTrail.
 */
export function awsJson(version: '1.0' | '1.1', targetPrefix: string, errorNamespace = ''): Protocol {
  const headers = (requestId: string): Record<string, string> => ({
    'content-type': `application/x-amz-json-${version}`,
    'x-amzn-requestid': requestId,
  });
  return {
    read(request) {
      const [operation, prefix] = (headerOf(request, 'x-amz-target') ?? '').split('.').toReversed();
      if (request.method !== 'POST' || prefix !== targetPrefix || !operation) {
        return new AwsError(
          'UnknownOperationException',
          400,
          `A POST with X-Amz-Target: ${targetPrefix}.Operation is needed`,
        );
      }
      const input = readJsonObject(request.body);
      return input instanceof AwsError ? input : { operation, input };
    },
    answer: (_operation, output, requestId) => ({
      status: 200,
      headers: headers(requestId),
      body: JSON.stringify(output ?? {}),
    }),
    error: (error, requestId) => ({
      status: error.status,
      headers: headers(requestId),
      body: JSON.stringify({ __type: `${errorNamespace}${error.code}`, ...errorMembers(error) }),
    }),
  };
}
