/**
 * A world in one process for faults by the thousand: the real use cases and the real state machine over tables, EKS
 * and IAM in memory, where every call takes time, can be struck, and outlives nobody: a killed invocation's calls are
 * never answered. Everything is decided by the seed.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type RateLimit, tokenBuckets } from '../../local/aws/rate-limit.ts';
import type { Context } from '../../local/aws-service.ts';
import { machinesIn } from '../../local/states/records.ts';
import { stateMachines } from '../../local/states/state-machines.ts';
import type { Collection, Storage } from '../../local/storage.ts';
import type { EksOnce, EndingDeps } from '../../src/broker/drainPorts.ts';
import { performStep, type StepEvent } from '../../src/broker/performStep.ts';
import {
  type Delegations,
  type Eks,
  type HubRecord,
  NotReady,
  type Roles,
  type Workflow,
} from '../../src/broker/ports.ts';
import { sweep } from '../../src/broker/sweep.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import type { TargetCluster } from '../../src/core/grant.ts';
import {
  between,
  type Duration,
  type Instant,
  instant,
  minus,
  minutes,
  plus,
  seconds,
  toSeconds,
} from '../../src/core/time.ts';
import { type Aws, fakeEks, fakeRoles } from '../broker/fake-aws.ts';
import { delegationsInMemory, emptyDelegations } from '../broker/fake-delegations.ts';
import { drainInMemory, fakeEksOnce, type Leases } from '../broker/fake-drain.ts';
import { hubInMemory, newHub } from '../broker/fake-hub.ts';
import { emptyLinks, linksInMemory } from '../broker/fake-links.ts';
import { quotasInMemory, seenInMemory } from '../broker/fake-quotas.ts';
import { copy, emptyTables, storeInMemory, type Tables } from '../broker/fake-store.ts';
import { timeline } from './timeline.ts';

export const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');

export type Call = {
  readonly service: 'dynamodb' | 'eks' | 'iam' | 'states';
  readonly operation: string;
  readonly write: boolean;
  readonly account: string;
  readonly by: Part;
};
export type Part = 'api' | 'workflow' | 'sweeper';
export type Fault =
  /** Refused; nothing happened. */
  | { readonly kind: 'failBefore' }
  /** It happened, and the answer is lost. */
  | { readonly kind: 'failAfter' }
  | { readonly kind: 'twice' }
  /** The process is killed at the call's barrier. */
  | { readonly kind: 'killBefore' }
  | { readonly kind: 'killAfter' }
  /** Given up after three attempts of five seconds. */
  | { readonly kind: 'timeOut' }
  /** Never answered: the function is cut off by its own time-out. */
  | { readonly kind: 'hang' }
  /** The caller is cut off now, and it happens so much later. */
  | { readonly kind: 'delayed'; readonly by: Duration }
  /** It happens now, and once more so much later: a repeated request on the way. */
  | { readonly kind: 'echo'; readonly by: Duration }
  /** A read answers as things were so long ago. */
  | { readonly kind: 'stale'; readonly by: Duration };

export type Options = {
  readonly config: Configuration;
  readonly aws: Aws;
  readonly start: Instant;
  readonly strike?: (call: Call) => Fault | undefined;
  readonly latency?: () => Duration;
  /** From 0 up to but not including 1. */
  readonly random?: () => number;
  readonly workflow?: boolean;
  readonly sweeper?: boolean;
  /** How many calls a second each account's EKS takes; as many as come, otherwise. */
  readonly eksAdmits?: RateLimit;
  /** What EKS held earlier is kept, for stale reads and for looking back: not where there is much of it. */
  readonly past?: boolean;
};

export type World = ReturnType<typeof faultWorld>;

/** The SDK sends a call that is refused again, after so long at most; or whoever made it does. */
const ATTEMPTS = 3;
const BACKOFF = 400 as Duration;
/** Three attempts of five seconds, or one. */
const CALL_TIMEOUT = seconds(15);
const ONE_ATTEMPT = seconds(5);
const FUNCTION_TIMEOUT = seconds(60);
const ENOUGH_FOR_ONE_GRANT = seconds(20);
const DEFINITION = readFileSync(new URL('../../statemachines/grant.asl.json', import.meta.url), 'utf8');
const HISTORY = 'states/history';
const MACHINE = 'arn:aws:states:eu-west-1:111111111111:stateMachine:grant';

