/** EKS in one cluster, called through the executor of the cluster's account. */
import {
  AssociateAccessPolicyCommand,
  type Cluster,
  CreateAccessEntryCommand,
  DeleteAccessEntryCommand,
  DescribeAccessEntryCommand,
  DescribeClusterCommand,
  DisassociateAccessPolicyCommand,
  EKSClient,
  ListAssociatedAccessPoliciesCommand,
  TagResourceCommand,
} from '@aws-sdk/client-eks';
import { type Eks, NotReady } from '../broker/ports.ts';
import type { DesiredEntry, ObservedPolicy } from '../core/entry.ts';
import type { TargetCluster } from '../core/grant.ts';
import { type Instant, instant } from '../core/time.ts';
import { clientConfig, type Invocation, isAwsError, send } from './calls.ts';
import { type Executors, executors } from './executors.ts';
import { observedEntry } from './observed-entry.ts';
import type { Runtime } from './runtime.ts';

export const NOT_FOUND = ['ResourceNotFoundException', 'NotFoundException'];

/** Clients are kept between invocations, one for each executor and region. */
export function eksClients(
  runtime: Runtime,
  roles: Executors = executors(runtime),
): (target: TargetCluster) => EKSClient {
  const clients = new Map<string, EKSClient>();
  return ({ executor, region }) => {
    const key = `${executor} ${region}`;
    const client =
      clients.get(key) ?? new EKSClient({ ...clientConfig(runtime), region, credentials: roles.credentials(executor) });
    clients.set(key, client);
    return client;
  };
}

export function eksIn(client: EKSClient, invocation: Invocation, { name: clusterName }: TargetCluster): Eks {
  return {
    async describeCluster() {
      const answer = await orGone(
        send(invocation, (options) => client.send(new DescribeClusterCommand({ name: clusterName }), options)),
      );
      return answer?.cluster && clusterFrom(answer.cluster);
    },

    async createEntry(entry, token) {
      try {
        const answer = await send(invocation, (options) =>
          client.send(new CreateAccessEntryCommand(creation(clusterName, entry, token)), options),
        );
        return { entryArn: answer.accessEntry?.accessEntryArn ?? '' };
      } catch (error) {
        if (isAwsError(error, 'ResourceInUseException')) return undefined;
        // IAM has not spread a new role yet: https://docs.aws.amazon.com/IAM/latest/UserGuide/troubleshoot.html#troubleshoot_general_eventual-consistency
        if (isAwsError(error, 'InvalidParameterException') && /invalid principal/i.test(error.message))
          throw new NotReady(error.message, { cause: error });
        throw error;
      }
    },

    async describeEntry(principalArn) {
      const answer = await orGone(
        send(invocation, (options) =>
          client.send(new DescribeAccessEntryCommand({ clusterName, principalArn }), options),
        ),
      );
      return answer?.accessEntry && observedEntry(answer.accessEntry);
    },

    async listPolicies(principalArn) {
      const policies: ObservedPolicy[] = [];
      for (let nextToken: string | undefined; ; ) {
        const page = await orGone(
          send(invocation, (options) =>
            client.send(
              new ListAssociatedAccessPoliciesCommand({ clusterName, principalArn, ...(nextToken && { nextToken }) }),
              options,
            ),
          ),
        );
        if (!page) return undefined;
        for (const { policyArn = '', accessScope } of page.associatedAccessPolicies ?? []) {
          policies.push({
            policyArn,
            accessScope: { type: accessScope?.type ?? '', namespaces: accessScope?.namespaces ?? [] },
          });
        }
        nextToken = page.nextToken;
        if (!nextToken) return policies;
      }
    },

    async associatePolicy(entry) {
      if (entry.access.kind !== 'policy') return;
      const { policyArn, accessScope } = entry.access;
      const scope =
        accessScope.type === 'cluster'
          ? accessScope
          : { type: accessScope.type, namespaces: [...accessScope.namespaces] };
      const command = new AssociateAccessPolicyCommand({
        clusterName,
        principalArn: entry.principalArn,
        policyArn,
        accessScope: scope,
      });
      const answer = await orGone(send(invocation, (options) => client.send(command, options)));
      if (!answer) throw new NotReady(`the entry of ${entry.principalArn} was made and cannot be seen yet`);
    },

    async disassociatePolicy(principalArn, policyArn) {
      await orGone(
        send(invocation, (options) =>
          client.send(new DisassociateAccessPolicyCommand({ clusterName, principalArn, policyArn }), options),
        ),
      );
    },

    async deleteEntry(principalArn) {
      await orGone(
        send(invocation, (options) =>
          client.send(new DeleteAccessEntryCommand({ clusterName, principalArn }), options),
        ),
      );
    },

    async tagEntry(resourceArn, tags) {
      await send(invocation, (options) =>
        client.send(new TagResourceCommand({ resourceArn, tags: { ...tags } }), options),
      );
    },
  };
}

/** A cluster as EKS describes it, in the broker's words. */
export function clusterFrom({
  arn = '',
  createdAt,
  accessConfig,
  endpoint,
  certificateAuthority,
}: Cluster): NonNullable<Awaited<ReturnType<Eks['describeCluster']>>> {
  return {
    arn,
    createdAt: epoch(createdAt),
    // A cluster that says nothing of its mode is an old one: aws-auth only.
    authenticationMode: accessConfig?.authenticationMode ?? 'CONFIG_MAP',
    ...(endpoint !== undefined && { endpoint }),
    ...(certificateAuthority?.data !== undefined && { certificateAuthorityData: certificateAuthority.data }),
  };
}

function creation(clusterName: string, entry: DesiredEntry, clientRequestToken: string) {
  return {
    clusterName,
    principalArn: entry.principalArn,
    type: 'STANDARD',
    ...(entry.username !== undefined && { username: entry.username }),
    ...(entry.access.kind === 'groups' && { kubernetesGroups: [...entry.access.kubernetesGroups] }),
    tags: { ...entry.tags },
    // The SDK makes up a new one for every call: ours makes the call the same call when it is repeated.
    clientRequestToken,
  };
}

/** Undefined where EKS says that there is no such thing. Whether the cluster itself answers is asked separately. */
async function orGone<T>(call: Promise<T>): Promise<T | undefined> {
  try {
    return await call;
  } catch (error) {
    if (isAwsError(error, ...NOT_FOUND)) return undefined;
    throw error;
  }
}

const epoch = (date: Date | undefined): Instant => instant(date?.getTime() ?? 0);
