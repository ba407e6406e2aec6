/**
 * `clientRequestToken` of CreateAccessEntry: the same token with the same members answers the entry that it made, so
 * that a caller who lost the answer may ask again. With other members, or once the entry is gone or another, it is a
 * new request like any other. AWS publishes no more than that the token makes the request idempotent.
 */
import { createHash } from 'node:crypto';
import { days, type Instant, minus } from '../../../src/core/time.ts';
import type { Context, Input } from '../../aws-service.ts';
import type { Collection, Storage } from '../../storage.ts';
import { read } from './checks.ts';
import { type AccessEntry, type Cluster, entriesOf, entryKey } from './store.ts';

type Replay = { digest: string; accessEntryArn: string; at: Instant };

const KEPT = days(1);

/** Kept one per entry, under the entry's own key: the token that made it. */
const replaysOf = (storage: Storage): Collection<Replay> => storage.collection<Replay>('eks/replay');

export function replayOf(cluster: Cluster, input: Input, { storage, clock }: Context): AccessEntry | undefined {
  const token = read.optionalText(input, 'clientRequestToken');
  if (!token) return undefined;
  const key = entryKey(cluster, read.text(input, 'principalArn'));
  const known = replaysOf(storage).get(key);
  if (!known || known.digest !== digestOf(input) || known.at < minus(clock.now(), KEPT)) return undefined;
  const entry = entriesOf(storage).get(key);
  return entry?.accessEntryArn === known.accessEntryArn ? entry : undefined;
}

export function rememberReplay(cluster: Cluster, input: Input, entry: AccessEntry, { storage, clock }: Context): void {
  const key = entryKey(cluster, entry.principalArn);
  if (!read.optionalText(input, 'clientRequestToken')) replaysOf(storage).delete(key);
  else replaysOf(storage).put(key, { digest: digestOf(input), accessEntryArn: entry.accessEntryArn, at: clock.now() });
}

function digestOf(input: Input): string {
  const members = Object.keys(input)
    .sort()
    .map((name) => [name, input[name]]);
  return createHash('sha256').update(JSON.stringify(members)).digest('hex');
}
