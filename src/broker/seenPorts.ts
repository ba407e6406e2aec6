/** Where it is kept what the inventory saw: `src/aws/seen-clusters.ts`. */
import type { Instant } from '../core/time.ts';

export type SeenCluster = {
  readonly arn: string;
  readonly at: Instant;
  /** All that there were, of whatever type. */
  readonly entries: number;
  /** Principals of this hub's grants. */
  readonly own: readonly string[];
  /** Other people's, pipelines' and nodes', as far as there is room for them. */
  readonly others: readonly string[];
};

/** What is written by the inventory and read by the API. */
export type SeenClusters = {
  keep(seen: SeenCluster): Promise<void>;
  read(arn: string): Promise<SeenCluster | undefined>;
};
