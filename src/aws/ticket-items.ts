/** Items of tickets: which grants belong to one, that it was closed, answers that are waited for, messages carried out. */
import {
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type TransactWriteItem,
} from '@aws-sdk/client-dynamodb';
import type { Change } from '../broker/ports.ts';
import type { TicketOf, Tickets } from '../broker/tickets.ts';
import { latestEnd } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { type Duration, days, type Instant, minutes, plus } from '../core/time.ts';
import { marshall, unmarshall } from './attributes.ts';
import { type Invocation, send } from './calls.ts';
import { type Item, key } from './items.ts';

// A grant may be extended, by a week in all, and its settle passes come after its end.
const KEPT_AFTER_END = days(30);
// Requests that are under way when a ticket is closed; a function lives for a minute.
const MARK_KEPT = days(1);
// Messages that are older than five minutes are refused by their time.
const MESSAGE_KEPT = minutes(15);

// A ticket is typed by people: encoded, no `#` of it can end its part of the key.
const pkOf = ({ system, ticket }: TicketOf): string => `ticket#${system}#${encodeURIComponent(ticket)}`;
const CLOSED = 'closed';
const GRANT = 'grant#';
const answerKey = (system: string, question: string) => ({ pk: `answer#${system}#${question}`, sk: 'answer' });
const messageKey = (message: string) => ({ pk: `message#${message}`, sk: 'message' });
const expiring = (at: Instant, length: Duration): number => Math.ceil(plus(at, length) / 1_000);

/** Written with the grant: it belongs to the ticket, which was not closed since somebody asked whether it is open. */
export function ticketWrites(table: string, { stored, ticket }: Change): TransactWriteItem[] {
  if (!ticket) return [];
  const { grant } = stored;
  const item = {
    ...key({ pk: pkOf(ticket), sk: `${GRANT}${grant.id}` }),
    ...marshall({ kind: 'ticket', expires: expiring(latestEnd(grant), KEPT_AFTER_END) }),
  };
  return [
    { Put: { TableName: table, Item: item } },
    {
      ConditionCheck: {
        TableName: table,
        Key: key({ pk: pkOf(ticket), sk: CLOSED }),
        ConditionExpression: 'attribute_not_exists(pk) OR closedAt < :askedAt',
        ExpressionAttributeValues: { ':askedAt': { N: String(ticket.askedAt) } },
      },
    },
  ];
}

export function ticketsIn(client: DynamoDBClient, invocation: Invocation, table: string): Tickets {
  const put = async (Item: Item): Promise<void> => {
    await send(invocation, (options) => client.send(new PutItemCommand({ TableName: table, Item }), options));
  };
  return {
    markClosed: (of, at) =>
      put({
        ...key({ pk: pkOf(of), sk: CLOSED }),
        ...marshall({ kind: 'ticket', closedAt: at, expires: expiring(at, MARK_KEPT) }),
      }),

    async grantsOf(of) {
      const ids: GrantId[] = [];
      for (let last: Item | undefined; ; ) {
        const command = new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk AND begins_with(sk, :grant)',
          ExpressionAttributeValues: { ':pk': { S: pkOf(of) }, ':grant': { S: GRANT } },
          ConsistentRead: true,
          ...(last && { ExclusiveStartKey: last }),
        });
        const page = await send(invocation, (options) => client.send(command, options));
        ids.push(...(page.Items ?? []).map((item) => (item['sk']?.S ?? '').slice(GRANT.length) as GrantId));
        last = page.LastEvaluatedKey;
        if (!last) return ids;
      }
    },

    putAnswer: (system, question, answer, at) =>
      put({
        ...key(answerKey(system, question)),
        ...marshall({ kind: 'answer', answer, expires: expiring(at, MESSAGE_KEPT) }),
      }),

    isDone: async (message) => (await itemAt(client, invocation, table, messageKey(message))) !== undefined,

    done: (message, at) =>
      put({ ...key(messageKey(message)), ...marshall({ kind: 'message', expires: expiring(at, MESSAGE_KEPT) }) }),
  };
}

/** What this system answered to a question that went out as an event; undefined so far. */
export async function answerTo(
  client: DynamoDBClient,
  invocation: Invocation,
  table: string,
  { system, question }: { readonly system: string; readonly question: string },
): Promise<{ readonly answer: unknown } | undefined> {
  const item = await itemAt(client, invocation, table, answerKey(system, question));
  return item && { answer: (unmarshall(item) as { answer?: unknown }).answer };
}

async function itemAt(
  client: DynamoDBClient,
  invocation: Invocation,
  table: string,
  at: { readonly pk: string; readonly sk: string },
): Promise<Item | undefined> {
  const command = new GetItemCommand({ TableName: table, Key: key(at), ConsistentRead: true });
  return (await send(invocation, (options) => client.send(command, options))).Item;
}
