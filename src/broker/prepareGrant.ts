/**
 * What can be done before the decision without opening anything: looking at the cluster and the role, and for a
 * dedicated principal making the role, without permissions and without an entry, so that IAM has spread it by the time
 * somebody approves.
 */
import { TAGS } from '../core/entry.ts';
import { type Actor, type Grant, isOver, latestEnd, type Preparation } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { grantEditsAwsAuth } from '../core/policy-powers.ts';
import { toIso } from '../core/time.ts';
import { widerThan } from '../core/trust.ts';
import { CannotActivate } from './access.ts';
import type { Deps, Stored } from './ports.ts';
import { draft } from './record.ts';
import { wakeWorkflow } from './wake.ts';

/** Prepares the grant once; answers it as it is then, or undefined if there is none. May throw `NotReady`. */
export async function prepareGrant(deps: Deps, id: GrantId, actor: Actor): Promise<Stored | undefined> {
  const stored = await deps.store.readGrant(id);
  if (!stored || stored.grant.preparation || (stored.grant.state !== 'pending' && stored.grant.state !== 'scheduled'))
    return stored;
  try {
    const preparation = await prepare(deps, stored.grant);
    const change = draft(deps, stored, actor, [{ type: 'prepared', ...preparation }]);
    const commit = await deps.store.commit(change);
    return commit.ok ? change.stored : prepareGrant(deps, id, actor);
  } catch (error) {
    if (!(error instanceof CannotActivate)) throw error;
    const change = draft(deps, stored, actor, [{ type: 'denied', reason: `${error.why}: ${error.message}` }]);
    const commit = await deps.store.commit(change);
    if (!commit.ok) return prepareGrant(deps, id, actor);
    await wakeWorkflow(deps, change.stored);
    return change.stored;
  }
}

async function prepare(deps: Deps, grant: Grant): Promise<Preparation> {
  if (isOver(grant)) throw new Error(`grant ${grant.id} is over`);
  const [found, roleId] = await Promise.all([findCluster(deps, grant), preparePrincipal(deps, grant)]);
  return { ...found, roleId };
}

async function findCluster(deps: Deps, grant: Grant): Promise<Omit<Preparation, 'roleId'>> {
  const { cluster } = grant;
  const found = await deps.eks(cluster).describeCluster();
  if (!found || found.arn !== cluster.arn) {
    throw new CannotActivate(
      'clusterGone',
      `There is no cluster ${cluster.name} in account ${cluster.account}, ${cluster.region}.`,
    );
  }
  if (found.authenticationMode === 'CONFIG_MAP') {
    throw new CannotActivate(
      'authenticationMode',
      `${cluster.name} authenticates by aws-auth only (CONFIG_MAP). Set its authentication mode to API or API_AND_CONFIG_MAP first.`,
    );
  }
  // The mode only ever moves towards API: what holds now holds when the access is given.
  if (
    found.authenticationMode === 'API_AND_CONFIG_MAP' &&
    !cluster.acceptsAwsAuthRisk &&
    grantEditsAwsAuth(grant.access)
  )
    throw new CannotActivate(
      'awsAuthWritable',
      `${cluster.name} still reads aws-auth (API_AND_CONFIG_MAP), and with this access one could write oneself into it and stay. Set its authentication mode to API, or let the cluster say acceptsAwsAuthRisk: true in hallpass.yaml.`,
    );
  const { createdAt, endpoint, certificateAuthorityData } = found;
  return {
    clusterCreatedAt: createdAt,
    ...(endpoint !== undefined && { endpoint }),
    ...(certificateAuthorityData !== undefined && { certificateAuthorityData }),
  };
}

async function preparePrincipal(deps: Deps, grant: Grant): Promise<string> {
  const { principal, cluster } = grant;
  if (principal.mode === 'dedicated') {
    const until = latestEnd(grant);
    const tags = {
      [TAGS.hub]: grant.hub,
      [TAGS.grant]: grant.id,
      [TAGS.person]: grant.requester.id,
      [TAGS.expires]: toIso(until),
    };
    return (await deps.roles.create(principal, until, tags)).roleId;
  }
  const role = await deps.roles.inspect(principal.arn, cluster);
  if (!role) throw new CannotActivate('roleGone', `The role ${principal.arn} does not exist.`);
  refuseWiderTrust(principal.arn, role.trust, principal.assumableBy);
  return role.roleId;
}

/** In mode `role` the access belongs to whoever can assume the role: nobody may who is not on the list (I1). */
export function refuseWiderTrust(roleArn: string, trust: unknown, assumableBy: readonly string[]): void {
  const wider = widerThan(trust, assumableBy);
  if (wider.length === 0) return;
  throw new CannotActivate(
    'trustTooWide',
    `${roleArn} can also be assumed by ${wider.join(', ')}, which the entitlement does not list in assumableBy.`,
  );
}
