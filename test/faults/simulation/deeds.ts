/** What people, deployments and outsiders do to a simulated world. */
import { decideGrant } from '../../../src/broker/decideGrant.ts';
import { delegate, revokeDelegation } from '../../../src/broker/delegate.ts';
import { endGrant, endTogether } from '../../../src/broker/endGrant.ts';
import { extendGrant } from '../../../src/broker/extendGrant.ts';
import type { Deps } from '../../../src/broker/ports.ts';
import { requestGrant } from '../../../src/broker/requestGrant.ts';
import { withdrawGrant } from '../../../src/broker/withdrawGrant.ts';
import type { Grant, State } from '../../../src/core/grant.ts';
import type { GrantId } from '../../../src/core/id.ts';
import { instant, minutes, plus } from '../../../src/core/time.ts';
import { type Entry, foreignEntry } from '../../broker/fake-aws.ts';
import type { Tables } from '../../broker/fake-store.ts';
import { isTheirs, NODE } from '../company.ts';
import { type Random, randomFrom } from '../random.ts';
import { adminRole, CLUSTERS, DEPLOYMENTS, keyOf, PEOPLE } from './company.ts';
import type { Planned } from './plan.ts';
import type { Simulated } from './simulated.ts';

/** Does it, and answers what it was, for the history; undefined when there was nothing to do it to. */
export async function perform(simulated: Simulated, planned: Planned): Promise<string | undefined> {
  const { world } = simulated;
  const random = randomFrom(planned.seed);
  const who = random.pick(PEOPLE);
  switch (planned.deed) {
    case 'ask':
      return ask(simulated, random, who);
    case 'approve':
      return decide(simulated, random, who, { kind: 'approve' });
    case 'deny':
      return decide(simulated, random, who, { kind: 'deny', reason: 'not today' });
    case 'withdraw':
      return act(simulated, random, who, ['pending', 'scheduled'], 'withdraws', withdrawGrant);
    case 'end':
      return act(simulated, random, 'p0', ['activating', 'active', 'scheduled'], 'ends', endGrant);
    case 'extend':
      return act(simulated, random, 'the requester', ['active'], 'extends', (deps, request) =>
        extendGrant(deps, { ...request, input: { duration: `${1 + random.below(40)}m`, justification: 'INC-4211' } }),
      );
    case 'approveExtension':
      return act(simulated, random, `p${random.below(8)}`, ['active'], 'approves more of', (deps, request) =>
        decideGrant(deps, { ...request, decision: { kind: 'approve' } }),
      );
    case 'askForSeveral':
      return askForSeveral(simulated, random, who);
    case 'delegate':
      return lend(simulated, random);
    case 'undelegate':
      return takeBack(simulated, random);
    case 'endTogether':
      return act(simulated, random, 'p0', ['activating', 'active', 'scheduled'], 'ends all of', endTogether);
    case 'workflowOff':
      world.state.workflow = false;
      return 'Step Functions refuses every call';
    case 'workflowOn':
      world.state.workflow = true;
      return 'Step Functions answers';
    case 'deploy':
      world.state.config = random.pick(DEPLOYMENTS);
      return `a deployment with ${Object.keys(world.state.config.entitlements).length} entitlements`;
    case 'accountOut':
      return accountOut(simulated, random);
    case 'sweeperOut': {
      const length = minutes(2 + random.below(10));
      world.state.sweeper = false;
      simulated.disturb('everywhere', length);
      world.time.at(plus(world.time.now(), length), () => {
        world.state.sweeper = true;
      });
      return `the sweeper is out for ${length / 60_000} minutes`;
    }
    case 'backUp':
      simulated.backup = copyOf(world.tables);
      return 'a backup';
    case 'restore':
      return restore(simulated);
    default:
      return meddle(simulated, planned.deed, random);
  }
}

const by = (simulated: Simulated, id: string) => {
  const person = simulated.world.state.config.directory.people[id];
  return person && ({ person, channel: 'cli', proof: 'iam:test' } as const);
};

