/** The rules in force, with whoever decides in whose place just now: what is asked before anything is decided. */
import type { Configuration } from '../core/configuration.ts';
import type { Approval } from '../core/grant.ts';
import type { RecordDeps } from './ports.ts';

type Rules = Pick<RecordDeps, 'config' | 'delegations'>;

export async function rulesInForce({ config, delegations }: Rules): Promise<Configuration> {
  const written = config();
  const made = await delegations.read();
  return made.length === 0 ? written : { ...written, delegations: [...(written.delegations ?? []), ...made] };
}

/** The use case as it would be with those rules written in the configuration. */
export async function underRulesInForce<D extends Rules>(deps: D): Promise<D> {
  const rules = await rulesInForce(deps);
  return { ...deps, config: () => rules };
}

/** The same for counting what is on record: nothing is looked up that no approval hangs on. */
export const rulesFor = async (rules: Rules, approvals: readonly Approval[]): Promise<Configuration> =>
  approvals.some(({ onBehalfOf }) => onBehalfOf) ? rulesInForce(rules) : rules.config();
