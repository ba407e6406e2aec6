/**
 * Many entries of one cluster shown gone by reading its list of entries: 100 a call, where describing each takes a call
 * each. The list proves what a description does: it is read after the deletes were answered, to its end, and counts
 * only if the cluster itself answers.
 */
import type { TargetCluster } from '../core/grant.ts';
import type { EksOnce } from './drainPorts.ts';
import type { Paced } from './paced.ts';
import { type Eks, NotReady } from './ports.ts';

export type Seen = {
  /** Which of the principals have an entry. */
  readonly present: ReadonlySet<string>;
  readonly cluster: Awaited<ReturnType<Eks['describeCluster']>>;
};

/** From so many on a list is asked for rather than each. */
const LIST_FROM = 4;

/** Throws `NotReady` when whoever answers is not the cluster, or does not say what it holds. */
export async function lookForEntries(
  eks: EksOnce,
  pace: Paced,
  { arn }: TargetCluster,
  principals: readonly string[],
): Promise<Seen> {
  const [present, cluster] = await Promise.all([
    principals.length < LIST_FROM ? described(eks, pace, principals) : listed(eks, pace),
    pace.insist(() => eks.describeCluster()),
  ]);
  if (!present && cluster) throw new NotReady(`${arn} answers and does not list its entries`);
  return { present: present ?? new Set(), cluster };
}

async function described(eks: EksOnce, pace: Paced, principals: readonly string[]): Promise<ReadonlySet<string>> {
  const found = await Promise.all(principals.map((one) => pace.insist(() => eks.describeEntry(one))));
  // Ours by its principal, which lies under the hub's own path; a type that we never make is not touched.
  return new Set(found.flatMap((entry) => (entry?.type === 'STANDARD' ? [entry.principalArn] : [])));
}

/** Undefined when the cluster is not found. */
async function listed(eks: EksOnce, pace: Paced): Promise<ReadonlySet<string> | undefined> {
  const principals = new Set<string>();
  for (let cursor: string | undefined; ; ) {
    const page = await pace.insist(() => eks.listEntries(cursor));
    if (!page) return undefined;
    for (const one of page.principals) principals.add(one);
    cursor = page.cursor;
    if (cursor === undefined) return principals;
  }
}
