/**
 * The table. A change of a grant's state and its audit events are one transaction (I6), guarded by the grant's
 * version; whoever loses a race is told so, and nothing else is ever reported as a lost race.
 *
 * Timeline of a write whose answer is lost: the transaction commits, the connection is cut, the SDK sends it again with
 * the same ClientRequestToken, and DynamoDB answers success without doing it twice (for ten minutes). After that, or
 * when another process repeats it, the condition fails, the item's chain ends in our own event, and that is success too.
 */
import {
  DescribeTableCommand,
  type DynamoDBClient,
  GetItemCommand,
  PutItemCommand,
  QueryCommand,
  type QueryCommandInput,
  type TransactWriteItem,
  TransactWriteItemsCommand,
  UpdateItemCommand,
} from '@aws-sdk/client-dynamodb';
import {
  type Change,
  type Commit,
  type Conflict,
  NotReady,
  type RequestRecord,
  type Store,
  type Stored,
  type StoredWithEvents,
} from '../broker/ports.ts';
import { canonicalJson } from '../core/canonical.ts';
import type { Ledger } from '../core/entry.ts';
import type { GrantId } from '../core/id.ts';
import { dueAt } from '../core/task.ts';
import { toIso } from '../core/time.ts';
import { marshall } from './attributes.ts';
import { type Invocation, isAwsError, send } from './calls.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import {
  claimFrom,
  claimItem,
  claimKey,
  DUE_PARTITION,
  deniedAttribute,
  dueFrom,
  eventItem,
  grantAttributes,
  grantKey,
  grantOf,
  type Item,
  idIn,
  key,
  lastHashIn,
  ledgerFrom,
  ledgerItem,
  ledgerKey,
  openAttribute,
  PASSING,
  personFrom,
  personItem,
  personKey,
  requestFrom,
  requestItem,
  requestKey,
  TIME_PARTITION,
  UNDECIDED_PARTITION,
  waitingOf,
} from './items.ts';
import { sha256 } from './runtime.ts';
import { TABLE } from './table-definition.ts';
import { ticketWrites } from './ticket-items.ts';

/** What a warm function remembers: the table's id, and where the grants are that it read last. None of it ever changes. */
export type TableCache = { tableId?: string; readonly places: Map<GrantId, Place> };
type Place = NonNullable<ReturnType<Store['recall']>>;

const REMEMBERED_PLACES = 1_000;

function remember({ places }: TableCache, { id, cluster, principal, breakGlass }: Stored['grant']): void {
  places.set(id, { cluster, principal, ...(breakGlass && { breakGlass }) });
  const [oldest] = places.keys();
  if (places.size > REMEMBERED_PLACES && oldest !== undefined) places.delete(oldest);
}

/** A grant that is being written may be seen with its new state and without its new event. */
const WHOLE_ATTEMPTS = 5;

/** Transactions that meet each other are tried again this often before the caller is told to come back. */
const CONTENTION_ATTEMPTS = 5;

/** Somebody took its first event from the table: nothing says any more where its access is. */
class Lost extends Error {
  override name = 'Lost';
}
const unlessLost = (error: unknown): undefined => {
  if (!(error instanceof Lost)) throw error;
};

