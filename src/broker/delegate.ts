/** An approver who will be away lets others decide in their place; they, their delegates or a responder end that. */
import { chain, emptyChain, headOf } from '../core/audit.ts';
import { canonicalJson } from '../core/canonical.ts';
import type { Channel, Delegation, Person } from '../core/configuration.ts';
import { type DelegationInput, evaluateDelegation } from '../core/delegating.ts';
import { type DelegationBody, stood } from '../core/delegation.ts';
import type { Actor } from '../core/grant.ts';
import { GRANT_ID_RANDOM_BYTES, grantId } from '../core/id.ts';
import { isAmong } from '../core/identity.ts';
import type { Refusal } from '../core/refusal.ts';
import { no, ok, type Result } from '../core/result.ts';
import type { Instant } from '../core/time.ts';
import { rulesInForce } from './delegations.ts';
import { type DelegationRecord, NotReady, type RecordDeps } from './ports.ts';

type By = { readonly person: Person; readonly channel: Channel; readonly proof: string };
export type Delegate = By & { readonly input: DelegationInput };
export type RevokeDelegation = By & { readonly id: string };

const ATTEMPTS = 5;
const actorOf = ({ person, channel, proof }: By): Actor => ({
  kind: 'person',
  id: person.id,
  name: person.name,
  channel,
  proof,
});

/** Asking for one that stands already answers that one: a repeated call makes no second. */
export async function delegate(deps: RecordDeps, request: Delegate): Promise<Result<Delegation, Refusal>> {
  const { person, input } = request;
  const config = await rulesInForce(deps);
  const now = deps.now();
  const id = grantId(now, deps.random(GRANT_ID_RANDOM_BYTES));
  const evaluated = evaluateDelegation(input, id, person, config, now);
  if (!evaluated.ok) return evaluated;
  const same = (config.delegations ?? []).find((one) => isRepeated(evaluated.value, one, now));
  if (same) return ok(same);
  const written = await write(
    deps,
    request,
    { ...evaluated.value, version: 1, madeAt: now, chain: emptyChain(id) },
    {
      type: 'delegated',
      delegation: evaluated.value,
    },
  );
  if (!written) throw new NotReady(`the delegation ${id} was not written`);
  return evaluated;
}

function isRepeated(asked: Delegation, had: Delegation, now: Instant): boolean {
  const of = ({ from, to, ends, entitlements }: Delegation) =>
    canonicalJson({ from, to, ends, ...(entitlements && { entitlements }) });
  return of(asked) === of(had) && (had.starts === asked.starts || (stood(had, now) && asked.starts === now));
}

/** Ends it at once. What was decided by it stays decided; it stays on record. */
export async function revokeDelegation(
  deps: RecordDeps,
  request: RevokeDelegation,
): Promise<Result<Delegation, Refusal>> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const record = (await deps.delegations.read()).find((one) => one.id === request.id);
    if (!record) return no({ reason: 'unknownDelegation', delegation: request.id });
    const { directory, responders } = deps.config();
    const { person } = request;
    const mine = record.from === person.id || record.to.includes(person.id);
    if (!mine && !isAmong(person.id, responders, directory))
      return no({ reason: 'notYourDelegation', from: directory.people[record.from]?.name ?? record.from });
    const now = deps.now();
    if (record.ends <= now) return ok(record);
    const ended = { ...record, ends: now, revokedBy: person.id, version: record.version + 1 };
    if (await write(deps, request, ended, { type: 'delegationRevoked', ends: now })) return ok(ended);
  }
  throw new NotReady(`changes of delegation ${request.id} keep overtaking each other`);
}

function write(deps: RecordDeps, by: By, record: DelegationRecord, body: DelegationBody): Promise<boolean> {
  const event = chain(record.id, record.chain, deps.now(), actorOf(by), body, deps.sha256);
  return deps.delegations.commit({ ...record, chain: headOf(event) }, event);
}

/** Those that stand or are to come: one's own and those given to one; all of them for responders and auditors. */
export async function listDelegations(deps: RecordDeps, person: Person): Promise<readonly Delegation[]> {
  const config = await rulesInForce(deps);
  const all = isAmong(person.id, [...config.responders, ...config.auditors], config.directory);
  return (config.delegations ?? [])
    .filter((one) => one.ends > deps.now() && (all || one.from === person.id || one.to.includes(person.id)))
    .toSorted((a, b) => a.starts - b.starts);
}
