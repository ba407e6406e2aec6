/** Delegations that approvers make at run time: all of them under one key, since whoever decides needs to know of any. */
import {
  type DynamoDBClient,
  QueryCommand,
  type QueryCommandOutput,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { DelegationRecord, Delegations } from '../broker/ports.ts';
import { canonicalJson } from '../core/canonical.ts';
import type { DelegationEvent } from '../core/delegation.ts';
import { days } from '../core/time.ts';
import { marshall, unmarshall } from './attributes.ts';
import { type Invocation, isAwsError, send } from './calls.ts';
import { eventKey, type Item, key } from './items.ts';
import { sha256 } from './runtime.ts';

const PARTITION = 'delegations';
/** What was approved by it may still have to begin: 30 days of window and 30 days ahead at most. */
const KEPT_AFTER_ITS_END = days(90);

export const delegationItem = (record: DelegationRecord): Item => ({
  ...key({ pk: PARTITION, sk: `delegation#${record.id}` }),
  ...marshall({
    kind: 'delegation',
    version: record.version,
    record,
    expires: Math.ceil((record.ends + KEPT_AFTER_ITS_END) / 1_000),
  }),
});

export const DELEGATION_EVENT = 'delegationEvent';

const eventItem = (event: DelegationEvent): Item => ({
  ...key({ ...eventKey(event.grantId, event.n), pk: `delegation#${event.grantId}` }),
  ...marshall({ kind: DELEGATION_EVENT, event }),
});
export const delegationEventOf = (item: Item): DelegationEvent =>
  (unmarshall(item) as { event: DelegationEvent }).event;

export function delegationsIn(client: DynamoDBClient, invocation: Invocation, table: string): Delegations {
  return {
    async read() {
      const records: DelegationRecord[] = [];
      for (let last: Item | undefined; ; ) {
        const page: QueryCommandOutput = await send(invocation, (options) =>
          client.send(
            new QueryCommand({
              TableName: table,
              KeyConditionExpression: 'pk = :pk',
              ExpressionAttributeValues: { ':pk': { S: PARTITION } },
              ConsistentRead: true,
              ...(last && { ExclusiveStartKey: last }),
            }),
            options,
          ),
        );
        for (const item of page.Items ?? []) records.push((unmarshall(item) as { record: DelegationRecord }).record);
        last = page.LastEvaluatedKey;
        if (!last) return records;
      }
    },

    async commit(record, event) {
      const was = record.version - 1;
      const command = new TransactWriteItemsCommand({
        TransactItems: [
          { Put: { TableName: table, Item: delegationItem(record), ...versionIs(was) } },
          { Put: { TableName: table, Item: eventItem(event), ConditionExpression: 'attribute_not_exists(pk)' } },
        ],
        ClientRequestToken: sha256(canonicalJson({ table, record, event })).slice(0, 36),
      });
      try {
        await send(invocation, (options) => client.send(command, options));
        return true;
      } catch (error) {
        // Whoever lost looks again and finds what is there, be it their own.
        if (isAwsError(error, 'TransactionCanceledException')) return false;
        throw error;
      }
    },
  };
}

const versionIs = (was: number): object =>
  was === 0
    ? { ConditionExpression: 'attribute_not_exists(pk)' }
    : {
        ConditionExpression: '#version = :was',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':was': { N: String(was) } },
      };
