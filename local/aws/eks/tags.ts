/** EKS's operations on the tags of clusters and access entries. */
import { AwsError, type Context, type Input, type Operation, type Operations } from '../../aws-service.ts';
import { entryKeys, requestTagKeys } from './access.ts';
import { read, readTags } from './checks.ts';
import {
  type AccessEntry,
  type Cluster,
  clusterKey,
  clustersOf,
  entriesOf,
  entriesOfCluster,
  entryKey,
} from './store.ts';

const badRequest = (message: string): AwsError => new AwsError('BadRequestException', 400, message);
const MOST_TAGS = 50;

type Tagged = { cluster: Cluster; entry?: AccessEntry };

function find(input: Input, { storage, caller, region }: Context): Tagged | undefined {
  const arn = read.text(input, 'resourceArn');
  const found = /^arn:[a-z-]+:eks:([a-z0-9-]+):(\d{12}):(cluster|access-entry)\/([\w-]+)(?:\/.+)?$/.exec(arn);
  if (!found) throw badRequest(`${arn} is not a resource that can be tagged here: a cluster or an access entry`);
  const [, itsRegion, account, kind, name = ''] = found;
  if (itsRegion !== region || account !== caller.account) return undefined;
  const cluster = clustersOf(storage).get(clusterKey(account, region, name));
  if (!cluster || kind === 'cluster') return cluster?.arn === arn ? { cluster } : undefined;
  const entry = entriesOfCluster(storage, cluster).find((each) => each.accessEntryArn === arn);
  return entry && { cluster, entry };
}

function operation(
  action: string,
  write: boolean,
  requestKeys: (input: Input) => Record<string, string | readonly string[]>,
  work: (tagged: Tagged, input: Input, context: Context) => unknown,
): Operation {
  return {
    write,
    authorize: (input, context) => {
      const tagged = find(input, context);
      const tags = Object.entries((tagged?.entry ?? tagged?.cluster)?.tags ?? {});
      const own = tagged?.entry
        ? entryKeys(tagged.entry)
        : Object.fromEntries(tags.map(([key, value]) => [`aws:ResourceTag/${key}`, value]));
      return {
        action: `eks:${action}`,
        resource: read.text(input, 'resourceArn'),
        conditionKeys: { ...own, ...requestKeys(input) },
      };
    },
    run: (input, context) =>
      context.storage.transaction(() => {
        const tagged = find(input, context);
        if (!tagged)
          throw new AwsError('NotFoundException', 404, `No resource found for ${read.text(input, 'resourceArn')}`);
        return work(tagged, input, context);
      }),
  };
}

function keepTags({ cluster, entry }: Tagged, tags: Record<string, string>, { storage }: Context): void {
  if (entry) entriesOf(storage).put(entryKey(cluster, entry.principalArn), { ...entry, tags });
  else clustersOf(storage).put(clusterKey(cluster.account, cluster.region, cluster.name), { ...cluster, tags });
}

const tagsOf = ({ cluster, entry }: Tagged): Record<string, string> => (entry ?? cluster).tags;

const tagKeysOf = (input: Input): readonly string[] => read.optionalTexts(input, 'tagKeys') ?? [];

export const tagOperations: Operations = {
  TagResource: operation(
    'TagResource',
    true,
    (input) => requestTagKeys(input.tags),
    (tagged, input, context) => {
      const tags = { ...tagsOf(tagged), ...readTags(input, badRequest) };
      if (Object.keys(tags).length > MOST_TAGS) throw badRequest(`A resource may have at most ${MOST_TAGS} tags`);
      keepTags(tagged, tags, context);
      return {};
    },
  ),
  UntagResource: operation(
    'UntagResource',
    true,
    (input) => ({ 'aws:TagKeys': tagKeysOf(input) }),
    (tagged, input, context) => {
      const gone = new Set(tagKeysOf(input));
      keepTags(tagged, Object.fromEntries(Object.entries(tagsOf(tagged)).filter(([key]) => !gone.has(key))), context);
      return {};
    },
  ),
  ListTagsForResource: operation(
    'ListTagsForResource',
    false,
    () => ({}),
    (tagged) => ({ tags: tagsOf(tagged) }),
  ),
};