class Killed extends Error {
  override name = 'Runtime.ExitError';
}
class Struck extends Error {
  override name = 'ServiceUnavailable';
}
class Throttled extends Error {
  override name = 'ThrottlingException';
}

/** What one process runs in: nothing of it goes on after `end`. */
type Life = { readonly part: Part; readonly deadline: Instant; dead: boolean; kill: () => void };

export function faultWorld(options: Options) {
  const { aws, start, strike = () => undefined, latency = () => 20 as Duration, random = () => 0.5 } = options;
  const time = timeline(start);
  const tableOf = (tables: Tables, tableId: string) => ({ tables, tableId, store: storeInMemory(tables, tableId) });
  let here = tableOf(emptyTables(), 'table-1');
  const former: Tables[] = [];
  const delegated = emptyDelegations();
  const leases: Leases = new Map();
  const lag = { ms: 100 };
  const hub = newHub();
  const iam = fakeRoles(aws);
  const calls: Call[] = [];
  /** Attempts that EKS refused because they were too many. */
  const refusedCalls: Call[] = [];
  const isTaken = options.eksAdmits ? tokenBuckets(options.eksAdmits) : () => true;
  const alarms: string[] = [];
  const sweeps: { at: Instant; oldestOverdueSeconds: number }[] = [];
  /** What EKS held, each time that it changed: for stale reads, and for looking back. */
  let running = 0;
  const past: { readonly at: Instant; readonly clusters: Aws['clusters'] }[] = [];
  const state = { config: options.config, workflow: options.workflow !== false, sweeper: options.sweeper !== false };
  const offClock: Partial<Record<Part, Duration>> = {};

  const snapshot = (): void => {
    if (options.past === false) return;
    const clusters = new Map([...aws.clusters].map(([key, c]) => [key, { ...c, entries: new Map(copyOf(c.entries)) }]));
    past.push({ at: time.now(), clusters });
  };
  const asOf = (when: Instant): Aws => ({
    ...aws,
    clusters: (past.findLast((one) => one.at <= when) ?? past[0])?.clusters ?? aws.clusters,
  });
  snapshot();

  /** One call: its time, its effect, and what strikes it. */
  async function call<T>(
    life: Life,
    { timeout, ...about }: Omit<Call, 'by'> & { readonly timeout: Duration },
    effect: (now: Aws) => Promise<T>,
  ): Promise<T> {
    if (life.dead) return never();
    if (plus(time.now(), timeout) > life.deadline) throw new NotReady('too little time is left');
    const made: Call = { ...about, by: life.part };
    calls.push(made);
    const fault = strike(made);
    await time.sleep(latency());
    if (life.dead) return never();
    for (let attempt = 1; made.service === 'eks' && !isTaken(made.account, time.now()); attempt++) {
      refusedCalls.push(made);
      if (timeout === ONE_ATTEMPT || attempt === ATTEMPTS) throw new Throttled('Rate exceeded');
      await time.sleep(Math.round(latency() + random() * BACKOFF) as Duration);
      if (life.dead) return never();
      calls.push(made);
    }
    const happen = async (): Promise<T> => {
      const answer = await effect(aws);
      if (about.write && about.service === 'eks') snapshot();
      return answer;
    };
    const later = (by: Duration): void =>
      void time.at(plus(time.now(), by), () =>
        happen().then(
          () => {},
          () => {},
        ),
      );
    const answered = async (answer: T): Promise<T> => (life.dead ? never() : answer);
    switch (fault?.kind) {
      case undefined:
        return answered(await happen());
      case 'failBefore':
        throw new Struck(about.operation);
      case 'failAfter':
        await happen();
        throw new Struck(about.operation);
      case 'twice':
        await happen();
        return answered(await happen());
      case 'killBefore':
        life.kill();
        return never();
      case 'killAfter':
        await happen();
        life.kill();
        return never();
      case 'timeOut':
        await time.sleep(timeout);
        if (life.dead) return never();
        throw new Struck(`${about.operation} timed out`);
      case 'hang':
        return never();
      case 'delayed':
        later(fault.by);
        throw new Struck(about.operation);
      case 'echo':
        later(fault.by);
        return answered(await happen());
      case 'stale':
        if (about.write) return answered(await happen());
        // The index of what is due has not caught up. Every other read of the table is strongly consistent.
        if (about.operation === 'due') return [] as T;
        return answered(await effect(asOf(minus(time.now(), fault.by))));
    }
  }

  const wrap = <P extends object>(
    life: Life,
    service: Call['service'],
    account: string,
    writes: readonly string[],
    portOf: (now: Aws) => P,
    timeout = CALL_TIMEOUT,
  ): P =>
    new Proxy(portOf(aws), {
      get:
        (_port, operation: string) =>
        (...given: unknown[]) =>
          call(
            life,
            { service, operation, account, write: writes.includes(operation), timeout },
            (now) =>
              (portOf(now) as Record<string, (...args: unknown[]) => Promise<unknown>>)[operation]?.(...given) ??
              Promise.reject(new Error(operation)),
          ),
    });

  /** A process knows one table. A restore makes another: what is under way, or comes late, goes to the one it was sent to. */
  const depsOf = (life: Life, { store, tables, tableId } = here): EndingDeps => ({
    drain: {
      ...wrap(life, 'dynamodb', 'hub', ['take'], () => drainInMemory(store, leases, () => time.now(), lag)),
      eksOnce: (target: TargetCluster): EksOnce =>
        throttledAsAnswer(
          wrap(life, 'eks', target.account, ['deleteEntry'], (now) => fakeEksOnce(now, target), ONE_ATTEMPT),
        ),
      pause: (length) => time.sleep(length),
      timeLeft: () => between(time.now(), life.deadline),
    },
    ask: async () => ({ ok: false, why: 'nobody was there' }),
    store: {
      ...wrap(life, 'dynamodb', 'hub', ['commit', 'commitAll', 'commitLedger', 'putToken', 'defer'], () => store),
      tableId: async () => tableId,
      recall: (id) => store.recall(id),
    },
    hub: wrap<HubRecord>(life, 'dynamodb', 'hub', ['commit'], () => hubInMemory(hub, tables)),
    eks: (target: TargetCluster): Eks =>
      wrap(
        life,
        'eks',
        target.account,
        ['createEntry', 'associatePolicy', 'disassociatePolicy', 'deleteEntry', 'tagEntry'],
        (now) => fakeEks(now, target),
      ),
    roles: wrap<Roles>(life, 'iam', 'hub', ['create', 'setAssumableUntil', 'remove'], () => iam),
    identities: {
      roleIds: async () =>
        new Map(
          Object.values(state.config.directory.people).flatMap((one) =>
            one.iam.map(({ role }) => [role, 'AROASSO'] as const),
          ),
        ),
    },
    seenClusters: seenInMemory(),
    quotas: quotasInMemory(),
    links: linksInMemory(emptyLinks()),
    delegations: wrap<Delegations>(life, 'dynamodb', 'hub', ['commit'], () => delegationsInMemory(delegated)),
    workflow: wrap<Workflow>(life, 'states', 'hub', ['start', 'signal'], () => stepFunctions),
    config: () => state.config,
    ready: async () => {},
    directoryAsOf: () => undefined,
    now: () => plus(time.now(), offClock[life.part] ?? seconds(0)),
    random: (bytes) => Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256)),
    sha256,
    log: (level, message, fields) => {
      if (level === 'alarm') alarms.push(`${message} ${JSON.stringify(fields ?? {})}`);
    },
  });

  /** One invocation of one function. Rejects when it fails, is killed or runs out of time. */
  function run<T>(part: Part, work: (deps: EndingDeps, life: Life) => Promise<T>): Promise<T> {
    running++;
    return new Promise((settle, fail) => {
      const end = (): void => {
        running--;
        life.dead = true;
        cancel();
      };
      const life: Life = {
        part,
        deadline: plus(time.now(), FUNCTION_TIMEOUT),
        dead: false,
        kill: () => {
          end();
          fail(new Killed('killed'));
        },
      };
      const cancel = time.at(life.deadline, life.kill);
      work(depsOf(life), life).then(
        (answer) => {
          if (life.dead) return;
          end();
          settle(answer);
        },
        (error: unknown) => {
          if (life.dead) return;
          end();
          fail(error);
        },
      );
    });
  }

  const storage = storageInMemory();
  let ids = 0;
  const machines = stateMachines({
    storage,
    clock: time,
    random,
    newId: () => `id-${++ids}`,
    patience: 1 as Duration,
    invoke: async (_name, payload) => {
      try {
        return { ok: true, payload: await run('workflow', (deps) => performStep(deps, payload as StepEvent)) };
      } catch (error) {
        const { name, message } = error as Error;
        return { ok: false, errorType: name, errorMessage: message };
      }
    },
  });
  machinesIn(storage).put(MACHINE, {
    arn: MACHINE,
    name: 'grant',
    definition: DEFINITION.replaceAll(`\${WorkflowFunction}`, 'workflow'),
    roleArn: 'arn:aws:iam::111111111111:role/states',
    createdAt: start,
    revisionId: '1',
  });
  const operate = async (operation: string, input: Record<string, unknown>): Promise<void> => {
    if (!state.workflow) throw new Struck('Step Functions refuses every call');
    const caller = {
      arn: 'arn:aws:iam::111111111111:user/x',
      account: '111111111111',
      userId: 'AIDA',
      accessKeyId: 'AKIA',
    };
    const context: Context = { caller, region: 'eu-west-1', clock: time, storage };
    await machines.service[operation]?.run(input, context);
  };
  const unless =
    (names: readonly string[]) =>
    (error: Error): void => {
      if (!names.includes(error.name)) throw error;
    };
  const stepFunctions: Workflow = {
    start: (grantId, window) =>
      operate('StartExecution', {
        stateMachineArn: MACHINE,
        name: grantId,
        input: JSON.stringify({ grantId, seconds: toSeconds(window) }),
      }).catch(unless(['ExecutionAlreadyExists'])),
    signal: (token, answer) =>
      operate('SendTaskSuccess', { taskToken: token.value, output: JSON.stringify(answer) }).catch(
        unless(['TaskTimedOut', 'TaskDoesNotExist', 'InvalidToken']),
      ),
  };

  const sweepOnce = (scheduledAt = time.now()): Promise<unknown> =>
    run('sweeper', async (deps, life) => {
      const swept = await sweep(deps, () => life.deadline - time.now() < ENOUGH_FOR_ONE_GRANT, scheduledAt);
      sweeps.push({ at: time.now(), oldestOverdueSeconds: swept.oldestOverdueSeconds });
      return swept;
    });
  const tick = (): void => {
    if (state.sweeper) void sweepOnce().catch(() => {});
    time.at(plus(time.now(), minutes(1)), tick);
  };
  time.at(instant((Math.floor(start / 60_000) + 1) * 60_000), tick);

  return {
    time,
    aws,
    calls,
    refusedCalls,
    alarms,
    sweeps,
    past,
    state,
    offClock,
    run,
    sweepOnce,
    /** Tells the record of the past that somebody outside has changed an entry. */
    changed: snapshot,
    /** Forgets what EKS held longer ago than any stale read shows. */
    forget(before: Instant) {
      const from = past.findLastIndex((one) => one.at <= before);
      if (from > 0) past.splice(0, from);
    },
    isIdle: () => running === 0,
    get tables() {
      return here.tables;
    },
    /** The tables that were there before each restore: for a moment somebody may still write to them. */
    former,
    /** The table as it was, under another id: what a restore makes. */
    restore(copy: Tables, id: string) {
      former.push(here.tables);
      here = tableOf(copy, id);
    },
    close: () => machines.close(),
  };
}

