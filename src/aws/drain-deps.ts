/** The ports that ending many at once needs: what is due where, who drains it, and EKS call by call. */
import { setTimeout } from 'node:timers/promises';
import { DynamoDBClient, PutItemCommand, QueryCommand, type QueryCommandInput } from '@aws-sdk/client-dynamodb';
import { EKSClient } from '@aws-sdk/client-eks';
import { isOverdue } from '../broker/crowds.ts';
import { type DrainPorts, type Known, type Lease, LONGEST_LEASE, type Place } from '../broker/drainPorts.ts';
import type { Due } from '../broker/ports.ts';
import type { TargetCluster } from '../core/grant.ts';
import { between, type Instant, plus, toIso } from '../core/time.ts';
import { marshall, unmarshall } from './attributes.ts';
import { clientConfig, type Invocation, isAwsError, send } from './calls.ts';
import { eksOnceIn, ONCE } from './eks-once.ts';
import type { Executors } from './executors.ts';
import { DUE_PARTITION, dueFrom, type Item, key } from './items.ts';
import type { Wiring } from './record-deps.ts';
import { type Runtime, required } from './runtime.ts';
import { TABLE } from './table-definition.ts';

/** Enough to see a crowd, and half a kilobyte's worth of reading units for each of a thousand functions that look at once. */
const NEWEST = 50;

export function drainWiring(runtime: Runtime, roles: Executors): Wiring<DrainPorts> {
  const dynamodb = new DynamoDBClient(clientConfig(runtime));
  const table = required(runtime, 'TABLE_NAME');
  const clientFor = onceClients(runtime, roles);
  return (invocation) => ({
    ...dueIn(dynamodb, invocation, table),
    async lastHolder(place) {
      const { pk, sk } = leaseKey(place);
      const command = new QueryCommand({
        TableName: table,
        KeyConditionExpression: 'pk = :pk AND sk = :sk',
        ExpressionAttributeValues: { ':pk': { S: pk }, ':sk': { S: sk } },
        ConsistentRead: true,
      });
      const { Items } = await send(invocation, (options) => dynamodb.send(command, options));
      return Items?.[0]?.['holder']?.S;
    },
    take: (place, lease) => take(dynamodb, invocation, table, place, lease),
    eksOnce: (target) => eksOnceIn(clientFor(target), invocation, target),
    pause: runtime.pause ?? ((length) => setTimeout(length)),
    timeLeft: () => between(runtime.now(), invocation.deadline),
  });
}

/** Kept between invocations, one for each executor and region. */
function onceClients(runtime: Runtime, roles: Executors): (target: TargetCluster) => EKSClient {
  const clients = new Map<string, EKSClient>();
  return ({ executor, region }) => {
    const name = `${executor} ${region}`;
    const client =
      clients.get(name) ??
      new EKSClient({ ...clientConfig(runtime), ...ONCE, region, credentials: roles.credentials(executor) });
    clients.set(name, client);
    return client;
  };
}

function dueIn(
  client: DynamoDBClient,
  invocation: Invocation,
  table: string,
): Pick<DrainPorts, 'newestDue' | 'endingIn'> {
  const query = async (until: Instant, more: Partial<QueryCommandInput>): Promise<{ due: Due[]; last?: Item }> => {
    const command = new QueryCommand({
      TableName: table,
      IndexName: TABLE.indexes.due.name,
      KeyConditionExpression: 'duePk = :due AND dueAt < :until',
      ExpressionAttributeValues: { ':due': { S: DUE_PARTITION }, ':until': { S: `${toIso(until)}#~` } },
      ...more,
    });
    const answer = await send(invocation, (options) => client.send(command, options));
    return {
      due: (answer.Items ?? []).map(dueFrom),
      ...(answer.LastEvaluatedKey && { last: answer.LastEvaluatedKey }),
    };
  };
  return {
    newestDue: async (now) => (await query(now, { ScanIndexForward: false, Limit: NEWEST })).due,
    async endingIn(place, now, until) {
      const found: Due[] = [];
      for (let last: Item | undefined; ; ) {
        const page = await query(until, last ? { ExclusiveStartKey: last } : {});
        found.push(...page.due.filter((due) => due.place === place && isOverdue(due, now)));
        last = page.last;
        if (!last) return found.map(({ id }) => id);
      }
    },
  };
}

const leaseKey = (place: Place): { pk: string; sk: string } => ({ pk: `drain#${place}`, sk: 'lease' });

/** The item is never deleted: what was measured of the place's rate is worth keeping. */
async function take(
  client: DynamoDBClient,
  invocation: Invocation,
  table: string,
  place: Place,
  { holder, until, ...found }: Lease,
): ReturnType<DrainPorts['take']> {
  const command = new PutItemCommand({
    TableName: table,
    Item: {
      ...key(leaseKey(place)),
      ...marshall({ kind: 'lease', holder, until, ...found }),
    },
    ConditionExpression: 'attribute_not_exists(pk) OR #until <= :now OR #until > :farthest OR #holder = :holder',
    ExpressionAttributeNames: { '#until': 'until', '#holder': 'holder' },
    ExpressionAttributeValues: marshall({
      ':now': invocation.now(),
      ':farthest': plus(invocation.now(), LONGEST_LEASE),
      ':holder': holder,
    }),
    ReturnValues: 'ALL_OLD',
  });
  try {
    const { Attributes } = await send(invocation, (options) => client.send(command, options));
    const { callsPerSecond, pages } = { ...(Attributes && (unmarshall(Attributes) as Known)), ...found };
    return { ...(callsPerSecond !== undefined && { callsPerSecond }), ...(pages !== undefined && { pages }) };
  } catch (error) {
    if (isAwsError(error, 'ConditionalCheckFailedException')) return undefined;
    throw error;
  }
}