async function ask(simulated: Simulated, random: Random, who: string): Promise<string | undefined> {
  const cluster = random.pick(CLUSTERS);
  const entitlement = `${random.pick(['view', 'admin', 'admin'])}-${cluster}`;
  const duration = `${1 + random.below(random.chance(0.5) ? 6 : 60)}m`;
  const startAt = random.chance(0.15)
    ? new Date(simulated.world.time.now() + random.below(1_800_000)).toISOString()
    : undefined;
  const asking = by(simulated, who);
  if (!asking) return undefined;
  const input = { entitlement, duration, justification: 'INC-4211', ...(startAt && { startAt }) };
  const asked = await simulated.world.run('api', (deps) => requestGrant(deps, { ...asking, input }));
  return `${who} asks for ${entitlement}, ${duration}: ${asked.ok ? asked.value.stored.grant.id : asked.error.reason}`;
}

async function askForSeveral(simulated: Simulated, random: Random, who: string): Promise<string | undefined> {
  const asking = by(simulated, who);
  if (!asking) return undefined;
  const clusters = CLUSTERS.filter(() => random.chance(0.7));
  const input = { entitlement: 'view-all', clusters, duration: `${1 + random.below(40)}m`, justification: 'INC-4211' };
  if (clusters.length === 0) return undefined;
  const asked = await simulated.world.run('api', (deps) => requestGrant(deps, { ...asking, input }));
  const ids = asked.ok ? asked.value.all.map((one) => one.stored.grant.id).join(', ') : asked.error.reason;
  return `${who} asks for view-all on ${clusters.join(', ')}: ${ids}`;
}

/** A lead goes away for a while, and anybody decides in their place. */
async function lend(simulated: Simulated, random: Random): Promise<string | undefined> {
  const giving = by(simulated, `p${random.below(8)}`);
  if (!giving) return undefined;
  const to = [random.pick(PEOPLE)];
  const ends = new Date(simulated.world.time.now() + 60_000 + random.below(3_600_000)).toISOString();
  const lent = await simulated.world.run('api', (deps) => delegate(deps, { ...giving, input: { to, ends } }));
  return `${giving.person.id} lets ${to[0]} decide until ${ends}: ${lent.ok ? 'done' : lent.error.reason}`;
}

async function takeBack(simulated: Simulated, random: Random): Promise<string | undefined> {
  const [lent] = await simulated.world.run('api', (deps) => deps.delegations.read()).catch(() => []);
  const giving = lent && by(simulated, random.chance(0.8) ? lent.from : random.pick(PEOPLE));
  if (!lent || !giving) return undefined;
  const { ok } = await simulated.world.run('api', (deps) => revokeDelegation(deps, { ...giving, id: lent.id }));
  return `${giving.person.id} ends the delegation of ${lent.from}: ${ok ? 'done' : 'refused'}`;
}

function anyIn({ world }: Simulated, random: Random, states: readonly State[]): Grant | undefined {
  const found = [...world.tables.grants.values()]
    .map((stored) => stored.grant)
    .filter((grant) => states.includes(grant.state));
  return found.length > 0 ? random.pick(found) : undefined;
}

async function decide(
  simulated: Simulated,
  random: Random,
  who: string,
  decision: Parameters<typeof decideGrant>[1]['decision'],
): Promise<string | undefined> {
  const lead = random.chance(0.9) ? `p${random.below(8)}` : who;
  return act(simulated, random, lead, ['pending'], decision.kind, (deps, request) =>
    decideGrant(deps, { ...request, decision }),
  );
}

type Act = (
  deps: Deps,
  request: NonNullable<ReturnType<typeof by>> & { id: GrantId },
) => Promise<{ readonly ok: boolean }>;

async function act(
  simulated: Simulated,
  random: Random,
  who: string,
  states: readonly State[],
  verb: string,
  go: Act,
): Promise<string | undefined> {
  const grant = anyIn(simulated, random, states);
  const own = verb === 'withdraws' || verb === 'extends';
  const acting = by(simulated, own && grant ? grant.requester.id : who);
  if (!grant || !acting) return undefined;
  const { ok } = await simulated.world.run('api', (deps) => go(deps, { ...acting, id: grant.id }));
  return `${acting.person.id} ${verb} ${grant.id}: ${ok ? 'done' : 'refused'}`;
}

