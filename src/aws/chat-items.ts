/**
 * What Slack's part keeps in the table: where each message of a grant stands, and which clicks were done. Losing any of it
 * opens nothing: a message would be said twice, a click be judged again by the grant as it is.
 */
import {
  type DynamoDBClient,
  QueryCommand,
  UpdateItemCommand,
  type UpdateItemCommandInput,
} from '@aws-sdk/client-dynamodb';
import type { GrantId } from '../core/id.ts';
import { type Duration, days, hours, type Instant, plus, seconds, toSeconds } from '../core/time.ts';
import { marshall, unmarshall } from './attributes.ts';
import { type Invocation, isAwsError, send } from './calls.ts';
import { type Item, key } from './items.ts';
import { NOTICE_PREFIX } from './notice-key.ts';

const CLICK_PREFIX = 'click#';

type Notice = {
  readonly key: string;
  readonly at?: { readonly channel: string; readonly ts: string };
  readonly digest?: string;
  readonly given?: 'up';
};

/** Longer than any grant with its window lives, and than anybody looks at its messages. */
const NOTICES_KEPT: Duration = days(180);
const CLICKS_KEPT: Duration = hours(24);
/** As long as a function may run, and a little. */
const BUSY_FOR: Duration = seconds(70);

const expires = (now: Instant, kept: Duration): number => Math.ceil(toSeconds((now + kept) as Duration));

export function noticesIn(client: DynamoDBClient, invocation: Invocation, table: string) {
  const update = updater(client, invocation, table);
  const at = (id: GrantId, notice: string) => ({ pk: `${NOTICE_PREFIX}${id}`, sk: notice });
  return {
    async read(id: GrantId): Promise<Notice[]> {
      const items: Item[] = [];
      for (let last: Item | undefined; ; ) {
        const command = new QueryCommand({
          TableName: table,
          KeyConditionExpression: 'pk = :pk',
          ExpressionAttributeValues: { ':pk': { S: `${NOTICE_PREFIX}${id}` } },
          ConsistentRead: true,
          ...(last && { ExclusiveStartKey: last }),
        });
        const page = await send(invocation, (options) => client.send(command, options));
        items.push(...(page.Items ?? []));
        last = page.LastEvaluatedKey;
        if (!last) return items.map(noticeOf);
      }
    },

    claim: (id: GrantId, notice: string, was: Notice | undefined, until: Instant) =>
      update(at(id, notice), {
        UpdateExpression: 'SET kind = :kind, claimedUntil = :until, expires = :expires',
        ConditionExpression:
          '(attribute_not_exists(claimedUntil) OR claimedUntil <= :now) AND ' +
          (was?.digest === undefined ? 'attribute_not_exists(digest)' : 'digest = :was'),
        ExpressionAttributeValues: marshall({
          ':kind': 'notice',
          ':until': until,
          ':now': invocation.now(),
          ':expires': expires(invocation.now(), NOTICES_KEPT),
          ...(was?.digest !== undefined && { ':was': was.digest }),
        }),
      }),

    async keep(id: GrantId, notice: Notice): Promise<void> {
      const fields = { at: notice.at, digest: notice.digest, given: notice.given };
      const set = Object.entries(fields).filter(([, value]) => value !== undefined);
      const gone = Object.entries(fields).filter(([, value]) => value === undefined);
      await update(at(id, notice.key), {
        UpdateExpression: [
          ...(set.length > 0 ? [`SET ${set.map(([name]) => `#${name} = :${name}`).join(', ')}`] : []),
          `REMOVE ${['claimedUntil', ...gone.map(([name]) => `#${name}`)].join(', ')}`,
        ].join(' '),
        ExpressionAttributeNames: Object.fromEntries(Object.keys(fields).map((name) => [`#${name}`, name])),
        ...(set.length > 0 && {
          ExpressionAttributeValues: marshall(Object.fromEntries(set.map(([name, value]) => [`:${name}`, value]))),
        }),
      });
    },
  };
}

function noticeOf(item: Item): Notice {
  const { sk, at, digest, given } = unmarshall(item) as Omit<Notice, 'key'> & { sk: string };
  return {
    key: sk,
    ...(at !== undefined && { at }),
    ...(digest !== undefined && { digest }),
    ...(given !== undefined && { given }),
  };
}

export function clicksIn(client: DynamoDBClient, invocation: Invocation, table: string) {
  const update = updater(client, invocation, table);
  const at = (click: string) => ({ pk: `${CLICK_PREFIX}${click}`, sk: 'click' });
  return {
    /** Whoever died over it is taken for dead once its function cannot run any more. */
    begin: (click: string) =>
      update(at(click), {
        UpdateExpression: 'SET kind = :kind, busyUntil = :until, expires = :expires',
        ConditionExpression: 'attribute_not_exists(pk) OR (attribute_not_exists(done) AND busyUntil <= :now)',
        ExpressionAttributeValues: marshall({
          ':kind': 'click',
          ':until': plus(invocation.now(), BUSY_FOR),
          ':now': invocation.now(),
          ':expires': expires(invocation.now(), CLICKS_KEPT),
        }),
      }),
    async done(click: string): Promise<void> {
      await update(at(click), {
        UpdateExpression: 'SET done = :now',
        ExpressionAttributeValues: marshall({ ':now': invocation.now() }),
      });
    },
  };
}

/** False when the condition failed. */
const updater =
  (client: DynamoDBClient, invocation: Invocation, TableName: string) =>
  async (
    at: { readonly pk: string; readonly sk: string },
    rest: Omit<UpdateItemCommandInput, 'TableName' | 'Key'>,
  ): Promise<boolean> => {
    const command = new UpdateItemCommand({ TableName, Key: key(at), ...rest });
    try {
      await send(invocation, (options) => client.send(command, options));
      return true;
    } catch (error) {
      if (isAwsError(error, 'ConditionalCheckFailedException')) return false;
      throw error;
    }
  };
