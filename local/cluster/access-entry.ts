/**
 * Access entries as the cluster sees them: those of the EKS API, a little later. EKS says that a change "may take
 * several seconds to be effective"; how long is a parameter here.
 */
import { type Duration, type Instant, instant, plus } from '../../src/core/time.ts';
import type { Clock } from '../clock.ts';

export type AccessScope = { type: 'cluster' | 'namespace'; namespaces: readonly string[] };
export type AssociatedPolicy = { policyArn: string; accessScope: AccessScope };
export type AccessEntry = {
  principalArn: string;
  /** The unique id that IAM gave the principal when the entry was made: `AROA…` or `AIDA…`, without a session. */
  principalId: string;
  /** `STANDARD`, `EC2_LINUX`, … */
  type: string;
  username: string;
  kubernetesGroups: readonly string[];
  policies: readonly AssociatedPolicy[];
};
export type AccessEntries = () => readonly AccessEntry[];

export type DelayedEntries = {
  /** The entries as they were `delay` ago. */
  visible: AccessEntries;
  /** Says that the source may have changed now. */
  changed(): void;
};

/**
 * Delays a source that can only be asked what holds now. A change that was announced by `changed` shows exactly
 * `delay` later. One that was not is dated back to the last look at the source, so it may show earlier than `delay`,
 * never later: a cluster nobody asked for an hour must not honour an entry that ended during that hour.
 */
export function delayedEntries(source: AccessEntries, clock: Clock, delay: Duration): DelayedEntries {
  let looked: Instant = clock.now();
  let history = [{ from: instant(Number.NEGATIVE_INFINITY), entries: source(), text: JSON.stringify(source()) }];

  const look = (announced: boolean): void => {
    const now = clock.now();
    const entries = source();
    const text = JSON.stringify(entries);
    if (text !== history.at(-1)?.text) history.push({ from: announced ? now : looked, entries, text });
    const ripe = history.findLastIndex((state) => plus(state.from, delay) <= now);
    if (ripe > 0) history = history.slice(ripe);
    looked = now;
  };
  return {
    changed: () => look(true),
    visible() {
      look(false);
      return history[0]?.entries ?? [];
    },
  };
}
