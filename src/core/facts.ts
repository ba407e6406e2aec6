/** From what was asked for to what is put on record: everything that the grant's end will need, copied now. */
import type { Channel, Configuration, Entitlement, Person } from './configuration.ts';
import type { GrantFacts, Principal } from './grant.ts';
import type { GrantId } from './id.ts';
import { identifiersOf, type RoleIds, userIdOf } from './identity.ts';
import type { Refusal } from './refusal.ts';
import type { Plan } from './request.ts';
import { no, ok, type Result } from './result.ts';
import { ownersOf } from './role-identity.ts';
import type { Instant } from './time.ts';
import { trustedIn } from './trust.ts';

export type Asking = {
  readonly id: GrantId;
  /** The id of the table that the grant is made in. */
  readonly tableId: string;
  readonly person: Person;
  readonly channel: Channel;
  /** What proved who asks, as `proofText` has it. */
  readonly proof?: string;
  readonly roleIds: RoleIds;
  readonly now: Instant;
};

/** The facts of a grant of `plan`. Refuses where the person has no identity that could use the access. */
export function factsOf(asking: Asking, plan: Plan, config: Configuration): Result<GrantFacts, Refusal> {
  const { id, tableId, person, channel, now } = asking;
  const principal = principalOf(asking, plan.entitlement, config);
  if (!principal.ok) return principal;
  const owners = ownersOf(person, config.directory);
  const { name, arn, account, region, executor, acceptsAwsAuthRisk } = plan.cluster;
  return ok({
    id,
    hub: config.hub,
    tableId,
    requester: {
      id: person.id,
      name: person.name,
      identifiers: identifiersOf(person),
      channel,
      ...(owners && { owners }),
    },
    entitlement: { id: plan.entitlement.id, digest: plan.entitlement.digest },
    configuration: config.digest,
    cluster: { name, arn, account, region, executor, ...(acceptsAwsAuthRisk && { acceptsAwsAuthRisk }) },
    access: plan.access,
    principal: principal.value,
    duration: plan.duration,
    requestedAt: now,
    decideBy: plan.decideBy,
    ...(plan.startAt !== undefined && { startAt: plan.startAt }),
    justification: plan.justification,
    ...(plan.ticket !== undefined && { ticket: plan.ticket }),
    ...(plan.ticketSystem !== undefined && { ticketSystem: plan.ticketSystem }),
    warnBefore: config.warnBefore,
  });
}

function principalOf(
  { id, person, proof, roleIds }: Asking,
  rule: Entitlement,
  config: Configuration,
): Result<Principal, Refusal> {
  const plan = rule.principal;
  if (plan.mode === 'role') {
    return ok({
      mode: 'role',
      arn: plan.role,
      assumableBy: plan.assumableBy,
      opensTo: trustedIn(plan.assumableBy, config.directory),
    });
  }
  const sessions = person.iam.flatMap(({ role, session }) => {
    const userId = userIdOf({ role, session }, roleIds);
    return userId === undefined ? [] : [{ role, userId }];
  });
  // Of several, the one that asks: it is what they are signed in as.
  const trusts = sessions.find(({ userId }) => `iam:${userId}` === proof) ?? sessions[0];
  if (trusts) {
    const path = `/hallpass/${config.hub}/`;
    const roleName = `hallpass-${config.hub}-${id}`;
    const arn = `arn:${config.partition}:iam::${config.account}:role${path}${roleName}`;
    return ok({ mode: 'dedicated', arn, path, roleName, trusts });
  }
  return no({ reason: 'noIamIdentity', name: person.name });
}
