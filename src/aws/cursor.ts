/**
 * Where a listing goes on. The cursor names a grant, nothing else: the index and the partition come from who is asking,
 * so that nobody reads another's list by writing a cursor of their own.
 */
import { BadCursor } from '../broker/ports.ts';
import { type GrantId, parseGrantId } from '../core/id.ts';
import { grantKey, type Item, key } from './items.ts';
import { type IndexDefinition, TABLE } from './table-definition.ts';

export const encodeCursor = (last: Item, index: string, partition: string): string => {
  const id = last['pk']?.S?.slice('grant#'.length) ?? '';
  return Buffer.from(JSON.stringify([index, partition, id])).toString('base64url');
};

/** Throws `BadCursor`. */
export function decodeCursor(cursor: string, index: string, partition: string): Item {
  const [ofIndex, ofPartition, id] = parts(cursor);
  const grant = typeof id === 'string' ? parseGrantId(id) : undefined;
  if (ofIndex !== index || ofPartition !== partition || !grant)
    throw new BadCursor('the cursor is not one of this listing');
  return startKey(grant, index, partition);
}

function startKey(id: GrantId, index: string, partition: string): Item {
  const { partition: pk, sort } = (TABLE.indexes as Readonly<Record<string, IndexDefinition>>)[index]?.key ?? TABLE.key;
  return { ...key(grantKey(id)), [pk]: { S: partition }, [sort]: { S: id } };
}

function parts(cursor: string): unknown[] {
  try {
    const value: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(value) ? value : [];
  } catch {
    return [];
  }
}
