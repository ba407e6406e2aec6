/** How things stand in a test of rules, for whoever asks in it. */
import { timeIn } from '../../src/config/trial-file.ts';
import type { FileTrial } from '../../src/config/trial-schema.ts';
import { type Use, workingDaysAfter } from '../../src/core/break-glass.ts';
import type { OnCallAnswer } from '../../src/core/condition.ts';
import type { Configuration, Person } from '../../src/core/configuration.ts';
import type { Miss } from '../../src/core/expectation.ts';
import type { Scope } from '../../src/core/hub.ts';
import type { GrantId } from '../../src/core/id.ts';
import { identifiersOf, isSamePerson } from '../../src/core/identity.ts';
import type { Asked } from '../../src/core/limits.ts';
import { callerNamed } from '../../src/core/role-identity.ts';
import { type Instant, minus, minutes } from '../../src/core/time.ts';
import type { TrialCircumstances } from '../../src/core/trial.ts';

type Given = NonNullable<FileTrial['given']>;

/** Or what is wrong with them: a name that the rules do not know would make a test that shows nothing. */
export function circumstancesOf(
  given: Given,
  requester: Person,
  config: Configuration,
  now: Instant,
): TrialCircumstances | Miss {
  const stranger = strangerIn(given, config);
  if (stranger !== undefined)
    return { about: 'expect', expected: 'what is given to be of the rules', actual: `there is no ${stranger}` };
  const { denied = [], frozen = [], asked = [], used = [], onCall } = given;
  const own = <T extends { readonly person: string }>(all: readonly T[]): T[] =>
    all.filter(({ person }) => callerNamed(person, config.directory)?.id === requester.id);
  // Two entries of the directory that are one person have one allowance.
  const known = identifiersOf(requester);
  const theirs = used.filter(
    ({ person }) =>
      callerNamed(person, config.directory)?.id === requester.id || isSamePerson(known, person, config.directory),
  );
  return {
    denied: own(denied).map(({ entitlement, cluster, at }) => ({
      entitlement,
      ...(cluster !== undefined && { cluster }),
      at: timeIn(at),
    })),
    freezes: frozen.map(({ allowBreakGlass, ...target }) => ({
      scope: scopeOf(target),
      by: 'the test',
      byId: 'test',
      reason: 'given by the test',
      since: now,
      breakGlass: allowBreakGlass,
    })),
    asked: askedFor(own(asked), now),
    uses: theirs.map((use, n) => useOf(use, n, config)),
    ...(onCall && { onCall: answersOf(onCall) }),
  };
}

function strangerIn({ denied = [], frozen = [], asked = [], used = [], onCall = {} }: Given, config: Configuration) {
  const { entitlements, clusters, directory, onCall: schedules = {} } = config;
  const unknown = (what: string, all: object, names: readonly (string | undefined)[]): string[] =>
    names.flatMap((name) => (name === undefined || Object.hasOwn(all, name) ? [] : [`${what} called "${name}"`]));
  const people = [
    ...[...denied, ...frozen, ...asked, ...used].map(({ person }) => person),
    ...Object.values(onCall).flat(),
  ];
  return [
    ...people.flatMap((id) => (id === undefined || callerNamed(id, directory) ? [] : [`person called "${id}"`])),
    ...unknown(
      'entitlement',
      entitlements,
      [...denied, ...frozen, ...used].map(({ entitlement }) => entitlement),
    ),
    ...unknown(
      'cluster',
      clusters,
      [...denied, ...frozen].map(({ cluster }) => cluster),
    ),
    ...unknown('schedule', schedules, Object.keys(onCall)),
    ...Object.keys(onCall)
      .filter((name) => schedules[name]?.kind === 'shifts')
      .map((name) => `server to be asked for "${name}": its shifts are in the rules, so say when, with at`),
  ][0];
}

function scopeOf({
  cluster,
  entitlement,
  person,
}: Omit<NonNullable<Given['frozen']>[number], 'allowBreakGlass'>): Scope {
  if (cluster !== undefined) return { kind: 'cluster', name: cluster };
  if (entitlement !== undefined) return { kind: 'entitlement', name: entitlement };
  return person === undefined ? { kind: 'all' } : { kind: 'person', name: person };
}

const askedFor = (all: NonNullable<Given['asked']>, now: Instant): Asked => ({
  open: all.reduce((sum, { open }) => sum + open, 0),
  requestedAt: all.flatMap(({ lastHour }) => Array.from({ length: lastHour }, () => minus(now, minutes(30)))),
});

function useOf(
  { entitlement, at, live, reviewed }: NonNullable<Given['used']>[number],
  nth: number,
  { entitlements }: Configuration,
): Use {
  const usedAt = timeIn(at);
  const within = entitlements[entitlement]?.breakGlass?.reviewWithin ?? 0;
  const done = { at: usedAt, by: 'the test', byId: 'test', verdict: 'ok', note: 'given by the test' } as const;
  return {
    id: `use ${nth + 1}` as GrantId,
    at: usedAt,
    over: !live,
    review: {
      owedSince: usedAt,
      dueBy: workingDaysAfter(usedAt, within),
      reminders: 0,
      ...(reviewed && { done }),
    },
  };
}

const answersOf = (onCall: NonNullable<Given['onCall']>): ReadonlyMap<string, OnCallAnswer> =>
  new Map(Object.entries(onCall).map(([schedule, people]) => [schedule, { ok: true, people }]));
