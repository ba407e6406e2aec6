/** Does a grant's record add up? Asked before anything is opened or prolonged (I1). */
import { faultsOf } from '../core/audit.ts';
import { canonicalJson } from '../core/canonical.ts';
import { replay } from '../core/evolve.ts';
import type { Deps, StoredWithEvents } from './ports.ts';

/** A state that no events led to was written by somebody else. */
export function forgery(deps: Pick<Deps, 'sha256'>, { grant, chain, events }: StoredWithEvents): string | undefined {
  const [fault] = faultsOf(grant.id, events, deps.sha256);
  if (fault) return `event ${fault.n} is ${fault.fault}`;
  if (events.at(-1)?.hash !== chain.hash) return 'the last event is not the one on record';
  if (canonicalJson(replay(events) ?? null) !== canonicalJson(grant)) return `the events do not lead to ${grant.state}`;
  return undefined;
}
