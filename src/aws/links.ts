/**
 * Links in the table. Three items: an account with the person it is linked to, a person with the accounts they have,
 * and for ten minutes what is stored of a code. Nothing is deleted, so that whoever writes links can delete nothing.
 */
import {
  type DynamoDBClient,
  GetItemCommand,
  QueryCommand,
  type TransactWriteItem,
  TransactWriteItemsCommand,
} from '@aws-sdk/client-dynamodb';
import type { LinkChange, LinkStore } from '../broker/linkPorts.ts';
import { NotReady } from '../broker/ports.ts';
import type { SlackIdentity } from '../core/configuration.ts';
import type { LinkRecord, PersonEvent, SlackAccount } from '../core/link.ts';
import { marshall, unmarshall } from './attributes.ts';
import { type Invocation, isAwsError, send } from './calls.ts';
import { type Item, key } from './items.ts';

const accountKey = ({ teamId, userId }: SlackIdentity) => ({ pk: `slack#${teamId}#${userId}`, sk: 'account' });
const recordKey = (personId: string) => ({ pk: `person#${personId}`, sk: 'links' });
const codeKey = (hash: string) => ({ pk: `link#${hash}`, sk: 'code' });
const EVENT = 'event#';
const eventKey = ({ personId, n }: Pick<PersonEvent, 'personId' | 'n'>) => ({
  pk: `person#${personId}`,
  sk: `${EVENT}${String(n).padStart(6, '0')}`,
});

/** The kind of a person's events: what hangs on the stream tells them from a grant's by it. */
export const PERSON_EVENT = 'personEvent';
export const personEventOf = (item: Item): PersonEvent => (unmarshall(item) as { event: PersonEvent }).event;

const CONTENTION_ATTEMPTS = 5;

export function linksIn(
  client: DynamoDBClient,
  invocation: Invocation,
  table: string,
  pause: (attempt: number) => Promise<void>,
  random: (bytes: number) => Uint8Array,
): LinkStore {
  const get = async <T>(at: { pk: string; sk: string }): Promise<T | undefined> => {
    const command = new GetItemCommand({ TableName: table, Key: key(at), ConsistentRead: true });
    const { Item: found } = await send(invocation, (options) => client.send(command, options));
    return found && (unmarshall(found) as T);
  };
  return {
    readAccount: async (who) => (await get<{ account: SlackAccount }>(accountKey(who)))?.account,
    readRecord: async (personId) => (await get<{ record: LinkRecord }>(recordKey(personId)))?.record,
    accountOfCode: async (hash) => (await get<{ account: SlackIdentity }>(codeKey(hash)))?.account,

    async readEvents(personId) {
      const events: PersonEvent[] = [];
      for (let last: Item | undefined; ; ) {
        const command = new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :event)',
          ExpressionAttributeValues: { ':pk': { S: `person#${personId}` }, ':event': { S: EVENT } },
          ConsistentRead: true,
          ...(last && { ExclusiveStartKey: last }),
        });
        const page = await send(invocation, (options) => client.send(command, options));
        events.push(...(page.Items ?? []).map(personEventOf));
        last = page.LastEvaluatedKey;
        if (!last) return events;
      }
    },

    async commit(change) {
      const command = new TransactWriteItemsCommand({
        TransactItems: writesOf(table, change),
        // One of its own for each call, which the SDK repeats with it. Made of the content it would let two attempts of
        // the same millisecond count as one.
        ClientRequestToken: Buffer.from(random(18)).toString('hex'),
      });
      for (let attempt = 1; ; attempt++) {
        try {
          await send(invocation, (options) => client.send(command, options));
          return true;
        } catch (error) {
          const codes = cancelledBecause(error);
          if (codes.includes('ConditionalCheckFailed')) return false;
          if (!codes.some((code) => CONTENTION.includes(code))) throw error;
          if (attempt >= CONTENTION_ATTEMPTS) throw new NotReady('the table is contended', { cause: error });
          await pause(attempt);
        }
      }
    },
  };
}

const CONTENTION = ['TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'];

function cancelledBecause(error: unknown): string[] {
  if (!isAwsError(error, 'TransactionCanceledException')) throw error;
  const { CancellationReasons = [] } = error as Error & { CancellationReasons?: { Code?: string }[] };
  return CancellationReasons.map((reason) => reason.Code ?? 'None');
}

function writesOf(table: string, { account, record, code, event }: LinkChange): TransactWriteItem[] {
  const put = (
    at: { pk: string; sk: string },
    attributes: Record<string, unknown>,
    condition: object,
  ): TransactWriteItem => ({
    Put: { TableName: table, Item: { ...key(at), ...marshall(attributes) }, ...condition },
  });
  return [
    ...(account
      ? [put(accountKey(account), { kind: 'slackAccount', version: account.version, account }, after(account))]
      : []),
    ...(record
      ? [put(recordKey(record.personId), { kind: 'links', version: record.version, record }, after(record))]
      : []),
    ...(code
      ? [
          put(
            codeKey(code.hash),
            { kind: 'linkCode', account: code.account, expires: Math.ceil(code.expiresAt / 1_000) },
            FRESH,
          ),
        ]
      : []),
    ...(event ? [put(eventKey(event), { kind: PERSON_EVENT, event }, FRESH)] : []),
  ];
}

const FRESH = { ConditionExpression: 'attribute_not_exists(pk)' };

const after = ({ version }: { readonly version: number }): object =>
  version === 1
    ? FRESH
    : {
        ConditionExpression: '#version = :was',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: { ':was': { N: String(version - 1) } },
      };
