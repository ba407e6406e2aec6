/** Which clusters an entitlement covers: those it names, those with certain tags, or all. */
import type { Context } from './context.ts';
import { checkDoubles, unknownName } from './context.ts';
import type { Path } from './finding.ts';
import { quote } from './printable.ts';
import type { FileCluster, FileEntitlement } from './schema.ts';

export type ClusterSelector = FileEntitlement['clusters'];
type Clusters = Readonly<Record<string, Pick<FileCluster, 'tags'>>>;

/** The names of the clusters, each once: in the order given, or else in that of the configuration. */
export function selectedClusters(selector: ClusterSelector, clusters: Clusters): readonly string[] {
  if (Array.isArray(selector)) return selector;
  const all = Object.entries(clusters);
  if (selector === 'all') return all.map(([name]) => name);
  const wanted = Object.entries(selector.tags);
  return all
    .filter(([, { tags }]) =>
      wanted.every(([key, values]) => Object.hasOwn(tags, key) && [values].flat().includes(tags[key] ?? '')),
    )
    .map(([name]) => name);
}

export function checkClusterSelector(path: Path, selector: ClusterSelector, context: Context): void {
  const { names, draft, report } = context;
  if (Array.isArray(selector)) {
    checkDoubles(path, selector, report);
    for (const [index, name] of selector.entries()) {
      if (names.clusters && !names.clusters.includes(name))
        report([...path, index], unknownName('cluster', name, names.clusters));
    }
    return;
  }
  if (selector !== 'all' && Object.keys(selector.tags).length === 0)
    report([...path, 'tags'], 'no tag is named, so nothing would be chosen; name one, or write all for every cluster');
  // A cluster whose definition is broken may be the one that is meant.
  const { clusters } = draft;
  if (!clusters || names.clusters?.length !== Object.keys(clusters).length) return;
  if (selectedClusters(selector, clusters).length === 0)
    report(path, `${nothing(selector)}; tags here: ${tagsIn(clusters)}`);
}

function nothing(selector: ClusterSelector): string {
  if (typeof selector === 'string' || Array.isArray(selector)) return 'there is no cluster at all';
  const pairs = Object.entries(selector.tags).map(([key, values]) => `${key}=${[values].flat().join('|')}`);
  return `no cluster has the tags ${quote(pairs.join(', '))}`;
}

function tagsIn(clusters: Clusters): string {
  const pairs = Object.values(clusters).flatMap(({ tags }) => Object.entries(tags).map((pair) => pair.join('=')));
  const different = [...new Set(pairs)].toSorted();
  return different.length === 0 ? 'none' : different.slice(0, 10).join(', ');
}
