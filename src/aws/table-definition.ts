/**
 * The product's one DynamoDB table as plain data: read by the CDK stack, by local mode and by the store, so that the
 * three cannot drift. No SDK import: the stack is synthesised without it.
 */

export type KeyNames = { partition: string; sort: string };
export type IndexDefinition = { name: string; key: KeyNames; projection: 'KEYS_ONLY' | 'ALL' };
export type TableDefinition = {
  /** Every key attribute is a string. */
  key: KeyNames;
  indexes: Readonly<Record<'due' | 'byPerson' | 'byTime' | 'undecided', IndexDefinition>>;
  billing: 'PAY_PER_REQUEST';
  stream: 'NEW_AND_OLD_IMAGES';
};

export const TABLE = {
  key: { partition: 'pk', sort: 'sk' },
  indexes: {
    /** Sparse: only what has a next deadline. Keys only: whoever finds something due reads it again, consistently. */
    due: { name: 'due', key: { partition: 'duePk', sort: 'dueAt' }, projection: 'KEYS_ONLY' },
    byPerson: { name: 'byPerson', key: { partition: 'personPk', sort: 'personSk' }, projection: 'ALL' },
    /** Sparse: only what waits for people to decide it. */
    undecided: { name: 'undecided', key: { partition: 'undecidedPk', sort: 'undecidedSk' }, projection: 'ALL' },
    byTime: { name: 'byTime', key: { partition: 'timePk', sort: 'timeSk' }, projection: 'ALL' },
  },
  billing: 'PAY_PER_REQUEST',
  stream: 'NEW_AND_OLD_IMAGES',
} as const satisfies TableDefinition;
