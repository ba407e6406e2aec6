/**
 * Asked by CloudFormation before a deployment takes something away that the end of a grant needs. It changes nothing:
 * it answers why not, naming the grants and what to do, or undefined if nothing stands in the way.
 */
import type { Grant } from '../core/grant.ts';
import { isKept, leavesTraces, needsCluster, type Reach } from '../core/leaving.ts';
import { inLanes } from './lanes.ts';
import type { HubRecord, Store } from './ports.ts';

export type GuardDeps = {
  readonly store: Pick<Store, 'readGrant'>;
  readonly hub: Pick<HubRecord, 'openGrants'>;
  /** ARNs of the roles that Hallpass made for grants of this hub, remembered or not. */
  readonly listRoles: () => Promise<readonly string[]>;
};

const READ_LANES = 16;
/** CloudFormation takes 4 kB in all. */
const NAMED = 10;

/** A deployment of a configuration with these clusters. */
export async function guardUpdate(deps: GuardDeps, kept: readonly Reach[]): Promise<string | undefined> {
  const grants = await openGrants(deps);
  const stranded = grants.filter((grant) => needsCluster(grant) && !isKept(grant, kept));
  if (stranded.length === 0) return undefined;
  return [
    `Access that Hallpass gave could not be ended any more: the configuration to be deployed has no longer the cluster, or another executor for it, of ${amount(stranded)}:`,
    `${named(stranded)}.`,
    'Keep the cluster as it is until they are over: end them (hallpass end <grant>) or wait, at the longest until 12 minutes after their end; then deploy again.',
  ].join(' ');
}

/** The hub is to be deleted. */
export async function guardDeletion(deps: GuardDeps): Promise<string | undefined> {
  const [grants, roles] = await Promise.all([openGrants(deps), deps.listRoles()]);
  const left = grants.filter(leavesTraces);
  const known = new Set(left.map(({ principal }) => principal.arn));
  const forgotten = roles.filter((arn) => !known.has(arn));
  if (left.length === 0 && forgotten.length === 0) return undefined;
  return [
    'Hallpass would leave access or roles behind.',
    ...(left.length > 0
      ? [
          `Not over yet: ${amount(left)}: ${named(left)}. Withdraw or end them (hallpass withdraw, hallpass end) or wait, at the longest until 12 minutes after their end; then delete again.`,
        ]
      : []),
    ...(forgotten.length > 0
      ? [`Roles that no grant knows of: ${firstOf(forgotten).join(', ')}. Delete them in IAM; then delete again.`]
      : []),
  ].join(' ');
}

async function openGrants({ store, hub }: GuardDeps): Promise<readonly Grant[]> {
  const ids = await hub.openGrants();
  const read = await inLanes(ids, READ_LANES, (id) => store.readGrant(id));
  return read.flatMap((stored) => (stored ? [stored.grant] : []));
}

const amount = ({ length }: readonly unknown[]): string => (length === 1 ? 'one grant' : `${length} grants`);

const named = (grants: readonly Grant[]): string =>
  firstOf(grants.map(({ id, state, cluster }) => `${id} (${state}, ${cluster.name})`)).join(', ');

const firstOf = (all: readonly string[]): readonly string[] =>
  all.length > NAMED ? [...all.slice(0, NAMED), `and ${all.length - NAMED} more`] : all;
