/** Does a grant's record add up? Asked before anything is decided, opened or prolonged (I1). */
import { faultsOf } from '../core/audit.ts';
import { canonicalJson } from '../core/canonical.ts';
import { replay } from '../core/evolve.ts';
import { type Deps, NotReady, type StoredWithEvents } from './ports.ts';

const LOOKS = 4;

/**
 * What is wrong with the record, whenever it is read; undefined if nothing is. Whoever reads while it is being written may
 * see half of a change: then this throws `NotReady`, and whoever comes again finds the whole.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis.html#transaction-isolation
 */
export async function provenForgery(
  deps: Pick<Deps, 'sha256' | 'store'>,
  stored: StoredWithEvents,
): Promise<string | undefined> {
  const found = forgery(deps, stored);
  for (let look = 1; found !== undefined && look < LOOKS; look++) {
    const again = await deps.store.readGrant(stored.grant.id);
    if (again && forgery(deps, again) === undefined)
      throw new NotReady(`grant ${stored.grant.id} was being written while it was read`);
  }
  return found;
}

/** A state that no events led to was written by somebody else. */
function forgery(deps: Pick<Deps, 'sha256'>, { grant, chain, events, altered }: StoredWithEvents): string | undefined {
  if (altered !== undefined) return `${altered} was changed in the table`;
  const [fault] = faultsOf(grant.id, events, deps.sha256);
  if (fault) return `event ${fault.n} is ${fault.fault}`;
  if (events.at(-1)?.hash !== chain.hash) return 'the last event is not the one on record';
  if (canonicalJson(replay(events) ?? null) !== canonicalJson(grant)) return `the events do not lead to ${grant.state}`;
  return undefined;
}
