/**
 * Emergencies that ended before the hub came back: EKS shows nothing of them any more, CloudTrail does, for 90 days, and
 * nobody who may use an emergency can change what it says. It answers late (minutes as a rule) and in no order, so that
 * the last hour is read again each time; what is on record already is not taken twice.
 * https://docs.aws.amazon.com/awscloudtrail/latest/userguide/view-cloudtrail-events.html
 */
import type { Cluster, Configuration } from '../core/configuration.ts';
import { type Creation, emergencyWatches, isEmergency } from '../core/emergency.ts';
import { TAGS } from '../core/entry.ts';
import type { Actor } from '../core/grant.ts';
import type { GrantId } from '../core/id.ts';
import {
  between,
  type Duration,
  days,
  earliest,
  hours,
  type Instant,
  latest,
  minus,
  minutes,
  plus,
  toIso,
} from '../core/time.ts';
import { type ImportDeps, offersOf, recordEmergency } from './recordEmergency.ts';

/** CloudTrail's event history of one account and region, asked through an executor. */
export type Trail = {
  /**
   * Every access entry that was made from `from` until `to`, or undefined when `enough` said so before all was read.
   * In no order; one may come twice.
   */
  creations(
    target: Pick<Cluster, 'executor' | 'region'>,
    window: { readonly from: Instant; readonly to: Instant },
    enough: () => boolean,
  ): Promise<readonly Creation[] | undefined>;
};

/** Up to when the trail was read for good, and how much of it is read at once. */
export type TrailMark = { readonly until: Instant; readonly step: Duration };
/** By `<account> <region>`. */
export type TrailMarks = Readonly<Record<string, TrailMark>>;
export type Searched = { read(): Promise<TrailMarks>; write(marks: TrailMarks): Promise<void> };

export type SearchDeps = ImportDeps & {
  readonly trail: Trail;
  readonly searched: Searched;
  /** ARN of the role for emergencies in an account. */
  readonly emergencyRole: (account: string) => string;
};

/** As long as CloudTrail keeps events. */
const REACH = days(90);
/** Later than this, no event is expected any more. AWS says 15 minutes as a rule and promises nothing. */
const LATE = hours(1);
const FIRST_STEP = hours(6);
const LEAST_STEP = minutes(1);
/** What nobody could read for so long has to be looked after by people. */
const UNREAD_TOO_LONG = days(1);

/** Answers the ids of the grants that it made. One account that does not answer holds up no other. */
export async function searchTrail(deps: SearchDeps, actor: Actor, enough: () => boolean): Promise<readonly GrantId[]> {
  const watches = emergencyWatches(deps.config());
  if (watches.length === 0) return [];
  const before = await deps.searched.read();
  const imported: GrantId[] = [];
  let marks = before;
  for (const watch of watches) {
    if (enough()) break;
    const key = `${watch.account} ${watch.region}`;
    const mark = await searchOne(deps, watch, markAt(before[key], deps.now()), actor, enough, imported);
    marks = { ...marks, [key]: mark };
  }
  if (movedOn(before, marks, deps.now())) await deps.searched.write(marks);
  return imported;
}

const markAt = (mark: TrailMark | undefined, now: Instant): TrailMark => ({
  until: latest(mark?.until ?? minus(now, REACH), minus(now, REACH)),
  step: mark?.step ?? FIRST_STEP,
});

/**
 * A mark that is a little old only means that a little is read again, so it is not written every five minutes; but while
 * there is something to catch up with, every step counts.
 */
const movedOn = (before: TrailMarks, marks: TrailMarks, now: Instant): boolean =>
  Object.entries(marks).some(([key, { until, step }]) => {
    const was = before[key];
    if (!was || step !== was.step) return true;
    const moved = between(was.until, until);
    return moved >= LATE || (moved > 0 && until < minus(now, LATE));
  });

async function searchOne(
  deps: SearchDeps,
  watch: Cluster,
  mark: TrailMark,
  actor: Actor,
  enough: () => boolean,
  imported: GrantId[],
): Promise<TrailMark> {
  let { until, step } = mark;
  try {
    for (let from = until; from < deps.now() && !enough(); ) {
      const now = deps.now();
      const to = earliest(plus(from, step), now);
      const found = await deps.trail.creations(watch, { from, to }, enough);
      // Too much to be read in one go: the next one asks for less.
      if (!found) return { until, step: Math.max(LEAST_STEP, Math.floor(between(from, to) / 2)) as Duration };
      if (!(await takeAll(deps, watch, found, actor, imported))) return { until, step };
      until = latest(until, earliest(to, minus(now, LATE)));
      from = to;
      step = Math.min(REACH, step * 2) as Duration;
    }
  } catch (error) {
    const unread = between(until, deps.now()) >= UNREAD_TOO_LONG;
    deps.log(unread ? 'alarm' : 'warn', 'CloudTrail could not be searched for emergencies', {
      account: watch.account,
      region: watch.region,
      searchedUntil: toIso(until),
      error: String(error),
    });
  }
  return { until, step };
}

/** False when one of them could not be written, so that all of them are looked at again. */
async function takeAll(
  deps: SearchDeps,
  watch: Cluster,
  found: readonly Creation[],
  actor: Actor,
  imported: GrantId[],
): Promise<boolean> {
  let whole = true;
  for (const creation of found.toSorted((a, b) => a.madeAt - b.madeAt)) {
    if (!isMade(deps, watch, creation, deps.config())) continue;
    const done = await take(deps, watch, creation, actor);
    if (done === 'later') whole = false;
    else if (done) imported.push(done);
  }
  return whole;
}

/** By the emergency role, whatever the tags say; or by anybody, if the tags say so. */
const isMade = (
  { emergencyRole }: SearchDeps,
  { account }: Cluster,
  { role, tags }: Creation,
  { hub }: Configuration,
): boolean => role === emergencyRole(account) || (tags[TAGS.hub] === hub && isEmergency({ tags }));

async function take(
  deps: SearchDeps,
  watch: Cluster,
  creation: Creation,
  actor: Actor,
): Promise<GrantId | 'later' | undefined> {
  const offer = offersOf(deps.config()).find(
    ({ role, cluster }) =>
      role === creation.principalArn &&
      cluster.name === creation.clusterName &&
      cluster.account === watch.account &&
      cluster.region === watch.region,
  );
  if (!offer) {
    deps.log('alarm', 'an emergency was used for what no entitlement offers any more: it cannot be reviewed here', {
      ...creation,
    });
    return undefined;
  }
  const observed = await deps.eks(offer.cluster).describeEntry(offer.role);
  const there = observed !== undefined && isThis(observed, creation);
  const known = there ? { ...creation, entryArn: observed.entryArn } : creation;
  const done = await recordEmergency(deps, offer, known, there, actor);
  return done.kind === 'imported' ? done.id : done.kind === 'later' ? 'later' : undefined;
}

const ABOUT_THEN = minutes(1);

/** CloudTrail may not say what EKS calls the entry; then it is this one if it was made at that time. */
const isThis = (
  observed: { readonly entryArn: string; readonly createdAt?: Instant },
  { entryArn, madeAt }: Creation,
): boolean =>
  entryArn.startsWith('cloudtrail:')
    ? observed.createdAt !== undefined && Math.abs(between(observed.createdAt, madeAt)) <= ABOUT_THEN
    : observed.entryArn === entryArn;
