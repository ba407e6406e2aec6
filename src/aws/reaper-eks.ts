/** EKS as the reaper sees it: three operations, with the function's own role, in its own account. */
import { DeleteAccessEntryCommand, DescribeAccessEntryCommand, EKSClient } from '@aws-sdk/client-eks';
import type { ReaperEks } from '../broker/reap.ts';
import { clientConfig, type Invocation, isAwsError, send } from './calls.ts';
import { observedEntry } from './observed-entry.ts';
import { listPrincipals } from './principals.ts';
import type { ReaperSettings } from './reaper-settings.ts';
import type { Runtime } from './runtime.ts';

/** One client for each region, kept between invocations. */
export function reaperWiring(
  runtime: Runtime,
  { clusters }: ReaperSettings,
): (invocation: Invocation) => Record<string, ReaperEks> {
  const clients = new Map(
    clusters.map(({ region }) => [region, new EKSClient({ ...clientConfig(runtime), region })] as const),
  );
  return (invocation) =>
    Object.fromEntries(
      clusters.flatMap(({ label, name, region }) => {
        const client = clients.get(region);
        return client ? [[label, reaperEks(client, invocation, name)]] : [];
      }),
    );
}

function reaperEks(client: EKSClient, invocation: Invocation, clusterName: string): ReaperEks {
  return {
    listPrincipals: () => listPrincipals(client, invocation, clusterName),

    async describeEntry(principalArn) {
      const command = new DescribeAccessEntryCommand({ clusterName, principalArn });
      const answer = await orGone(send(invocation, (options) => client.send(command, options)));
      return answer?.accessEntry && observedEntry(answer.accessEntry);
    },

    async deleteEntry(principalArn) {
      const command = new DeleteAccessEntryCommand({ clusterName, principalArn });
      await orGone(send(invocation, (options) => client.send(command, options)));
    },
  };
}

/**
 * To the reaper a cluster that is not there is one that does not answer. Whoever asks whether anything is left may take it
 * for gone: the function asks its own account, and with a cluster its entries went.
 */
export const withoutGone = (clusters: Readonly<Record<string, ReaperEks>>): Record<string, ReaperEks> =>
  Object.fromEntries(
    Object.entries(clusters).map(([name, eks]) => [
      name,
      { ...eks, listPrincipals: async () => (await orGone(eks.listPrincipals())) ?? [] },
    ]),
  );

/** The cluster answered a moment ago, with this entry in its list: now either of them is gone, and the access with it. */
async function orGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isAwsError(error, 'ResourceNotFoundException', 'NotFoundException')) return undefined;
    throw error;
  }
}
