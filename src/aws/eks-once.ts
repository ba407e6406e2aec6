/** EKS in one cluster with every call sent once: its client retries nothing, so that whoever paces calls counts them all. */
import {
  DeleteAccessEntryCommand,
  DescribeAccessEntryCommand,
  DescribeClusterCommand,
  type EKSClient,
  ListAccessEntriesCommand,
} from '@aws-sdk/client-eks';
import { ConfiguredRetryStrategy } from '@smithy/core/retry';
import type { EksOnce, Throttled } from '../broker/drainPorts.ts';
import type { TargetCluster } from '../core/grant.ts';
import { type CallOptions, type Invocation, isAwsError, sendOnce } from './calls.ts';
import { clusterFrom, NOT_FOUND } from './eks.ts';
import { observedEntry } from './observed-entry.ts';

/** A client that its maker calls so retries nothing. */
export const ONCE = { retryStrategy: new ConfiguredRetryStrategy(1) };

export function eksOnceIn(client: EKSClient, invocation: Invocation, { name: clusterName }: TargetCluster): EksOnce {
  const call = <T>(make: (options: CallOptions) => Promise<T>): Promise<T | undefined | Throttled> =>
    answered(sendOnce(invocation, make));
  return {
    async describeCluster() {
      const answer = await call((options) => client.send(new DescribeClusterCommand({ name: clusterName }), options));
      return answer === 'throttled' ? answer : answer?.cluster && clusterFrom(answer.cluster);
    },

    async describeEntry(principalArn) {
      const command = new DescribeAccessEntryCommand({ clusterName, principalArn });
      const answer = await call((options) => client.send(command, options));
      return answer === 'throttled' ? answer : answer?.accessEntry && observedEntry(answer.accessEntry);
    },

    async listEntries(nextToken) {
      const command = new ListAccessEntriesCommand({ clusterName, maxResults: 100, ...(nextToken && { nextToken }) });
      const answer = await call((options) => client.send(command, options));
      if (answer === undefined || answer === 'throttled') return answer;
      return { principals: answer.accessEntries ?? [], ...(answer.nextToken && { cursor: answer.nextToken }) };
    },

    async deleteEntry(principalArn) {
      const command = new DeleteAccessEntryCommand({ clusterName, principalArn });
      return (await call((options) => client.send(command, options))) === 'throttled' ? 'throttled' : 'sent';
    },
  };
}

/** EKS models no throttling on these operations: by name, or by status. */
const isThrottled = (error: unknown): boolean =>
  isAwsError(error, 'ThrottlingException', 'Throttling', 'TooManyRequestsException', 'RequestLimitExceeded') ||
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode === 429;

/** Undefined where EKS says that there is no such thing. */
async function answered<T>(sent: Promise<T>): Promise<T | undefined | Throttled> {
  try {
    return await sent;
  } catch (error) {
    if (isAwsError(error, ...NOT_FOUND)) return undefined;
    if (isThrottled(error)) return 'throttled';
    throw error;
  }
}
