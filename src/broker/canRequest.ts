/** What would become of somebody's request: nothing is made, and nothing is decided that enforcing does not decide so. */
import type { Channel, Configuration, Person } from '../core/configuration.ts';
import { isAmong } from '../core/identity.ts';
import { type Prospect, prospectOf } from '../core/prospect.ts';
import type { Refusal } from '../core/refusal.ts';
import type { RequestInput } from '../core/request.ts';
import { no, ok, type Result } from '../core/result.ts';
import { callerNamed } from '../core/role-identity.ts';
import { type Instant, parseInstant } from '../core/time.ts';
import { askedOnCall } from './conditions.ts';
import { rulesInForce } from './delegations.ts';
import type { RecordDeps } from './ports.ts';
import { previewRequest } from './requestGrant.ts';

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

export type Foreseen = { readonly about: Person; readonly at: Instant; readonly prospect: Prospect };

/** Oneself, or anybody for those who may read everything. */
export async function canRequest(deps: RecordDeps, asked: CanRequest): Promise<Result<Foreseen, Refusal>> {
  const config = await rulesInForce(deps);
  const about = whom(asked, config);
  if (!about.ok) return about;
  const at = asked.at === undefined ? deps.now() : parseInstant(asked.at);
  if (at === undefined) return no({ reason: 'startUnreadable', given: asked.at ?? '' });
  const rule = Object.hasOwn(config.entitlements, asked.input.entitlement)
    ? config.entitlements[asked.input.entitlement]
    : undefined;
  const starts = parseInstant(asked.input.startAt ?? '') ?? at;
  const onCall = rule ? await askedOnCall(deps, rule, 'request', starts) : new Map();
  const prospect = prospectOf(asked.input, about.value, config, at, { onCall });
  return ok({ about: about.value, at, prospect: await withLimits(deps, asked, about.value, prospect) });
}

/** How many grants are open is known of now only, and is asked once the request is one that could be made. */
async function withLimits(
  deps: RecordDeps,
  { at, channel, proof, input }: CanRequest,
  about: Person,
  prospect: Prospect,
): Promise<Prospect> {
  if (at !== undefined || prospect.refusal || prospect.missing.length > 0) return prospect;
  const preview = await previewRequest(deps, { person: about, channel, proof, input });
  return preview.ok ? prospect : { missing: [], refusal: preview.error };
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
