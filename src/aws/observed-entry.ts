/** An access entry as EKS describes it, in the core's words: for the hub and for the reaper alike. */
import type { AccessEntry } from '@aws-sdk/client-eks';
import type { ObservedEntry } from '../core/entry.ts';
import { instant } from '../core/time.ts';

export const observedEntry = (found: AccessEntry): ObservedEntry => ({
  entryArn: found.accessEntryArn ?? '',
  principalArn: found.principalArn ?? '',
  type: found.type ?? '',
  username: found.username ?? '',
  kubernetesGroups: found.kubernetesGroups ?? [],
  tags: found.tags ?? {},
  ...(found.createdAt && { createdAt: instant(found.createdAt.getTime()) }),
});
