/** Up to when CloudTrail was searched: one item of the table, strongly read. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Searched, TrailMarks } from '../broker/searchTrail.ts';
import type { Invocation } from './calls.ts';
import { loneItemsIn } from './lone-item.ts';

const AT = { pk: 'known', sk: 'trail' };

export function trailMarksIn(client: DynamoDBClient, invocation: Invocation, table: string): Searched {
  const items = loneItemsIn(client, invocation, table);
  return {
    read: async () => ((await items.read(AT))?.['marks'] as TrailMarks | undefined) ?? {},
    write: (marks) => items.write(AT, { kind: 'trail', marks }),
  };
}
