/**
 * A world for the use cases: table, EKS, IAM and workflow in memory, a clock that only tests move, and faults at any
 * call of any port. What a process forgets when it dies is forgotten here too: nothing but the maps is kept.
 */
import { createHash } from 'node:crypto';
import { activateGrant } from '../../src/broker/activateGrant.ts';
import { decideGrant } from '../../src/broker/decideGrant.ts';
import type { Decision } from '../../src/broker/decisionRequest.ts';
import type { EndingDeps } from '../../src/broker/drainPorts.ts';
import type { Deps, Stored, TaskToken } from '../../src/broker/ports.ts';
import { prepareGrant } from '../../src/broker/prepareGrant.ts';
import { requestGrant } from '../../src/broker/requestGrant.ts';
import { revokeGrant } from '../../src/broker/revokeGrant.ts';
import { type Swept, sweep } from '../../src/broker/sweep.ts';
import { faultsOf } from '../../src/core/audit.ts';
import type { Configuration, Person } from '../../src/core/configuration.ts';
import type { AuditEvent } from '../../src/core/event.ts';
import type { Actor, Grant } from '../../src/core/grant.ts';
import type { GrantId } from '../../src/core/id.ts';
import type { RequestInput } from '../../src/core/request.ts';
import { type Instant, instant, minutes } from '../../src/core/time.ts';
import { at, CONFIG, entitlement, KUBERNETES_ADMIN, person, SSO_ROLE, SSO_ROLE_ID } from '../core/fixtures.ts';
import { type Aws, type FakeCluster, fakeEks, fakeRoles, newAws } from './fake-aws.ts';
import { type DelegationTable, delegationsInMemory, emptyDelegations } from './fake-delegations.ts';
import { drainInMemory, fakeEksOnce } from './fake-drain.ts';
import { dueHub, type FakeHub, hubInMemory, newHub } from './fake-hub.ts';
import { emptyLinks, linksInMemory } from './fake-links.ts';
import { quotasInMemory, seenInMemory } from './fake-quotas.ts';
import { emptyTables, storeInMemory, type Tables } from './fake-store.ts';

export const WORKFLOW: Actor = { kind: 'system', part: 'workflow' };
export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

/** The small company of the fixtures, with a standing role beside the grants' own. */
export const WORLD_CONFIG: Configuration = {
  ...CONFIG,
  entitlements: {
    ...CONFIG.entitlements,
    admin: entitlement({
      id: 'admin',
      principal: { mode: 'role', role: KUBERNETES_ADMIN, assumableBy: ['arn:aws:iam::111111111111:role/sso'] },
    }),
  },
};
export const ENTITLEMENT_OF = { dedicated: 'prod-view', role: 'admin' } as const;
export type Mode = keyof typeof ENTITLEMENT_OF;
export const MODES: readonly Mode[] = ['dedicated', 'role'];

/** What befalls one call. After a crash every call fails until `restart`. */
export type Fault = 'crashBefore' | 'crashAfter' | 'failBefore' | 'failAfter' | 'twice' | { readonly delayed: number };

export class Struck extends Error {
  override name = 'Struck';
}

function unlessStruck(error: unknown): void {
  if (!(error instanceof Struck)) throw error;
}

export type World = {
  readonly deps: EndingDeps;
  readonly aws: Aws;
  readonly tables: Tables;
  readonly hub: FakeHub;
  readonly delegated: DelegationTable;
  readonly signals: { readonly token: TaskToken; readonly startsInSeconds: number }[];
  readonly started: GrantId[];
  readonly alarms: string[];
  readonly lines: string[];
  /** Every call of a port, by name, in order. */
  readonly calls: string[];
  /** The cluster `prod`. */
  readonly prod: FakeCluster;
  config: Configuration;
  workflowIsDown: boolean;
  tableId: string;
  /** Called after each call with its name: a test may change the world under the code's feet. */
  afterCall: (name: string) => void;
  now(): Instant;
  advance(minutes: number): void;
  /** The n-th call from now on is struck. */
  strike(n: number, fault: Fault): void;
  /** The process is another one; a strike that is still to come stays. */
  restart(): void;
  calm(): void;
  /** Has the strike that was announced come? */
  wasStruck(): boolean;
  sweep(): Promise<Swept>;
  /** A sweep a minute, so many minutes. */
  sweepFor(minutes: number): Promise<void>;
  grant(id: GrantId): Promise<Grant>;
  events(id: GrantId): readonly AuditEvent[];
  request(who: string, input?: Partial<RequestInput>): Promise<Stored>;
  approve(who: string, id: GrantId): ReturnType<typeof decideGrant>;
  decide(who: string, id: GrantId, decision: Decision): ReturnType<typeof decideGrant>;
  prepare(id: GrantId): ReturnType<typeof prepareGrant>;
  activate(id: GrantId): ReturnType<typeof activateGrant>;
  revoke(id: GrantId): ReturnType<typeof revokeGrant>;
  /** Requested by ada, approved by bob, active. */
  live(mode: Mode, input?: Partial<RequestInput>, who?: string): Promise<GrantId>;
  person(id: string): Person;
  chainFaults(id: GrantId): readonly object[];
};

