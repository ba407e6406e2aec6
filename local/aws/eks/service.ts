/** Simulated EKS: access entries, access policies, tags, and reads of clusters. */
import { type Duration, seconds } from '../../../src/core/time.ts';
import type { Operations } from '../../aws-service.ts';
import { type Randomness, systemRandomness } from '../randomness.ts';
import { entryOperations } from './access-entries.ts';
import { clusterOperations } from './clusters.ts';
import { policyOperations } from './policy-associations.ts';
import { tagOperations } from './tags.ts';

/** `visibleAfter`: for how long a new access entry is found by nothing but CreateAccessEntry and DeleteAccessEntry (default 0). */
export function eksService(options: { random?: Randomness; visibleAfter?: Duration } = {}): Operations {
  return {
    ...entryOperations(options.random ?? systemRandomness, options.visibleAfter ?? seconds(0)),
    ...policyOperations,
    ...clusterOperations,
    ...tagOperations,
  };
}
