/** Clusters for people. */
import type { ClusterView } from '../../src/http/cluster-schemas.ts';
import { facts, table } from '../terminal/table.ts';
import { moment } from './moment.ts';

export const clusterTable = (clusters: readonly ClusterView[]): string =>
  table(
    ['CLUSTER', 'REGION', 'YOU MAY REQUEST', 'ENTRIES', 'OF GRANTS', 'AS OF'],
    clusters.map(({ name, region, requestable, seen }) => [
      name,
      region,
      requestable.map(({ entitlement }) => entitlement).join(', ') || '-',
      seen ? String(seen.entries) : '-',
      seen ? String(seen.own) : '-',
      seen ? `${moment(seen.at)} (${ageText(seen.ageSeconds)} ago)` : 'not looked at yet',
    ]),
  );

/** One cluster, with whose entries there were. */
export function clusterDetails({ name, arn, tags, requestable, seen }: ClusterView): string {
  const lines = facts([
    ['Cluster', name],
    ['ARN', arn],
    [
      'Tags',
      Object.entries(tags)
        .map((pair) => pair.join('='))
        .join(', ') || '-',
    ],
    ['As of', seen ? `${moment(seen.at)} (${ageText(seen.ageSeconds)} ago)` : 'not looked at yet'],
    ['Entries', seen && `${seen.entries}, ${seen.own} of them of grants`],
  ]);
  const asks = requestable.map(({ entitlement, access }) => [entitlement, access]);
  const principals = seen?.principals;
  const rows = principals
    ? [...principals.own.map((arn) => ['grant', arn]), ...principals.others.map((arn) => ['other', arn])]
    : [];
  return [
    lines,
    asks.length > 0 ? `\n${table(['YOU MAY REQUEST', 'ACCESS'], asks)}` : '',
    rows.length > 0 ? `\n${table(['ENTRY OF', 'PRINCIPAL'], rows)}` : '',
  ].join('');
}

function ageText(seconds: number): string {
  if (seconds < 120) return `${seconds}s`;
  return seconds < 7_200 ? `${Math.floor(seconds / 60)}m` : `${Math.floor(seconds / 3_600)}h`;
}
