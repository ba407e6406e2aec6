/**
 * The hub's own record: one item, and its events in a chain beside it, under an id that no grant has. While an order to
 * end is open the item is due before anything else, so that the sweeper's one question finds it.
 */
import {
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandInput,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import { type HubRecord, NotReady, type StoredHub } from '../broker/ports.ts';
import { emptyChain } from '../core/audit.ts';
import { canonicalJson } from '../core/canonical.ts';
import { HUB, QUIET } from '../core/hub.ts';
import type { GrantId } from '../core/id.ts';
import { marshall, unmarshall } from './attributes.ts';
import { type Invocation, isAwsError, send } from './calls.ts';
import { DUE_PARTITION, eventItem, grantKey, type Item, key } from './items.ts';
import { sha256 } from './runtime.ts';
import { TABLE } from './table-definition.ts';

const AT = { pk: grantKey(HUB as GrantId).pk, sk: 'hub' };
/** Sorts before every time. */
const AT_ONCE = `0#${HUB}`;

export function hubRecordIn(client: DynamoDBClient, invocation: Invocation, table: string): HubRecord {
  const query = (input: Omit<QueryCommandInput, 'TableName'>) =>
    send(invocation, (options) => client.send(new QueryCommand({ TableName: table, ...input }), options));
  return {
    async read() {
      const { Items } = await query({
        KeyConditionExpression: 'pk = :pk AND sk = :sk',
        ExpressionAttributeValues: { ':pk': { S: AT.pk }, ':sk': { S: AT.sk } },
        ConsistentRead: true,
      });
      const [item] = Items ?? [];
      return item ? hubFrom(item) : { state: QUIET, chain: emptyChain(HUB), version: 0 };
    },

    async commit(hub, events) {
      const was = hub.version - 1;
      const command = new TransactWriteItemsCommand({
        TransactItems: [
          {
            Put: {
              TableName: table,
              Item: hubItem(hub),
              ...(was === 0
                ? { ConditionExpression: 'attribute_not_exists(pk)' }
                : {
                    ConditionExpression: '#version = :was',
                    ExpressionAttributeNames: { '#version': 'version' },
                    ExpressionAttributeValues: { ':was': { N: String(was) } },
                  }),
              ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
            },
          },
          ...events.map((event) => ({
            Put: { TableName: table, Item: eventItem(event), ConditionExpression: 'attribute_not_exists(pk)' },
          })),
        ],
        ClientRequestToken: sha256(canonicalJson({ table, hub, events })).slice(0, 36),
      });
      try {
        await send(invocation, (options) => client.send(command, options));
        return true;
      } catch (error) {
        return committed(error, hub);
      }
    },

    async openGrants() {
      const ids: GrantId[] = [];
      for (let last: Item | undefined; ; ) {
        const page = await query({
          IndexName: TABLE.indexes.due.name,
          KeyConditionExpression: 'duePk = :due',
          ExpressionAttributeValues: { ':due': { S: DUE_PARTITION } },
          ...(last && { ExclusiveStartKey: last }),
        });
        ids.push(...(page.Items ?? []).map((item) => (item['pk']?.S ?? '').slice('grant#'.length) as GrantId));
        last = page.LastEvaluatedKey;
        if (!last) return ids.filter((id) => id !== HUB);
      }
    },
  };
}

const hubItem = ({ state, chain, version }: StoredHub): Item => ({
  ...key(AT),
  ...marshall({
    kind: 'hub',
    version,
    state,
    chain,
    ...(state.orders.length > 0 && { duePk: DUE_PARTITION, dueAt: AT_ONCE }),
  }),
});

function hubFrom(item: Item): StoredHub {
  const { state, chain, version } = unmarshall(item) as StoredHub;
  return { state, chain, version };
}

/** Only a failed condition is a lost race, and not even that when the record ends in our own events. */
function committed(error: unknown, { chain }: StoredHub): boolean {
  if (!isAwsError(error, 'TransactionCanceledException')) throw error;
  const reasons = (error as Error & { CancellationReasons?: { Code?: string; Item?: Item }[] }).CancellationReasons;
  const [first] = reasons ?? [];
  if (first?.Code === 'ConditionalCheckFailed' && first.Item && hubFrom(first.Item).chain.hash === chain.hash)
    return true;
  if (reasons?.some(({ Code }) => Code === 'ConditionalCheckFailed')) return false;
  throw new NotReady("the hub's record is contended", { cause: error });
}
