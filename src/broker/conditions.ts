/** Conditions with all that has to be found out for them: who is on call, asked of whoever knows. */
import { conditionsHold, type Known, type OnCallAnswer, type Situation, schedulesToAsk } from '../core/condition.ts';
import type { OnCallSchedule } from '../core/condition-rule.ts';
import type { Configuration, Directory, Entitlement } from '../core/configuration.ts';
import type { Refusal } from '../core/refusal.ts';
import type { Result } from '../core/result.ts';
import { type Instant, minutes, toIso } from '../core/time.ts';
import type { Deps } from './ports.ts';

export type ConditionDeps = Pick<Deps, 'ask' | 'config' | 'now'>;

const KEPT_FOR = minutes(1);
const MOST_PEOPLE = 100;

/** Do the entitlement's conditions hold? Asks nobody where no condition needs it. */
export async function conditionsNow(
  deps: ConditionDeps,
  rule: Entitlement,
  about: Omit<Situation, 'now'>,
  known: Pick<Known, 'deniedAt'> = {},
): Promise<Result<true, Refusal>> {
  const config = deps.config();
  const situation = { ...about, now: deps.now() };
  const onCall = await askedOnCall(deps, rule, situation.moment, situation.starts);
  return conditionsHold(rule, situation, { ...known, onCall }, config);
}

/** Who is on call then, in each schedule of the entitlement that somebody else keeps. */
export async function askedOnCall(
  deps: ConditionDeps,
  rule: Entitlement,
  moment: Situation['moment'],
  starts: Instant,
): Promise<ReadonlyMap<string, OnCallAnswer>> {
  const config = deps.config();
  const asked = schedulesToAsk(rule, moment, config).map(
    async (name) => [name, await askOnCall(deps, name, starts, config)] as const,
  );
  return new Map(await Promise.all(asked));
}

async function askOnCall(
  deps: ConditionDeps,
  name: string,
  starts: Instant,
  { hub, onCall, directory }: Configuration,
): Promise<OnCallAnswer> {
  const schedule: OnCallSchedule | undefined = onCall?.[name];
  if (schedule?.kind !== 'provider') return { ok: false, why: 'there is nobody to ask' };
  // By the minute, so that one answer serves everybody who asks in that time.
  const at = (Math.floor(starts / 60_000) * 60_000) as Instant;
  const { url, secret } = schedule;
  const body = { type: 'onCall.question', data: { hub, schedule: name, at: toIso(at) } };
  const answered = await deps.ask({ to: { url, secret }, id: `onCall-${hub}-${name}-${at}`, body, keepFor: KEPT_FOR });
  return answered.ok ? peopleIn(answered.answer, directory) : answered;
}

/**
 * `{ "onCall": ["bob", "carol@example.com"] }`: ids, or e-mail addresses, of people in the directory. Who is not in it is
 * nobody here; an answer of another shape is none.
 */
function peopleIn(answer: unknown, { people }: Directory): OnCallAnswer {
  const listed = (answer as { onCall?: unknown } | null)?.onCall;
  if (!Array.isArray(listed) || listed.length > MOST_PEOPLE || !listed.every((one) => typeof one === 'string'))
    return { ok: false, why: 'its answer is not {"onCall": [people]}' };
  const named = new Set(listed.map(folded));
  const found = Object.values(people).filter(
    (person) => !person.disabled && (listed.includes(person.id) || named.has(folded(person.email))),
  );
  return { ok: true, people: found.map(({ id }) => id) };
}

const folded = (email: string): string => email.normalize('NFKC').toLowerCase();
