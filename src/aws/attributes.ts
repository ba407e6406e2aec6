/** DynamoDB's attribute values and plain JSON values. Properties that are undefined are left out. */
import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import * as sdk from '@aws-sdk/util-dynamodb';

export type { AttributeValue };

export const marshall = (value: Record<string, unknown>): Record<string, AttributeValue> =>
  sdk.marshall(value, { removeUndefinedValues: true });

export const unmarshall = (item: Record<string, AttributeValue>): unknown => sdk.unmarshall(item);
