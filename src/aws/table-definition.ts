/**
 * The product's one DynamoDB table as plain data: read by the CDK stack, by local mode and by the store, so that the
 * three cannot drift. No SDK import: the stack is synthesised without it.
 */

export type KeyNames = { partition: string; sort: string };
/** `shows`: what an entry of the index has beside the keys. What an update leaves as it was costs nothing there. */
export type IndexDefinition = { name: string; key: KeyNames; shows: 'ALL' | readonly string[] };
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
    /**
     * Sparse: only what has a next deadline. It shows whose turn it is and what stands too long; whoever does something
     * about it reads the grant again, consistently.
     */
    due: { name: 'due', key: { partition: 'duePk', sort: 'dueAt' }, shows: ['place', 'overdueFrom'] },
    /** Keys only, here and below: a listing reads each grant that it shows, and no change of a grant is paid for here. */
    byPerson: { name: 'byPerson', key: { partition: 'personPk', sort: 'personSk' }, shows: [] },
    /** Sparse: only what waits for people to decide it. */
    undecided: { name: 'undecided', key: { partition: 'undecidedPk', sort: 'undecidedSk' }, shows: [] },
    byTime: { name: 'byTime', key: { partition: 'timePk', sort: 'timeSk' }, shows: [] },
  },
  billing: 'PAY_PER_REQUEST',
  stream: 'NEW_AND_OLD_IMAGES',
} as const satisfies TableDefinition;
