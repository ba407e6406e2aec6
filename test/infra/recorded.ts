/** Every right that the functions needed in scripted lives of grants, by the role that needed it. */
import { AssociateAccessPolicyCommand, CreateAccessEntryCommand, EKSClient } from '@aws-sdk/client-eks';
import type { AccessObserver } from '../../local/aws/endpoint.ts';
import { minutes, seconds } from '../../src/core/time.ts';
import { ADMIN, activeGrant, type TestWorld, VIEW } from '../life/harness.ts';
import { clientOf, clusterName, KUBERNETES_ADMIN, principals } from '../life/operator.ts';
import { type SlackWorld, slackWorld } from '../slack/harness.ts';
import { askGuard, DELETED, DROPPED } from './answering.ts';
import { everything, OTHER_ACCOUNT } from './everything.ts';
import { type Others, seedDirectory, startOthers } from './others.ts';
import { inSlack } from './slack-life.ts';

export type Recorded = {
  /** The role's name. */
  readonly role: string;
  readonly action: string;
  readonly resource: string;
  readonly keys: Readonly<Record<string, string | readonly string[]>>;
};

/** What differs from call to call and decides nothing. */
const FLEETING = ['aws:currenttime', 'aws:epochtime', 'aws:tokenissuetime', 'aws:userid'];

function recorder(): { readonly onAccess: AccessObserver; readonly all: Map<string, Recorded> } {
  const all = new Map<string, Recorded>();
  const onAccess: AccessObserver = (caller, { action, resource, conditionKeys }) => {
    const role = /:assumed-role\/(hallpass-[^/]+)\//.exec(caller.arn)?.[1];
    // People and the operator have policies of their own.
    if (!role || /^hallpass-laptop-0/.test(role)) return;
    const keys = Object.fromEntries(Object.entries(conditionKeys).filter(([key]) => !FLEETING.includes(key)));
    const known = { role: `${caller.account}/${role}`, action, resource, keys };
    all.set(JSON.stringify([known.role, action, resource, Object.entries(keys).sort()]), known);
  };
  return { onAccess, all };
}

const GROUPS = { entitlement: 'debuggers', duration: '30m', justification: 'INC-4211: looking', ticket: 'INC-4211' };
const TEAM = {
  entitlement: 'team',
  cluster: 'mycluster',
  duration: '30m',
  namespaces: ['team-a'],
  justification: 'INC-4211: mending',
  ticket: 'CHG-1',
};
const EXTENSION = { duration: '1h', justification: 'not mended yet' };
const OTHER = { entitlement: 'other-admin', duration: '30m', justification: 'INC-4211: mending' };

/** All of a grant's ways, once by workflow and once by the sweeper alone; then the hub is lost and the reaper ends things. */
export async function recordedCalls(): Promise<readonly Recorded[]> {
  const { onAccess, all } = recorder();
  const others = await startOthers();
  try {
    for (const workflow of [true, false]) {
      const world = await slackWorld({ config: everything(others.servers), workflow, onAccess });
      try {
        seedDirectory(world);
        others.follow(world);
        await lives(world, others, workflow);
      } finally {
        await world.close();
      }
    }
  } finally {
    others.close();
  }
  return [...all.values()];
}

/** As `hallpass emergency` makes it, while the hub was down: the sweeper imports it. */
async function emergency(world: TestWorld): Promise<void> {
  const eks = new EKSClient(clientOf(world));
  const policyArn = 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSClusterAdminPolicy';
  await eks.send(
    new CreateAccessEntryCommand({
      clusterName,
      principalArn: KUBERNETES_ADMIN,
      tags: {
        'hallpass:hub': 'laptop',
        'hallpass:grant': 'emergency-01kavy8w3v0000000000000000',
        'hallpass:expires': new Date(world.clock.now() + minutes(10)).toISOString(),
        'hallpass:person': 'alice',
      },
    }),
  );
  const accessScope = { type: 'cluster' } as const;
  await eks.send(
    new AssociateAccessPolicyCommand({ clusterName, principalArn: KUBERNETES_ADMIN, policyArn, accessScope }),
  );
}

/** Its role is remembered by the sweeper's first run; then it needs nothing of IAM. */
async function brokenGlass(world: TestWorld, cluster: string): Promise<void> {
  const entitlement = cluster === 'other' ? 'other-admin' : 'mycluster-admin';
  const body = { entitlement, reason: 'nobody answers and it is on fire', incident: 'INC-4211', duration: '10m' };
  const used = await world.call('carol', 'POST', '/v1/break-glass', body);
  if (used.body.state !== 'active') throw new Error(JSON.stringify(used.body));
  await world.call('bob', 'POST', `/v1/grants/${used.body.id}/end`, {});
}

