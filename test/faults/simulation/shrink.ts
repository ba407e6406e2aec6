/** From a run that goes wrong to the least of it that still does: deeds and faults are left out as long as it fails. */
import { type Only, type Outcome, simulate } from './run.ts';

const MOST_RUNS = 400;

export async function shrink(seed: number, first: Outcome): Promise<Outcome> {
  let best = first;
  let runs = 0;
  const fails = async (only: Only): Promise<boolean> => {
    if (runs++ >= MOST_RUNS) return false;
    const outcome = await simulate(seed, only);
    if (outcome.violations.length === 0) return false;
    best = outcome;
    return true;
  };
  const struck = await leaveOut([...first.struck], (kept) => fails({ plan: first.plan, struck: new Map(kept) }));
  await leaveOut(first.plan, (kept) => fails({ plan: kept, struck: new Map(struck) }));
  return best;
}

/** Halves, then quarters … of the items, as long as leaving them out changes nothing. */
async function leaveOut<T>(
  items: readonly T[],
  stillFails: (kept: readonly T[]) => Promise<boolean>,
): Promise<readonly T[]> {
  let kept = items;
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let from = 0; from < kept.length; ) {
      const fewer = [...kept.slice(0, from), ...kept.slice(from + size)];
      if (await stillFails(fewer)) kept = fewer;
      else from += size;
    }
  }
  return kept;
}
