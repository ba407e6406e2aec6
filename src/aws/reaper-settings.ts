/**
 * All that a reaper is told, from its environment: whose entries it looks for, and where. It reads no file and no
 * table. A setting that could make somebody else's entries look like this hub's stops it from starting (I4).
 */
import { parseClusterArn, parseRoleArn } from '../core/arn.ts';
import type { Mark } from '../core/overdue.ts';
import { Misconfigured, type Runtime, required } from './runtime.ts';

export type ReaperCluster = {
  /** As the setting writes it. */
  readonly label: string;
  readonly name: string;
  readonly region: string;
};
export type ReaperSettings = { readonly mark: Mark; readonly clusters: readonly ReaperCluster[] };

const HUB = /^[a-z][a-z0-9-]{0,22}[a-z0-9]$/;
const PATH = /^arn:aws(?:-[a-z]+)*:iam::\d{12}:role\/hallpass\/([^/]+)\/$/;
const CLUSTER_NAME = /^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/;

/**
 * Reads `HUB_ID`, `PRINCIPAL_PREFIX` (`arn:aws:iam::<hub account>:role/hallpass/<hub>/`), `CLUSTERS` (ARNs, or names in
 * the function's own region) and `STANDING_ROLES` (ARNs, may be absent); lists are separated by commas. Throws
 * `Misconfigured` saying which one is wrong and what would be right.
 */
export function reaperSettings(runtime: Runtime): ReaperSettings {
  const hub = required(runtime, 'HUB_ID');
  if (!HUB.test(hub)) throw wrong('HUB_ID', hub, 'the id of one hub, as in hallpass.yaml');
  const path = required(runtime, 'PRINCIPAL_PREFIX');
  if (PATH.exec(path)?.[1] !== hub)
    throw wrong('PRINCIPAL_PREFIX', path, `arn:aws:iam::<the hub's account>:role/hallpass/${hub}/`);
  const standingRoles = new Set(listIn(runtime.env['STANDING_ROLES'] ?? ''));
  for (const arn of standingRoles)
    if (!parseRoleArn(arn)) throw wrong('STANDING_ROLES', arn, 'ARNs of IAM roles, separated by commas');
  const clusters = listIn(required(runtime, 'CLUSTERS')).map((text) =>
    clusterIn(text, required(runtime, 'AWS_REGION')),
  );
  if (clusters.length === 0) throw wrong('CLUSTERS', required(runtime, 'CLUSTERS'), 'at least one cluster');
  return { mark: { hub, path, standingRoles }, clusters };
}

function clusterIn(text: string, ownRegion: string): ReaperCluster {
  if (CLUSTER_NAME.test(text)) return { label: text, name: text, region: ownRegion };
  const arn = parseClusterArn(text);
  if (!arn) throw wrong('CLUSTERS', text, 'names or ARNs of EKS clusters, separated by commas');
  return { label: text, name: arn.name, region: arn.region };
}

const listIn = (text: string): string[] => [
  ...new Set(
    text
      .split(',')
      .map((part) => part.trim())
      .filter((part) => part !== ''),
  ),
];

const wrong = (name: string, found: string, right: string): Misconfigured =>
  new Misconfigured(`the environment variable ${name} holds "${found}"; it has to be ${right}`);
