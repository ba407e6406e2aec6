/** Quotas in the table: one item each, with a string set of the grants that hold a place. */
import { type DynamoDBClient, GetItemCommand, UpdateItemCommand } from '@aws-sdk/client-dynamodb';
import { NotReady } from '../broker/ports.ts';
import type { QuotaStore } from '../broker/quotaPorts.ts';
import type { GrantId } from '../core/id.ts';
import { type Invocation, isAwsError, send } from './calls.ts';
import { key } from './items.ts';

const CONTENTION_ATTEMPTS = 5;
const keyOf = (quota: string) => key({ pk: `quota#${quota}`, sk: 'quota' });

export function quotasIn(
  client: DynamoDBClient,
  invocation: Invocation,
  table: string,
  pause: (attempt: number) => Promise<void>,
): QuotaStore {
  /** What is in the set then; undefined when the condition failed. Transactions that touch the item at the same moment are waited for. */
  const update = async (command: UpdateItemCommand): Promise<readonly string[] | undefined> => {
    for (let attempt = 1; ; attempt++) {
      try {
        const { Attributes } = await send(invocation, (options) => client.send(command, options));
        return Attributes?.['ids']?.SS ?? [];
      } catch (error) {
        if (isAwsError(error, 'ConditionalCheckFailedException')) return undefined;
        if (!isAwsError(error, 'TransactionConflictException')) throw error;
        if (attempt >= CONTENTION_ATTEMPTS) throw new NotReady('the table is contended', { cause: error });
        await pause(attempt);
      }
    }
  };
  return {
    async take(quota, ids, limit) {
      const [first] = ids;
      if (first === undefined) return 0;
      if (ids.length > limit) return undefined;
      const taken = await update(
        new UpdateItemCommand({
          TableName: table,
          Key: keyOf(quota),
          UpdateExpression: 'SET #kind = :kind ADD #ids :ids',
          // The last: this very write, whose answer was lost and which is sent again.
          ConditionExpression: 'attribute_not_exists(#ids) OR size(#ids) <= :room OR contains(#ids, :first)',
          ExpressionAttributeNames: { '#ids': 'ids', '#kind': 'kind' },
          ExpressionAttributeValues: {
            ':ids': { SS: [...ids] },
            ':room': { N: String(limit - ids.length) },
            ':first': { S: first },
            ':kind': { S: 'quota' },
          },
          ReturnValues: 'ALL_NEW',
        }),
      );
      return taken?.length;
    },

    async members(quota) {
      const command = new GetItemCommand({ TableName: table, Key: keyOf(quota), ConsistentRead: true });
      const { Item } = await send(invocation, (options) => client.send(command, options));
      return (Item?.['ids']?.SS ?? []) as GrantId[];
    },

    async drop(quota, ids) {
      if (ids.length === 0) return;
      await update(
        new UpdateItemCommand({
          TableName: table,
          Key: keyOf(quota),
          UpdateExpression: 'DELETE #ids :ids',
          ExpressionAttributeNames: { '#ids': 'ids' },
          ExpressionAttributeValues: { ':ids': { SS: [...ids] } },
        }),
      );
    },
  };
}
