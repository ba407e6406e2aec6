/** The reapers of the cluster accounts, which know nothing of the hub and go by tags alone. */
import { reap } from '../../src/broker/reap.ts';
import type { TargetCluster } from '../../src/core/grant.ts';
import { fakeEks } from '../broker/fake-aws.ts';
import type { World } from './world.ts';

export type Reaping = {
  readonly hubAccount: string;
  readonly standingRoles: ReadonlySet<string>;
  readonly targets: readonly TargetCluster[];
};

/** One run in every cluster; answers the entries that it ended, as `<cluster> <principal>`. */
export async function reapAll(world: World, { hubAccount, standingRoles, targets }: Reaping): Promise<string[]> {
  const ended: string[] = [];
  const clusters = targets.map((target) => {
    const { describeEntry, deleteEntry } = fakeEks(world.aws, target);
    const key = `${target.account}/${target.region}/${target.name}`;
    return [
      target.name,
      {
        listPrincipals: async () => [...(world.aws.clusters.get(key)?.entries.keys() ?? [])],
        describeEntry,
        deleteEntry: async (arn: string) => {
          await deleteEntry(arn);
          world.changed();
          ended.push(`${key} ${arn}`);
        },
      },
    ] as const;
  });
  const mark = { hub: 'main', path: `arn:aws:iam::${hubAccount}:role/hallpass/main/`, standingRoles };
  await reap({ mark, clusters: Object.fromEntries(clusters), now: world.time.now, log: () => {} });
  return ended;
}
