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
  /** False when the condition failed. Transactions that touch the item at the same moment are waited for. */
  const update = async (command: UpdateItemCommand): Promise<boolean> => {
    for (let attempt = 1; ; attempt++) {
      try {
        await send(invocation, (options) => client.send(command, options));
        return true;
      } catch (error) {
        if (isAwsError(error, 'ConditionalCheckFailedException')) return false;
        if (!isAwsError(error, 'TransactionConflictException')) throw error;
        if (attempt >= CONTENTION_ATTEMPTS) throw new NotReady('the table is contended', { cause: error });
        await pause(attempt);
      }
    }
  };
  return {
    take(quota, ids, limit) {
      const [first] = ids;
      if (first === undefined) return Promise.resolve(true);
      if (ids.length > limit) return Promise.resolve(false);
      return update(
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
        }),
      );
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
