/** An access entry as EKS describes it, in the core's words: for the hub and for the reaper alike. */
import type { AccessEntry } from '@aws-sdk/client-eks';
import type { ObservedEntry } from '../core/entry.ts';

export const observedEntry = (found: AccessEntry): ObservedEntry => ({
  entryArn: found.accessEntryArn ?? '',
  principalArn: found.principalArn ?? '',
  type: found.type ?? '',
  username: found.username ?? '',
  kubernetesGroups: found.kubernetesGroups ?? [],
  tags: found.tags ?? {},
});
