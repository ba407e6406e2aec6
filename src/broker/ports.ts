/** What the use cases need of the world. Each port is as small as its users allow; `src/aws` implements them. */
import type { ChainHead } from '../core/audit.ts';
import type { Sha256 } from '../core/canonical.ts';
import type { Configuration, Delegation } from '../core/configuration.ts';
import type { DelegationEvent } from '../core/delegation.ts';
import type { Claim, DesiredEntry, EntryKey, Ledger, ObservedEntry, ObservedPolicy } from '../core/entry.ts';
import type { AuditEvent } from '../core/event.ts';
import type { Grant, GrantFacts, Principal, Standing, TargetCluster } from '../core/grant.ts';
import type { HubState } from '../core/hub.ts';
import type { GrantId } from '../core/id.ts';
import type { RoleIds } from '../core/identity.ts';
import type { Retries, TaskKind } from '../core/task.ts';
import type { Duration, Instant } from '../core/time.ts';
import type { LinkStore } from './linkPorts.ts';
import type { QuotaStore } from './quotaPorts.ts';
import type { SeenClusters } from './seenPorts.ts';

/** A grant as the table holds it: what its events add up to, and the bookkeeping around it. */
export type Stored = {
  readonly grant: Grant;
  readonly chain: ChainHead;
  /** Guards every write: one higher each time. */
  readonly version: number;
  readonly retries: Retries;
  readonly token?: TaskToken;
};

/** What tells whether the workflow still has anything to wait for. */
export type Waiting = { readonly grant: Standing; readonly token?: TaskToken };

export type StoredWithEvents = Stored & {
  readonly events: readonly AuditEvent[];
  /** What its item says otherwise than the events that fixed it. They count; somebody else wrote the item. */
  readonly altered?: string;
};

export type WaitingStep = 'AwaitApproval' | 'AwaitStart' | 'Hold';
export type TaskToken = { readonly step: WaitingStep; readonly value: string };

/** A person's open grants and latest requests in one record, so that limits hold in a race. */
export type PersonRecord = {
  readonly personId: string;
  readonly version: number;
  /** `<entitlement>#<cluster>` to the id of the grant. */
  readonly open: Readonly<Record<string, string>>;
  readonly requestedAt: readonly Instant[];
  /** `<entitlement>#<cluster>` to when a person last denied it: for cool-downs. */
  readonly denied?: Readonly<Record<string, Instant>>;
  /** Grants by break-glass of the last days, and those not reviewed. */
  readonly uses?: readonly { readonly id: GrantId; readonly at: Instant }[];
};

/** The answer to a request that carried an idempotency key, for 24 hours. */
export type RequestRecord = {
  readonly personId: string;
  readonly route: string;
  readonly key: string;
  readonly bodyDigest: string;
  readonly grantId: GrantId;
  /** All that were answered, where it was more than one. */
  readonly grantIds?: readonly GrantId[];
  readonly madeAt: Instant;
  readonly expiresAt: Instant;
};

/** Everything that one step changes: written whole or not at all (I6). */
export type Change = {
  /** The grant as it will be; its version is one higher than what it was made from. */
  readonly stored: Stored;
  readonly events: readonly AuditEvent[];
  readonly claim?: { readonly put: Claim } | { readonly remove: EntryKey };
  /** Version 0 of `was` means that there must be none. */
  readonly ledger?:
    | { readonly was: number; readonly put: Ledger }
    | { readonly was: number; readonly remove: EntryKey };
  readonly person?: { readonly put: PersonRecord };
  /** The grant is over: the person may open another of the kind. `deniedAt`: because somebody said no. */
  readonly closes?: { readonly personId: string; readonly open: string; readonly deniedAt?: Instant };
  readonly request?: RequestRecord;
  /** A new grant's ticket, and when its system was asked whether it is open. */
  readonly ticket?: { readonly system: string; readonly ticket: string; readonly askedAt: Instant };
};

/** Which condition failed: somebody else was first. Throttling and transaction conflicts never get here. */
export type Conflict = 'grant' | 'ledger' | 'person' | 'request' | 'ticket';
export type Commit = { readonly ok: true } | { readonly ok: false; readonly conflict: Conflict };

export type Page<T> = { readonly items: readonly T[]; readonly cursor?: string };

/** A grant for which something is to be done, as the index of what is due shows it: not what to do, nor whether still. */
export type Due = {
  readonly id: GrantId;
  readonly at: Instant;
  /** `<account>/<region>` of its cluster; absent for the hub's own record. */
  readonly place?: string;
  /** When its access should be gone, or should have been: only while there may be any. */
  readonly overdueFrom?: Instant;
};