type Port = Record<string, (...args: never[]) => Promise<unknown>>;

export function newWorld(): World {
  const aws = newAws();
  const tables = emptyTables();
  const delegated = emptyDelegations();
  let now: number = at(0);
  let random = 0;
  let crashed = false;
  let left = 0;
  let fault: Fault | undefined;
  let late: { readonly at: number; readonly effect: () => Promise<unknown> }[] = [];
  const world: Pick<World, 'signals' | 'started' | 'alarms' | 'lines' | 'calls'> &
    Pick<World, 'config' | 'workflowIsDown' | 'tableId' | 'afterCall'> = {
    signals: [],
    started: [],
    alarms: [],
    lines: [],
    calls: [],
    config: WORLD_CONFIG,
    workflowIsDown: false,
    tableId: 'table-1',
    afterCall: () => {},
  };

  async function call(name: string, effect: () => Promise<unknown>): Promise<unknown> {
    if (crashed) throw new Struck(`${name}: the process is dead`);
    world.calls.push(name);
    const struck = fault !== undefined && --left === 0 ? fault : undefined;
    if (struck !== undefined) fault = undefined;
    if (struck === 'crashBefore' || struck === 'crashAfter') crashed = true;
    if (struck === 'crashBefore' || struck === 'failBefore') throw new Struck(`${name} failed before its effect`);
    if (typeof struck === 'object') {
      late.push({ at: now + struck.delayed * 1_000, effect });
      throw new Struck(`${name} did not answer`);
    }
    const answer = await effect();
    if (struck === 'crashAfter' || struck === 'failAfter') throw new Struck(`${name} failed after its effect`);
    const again = struck === 'twice' ? await effect() : answer;
    world.afterCall(name);
    return again;
  }
  const withFaults = <T extends object>(prefix: string, port: T): T =>
    Object.fromEntries(
      Object.entries(port as Port).map(([name, run]) => [
        name,
        (...args: never[]) => call(`${prefix}.${name}`, () => run(...args)),
      ]),
    ) as T;

  const log: Deps['log'] = (level, message, fields) => {
    world.lines.push(`${level} ${message} ${JSON.stringify(fields ?? {})}`);
    if (level === 'alarm') world.alarms.push(message);
  };
  const memory = storeInMemory(tables, 'unused');
  const hub = newHub();
  const store: Deps['store'] = {
    ...memory,
    tableId: async () => world.tableId,
    due: async (until, limit) => [...dueHub(hub), ...(await memory.due(until, limit))],
  };
  const deps: EndingDeps = {
    drain: {
      ...withFaults(
        'drain',
        drainInMemory(memory, new Map(), () => instant(now)),
      ),
      eksOnce: (target) => withFaults('eks', fakeEksOnce(aws, target)),
      pause: async () => {},
      timeLeft: () => minutes(1),
    },
    store: { ...withFaults('store', store), recall: store.recall },
    // Struck by nothing: the table's own faults are the store's.
    hub: hubInMemory(hub, tables),
    eks: (target) => withFaults('eks', fakeEks(aws, target)),
    roles: withFaults('roles', fakeRoles(aws)),
    delegations: withFaults('delegations', delegationsInMemory(delegated)),
    identities: { roleIds: async () => new Map([[SSO_ROLE, SSO_ROLE_ID]]) },
    seenClusters: withFaults('seenClusters', seenInMemory()),
    quotas: withFaults('quotas', quotasInMemory(tables.quotas)),
    links: withFaults('links', linksInMemory(emptyLinks())),
    workflow: withFaults('workflow', {
      async start(id: GrantId) {
        if (world.workflowIsDown) throw new Error('Step Functions is down');
        world.started.push(id);
      },
      async signal(token: TaskToken, { startsInSeconds }: { readonly startsInSeconds: number }) {
        if (world.workflowIsDown) throw new Error('Step Functions is down');
        world.signals.push({ token, startsInSeconds });
      },
    }),
    ask: async () => ({ ok: false, why: 'nobody was there' }),
    config: () => world.config,
    ready: async () => {},
    directoryAsOf: () => undefined,
    now: () => instant(now),
    random: (bytes) => Uint8Array.from({ length: bytes }, () => random++ % 256),
    sha256,
    log,
  };

  const personOf = (id: string): Person => world.config.directory.people[id] ?? person(id);
  const by = (id: string) => ({ person: personOf(id), channel: 'cli', proof: `test:${id}` }) as const;
  const runLate = async (): Promise<void> => {
    const due = late.filter((one) => one.at <= now);
    late = late.filter((one) => one.at > now);
    for (const { effect } of due) await effect().catch(() => {});
  };

  const self: World = Object.assign(world, {
    deps,
    aws,
    tables,
    hub,
    delegated,
    prod: aws.clusters.get('222222222222/eu-west-1/prod') as FakeCluster,
    now: () => instant(now),
    advance(minutes: number) {
      now += minutes * 60_000;
    },
    strike(n: number, what: Fault) {
      left = n;
      fault = what;
    },
    restart() {
      crashed = false;
    },
    calm() {
      crashed = false;
      fault = undefined;
    },
    wasStruck: () => fault === undefined,
    async sweep() {
      await runLate();
      return sweep(deps, () => false);
    },
    async sweepFor(minutes: number) {
      for (let minute = 0; minute < minutes; minute++) {
        now += 60_000;
        await runLate();
        // A sweep that finds nothing due does nothing else: only those that find something are counted and struck.
        if ((await store.due(instant(now), 1)).length > 0) await self.sweep().catch(unlessStruck);
        // Every minute's sweep is an invocation of its own: one that died takes no other with it.
        crashed = false;
      }
    },
    async grant(id: GrantId) {
      const stored = tables.grants.get(id);
      if (!stored) throw new Error(`there is no grant ${id}`);
      return stored.grant;
    },
    events: (id: GrantId) => tables.events.get(id) ?? [],
    async request(who: string, input: Partial<RequestInput> = {}) {
      const answer = await requestGrant(deps, {
        ...by(who),
        input: { entitlement: 'prod-view', justification: 'INC-4211', ...input },
      });
      if (!answer.ok) throw new Error(`refused: ${JSON.stringify(answer.error)}`);
      return answer.value.stored;
    },
    decide: (who: string, id: GrantId, decision: Decision) => decideGrant(deps, { ...by(who), id, decision }),
    approve: (who: string, id: GrantId) => decideGrant(deps, { ...by(who), id, decision: { kind: 'approve' } }),
    prepare: (id: GrantId) => prepareGrant(deps, id, WORKFLOW),
    activate: (id: GrantId) => activateGrant(deps, id, WORKFLOW),
    revoke: (id: GrantId) => revokeGrant(deps, id, WORKFLOW),
    async live(mode: Mode, input: Partial<RequestInput> = {}, who = 'ada') {
      const { grant } = await self.request(who, { entitlement: ENTITLEMENT_OF[mode], ...input });
      await self.prepare(grant.id);
      const approved = await self.approve(who === 'bob' ? 'cyd' : 'bob', grant.id);
      if (!approved.ok) throw new Error(`not approved: ${JSON.stringify(approved.error)}`);
      const active = await self.activate(grant.id);
      if (active.kind !== 'active') throw new Error(`not active: ${JSON.stringify(active)} ${self.lines.join('\n')}`);
      return grant.id;
    },
    person: personOf,
    chainFaults: (id: GrantId) => faultsOf(id, self.events(id), sha256),
  } satisfies Omit<World, keyof typeof world>);
  return self;
}
