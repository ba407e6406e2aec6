/** A person's yes or no, to a request or to an extension. */
import type { Channel, Person } from '../core/configuration.ts';
import type { GrantId } from '../core/id.ts';

export type Decision = { readonly kind: 'approve' } | { readonly kind: 'deny'; readonly reason: string };
export type DecideGrant = {
  readonly person: Person;
  readonly channel: Channel;
  readonly proof: string;
  readonly id: GrantId;
  readonly decision: Decision;
};