export function storeIn(
  client: DynamoDBClient,
  invocation: Invocation,
  table: string,
  cache: TableCache,
  pause: (attempt: number) => Promise<void>,
): Store {
  const query = async (input: Omit<QueryCommandInput, 'TableName'>): Promise<{ items: Item[]; last?: Item }> => {
    const answer = await send(invocation, (options) =>
      client.send(new QueryCommand({ TableName: table, ...input }), options),
    );
    return { items: answer.Items ?? [], ...(answer.LastEvaluatedKey && { last: answer.LastEvaluatedKey }) };
  };
  const queryAll = async (pk: string): Promise<Item[]> => {
    const items: Item[] = [];
    for (let last: Item | undefined; ; ) {
      const page = await query({
        KeyConditionExpression: 'pk = :pk',
        ExpressionAttributeValues: { ':pk': { S: pk } },
        ConsistentRead: true,
        ...(last && { ExclusiveStartKey: last }),
      });
      items.push(...page.items);
      last = page.last;
      if (!last) return items;
    }
  };
  /** Strongly consistent, and read again when a transaction was seen half: what stays torn is no passing moment. */
  const readWhole = async (id: GrantId): Promise<StoredWithEvents | undefined> => {
    for (let attempt = 1; ; attempt++) {
      const found = grantOf(await queryAll(grantKey(id).pk));
      if (!found) return undefined;
      const { torn, ...stored } = found;
      if (torn && attempt < WHOLE_ATTEMPTS) {
        await pause(attempt);
        continue;
      }
      if (stored.grant.id !== id) throw new Lost(`grant ${id} has lost the event that says what it is`);
      return stored;
    }
  };
  /**
   * The index says which grants, newest first; each is read by itself. Whatever has gone meanwhile is left out, and one
   * that somebody damaged keeps nobody from listing, or ending, the others: the sweeper says each minute that it is due.
   */
  const listing = async (index: Index, partition: string, limit: number, cursor: string | undefined) => {
    const start = cursor === undefined ? undefined : decodeCursor(cursor, index.name, partition);
    const { items, last } = await query({
      IndexName: index.name,
      KeyConditionExpression: '#pk = :pk',
      ExpressionAttributeNames: { '#pk': index.key.partition },
      ExpressionAttributeValues: { ':pk': { S: partition } },
      ScanIndexForward: false,
      Limit: limit,
      ...(start && { ExclusiveStartKey: start }),
    });
    const found = await Promise.all(items.map((item) => readWhole(idIn(item)).catch(unlessLost)));
    return {
      items: found.flatMap((one) => (one ? [withoutEvents(one)] : [])),
      ...(last && { cursor: encodeCursor(last, index.name, partition) }),
    };
  };
  const get = async (at: { pk: string; sk: string }): Promise<Item | undefined> => {
    const command = new GetItemCommand({ TableName: table, Key: key(at), ConsistentRead: true });
    return (await send(invocation, (options) => client.send(command, options))).Item;
  };
  const transact = async (
    parts: readonly Part[],
    isOwn: (item: Item) => boolean,
    content: unknown,
  ): Promise<Commit> => {
    const command = new TransactWriteItemsCommand({
      TransactItems: parts.map((part) => part.write),
      // At most 36 characters; the same content for the same table is the same request. Tokens are the account's.
      ClientRequestToken: sha256(canonicalJson({ table, content })).slice(0, 36),
    });
    for (let attempt = 1; ; attempt++) {
      try {
        await send(invocation, (options) => client.send(command, options));
        return { ok: true };
      } catch (error) {
        const verdict = verdictOn(error, parts, isOwn);
        if (verdict !== 'contention') return verdict;
        if (attempt >= CONTENTION_ATTEMPTS) throw new NotReady('the table is contended', { cause: error });
        await pause(attempt);
      }
    }
  };

  return {
    async tableId() {
      if (cache.tableId) return cache.tableId;
      const answer = await send(invocation, (options) =>
        client.send(new DescribeTableCommand({ TableName: table }), options),
      );
      const id = answer.Table?.TableId;
      if (!id) throw new Error(`the table ${table} has no id`);
      cache.tableId = id;
      return id;
    },

    recall: (id) => cache.places.get(id),

    async readGrant(id) {
      const found = await readWhole(id);
      if (found) remember(cache, found.grant);
      return found;
    },

    async readEntry(entry) {
      const items = await queryAll(ledgerKey(entry).pk);
      const [ledger] = items.filter((item) => item['sk']?.S === 'entry');
      const claims = items.filter((item) => item['sk']?.S?.startsWith('claim#')).map(claimFrom);
      return { ...(ledger && { ledger: ledgerFrom(ledger) }), claims };
    },

    async readPerson(personId) {
      const item = await get(personKey(personId));
      return item && personFrom(personId, item);
    },

    async readRequest(personId, route, requested) {
      const item = await get(requestKey({ personId, route, key: requested }));
      return item && requestFrom(item);
    },

    async keepRequest(request) {
      const command = new PutItemCommand({ TableName: table, Item: requestItem(request), ...keyIsFree(request) });
      try {
        await send(invocation, (options) => client.send(command, options));
        return true;
      } catch (error) {
        if (isAwsError(error, 'ConditionalCheckFailedException')) return false;
        throw error;
      }
    },

    commit: (change) =>
      transact(partsOf(table, change), (item) => lastHashIn(item) === change.stored.chain.hash, change),

    commitAll: ([first, ...others]) =>
      transact(
        partsOfAll(table, [first, ...others]),
        // Written together: if the first is there as we wrote it, all of them are.
        (item) => lastHashIn(item) === first.stored.chain.hash,
        [first, ...others],
      ),

    commitLedger: (ledger, was) =>
      transact([ledgerPut(table, ledger, was)], (item) => canonicalJson(ledgerFrom(item)) === canonicalJson(ledger), {
        ledger,
        was,
      }),

    async putToken(id, token) {
      const command = new UpdateItemCommand({
        TableName: table,
        Key: key(grantKey(id)),
        UpdateExpression: 'SET #token = :token',
        ConditionExpression: 'attribute_exists(pk)',
        ExpressionAttributeNames: { '#token': 'token' },
        ExpressionAttributeValues: marshall({ ':token': token }),
        ReturnValues: 'ALL_NEW',
      });
      try {
        const { Attributes } = await send(invocation, (options) => client.send(command, options));
        return Attributes && waitingOf(Attributes);
      } catch (error) {
        if (isAwsError(error, 'ConditionalCheckFailedException')) return undefined;
        throw error;
      }
    },

    async defer(stored, task, retry) {
      const retries = { ...stored.retries, [task]: retry };
      const due = dueAt(stored.grant, retries);
      const command = new UpdateItemCommand({
        TableName: table,
        Key: key(grantKey(stored.grant.id)),
        UpdateExpression: `SET #retries = :retries${due === undefined ? '' : ', #dueAt = :dueAt'}`,
        ConditionExpression: '#version = :version',
        ExpressionAttributeNames: {
          '#retries': 'retries',
          '#version': 'version',
          ...(due !== undefined && { '#dueAt': 'dueAt' }),
        },
        ExpressionAttributeValues: marshall({
          ':retries': retries,
          ':version': stored.version,
          ...(due !== undefined && { ':dueAt': `${toIso(due)}#${stored.grant.id}` }),
        }),
      });
      await send(invocation, (options) => client.send(command, options)).catch((error: unknown) => {
        // Somebody changed the grant meanwhile: what is due now is theirs to say.
        if (!isAwsError(error, 'ConditionalCheckFailedException')) throw error;
      });
    },

    async due(until, limit) {
      const { items } = await query({
        IndexName: TABLE.indexes.due.name,
        KeyConditionExpression: 'duePk = :due AND dueAt < :until',
        // '~' sorts after every id: all that is due at this very millisecond is included.
        ExpressionAttributeValues: { ':due': { S: DUE_PARTITION }, ':until': { S: `${toIso(until)}#~` } },
        Limit: limit,
      });
      return items.map(dueFrom);
    },

    grantsOfPerson: (personId, limit, cursor) => listing(TABLE.indexes.byPerson, personId, limit, cursor),
    undecidedGrants: (limit, cursor) => listing(TABLE.indexes.undecided, UNDECIDED_PARTITION, limit, cursor),
    grantsByTime: (limit, cursor) => listing(TABLE.indexes.byTime, TIME_PARTITION, limit, cursor),
  };
}

