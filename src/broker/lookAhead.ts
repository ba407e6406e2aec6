/**
 * Reading ahead: where a grant's access is, or will be, never changes, so whoever has read the grant before can ask the
 * table and AWS about it in the same breath as reading the grant again. What comes back is used only where the grant
 * just read says so, and never instead of it.
 */
import type { Principal, TargetCluster } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import { type Entry, entryKeyOf } from './arm.ts';
import type { Deps, Eks, Roles, StoredWithEvents } from './ports.ts';

/** The cluster and the standing role as they are now. */
export type Ground = {
  readonly cluster: Awaited<ReturnType<Eks['describeCluster']>>;
  readonly role: Awaited<ReturnType<Roles['inspect']>>;
};

export async function lookAtGround(
  deps: Pick<Deps, 'eks' | 'roles'>,
  {
    cluster,
    principal,
    breakGlass,
  }: { readonly cluster: TargetCluster; readonly principal: Principal; readonly breakGlass?: unknown },
): Promise<Ground> {
  const [found, role] = await Promise.all([
    deps.eks(cluster).describeCluster(),
    // In an emergency IAM is not asked: what was known of the role is on record with the grant.
    principal.mode === 'role' && breakGlass === undefined ? deps.roles.inspect(principal.arn, cluster) : undefined,
  ]);
  return { cluster: found, role };
}

/** A read that was made ahead; `undefined` where there was none, or it failed and is to be made again where it counts. */
export type Ahead<T> = T | undefined;

export async function readWithEntry(
  deps: Deps,
  id: GrantId,
): Promise<{ readonly stored: StoredWithEvents | undefined; readonly entry: Ahead<Entry> }> {
  const place = deps.store.recall(id);
  const [stored, entry] = await Promise.all([
    deps.store.readGrant(id),
    place && orNothing(deps.store.readEntry(entryKeyOf(place))),
  ]);
  return { stored, entry };
}

export async function readWithGround(
  deps: Deps,
  id: GrantId,
): Promise<{
  readonly stored: StoredWithEvents | undefined;
  readonly entry: Ahead<Entry>;
  readonly ground: Ahead<Ground>;
}> {
  const place = deps.store.recall(id);
  const [read, ground] = await Promise.all([readWithEntry(deps, id), place && orNothing(lookAtGround(deps, place))]);
  return { ...read, ground };
}

const orNothing = <T>(reading: Promise<T>): Promise<T | undefined> => reading.catch(() => undefined);
