/** Which rights EKS's operations need, and the condition keys that go with them (service authorization reference). */
import type { AccessRequest, Context, Input } from '../../aws-service.ts';
import { partitionOf } from '../arn.ts';
import { entryArnPrefix, read } from './checks.ts';
import { type AccessEntry, type Cluster, clusterKey, clustersOf, entriesOf, entryKey } from './store.ts';

type Keys = Record<string, string | readonly string[]>;

function tagKeys(prefix: string, tags: Readonly<Record<string, unknown>>): Keys {
  return Object.fromEntries(Object.entries(tags).map(([key, value]) => [`${prefix}/${key}`, String(value)]));
}

/** Only what the request carries: a default that EKS fills in afterwards is no request value. */
export function requestTagKeys(tags: unknown): Keys {
  if (typeof tags !== 'object' || tags === null || Object.keys(tags).length === 0) return {};
  return { ...tagKeys('aws:RequestTag', tags as Record<string, unknown>), 'aws:TagKeys': Object.keys(tags) };
}

function clusterOf(input: Input, { storage, caller, region }: Context): Cluster | undefined {
  return clustersOf(storage).get(clusterKey(caller.account, region, read.text(input, 'clusterName')));
}

/** A right on the cluster. */
export function onCluster(action: string, requestKeys: (input: Input) => Keys = () => ({})) {
  return (input: Input, context: Context): AccessRequest => {
    const name = read.text(input, 'clusterName');
    const cluster = clusterOf(input, context);
    return {
      action: `eks:${action}`,
      resource: `arn:${partitionOf(context.region)}:eks:${context.region}:${context.caller.account}:cluster/${name}`,
      conditionKeys: {
        'eks:clusterName': name,
        ...tagKeys('aws:ResourceTag', cluster?.tags ?? {}),
        ...requestKeys(input),
      },
    };
  };
}

export function entryKeys(entry: AccessEntry): Keys {
  return {
    ...tagKeys('aws:ResourceTag', entry.tags),
    'eks:clusterName': entry.clusterName,
    'eks:principalArn': entry.principalArn,
    'eks:username': entry.username,
    'eks:accessEntryType': entry.type,
    ...(entry.kubernetesGroups.length > 0 && { 'eks:kubernetesGroups': entry.kubernetesGroups }),
  };
}

/** A right on the access entry; where there is none, on its ARN with `*` in the place of the UUID. */
export function onEntry(action: string, requestKeys: (input: Input) => Keys = () => ({})) {
  return (input: Input, context: Context): AccessRequest => {
    const clusterName = read.text(input, 'clusterName');
    const principalArn = read.text(input, 'principalArn');
    const cluster = clusterOf(input, context);
    const entry = cluster && entriesOf(context.storage).get(entryKey(cluster, principalArn));
    const { region, caller } = context;
    return {
      action: `eks:${action}`,
      resource: entry?.accessEntryArn ?? `${entryArnPrefix(region, caller.account, clusterName, principalArn)}*`,
      conditionKeys: {
        'eks:clusterName': clusterName,
        'eks:principalArn': principalArn,
        ...(entry && entryKeys(entry)),
        ...requestKeys(input),
      },
    };
  };
}

/** What CreateAccessEntry asks for. */
export function createKeys(input: Input): Keys {
  const username = read.optionalText(input, 'username');
  const groups = read.optionalTexts(input, 'kubernetesGroups') ?? [];
  const type = read.optionalText(input, 'type');
  return {
    'eks:principalArn': read.text(input, 'principalArn'),
    ...(username && { 'eks:username': username }),
    ...(groups.length > 0 && { 'eks:kubernetesGroups': groups }),
    ...(type && { 'eks:accessEntryType': type }),
    ...requestTagKeys(input.tags),
  };
}

/** What AssociateAccessPolicy and DisassociateAccessPolicy ask for. */
export function associationKeys(input: Input): Keys {
  const scope = (typeof input.accessScope === 'object' && input.accessScope !== null ? input.accessScope : {}) as Input;
  const type = read.optionalText(scope, 'type');
  const namespaces = read.optionalTexts(scope, 'namespaces') ?? [];
  return {
    'eks:policyArn': read.text(input, 'policyArn'),
    ...(type && { 'eks:accessScope': type }),
    ...(namespaces.length > 0 && { 'eks:namespaces': namespaces }),
  };
}