type Part = { readonly conflict: Conflict; readonly write: TransactWriteItem };

/** A transaction names an item once: what closes for one person goes into one update. */
function partsOfAll(table: string, changes: readonly Change[]): Part[] {
  // They are for one ticket: that it is not closed is asked once.
  const parts = changes
    .flatMap(({ closes: _, ...change }) => partsOf(table, change))
    .filter(
      ({ write }, index, all) => !write.ConditionCheck || all.findIndex((one) => one.write.ConditionCheck) === index,
    );
  const closed = Map.groupBy(
    changes.flatMap(({ closes }) => closes ?? []),
    ({ personId }) => personId,
  );
  for (const [personId, those] of closed)
    parts.push({
      conflict: 'person',
      write: {
        Update: closing(table, personId, those),
      },
    });
  return parts;
}

function partsOf(table: string, change: Change): Part[] {
  const { stored, events, claim, ledger, person, closes, request } = change;
  const parts: Part[] = [{ conflict: 'grant', write: { Update: grantUpdate(table, stored) } }];
  const put = (conflict: Conflict, item: Item, extra: object = {}): void => {
    parts.push({ conflict, write: { Put: { TableName: table, Item: item, ...extra } } });
  };
  const fresh = { ConditionExpression: 'attribute_not_exists(pk)' };
  for (const event of events) put('grant', eventItem(event), fresh);
  if (claim && 'put' in claim) put('ledger', claimItem(claim.put));
  if (claim && 'remove' in claim) {
    parts.push({
      conflict: 'ledger',
      write: { Delete: { TableName: table, Key: key(claimKey(claim.remove, stored.grant.id)) } },
    });
  }
  if (ledger && 'put' in ledger) parts.push(ledgerPut(table, ledger.put, ledger.was));
  if (ledger && 'remove' in ledger) {
    parts.push({
      conflict: 'ledger',
      write: { Delete: { TableName: table, Key: key(ledgerKey(ledger.remove)), ...versionIs(ledger.was) } },
    });
  }
  if (person) put('person', personItem(person.put), versionIs(person.put.version - 1));
  if (closes) parts.push({ conflict: 'person', write: { Update: closing(table, closes.personId, [closes]) } });
  for (const write of ticketWrites(table, change)) parts.push({ conflict: 'ticket', write });
  if (request) put('request', requestItem(request), keyIsFree(request));
  return parts;
}

