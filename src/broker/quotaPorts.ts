/** Where quotas are kept: `src/aws/quotas.ts`. */
import type { GrantId } from '../core/id.ts';

export type QuotaStore = {
  /**
   * Takes a place for each grant, or none if there are not so many left; a place that it has already is taken again.
   * Answers how many are taken then; undefined if none was.
   */
  take(quota: string, ids: readonly GrantId[], limit: number): Promise<number | undefined>;
  members(quota: string): Promise<readonly GrantId[]>;
  /** Drops those that are there. */
  drop(quota: string, ids: readonly GrantId[]): Promise<void>;
};
