/** The principals that have an access entry in a cluster: at most 3,000, in pages of 100. */
import { type EKSClient, ListAccessEntriesCommand } from '@aws-sdk/client-eks';
import { type Invocation, send } from './calls.ts';

/** Throws what EKS answers, a missing cluster's 404 included: it must never be taken for a cluster without entries. */
export async function listPrincipals(
  client: EKSClient,
  invocation: Invocation,
  clusterName: string,
): Promise<readonly string[]> {
  const principals: string[] = [];
  for (let nextToken: string | undefined; ; ) {
    const command = new ListAccessEntriesCommand({ clusterName, ...(nextToken && { nextToken }) });
    const page = await send(invocation, (options) => client.send(command, options));
    principals.push(...(page.accessEntries ?? []));
    nextToken = page.nextToken;
    if (!nextToken) return principals;
  }
}
