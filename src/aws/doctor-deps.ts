/** Wires the doctor: reads of the hub's account, and of clusters through their executors. Nothing here can write. */
import { DescribeTableCommand, DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { DescribeClusterCommand } from '@aws-sdk/client-eks';
import { GetAccountSummaryCommand, IAMClient } from '@aws-sdk/client-iam';
import { GetAccountSettingsCommand, LambdaClient } from '@aws-sdk/client-lambda';
import type { DoctorDeps } from '../broker/doctor.ts';
import type { RecordDeps } from '../broker/ports.ts';
import type { Cluster, Configuration } from '../core/configuration.ts';
import { type ClusterSeen, discoveryOf } from '../core/diagnosis.ts';
import { clientConfig, type Invocation, isAwsError, send } from './calls.ts';
import { type Outside, outsideWiring } from './chat-deps.ts';
import { eksClients } from './eks.ts';
import { executors } from './executors.ts';
import { httpGet, httpHandler } from './http-client.ts';
import { listPrincipals } from './principals.ts';
import { recordWiring, type Wiring } from './record-deps.ts';
import { iamClients, rolesIn } from './roles.ts';
import { type Runtime, required } from './runtime.ts';
import { trailWiring } from './trail.ts';

export function doctorWiring(
  runtime: Runtime,
  config: () => Configuration,
): Wiring<Omit<DoctorDeps, 'slack'> & RecordDeps & Outside> {
  const record = recordWiring(runtime, config);
  const roles = executors(runtime);
  const eksFor = eksClients(runtime, roles);
  const iam = new IAMClient(clientConfig(runtime));
  const iamFor = iamClients(runtime, roles, required(runtime, 'HUB_ACCOUNT'));
  const dynamodb = new DynamoDBClient(clientConfig(runtime));
  const lambda = new LambdaClient(clientConfig(runtime));
  const outside = outsideWiring(runtime);
  const handler = httpHandler(runtime);
  const tableName = required(runtime, 'TABLE_NAME');
  const trail = trailWiring(runtime, roles);
  return (invocation) => ({
    ...record(invocation),
    roles: rolesIn(iam, iamFor, invocation),
    tableName,
    async table() {
      const { Table } = await send(invocation, (options) =>
        dynamodb.send(new DescribeTableCommand({ TableName: tableName }), options),
      );
      return {
        deletionProtection: Table?.DeletionProtectionEnabled === true,
        stream: Table?.StreamSpecification?.StreamEnabled === true,
      };
    },
    async rolesQuota() {
      const { SummaryMap = {} } = await send(invocation, (options) =>
        iam.send(new GetAccountSummaryCommand({}), options),
      );
      return { used: SummaryMap.Roles ?? 0, quota: SummaryMap.RolesQuota ?? 0 };
    },
    async concurrency() {
      const { AccountLimit } = await send(invocation, (options) =>
        lambda.send(new GetAccountSettingsCommand({}), options),
      );
      return {
        limit: AccountLimit?.ConcurrentExecutions ?? 0,
        unreserved: AccountLimit?.UnreservedConcurrentExecutions ?? 0,
      };
    },
    cluster: (cluster) => clusterSeen(eksFor(cluster), invocation, cluster),
    ...outside(invocation),
    trail: (cluster) => {
      const now = runtime.now();
      return trail(invocation).creations(cluster, { from: now, to: now }, () => false);
    },
    issuer: (issuer) => issuerSeen(httpGet(handler, invocation), issuer),
  });
}

async function issuerSeen(get: ReturnType<typeof httpGet>, issuer: string) {
  const { status, body } = await get(discoveryOf(issuer));
  if (status !== 200) throw new Error(`it answered ${status}`);
  const found = JSON.parse(body) as { issuer?: unknown; jwks_uri?: unknown };
  return { issuer: String(found.issuer), keys: typeof found.jwks_uri === 'string' };
}

/** Undefined where the account and region say that there is no such cluster. */
async function clusterSeen(
  client: ReturnType<ReturnType<typeof eksClients>>,
  invocation: Invocation,
  { name }: Cluster,
): Promise<ClusterSeen | undefined> {
  try {
    const { cluster } = await send(invocation, (options) => client.send(new DescribeClusterCommand({ name }), options));
    const authenticationMode = cluster?.accessConfig?.authenticationMode ?? 'CONFIG_MAP';
    // A cluster by aws-auth only has no entries, and EKS refuses to list them.
    const principals = authenticationMode === 'CONFIG_MAP' ? [] : await listPrincipals(client, invocation, name);
    const logs = (cluster?.logging?.clusterLogging ?? []).filter((setup) => setup.enabled === true);
    return {
      arn: cluster?.arn ?? '',
      status: cluster?.status ?? 'UNKNOWN',
      authenticationMode,
      logs: logs.flatMap(({ types = [] }) => types),
      entries: principals.length,
    };
  } catch (error) {
    if (isAwsError(error, 'ResourceNotFoundException')) return undefined;
    throw error;
  }
}