/** An idempotency key may be used again after its day; the table's TTL deletes late or never. */
const keyIsFree = ({ madeAt }: RequestRecord) => ({
  ConditionExpression: 'attribute_not_exists(pk) OR #until <= :now',
  ExpressionAttributeNames: { '#until': 'until' },
  ExpressionAttributeValues: { ':now': { N: String(madeAt) } },
});

const ledgerPut = (table: string, ledger: Ledger, was: number): Part => ({
  conflict: 'ledger',
  write: { Put: { TableName: table, Item: ledgerItem(ledger), ...versionIs(was) } },
});

/** Version 0: there is none yet. */
function versionIs(version: number): object {
  const failed = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' };
  if (version === 0) return { ConditionExpression: 'attribute_not_exists(pk)', ...failed };
  return {
    ConditionExpression: '#version = :was',
    ExpressionAttributeNames: { '#version': 'version' },
    ExpressionAttributeValues: { ':was': { N: String(version) } },
    ...failed,
  };
}

/** Sets everything but the workflow's token, which the waiting step writes whenever it likes. */
function grantUpdate(table: string, stored: Stored): NonNullable<TransactWriteItem['Update']> {
  const attributes = grantAttributes(stored);
  const names = Object.keys(attributes);
  const sets = names.map((name) => `#${name} = :${name}`).join(', ');
  const removes = PASSING.filter((name) => !(name in attributes));
  const was = stored.version - 1;
  return {
    TableName: table,
    Key: key(grantKey(stored.grant.id)),
    UpdateExpression: `SET ${sets}${removes.length > 0 ? ` REMOVE ${removes.map((name) => `#${name}`).join(', ')}` : ''}`,
    ConditionExpression: was === 0 ? 'attribute_not_exists(pk)' : '#version = :was',
    ExpressionAttributeNames: Object.fromEntries([...names, ...removes].map((name) => [`#${name}`, name])),
    ExpressionAttributeValues: {
      ...Object.fromEntries(names.map((name) => [`:${name}`, attributes[name] ?? { NULL: true }])),
      ...(was > 0 && { ':was': { N: String(was) } }),
    },
    ReturnValuesOnConditionCheckFailure: 'ALL_OLD',
  };
}

/**
 * The person's record is not replaced: other grants of theirs may open and close at the same time. No condition, because
 * the record only serves limits: whatever became of it, a grant can be over.
 */
const closing = (
  table: string,
  personId: string,
  closed: readonly NonNullable<Change['closes']>[],
): NonNullable<TransactWriteItem['Update']> => {
  const denied = closed.flatMap(({ open, deniedAt }) => (deniedAt === undefined ? [] : [{ open, deniedAt }]));
  return {
    TableName: table,
    Key: key(personKey(personId)),
    UpdateExpression: `SET #version = if_not_exists(#version, :zero) + :one${denied.map((_, n) => `, #denied${n} = :denied${n}`).join('')} REMOVE ${closed.map((_, n) => `#open${n}`).join(', ')}`,
    ExpressionAttributeNames: {
      '#version': 'version',
      ...Object.fromEntries(closed.map(({ open }, n) => [`#open${n}`, openAttribute(open)])),
      ...Object.fromEntries(denied.map(({ open }, n) => [`#denied${n}`, deniedAttribute(open)])),
    },
    ExpressionAttributeValues: {
      ':zero': { N: '0' },
      ':one': { N: '1' },
      ...Object.fromEntries(denied.map(({ deniedAt }, n) => [`:denied${n}`, { N: String(deniedAt) }])),
    },
  };
};

type Cancellation = { readonly Code?: string | undefined; readonly Item?: Item | undefined };

/** Every cancellation reason is looked at by itself: only a failed condition is a lost race. */
function verdictOn(error: unknown, parts: readonly Part[], isOwn: (item: Item) => boolean): Commit | 'contention' {
  if (!isAwsError(error, 'TransactionCanceledException')) throw error;
  const reasons = (error as Error & { CancellationReasons?: Cancellation[] }).CancellationReasons ?? [];
  const failed = reasons.findIndex((reason) => reason.Code === 'ConditionalCheckFailed');
  if (failed >= 0) {
    const [first] = reasons;
    if (first?.Code === 'ConditionalCheckFailed' && first.Item && isOwn(first.Item)) return { ok: true };
    return { ok: false, conflict: parts[failed]?.conflict ?? 'grant' };
  }
  const passing = ['None', 'TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'];
  if (reasons.length > 0 && reasons.every((reason) => passing.includes(reason.Code ?? 'None'))) return 'contention';
  throw error;
}

type Index = (typeof TABLE.indexes)['byPerson' | 'byTime' | 'undecided'];

const withoutEvents = ({ events: _, ...stored }: StoredWithEvents): Stored => stored;