async function lives(world: SlackWorld, others: Others, workflow: boolean): Promise<void> {
  const move = async (times: number, step = seconds(60)): Promise<void> => {
    for (let n = 0; n < times; n++) {
      await world.pass(step);
      await world.sweep();
    }
  };
  const begun = async (profile: string, body: object): Promise<string> => {
    const asked = await world.call(profile, 'POST', '/v1/grants', body);
    if (asked.status !== 201) throw new Error(JSON.stringify(asked.body));
    await move(2);
    return asked.body.id;
  };
  // Before anybody has looked at callers' roles.
  await world.call('carol', 'POST', '/v1/break-glass', { entitlement: 'mycluster-admin' });
  if (!workflow) await emergency(world);
  await move(1);
  await brokenGlass(world, 'mycluster');
  await move(2);
  await inSlack(world);
  if ((await others.web(world, 'GET', '/v1/whoami')).status !== 200) throw new Error('nobody by the second API');
  if (workflow) await activeGrant(world, ADMIN);
  else await world.call('bob', 'POST', `/v1/grants/${await begun('alice', ADMIN)}/approve`, {});
  const view = await begun('alice', VIEW);
  await world.call('bob', 'POST', `/v1/grants/${view}/approve`, {});
  await move(2);
  await tampered(world);
  const [groups] = [await begun('alice', GROUPS)];
  for (const body of [TEAM, { ...TEAM, cluster: 'other' }, OTHER]) await begun('alice', body);
  await move(3);
  const extended = await world.call('alice', 'POST', `/v1/grants/${groups}/extend`, EXTENSION);
  if (extended.status !== 200) throw new Error(JSON.stringify(extended.body));
  await crashed(world, begun);
  await move(2);
  await reads(world, view);
  await hubWide(world);
  await world.functions.invoke('inventory', { scheduledTime: new Date(world.clock.now()).toISOString() });
  for (const asked of [DROPPED, DELETED]) await askGuard(world, asked);
  await world.call('alice', 'POST', `/v1/grants/${view}/end`, { reason: 'mended' });
  await refused(world, begun);
  await move(14, minutes(3));
  await move(8, minutes(12));
  await world.drain();
  await begun('alice', OTHER);
  await begun('alice', GROUPS);
  await move(2);
  world.stopHub();
  for (let n = 0; n < 12; n++) {
    await world.pass(minutes(5));
    for (const account of ['111122223333', OTHER_ACCOUNT])
      await world.functions.invoke(`reaper-${account}`, { scheduledTime: new Date(world.clock.now()).toISOString() });
  }
}

/** Somebody puts a policy on an entry of ours: it is taken off again. */
async function tampered(world: TestWorld): Promise<void> {
  const eks = new EKSClient(clientOf(world));
  const ours = (await principals(world)).find((arn) => arn.includes(':role/hallpass/laptop/'));
  if (!ours) throw new Error('there is no entry of ours');
  await eks.send(
    new AssociateAccessPolicyCommand({
      clusterName,
      principalArn: ours,
      policyArn: 'arn:aws:eks::aws:cluster-access-policy/AmazonEKSAdminPolicy',
      accessScope: { type: 'cluster' },
    }),
  );
}

/** The answer to CreateRole is lost: the role is there when it is made again. */
async function crashed(world: TestWorld, begun: (profile: string, body: object) => Promise<string>): Promise<void> {
  world.faults.add({ fault: { kind: 'failAfter' }, on: { service: 'iam', operation: 'CreateRole' } });
  await begun('bob', VIEW);
}

async function reads(world: TestWorld, id: string): Promise<void> {
  const paths = ['whoami', 'entitlements', 'clusters', 'links', 'delegations', 'reviews', 'hub', 'grants'];
  const views = ['grants?view=all', 'grants?view=waiting', `grants/${id}`];
  for (const path of [...paths, ...views]) {
    const { status, body } = await world.call('bob', 'GET', `/v1/${path}`);
    if (status !== 200) throw new Error(`${path}: ${JSON.stringify(body)}`);
  }
  await world.call('bob', 'POST', '/v1/doctor', {});
}

/** Freezing and ending, of somebody who has nothing; somebody in whose place others decide. */
async function hubWide(world: TestWorld): Promise<void> {
  const post = async (path: string, body: object): Promise<string> => {
    const answer = await world.call('bob', 'POST', `/v1/${path}`, body);
    if (answer.status >= 300) throw new Error(`${path}: ${JSON.stringify(answer.body)}`);
    return answer.body.id;
  };
  await post('freeze', { entitlement: 'team', reason: 'INC-4211' });
  await post('thaw', { entitlement: 'team' });
  await post('end', { person: 'carol', note: 'INC-4211' });
  const delegation = await post('delegations', { to: ['carol'], ends: '2026-12-01T00:00:00Z' });
  await post(`delegations/${delegation}/revoke`, {});
}

async function refused(world: TestWorld, begun: (profile: string, body: object) => Promise<string>): Promise<void> {
  const withdrawn = await begun('carol', VIEW);
  await world.call('carol', 'POST', `/v1/grants/${withdrawn}/withdraw`, {});
  const denied = await begun('carol', { ...VIEW, duration: '10m' });
  await world.call('bob', 'POST', `/v1/grants/${denied}/deny`, { reason: 'not now' });
}
