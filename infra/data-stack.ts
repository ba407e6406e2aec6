/** What must outlive everything: the table. It stands apart, so that no deployment of code ever touches it. */
import { RemovalPolicy, Stack, type StackProps } from 'aws-cdk-lib';
import { AttributeType, BillingMode, ProjectionType, StreamViewType, Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Construct } from 'constructs';
import { type IndexDefinition, TABLE } from '../src/aws/table-definition.ts';

const text = (name: string) => ({ name, type: AttributeType.STRING });

const projection = (shows: IndexDefinition['shows']) => {
  if (shows === 'ALL') return { projectionType: ProjectionType.ALL };
  return shows.length === 0
    ? { projectionType: ProjectionType.KEYS_ONLY }
    : { projectionType: ProjectionType.INCLUDE, nonKeyAttributes: [...shows] };
};

export type DataStackProps = StackProps & { readonly tableName: string };

export class DataStack extends Stack {
  readonly streamArn: string;

  constructor(scope: Construct, id: string, props: DataStackProps) {
    super(scope, id, { ...props, terminationProtection: true });
    const table = new Table(this, 'Table', {
      tableName: props.tableName,
      partitionKey: text(TABLE.key.partition),
      sortKey: text(TABLE.key.sort),
      billingMode: BillingMode[TABLE.billing],
      stream: StreamViewType[TABLE.stream],
      // Idempotency records only; grants and events never expire.
      timeToLiveAttribute: 'expires',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    for (const { name, key, shows } of Object.values<IndexDefinition>(TABLE.indexes))
      table.addGlobalSecondaryIndex({
        indexName: name,
        partitionKey: text(key.partition),
        sortKey: text(key.sort),
        ...projection(shows),
      });
    this.streamArn = table.tableStreamArn ?? '';
  }
}
