/** The chain of a grant's events: each is bound to the one before it, so none can be changed, dropped or slipped in. */
import { canonicalJson, type Sha256 } from './canonical.ts';
import type { Chained } from './event.ts';
import type { Actor } from './grant.ts';
import type { Instant } from './time.ts';

/** Where a chain stands: how many events, and the hash of the last. */
export type ChainHead = { readonly n: number; readonly hash: string };

export const emptyChain = (grantId: string): ChainHead => ({ n: 0, hash: grantId });
export const headOf = (event: Chained<unknown>): ChainHead => ({ n: event.n, hash: event.hash });

export function chain<Body>(
  grantId: string,
  head: ChainHead,
  at: Instant,
  actor: Actor,
  body: Body,
  sha256: Sha256,
): Chained<Body> {
  const event = { grantId, n: head.n + 1, at, actor, body, previous: head.hash };
  return { ...event, hash: sha256(canonicalJson(event)) };
}

export type ChainFault = { readonly n: number; readonly fault: 'missing' | 'changed' | 'foreign' };

/** What is wrong with a chain as it was found, first fault first; nothing when it is whole. */
export function faultsOf(grantId: string, events: readonly Chained<unknown>[], sha256: Sha256): ChainFault[] {
  const faults: ChainFault[] = [];
  let head = emptyChain(grantId);
  for (const event of events) {
    const { hash, ...rest } = event;
    if (event.grantId !== grantId) faults.push({ n: event.n, fault: 'foreign' });
    else if (event.n !== head.n + 1) faults.push({ n: head.n + 1, fault: 'missing' });
    else if (event.previous !== head.hash || sha256(canonicalJson(rest)) !== hash)
      faults.push({ n: event.n, fault: 'changed' });
    head = headOf(event);
  }
  return faults;
}
