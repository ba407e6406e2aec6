/** Makes the product's table where it is not there yet, and refuses a table of that name that is not the product's. */
import {
  type AttributeDefinition,
  CreateTableCommand,
  DescribeTableCommand,
  type DynamoDBClient,
  type KeySchemaElement,
  type Projection,
  ResourceInUseException,
  ResourceNotFoundException,
  type TableDescription,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { type IndexDefinition, type KeyNames, TABLE } from '../../src/aws/table-definition.ts';

export type Table = {
  name: string;
  arn: string;
  /** Which table this is, however it is called: a restored copy has another one. Survives a restart of the engine. */
  id: string;
  streamArn: string;
};

/** Makes the table, or takes the one that is there. Throws when a table of that name has other keys or indexes. */
export async function createTable(client: DynamoDBClient, name = 'hallpass'): Promise<Table> {
  const present = await describe(client, name);
  if (present) return asProductTable(present);
  try {
    await client.send(new CreateTableCommand(creation(name)));
  } catch (error) {
    // Somebody else made it between the two calls: theirs is checked below like any other.
    if (!(error instanceof ResourceInUseException)) throw error;
  }
  await waitUntilTableExists({ client, maxWaitTime: 30, minDelay: 1, maxDelay: 1 }, { TableName: name });
  const made = await describe(client, name);
  if (!made) throw new Error(`table ${name} was created but cannot be found`);
  return asProductTable(made);
}

function creation(name: string): ConstructorParameters<typeof CreateTableCommand>[0] {
  return {
    TableName: name,
    BillingMode: TABLE.billing,
    AttributeDefinitions: [TABLE.key, ...Object.values(TABLE.indexes).map((index) => index.key)].flatMap(attributes),
    KeySchema: schema(TABLE.key),
    GlobalSecondaryIndexes: Object.values<IndexDefinition>(TABLE.indexes).map((index) => ({
      IndexName: index.name,
      KeySchema: schema(index.key),
      Projection: projection(index.shows),
    })),
    DeletionProtectionEnabled: true,
    StreamSpecification: { StreamEnabled: true, StreamViewType: TABLE.stream },
  };
}

function projection(shows: IndexDefinition['shows']): Projection {
  if (shows === 'ALL') return { ProjectionType: 'ALL' };
  return shows.length === 0
    ? { ProjectionType: 'KEYS_ONLY' }
    : { ProjectionType: 'INCLUDE', NonKeyAttributes: [...shows] };
}

const schema = (key: KeyNames): KeySchemaElement[] => [
  { AttributeName: key.partition, KeyType: 'HASH' },
  { AttributeName: key.sort, KeyType: 'RANGE' },
];

const attributes = (key: KeyNames): AttributeDefinition[] =>
  [key.partition, key.sort].map((AttributeName) => ({ AttributeName, AttributeType: 'S' }));

async function describe(client: DynamoDBClient, name: string): Promise<TableDescription | undefined> {
  try {
    return (await client.send(new DescribeTableCommand({ TableName: name }))).Table;
  } catch (error) {
    if (error instanceof ResourceNotFoundException) return undefined;
    throw error;
  }
}

function asProductTable(found: TableDescription): Table {
  const wanted = creation(found.TableName ?? '');
  const differs = shape(found) !== shape(wanted);
  const { TableName, TableArn, TableId, LatestStreamArn } = found;
  if (differs || !TableName || !TableArn || !TableId || !LatestStreamArn) {
    throw new Error(
      `table ${TableName} is there, but is not Hallpass's (wanted ${shape(wanted)}; found ${shape(found)}, ` +
        `stream ${LatestStreamArn ?? 'none'}): use another name, or move the database away to begin afresh`,
    );
  }
  return { name: TableName, arn: TableArn, id: TableId, streamArn: LatestStreamArn };
}

/** Keys, indexes and stream as text, the same for what is wanted and for what is found. */
function shape(table: Pick<TableDescription, 'KeySchema' | 'GlobalSecondaryIndexes' | 'StreamSpecification'>): string {
  const key = (elements: KeySchemaElement[] | undefined): string =>
    (elements ?? []).map((element) => element.AttributeName).join('+');
  const indexes = (table.GlobalSecondaryIndexes ?? []).map(({ IndexName, KeySchema, Projection: shown }) =>
    [IndexName, key(KeySchema), shown?.ProjectionType, ...(shown?.NonKeyAttributes ?? []).toSorted()].join(' '),
  );
  return [key(table.KeySchema), ...indexes.sort(), table.StreamSpecification?.StreamViewType].join(', ');
}