export type Store = {
  tableId(): Promise<string>;
  /** Where the access of a grant is that this process has read before: that never changes. For reading ahead only. */
  recall(id: GrantId): Pick<GrantFacts, 'cluster' | 'principal' | 'breakGlass'> | undefined;
  /** The grant and all its events, strongly consistent. */
  readGrant(id: GrantId): Promise<StoredWithEvents | undefined>;
  /** The ledger and the claims beside it, strongly consistent. */
  readEntry(key: EntryKey): Promise<{ readonly ledger?: Ledger; readonly claims: readonly Claim[] }>;
  readPerson(personId: string): Promise<PersonRecord | undefined>;
  readRequest(personId: string, route: string, key: string): Promise<RequestRecord | undefined>;
  /** Keeps the answer to a request that made nothing new; false if the key is taken and its day not over. */
  keepRequest(request: RequestRecord): Promise<boolean>;
  commit(change: Change): Promise<Commit>;
  /** Changes of different grants, all of them or none; what hangs on each but a grant may be in one of them only. */
  commitAll(changes: readonly [Change, ...Change[]]): Promise<Commit>;
  /** Says that a role's entry is about to be removed. */
  commitLedger(ledger: Ledger, was: number): Promise<Commit>;
  /** Keeps the token of a waiting workflow, and answers what has become of the grant by then. Bumps no version. */
  putToken(id: GrantId, token: TaskToken): Promise<Waiting | undefined>;
  /** Notes a failed task and when to try again. Nothing that anybody decided changes. */
  defer(stored: Stored, task: TaskKind, retry: { readonly attempts: number; readonly at: Instant }): Promise<void>;
  /** What is due up to then, the most overdue first; a moment old. */
  due(until: Instant, limit: number): Promise<readonly Due[]>;
  grantsOfPerson(personId: string, limit: number, cursor?: string): Promise<Page<Stored>>;
  /** What waits for people to decide it: requests, and live access with more time asked for. */
  undecidedGrants(limit: number, cursor?: string): Promise<Page<Stored>>;
  grantsByTime(limit: number, cursor?: string): Promise<Page<Stored>>;
};

/** The hub's own state, with where its chain of events stands. */
export type StoredHub = { readonly state: HubState; readonly chain: ChainHead; readonly version: number };

/** What responders decided for the hub as a whole, and what it applies to. */
export type HubRecord = {
  /** Strongly consistent: a freeze holds from the moment it was answered. */
  read(): Promise<StoredHub>;
  /** State and events at once; false when somebody else was first. */
  commit(hub: StoredHub, events: readonly AuditEvent[]): Promise<boolean>;
  /** Ids of all grants for which anything is still to be done; a moment old, so one that has just begun may be missing. */
  openGrants(): Promise<readonly GrantId[]>;
};

/** A delegation that an approver made at run time. It stays on record after its end: what was decided by it counts on. */
export type DelegationRecord = Delegation & {
  readonly version: number;
  readonly madeAt: Instant;
  /** Who ended it before its time; `ends` is when. */
  readonly revokedBy?: string;
  readonly chain: ChainHead;
};

export type Delegations = {
  /** All that were not forgotten yet, strongly consistent. */
  read(): Promise<readonly DelegationRecord[]>;
  /** The record and its event, or neither: false if it was changed meanwhile. */
  commit(record: DelegationRecord, event: DelegationEvent): Promise<boolean>;
};
/** What was last known of roles, for when IAM cannot be asked. Whoever reads it goes by its age. */
export type KnownRoles = {
  /** Unique ids of the roles that callers come through, by ARN. */
  readonly callers?: { readonly at: Instant; readonly ids: Readonly<Record<string, string>> };
  /** Standing roles by entitlement. */
  readonly standing: Readonly<Record<string, KnownRole>>;
};
export type KnownRole = {
  readonly arn: string;
  readonly at: Instant;
  /** Absent: there was no such role. */
  readonly roleId?: string;
  /** Whom its trust admits beyond `assumableBy`. */
  readonly wider: readonly string[];
};
export type Known = { read(): Promise<KnownRoles>; write(known: KnownRoles): Promise<void> };

/** EKS in one cluster, through its executor. Every call may throw `NotReady` when it is worth trying again soon. */
export type Eks = {
  /** The cluster that answers to this name, or undefined if the account and region say there is none. */
  describeCluster(): Promise<
    | {
        readonly arn: string;
        readonly createdAt: Instant;
        readonly authenticationMode: string;
        readonly endpoint?: string;
        readonly certificateAuthorityData?: string;
      }
    | undefined
  >;
  /** Undefined when the principal has an entry already, whoever made it. */
  createEntry(entry: DesiredEntry, token: string): Promise<{ readonly entryArn: string } | undefined>;
  describeEntry(principalArn: string): Promise<ObservedEntry | undefined>;
  /** Undefined when there is no entry. */
  listPolicies(principalArn: string): Promise<readonly ObservedPolicy[] | undefined>;
  associatePolicy(entry: DesiredEntry): Promise<void>;
  disassociatePolicy(principalArn: string, policyArn: string): Promise<void>;
  /** Gone already is success. */
  deleteEntry(principalArn: string): Promise<void>;
  tagEntry(entryArn: string, tags: Readonly<Record<string, string>>): Promise<void>;
};