function accountOut(simulated: Simulated, random: Random): string {
  const cluster = simulated.world.state.config.clusters[random.pick(CLUSTERS)];
  if (!cluster) return 'nothing';
  const length = minutes(5 + random.below(35));
  simulated.out.set(cluster.account, plus(simulated.world.time.now(), length));
  simulated.disturb(cluster.account, length);
  return `EKS in ${cluster.account} is out for ${length / 60_000} minutes`;
}

const copyOf = (tables: Tables): Tables => structuredClone(tables);

function restore(simulated: Simulated): string | undefined {
  const { backup, world } = simulated;
  // Without a record and without tags nothing says whose an entry is: nobody could end it.
  const nameless = [...world.aws.clusters.values()].some(({ entries }) =>
    [...entries.values()].some((entry) => !isTheirs(entry) && entry.entry.tags['hallpass:hub'] === undefined),
  );
  if (!backup || nameless) return undefined;
  simulated.look();
  simulated.restores++;
  simulated.restoredAt = world.time.now();
  world.restore(copyOf(backup), `table-${simulated.restores + 1}`);
  return 'the table is restored from the backup';
}

/** Somebody with rights of their own in a cluster's account. Nothing of Hallpass is under way at that moment. */
function meddle(simulated: Simulated, deed: Planned['deed'], random: Random): string | undefined {
  const { world } = simulated;
  const name = random.pick(CLUSTERS);
  const cluster = world.aws.clusters.get(keyOf(name));
  if (!cluster || !world.isIdle()) return undefined;
  const ours = [...cluster.entries.values()].filter((entry) => !isTheirs(entry));
  const done = change(simulated, deed, name, cluster, ours.length > 0 ? random.pick(ours) : undefined);
  world.changed();
  return done;
}

function change(
  simulated: Simulated,
  deed: Planned['deed'],
  name: (typeof CLUSTERS)[number],
  cluster: NonNullable<ReturnType<Simulated['world']['aws']['clusters']['get']>>,
  entry: Entry | undefined,
): string | undefined {
  const { aws } = simulated.world;
  const principal = entry?.entry.principalArn ?? '';
  switch (deed) {
    case 'standingEntry':
      if (cluster.entries.has(adminRole(name))) return undefined;
      foreignEntry(aws, cluster, adminRole(name));
      simulated.theirsChanged();
      return `somebody makes an entry of their own for ${adminRole(name)}`;
    case 'tagTheirs': {
      const node = cluster.entries.get(NODE);
      if (!node) return undefined;
      node.entry = {
        ...node.entry,
        tags: { 'hallpass:hub': 'main', 'hallpass:grant': 'x', 'hallpass:expires': '2020-01-01T00:00:00.000Z' },
      };
      simulated.theirsChanged();
      return `somebody tags the nodes' entry in ${name} as ours`;
    }
    case 'replaceCluster':
      cluster.createdAt = instant(cluster.createdAt + 1);
      for (const [arn, one] of cluster.entries) if (!isTheirs(one)) cluster.entries.delete(arn);
      return `${name} is deleted and made again`;
    case 'replaceRole': {
      const role = aws.standing.get(adminRole(name));
      if (role) role.roleId = `${role.roleId}X`;
      return `the role ${adminRole(name)} is deleted and made again`;
    }
    case 'deleteOurs':
      return cluster.entries.delete(principal) ? `somebody deletes ${principal}` : undefined;
    case 'untagOurs':
      if (simulated.restores > 0) return undefined;
      if (entry) entry.entry = { ...entry.entry, tags: {} };
      return entry && `somebody takes the tags off ${principal}`;
    case 'narrowOurs':
      if (entry) entry.policies = [];
      return entry && `somebody takes the policy off ${principal}`;
    case 'widenOurs': {
      const policyArn = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSSecretAdminPolicy';
      if (entry) entry.policies = [...entry.policies, { policyArn, accessScope: { type: 'cluster', namespaces: [] } }];
      return entry && `somebody adds a policy to ${principal}`;
    }
    default:
      return undefined;
  }
}
