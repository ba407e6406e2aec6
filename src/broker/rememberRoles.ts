/**
 * Asks IAM, while it can be asked, what break-glass has to know when it cannot: which roles callers come through, and
 * whom the standing roles that may be given without approval let in. What cannot be read now stays as it was known.
 */
import type { Configuration, Entitlement } from '../core/configuration.ts';
import { widerThan } from '../core/trust.ts';
import type { Deps, Known, KnownRole, KnownRoles } from './ports.ts';

type RememberDeps = Pick<Deps, 'roles' | 'identities' | 'ready' | 'config' | 'now' | 'log'> & { readonly known: Known };

export async function rememberRoles(deps: RememberDeps): Promise<void> {
  const config = deps.config();
  const rules = Object.values(config.entitlements).filter(({ breakGlass }) => breakGlass !== undefined);
  // Nobody is ever going to ask.
  if (rules.length === 0) return;
  const before = await deps.known.read();
  const [callers, ...standing] = await Promise.all([
    orBefore(deps, before.callers, async () => {
      // Without the directory, those through whose roles only its people come would be forgotten.
      await deps.ready();
      return { at: deps.now(), ids: Object.fromEntries(await deps.identities.roleIds()) };
    }),
    ...rules.map((rule) =>
      orBefore(deps, before.standing[rule.id], () => inspect(deps, rule, config)).then(
        (role) => [rule.id, role] as const,
      ),
    ),
  ]);
  const known: KnownRoles = {
    ...(callers && { callers }),
    standing: Object.fromEntries(standing.flatMap(([id, role]) => (role ? [[id, role]] : []))),
  };
  await deps.known.write(known);
}

async function orBefore<T>(deps: RememberDeps, before: T | undefined, ask: () => Promise<T | undefined>) {
  try {
    return await ask();
  } catch (error) {
    deps.log('warn', 'roles could not be looked at; what was known before stays', { error: String(error) });
    return before;
  }
}

async function inspect(
  deps: RememberDeps,
  { principal, clusters }: Entitlement,
  config: Configuration,
): Promise<KnownRole | undefined> {
  const cluster = config.clusters[clusters[0] ?? ''];
  if (principal.mode !== 'role' || !cluster) return undefined;
  const role = await deps.roles.inspect(principal.role, cluster);
  return {
    arn: principal.role,
    at: deps.now(),
    ...(role && { roleId: role.roleId }),
    wider: role ? widerThan(role.trust, principal.assumableBy) : [],
  };
}
