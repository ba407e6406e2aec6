/**
 * Access made with the hub down: an entry that says of itself that it is an emergency's. It lives four hours at most,
 * whatever its tag says: whoever may make it may write its tag.
 */
import type { Sha256 } from './canonical.ts';
import type { Cluster, Configuration, Entitlement } from './configuration.ts';
import { type ObservedEntry, TAGS } from './entry.ts';
import { GRANT_ID_RANDOM_BYTES, type GrantId, grantId, parseGrantId } from './id.ts';
import { earliest, hours, type Instant, instant, parseInstant, plus } from './time.ts';

export const LONGEST_EMERGENCY = hours(4);
const PREFIX = 'emergency-';

/** An entry that was made with the hub down, as EKS shows it now, or as CloudTrail recorded that it was made. */
export type Emergency = {
  /** EKS's name for the entry, or, where CloudTrail did not tell it, `cloudtrail:<event id>`. */
  readonly entryArn: string;
  readonly madeAt: Instant;
  /** Its tags now, or those that it was made with. */
  readonly tags: Readonly<Record<string, string>>;
  /** ARN of whoever made it, by CloudTrail. */
  readonly madeBy?: string;
};

/** One `CreateAccessEntry` that succeeded, as CloudTrail recorded it: its maker cannot change that. */
export type Creation = Emergency & {
  readonly clusterName: string;
  readonly principalArn: string;
  /** ARN of the role whose session it was. */
  readonly role?: string;
};

/** The value of the grant's tag: the hub imports it under the same id. */
export const emergencyTag = (id: GrantId): string => `${PREFIX}${id}`;

type Tagged = Pick<ObservedEntry, 'tags'>;

/** Whoever wrote the tag may have made up the rest of it. */
export const isEmergency = ({ tags }: Tagged): boolean => (tags[TAGS.grant] ?? '').startsWith(PREFIX);

/** The id in the tag of an emergency's entry; undefined for any other entry, and for a tag that holds no id. */
export const emergencyIdOf = ({ tags }: Tagged): GrantId | undefined =>
  isEmergency({ tags }) ? parseGrantId((tags[TAGS.grant] ?? '').slice(PREFIX.length)) : undefined;

/** An id for an entry whose tag holds none, or one that is taken: of the entry's own name, so always the same. */
export function derivedId(entryArn: string, sha256: Sha256): GrantId {
  const hex = sha256(entryArn);
  const bytes = Uint8Array.from({ length: GRANT_ID_RANDOM_BYTES }, (_, n) =>
    Number.parseInt(hex.slice(2 * n, 2 * n + 2), 16),
  );
  return grantId(instant(0), bytes);
}

/** When it ends: as its tag says, and four hours after EKS made it at the latest. One that nobody can date is over. */
export function emergencyEnd({ tags, createdAt = instant(0) }: Pick<ObservedEntry, 'tags' | 'createdAt'>): Instant {
  const latestEnd = plus(createdAt, LONGEST_EMERGENCY);
  const tagged = parseInstant(tags[TAGS.expires] ?? '');
  return tagged === undefined ? latestEnd : earliest(tagged, latestEnd);
}

/** Entitlements that the emergency role of an account may give: break-glass, in whole policies of named scope. */
export function emergencyRules(config: Configuration, account: string): Entitlement[] {
  if (!config.emergency) return [];
  return Object.values(config.entitlements).filter(
    ({ breakGlass, clusters }) =>
      breakGlass !== undefined && clusters.some((name) => config.clusters[name]?.account === account),
  );
}

/** One cluster for each account and region in which emergencies are possible: through its executor CloudTrail is asked. */
export function emergencyWatches(config: Configuration): Cluster[] {
  const clusters = Object.values(config.clusters).filter(({ name, account }) =>
    emergencyRules(config, account).some((rule) => rule.clusters.includes(name)),
  );
  return [...new Map(clusters.toReversed().map((one) => [`${one.account} ${one.region}`, one])).values()];
}
