/** Plain discovery: what there is, for kubectl to find `po` and `deploy` in. Its contents are no secret. */
import { createHash } from 'node:crypto';
import { ENDPOINTS, GROUP_VERSIONS, groupVersion, KINDS, STORED_VERBS } from './kinds.ts';

export const apiVersions = (host: string): object => ({
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [{ clientCIDR: '0.0.0.0/0', serverAddress: host }],
});

function describeGroup(group: string, version: string): object {
  const served = { groupVersion: groupVersion({ group, version }), version };
  return { name: group, versions: [served], preferredVersion: served };
}

export const apiGroups = (): object => ({
  kind: 'APIGroupList',
  apiVersion: 'v1',
  groups: GROUP_VERSIONS.filter(({ group }) => group).map(({ group, version }) => describeGroup(group, version)),
});

export function apiGroup(group: string): object | undefined {
  const found = GROUP_VERSIONS.find((served) => group && served.group === group);
  return found && { kind: 'APIGroup', apiVersion: 'v1', ...describeGroup(group, found.version) };
}

const storageVersionHash = (text: string): string => createHash('sha256').update(text).digest('base64').slice(0, 12);

/** Undefined for a group and version that are not served. */
export function apiResources(group: string, version: string): object | undefined {
  const served = (entry: { group: string; version: string }): boolean =>
    entry.group === group && entry.version === version;
  if (!GROUP_VERSIONS.some(served)) return undefined;
  const stored = KINDS.filter(served).map((kind) => ({
    name: kind.resource,
    singularName: kind.singular,
    namespaced: kind.namespaced,
    kind: kind.kind,
    verbs: STORED_VERBS,
    ...(kind.shortNames.length > 0 ? { shortNames: kind.shortNames } : {}),
    ...(kind.categories.length > 0 ? { categories: kind.categories } : {}),
    storageVersionHash: storageVersionHash(`${groupVersion(kind)}/${kind.kind}`),
  }));
  const others = ENDPOINTS.filter(served).map(({ name, kind, namespaced, verbs, kindGroup }) => ({
    name,
    singularName: name.includes('/') ? '' : kind.toLowerCase(),
    namespaced,
    kind,
    ...(kindGroup ? { group: kindGroup, version: 'v1' } : {}),
    verbs,
  }));
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: groupVersion({ group, version }),
    resources: [...stored, ...others].sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