/** To whoever paces its calls a refusal is an answer. */
const throttledAsAnswer = (eks: EksOnce): EksOnce =>
  new Proxy(eks, {
    get:
      (port, operation: keyof EksOnce) =>
      (...given: never[]) =>
        (port[operation] as (...args: never[]) => Promise<unknown>)(...given).catch((error: unknown) => {
          if (error instanceof Throttled) return 'throttled';
          throw error;
        }),
  });

const never = <T>(): Promise<T> => new Promise<T>(() => {});

const copyOf = <K, V extends object>(map: ReadonlyMap<K, V>): [K, V][] =>
  [...map].map(([key, value]) => [key, { ...value }]);

/** What Step Functions keeps, without a file: values are copies, as they are in one. */
function storageInMemory(): Storage {
  const collections = new Map<string, Map<string, unknown>>();
  return {
    collection<T>(name: string): Collection<T> {
      const kept = (collections.get(name) ?? new Map()) as Map<string, T>;
      collections.set(name, kept);
      return {
        get: (key) => copy(kept.get(key)),
        // Nobody here reads an execution's history.
        put: (key, value) => void (name === HISTORY || kept.set(key, copy(value))),
        delete: (key) => kept.delete(key),
        list: (prefix = '') =>
          [...kept].filter(([key]) => key.startsWith(prefix)).map(([key, value]) => ({ key, value: copy(value) })),
      };
    },
    transaction: (work) => work(),
    close: () => collections.clear(),
  };
}
