/** Access entries as the cluster authenticates and authorises by them. EKS's API holds them; the cluster only reads. */
import { type Duration, type Instant, minus } from '../../src/core/time.ts';
import type { Clock } from '../clock.ts';

export type AccessScope = { type: 'cluster' | 'namespace'; namespaces: readonly string[] };
export type AssociatedPolicy = { policyArn: string; accessScope: AccessScope };
export type AccessEntry = {
  principalArn: string;
  /** The unique id that IAM gave the principal when the entry was made: `AROA…` or `AIDA…`, without a session. */
  principalId: string;
  /** `STANDARD`, `EC2_LINUX`, … */
  type: string;
  /** The template, such as `arn:aws:sts::111122223333:assumed-role/Dev/{{SessionName}}`. */
  username: string;
  kubernetesGroups: readonly string[];
  policies: readonly AssociatedPolicy[];
};
/** The entries as they were at `asOf`. */
export type AccessEntrySource = (asOf: Instant) => readonly AccessEntry[];
export type AccessEntries = () => readonly AccessEntry[];

/**
 * The entries as they were `delay` ago: EKS says that a change "may take several seconds to be effective". Access that
 * was taken away shows later, too, which is what a client has to live with.
 */
export const delayedEntries =
  (source: AccessEntrySource, clock: Clock, delay: Duration): AccessEntries =>
  () =>
    source(minus(clock.now(), delay));