export type DedicatedPrincipal = Extract<Principal, { mode: 'dedicated' }>;

/** Roles in IAM. */
export type Roles = {
  /** Makes the role, or finds the one made before; answers its unique id. */
  create(
    principal: DedicatedPrincipal,
    until: Instant,
    tags: Readonly<Record<string, string>>,
  ): Promise<{ readonly roleId: string }>;
  setAssumableUntil(principal: DedicatedPrincipal, until: Instant): Promise<void>;
  /** Gone already is success. */
  remove(principal: DedicatedPrincipal): Promise<void>;
  /** A standing role and the document of its trust policy, as its own account tells it. */
  inspect(
    arn: string,
    target: TargetCluster,
  ): Promise<{ readonly roleId: string; readonly trust: unknown } | undefined>;
};

export type Identities = {
  /** Ids of the roles that people come through; those whose trust is not as it must be are left out. */
  roleIds(): Promise<RoleIds>;
};

export type Workflow = {
  /** `window`: how long the request may wait for its decision at most. */
  start(id: GrantId, window: Duration): Promise<void>;
  /** Wakes a waiting step. It proves nothing: the step asks the table. Executions of earlier releases read the answer. */
  signal(token: TaskToken, answer: { readonly startsInSeconds: number }): Promise<void>;
};

/** A secret's text now, and before its last rotation. Either verifies what others signed; only the current one signs. */
export type SecretValue = { readonly current: string; readonly previous?: string };
/** Secrets by the ARN that the configuration names. Values are kept for minutes at most. */
export type Secrets = {
  read(arn: string): Promise<SecretValue>;
  /** For a signature that did not match: it may have been made with a secret that is newer than what was kept. */
  readAgain(arn: string): Promise<SecretValue>;
};

/** One HTTP POST to somebody else's server. Rejects when there was no whole answer in time; follows no redirect. */
export type Post = (request: {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}) => Promise<{
  readonly status: number;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The first 256 KiB. */
  readonly body: string;
}>;

/** Work for later, delivered at least once. `delaySeconds`: at most 900. */
export type Queue = { send(body: string, delaySeconds?: number): Promise<void> };

/** A question to a server that the configuration names, signed with the secret of this ARN; or to whoever hears of events. */
export type Question = {
  readonly to:
    | { readonly url: string; readonly secret: string }
    /** `of`: whose answer it is to be, and nobody else's. */
    | { readonly event: string; readonly of: string };
  readonly id: string;
  readonly body: object;
  /** An answer may serve others for so long. */
  readonly keepFor?: Duration;
};

/** JSON, or why there is none. Never rejects: whoever asks takes no answer for a no. */
export type Ask = (
  question: Question,
) => Promise<{ readonly ok: true; readonly answer: unknown } | { readonly ok: false; readonly why: string }>;

/** One line for the log; never a secret or a token. `alarm` lines are counted by a metric filter. */
export type Log = (
  level: 'info' | 'warn' | 'error' | 'alarm',
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

export type Deps = {
  readonly store: Store;
  readonly hub: HubRecord;
  readonly eks: (target: TargetCluster) => Eks;
  readonly roles: Roles;
  readonly identities: Identities;
  readonly links: LinkStore;
  readonly quotas: QuotaStore;
  readonly seenClusters: SeenClusters;
  readonly workflow: Workflow;
  readonly delegations: Delegations;
  readonly ask: Ask;
  /** The configuration in force. No path on which access ends calls it. */
  readonly config: () => Configuration;
  /**
   * Whoever decides waits for it first: reads people and groups that are kept elsewhere, if those at hand are older than
   * five minutes. Throws `DirectoryUnreachable`. Nothing that ends access calls it.
   */
  readonly ready: () => Promise<void>;
  /** When people and groups were last read from elsewhere; undefined where the file has them all, or they never were. */
  readonly directoryAsOf: () => Instant | undefined;
  readonly now: () => Instant;
  readonly random: (bytes: number) => Uint8Array;
  readonly sha256: Sha256;
  readonly log: Log;
};

/** Deciding and recording needs no power over EKS or IAM: functions that people reach have none. */
export type RecordDeps = Omit<Deps, 'eks' | 'roles'>;

/** Worth trying again: throttled, not visible yet, cut off in the middle. What was done is on record. */
export class NotReady extends Error {
  override name = 'NotReady';
}

/** People and groups cannot be read just now. Nothing is decided without them. */
export class DirectoryUnreachable extends NotReady {
  override name = 'DirectoryUnreachable';
}

/** The caller sent a cursor that no listing of theirs gave out. */
export class BadCursor extends Error {
  override name = 'BadCursor';
}
