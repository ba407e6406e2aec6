/** What would become of somebody's request: nothing is made, and nothing is decided that enforcing does not decide so. */
import { type BreakGlassProspect, breakGlassProspect } from '../core/break-glass-prospect.ts';
import type { Known } from '../core/condition.ts';
import type { Channel, Configuration, Person } from '../core/configuration.ts';
import { QUIET } from '../core/hub.ts';
import type { GrantId } from '../core/id.ts';
import { isAmong } from '../core/identity.ts';
import { obstaclesTo } from '../core/obstacles.ts';
import { type Prospect, prospectOf, supposedFacts } from '../core/prospect.ts';
import type { Refusal } from '../core/refusal.ts';
import type { Plan, RequestInput } from '../core/request.ts';
import { no, ok, type Result } from '../core/result.ts';
import { callerNamed } from '../core/role-identity.ts';
import { type Instant, parseInstant } from '../core/time.ts';
import { askedOnCall } from './conditions.ts';
import { rulesInForce } from './delegations.ts';
import type { RecordDeps } from './ports.ts';
import { placesLeft } from './quota.ts';
import { openKey } from './record.ts';
import { askedBy, previewRequest } from './requestGrant.ts';
import { usesOf } from './uses.ts';

export type CanRequest = {
  /** Who asks. */
  readonly person: Person;
  readonly channel: Channel;
  readonly proof: string;
  /** Id of the person that the question is about; whoever asks, when left out. */
  readonly about?: string;
  readonly input: RequestInput;
  /** As if it were then; now, when left out. */
  readonly at?: string;
};

export type Foreseen = {
  readonly about: Person;
  readonly at: Instant;
  readonly prospect: Prospect;
  /** What stands in the way now, whatever the request is given: freezes, limits, a denial not long ago. */
  readonly obstacles: readonly Refusal[];
  /** They have it, or have asked for it, already. */
  readonly open?: GrantId;
  readonly breakGlass?: BreakGlassProspect;
};

/** Oneself, or anybody for those who may read everything. */
export async function canRequest(deps: RecordDeps, asked: CanRequest): Promise<Result<Foreseen, Refusal>> {
  const config = await rulesInForce(deps);
  const about = whom(asked, config);
  if (!about.ok) return about;
  const at = asked.at === undefined ? deps.now() : parseInstant(asked.at);
  if (at === undefined) return no({ reason: 'startUnreadable', given: asked.at ?? '' });
  const { input } = asked;
  const rule = Object.hasOwn(config.entitlements, input.entitlement)
    ? config.entitlements[input.entitlement]
    : undefined;
  const starts = parseInstant(input.startAt ?? '') ?? at;
  // Nobody else is bothered with what would be refused all the same.
  const isEligible = rule !== undefined && isAmong(about.value.id, rule.eligible, config.directory);
  const known: Known = { onCall: isEligible ? await askedOnCall(deps, rule, 'request', starts) : new Map() };
  const prospect = prospectOf(input, about.value, config, at, known);
  const foreseen = { about: about.value, at, prospect };
  // How things stand is known of now only.
  const standing =
    asked.at === undefined
      ? await standingNow(deps, asked, foreseen, known, config)
      : { obstacles: [], ...elsewhen(foreseen, input, config) };
  return ok({ ...foreseen, ...standing });
}

type Looked = Pick<Foreseen, 'about' | 'at' | 'prospect'>;
type Standing = Pick<Foreseen, 'obstacles' | 'open' | 'breakGlass'>;

const withGlass = (breakGlass: BreakGlassProspect | undefined): Pick<Foreseen, 'breakGlass'> =>
  breakGlass ? { breakGlass } : {};

const elsewhen = ({ about, at }: Looked, input: RequestInput, config: Configuration) =>
  withGlass(breakGlassProspect(glassOf(input), about, config, at, { uses: [], hub: QUIET }));

async function standingNow(
  deps: RecordDeps,
  asked: CanRequest,
  looked: Looked,
  known: Known,
  config: Configuration,
): Promise<Standing> {
  const { about, at, prospect } = looked;
  const [record, uses, hub] = await Promise.all([
    deps.store.readPerson(about.id),
    usesOf(deps, about, config),
    deps.hub.read(),
  ]);
  const glass = withGlass(breakGlassProspect(glassOf(asked.input), about, config, at, { uses, hub: hub.state }));
  const { plan } = prospect;
  const open = plan && record?.open[openKey(plan)];
  // Asking again for what is open is answered with it: no limit counts.
  if (!plan || open !== undefined) return { obstacles: [], ...(open && { open: open as GrantId }), ...glass };
  const deniedAt = record?.denied?.[openKey(plan)];
  const circumstances = {
    hub: hub.state,
    asked: askedBy(record),
    known: { ...known, ...(deniedAt !== undefined && { deniedAt }) },
  };
  const found = [
    ...obstaclesTo(plan, about, circumstances, config, at),
    ...(await placesMissing(deps, plan, about, config, at)),
    ...(await refusedNow(deps, asked, about, prospect)),
  ];
  const told = new Set(prospect.refusal ? [prospect.refusal.reason] : []);
  return { obstacles: found.filter(({ reason }) => !told.has(reason) && told.add(reason)), ...glass };
}

const glassOf = ({ entitlement, cluster, namespaces, duration }: RequestInput) => ({
  entitlement,
  ...(cluster !== undefined && { cluster }),
  ...(namespaces !== undefined && { namespaces }),
  ...(duration !== undefined && { duration }),
});

async function placesMissing(
  deps: RecordDeps,
  plan: Plan,
  about: Person,
  config: Configuration,
  now: Instant,
): Promise<readonly Refusal[]> {
  const facts = supposedFacts(plan, about, 'cli', config, now);
  if (!facts.ok) return [];
  const left = await placesLeft(deps, [{ facts: facts.value, undecided: !plan.entitlement.approval.autoApprove }]);
  return left.ok ? [] : [left.error];
}

/** The whole of it, ticket systems included, once the request is one that could be made. */
async function refusedNow(
  deps: RecordDeps,
  { channel, proof, input }: CanRequest,
  about: Person,
  { refusal, missing }: Prospect,
): Promise<readonly Refusal[]> {
  if (refusal || missing.length > 0) return [];
  const preview = await previewRequest(deps, { person: about, channel, proof, input });
  return preview.ok ? [] : [preview.error];
}

function whom({ person, about }: CanRequest, config: Configuration): Result<Person, Refusal> {
  if (about === undefined || about === person.id) return ok(person);
  const { directory, responders, auditors } = config;
  // Told before whether there is such a person: the directory is not everybody's to search.
  if (!isAmong(person.id, [...responders, ...auditors], directory))
    return no({ reason: 'notYoursToAsk', person: about });
  const found = callerNamed(about, directory);
  return found && !found.disabled ? ok(found) : no({ reason: 'unknownPerson', person: about });
}
