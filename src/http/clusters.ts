/** `GET /v1/clusters`: which clusters there are, what one may request there, and what the inventory saw. */
import type { RecordDeps } from '../broker/ports.ts';
import { type ClusterShown, readClusters } from '../broker/seenClusters.ts';
import { between, type Instant, toIso, toSeconds } from '../core/time.ts';
import type { Caller } from './caller.ts';
import type { ClusterView } from './cluster-schemas.ts';
import type { Answer } from './request.ts';
import { entitlementView } from './views.ts';

export async function answerClusters(deps: RecordDeps, { person }: Caller): Promise<Answer> {
  const shown = await readClusters(deps, person);
  return { status: 200, body: { clusters: shown.map((one) => clusterView(one, deps.now())) } };
}

function clusterView({ cluster, requestable, seen, mayReadEntries }: ClusterShown, now: Instant): ClusterView {
  const { name, arn, region, account, tags } = cluster;
  return {
    ...{ name, arn, region, account, tags },
    requestable: requestable.map((rule) => ({ entitlement: rule.id, access: entitlementView(rule).access })),
    ...(seen && {
      seen: {
        at: toIso(seen.at),
        ageSeconds: Math.max(0, Math.floor(toSeconds(between(seen.at, now)))),
        entries: seen.entries,
        own: seen.own.length,
        ...(mayReadEntries && { principals: { own: [...seen.own], others: [...seen.others] } }),
      },
    }),
  };
}
