/**
 * What DynamoDB's engine leaves to the endpoint before it: rights, and transaction conflicts on demand. The engine behind knows nothing of IAM, so that is decided here: by table (or
 * index), and for transactions and batches by each of their parts, as AWS does.
 */
import { type AccessRequest, AwsError, type Input } from '../aws-service.ts';
import { partitionOf } from './arn.ts';
import type { Call } from './wire/protocol.ts';

const TRANSACTION_PARTS: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
};

export function dynamodbAccess(operation: string, input: Input, region: string, account: string): AccessRequest[] {
  const prefix = `arn:${partitionOf(region)}:dynamodb:${region}:${account}:table/`;
  const on = (action: string, table: unknown, index?: unknown, keyed?: unknown): AccessRequest => ({
    action: `dynamodb:${action}`,
    resource: resourceOf(prefix, table, index),
    ...leadingKeys(keyed),
  });
  switch (operation) {
    case 'TransactWriteItems':
    case 'TransactGetItems':
      return listOf(input.TransactItems).flatMap((item) =>
        Object.entries(fieldsOf(item)).map(([part, value]) =>
          on(TRANSACTION_PARTS[part] ?? operation, fieldsOf(value).TableName, undefined, value),
        ),
      );
    case 'BatchGetItem':
    case 'BatchWriteItem':
      return Object.keys(fieldsOf(input.RequestItems)).map((table) => on(operation, table));
    case 'ListTables':
      return [{ action: 'dynamodb:ListTables', resource: '*' }];
    default:
      return [on(operation, input.TableName ?? input.ResourceArn, input.IndexName, input)];
  }
}

/** The partition key of the one item that is read or written; a query's is in its expression, and not looked for. */
function leadingKeys(part: unknown): Pick<AccessRequest, 'conditionKeys'> {
  const item = fieldsOf(fieldsOf(part).Key ?? fieldsOf(part).Item);
  const { S: pk } = fieldsOf(item.pk);
  return typeof pk === 'string' ? { conditionKeys: { 'dynamodb:LeadingKeys': [pk] } } : {};
}

/** A table may be named or given as its ARN. What names none is asked for as `*`: only whoever may do all may do that. */
function resourceOf(prefix: string, table: unknown, index: unknown): string {
  if (typeof table !== 'string') return '*';
  const arn = table.startsWith('arn:') ? table : `${prefix}${table}`;
  return typeof index === 'string' ? `${arn}/index/${index}` : arn;
}

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const fieldsOf = (value: unknown): Input => (typeof value === 'object' && value !== null ? (value as Input) : {});

/** DynamoDB's answer when another transaction holds an item of this one. Throws for a call that cannot meet that. */
export function conflictError(service: string, { operation, input }: Call): AwsError {
  if (service === 'dynamodb' && /^Transact(Write|Get)Items$/.test(operation)) {
    const reasons = listOf(input.TransactItems).map(() => ({
      Code: 'TransactionConflict',
      Message: 'Transaction is ongoing for the item',
    }));
    const codes = reasons.map((reason) => reason.Code).join(', ');
    const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
    return new AwsError('TransactionCanceledException', 400, message, {
      CancellationReasons: reasons,
      Message: message,
    });
  }
  if (service === 'dynamodb' && /^(Put|Update|Delete)Item$/.test(operation)) {
    return new AwsError('TransactionConflictException', 400, 'Transaction is ongoing for the item');
  }
  throw new Error(`the fault "conflict" is for DynamoDB's writes and transactions, not for ${service}:${operation}`);
}
