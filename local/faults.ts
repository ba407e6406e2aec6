/**
 * Faults on demand. A plan is a list of rules; the simulated services and the proxy before DynamoDB ask it at every
 * call. Nothing in `src/` knows of it.
 */
import type { Duration } from '../src/core/time.ts';

/** One call as the endpoint sees it. `account` is the caller's; `caller` its principal ARN. */
export type Call = {
  service:
    | 'eks'
    | 'iam'
    | 'sts'
    | 'states'
    | 'dynamodb'
    | 'events'
    | 'secretsmanager'
    | 'sqs'
    | 'identitystore'
    | 'lambda'
    | 'cloudtrail'
    | 'slack';
  operation: string;
  region: string;
  account: string;
  caller: string;
  write: boolean;
};

export type Fault =
  /** Refused as AWS throttles this service (EKS: ThrottlingException 429; IAM, STS: Throttling 400; DynamoDB …). */
  | { kind: 'throttle' }
  /** HTTP 500 in the service's form; nothing happened. */
  | { kind: 'failBefore' }
  /** It happened, then the connection is cut: the caller cannot know. */
  | { kind: 'failAfter' }
  /** The connection is cut now; it happens `by` later, when nobody waits for it any more. */
  | { kind: 'delayed'; by: Duration }
  /** It happens twice (a retry on the way), and the second answer is the one returned. */
  | { kind: 'twice' }
  /** No answer, ever, and nothing happened: the connection stays open until the caller gives up. */
  | { kind: 'hang' }
  /** Answered in full, but only `by` later (by local mode's clock). */
  | { kind: 'slow'; by: Duration }
  /** A read answers as things were before the last `by` (by local mode's clock). */
  | { kind: 'stale'; by: Duration }
  | { kind: 'accessDenied' }
  /** The whole process is stopped by a real SIGKILL, before the call has its effect or when it just has had it. */
  | { kind: 'kill'; when: 'before' | 'after' }
  /** DynamoDB only: the transaction is cancelled with TransactionConflict. */
  | { kind: 'conflict' };

export type Rule = {
  fault: Fault;
  /** Which calls: all the given properties must be equal. */
  on: Partial<Omit<Call, 'caller'>>;
  /** Lets this many matching calls pass first (default 0). */
  after?: number;
  /** Then strikes this many times (default 1; Infinity for ever). */
  times?: number;
};

export type Faults = {
  /** The fault for this call, if any; counts it. */
  strike(call: Call): Fault | undefined;
  add(rule: Rule): void;
  clear(): void;
  /** Every call asked about since the last `clear`, in order, and what struck it. Throws if the plan does not record. */
  readonly calls: readonly (Call & { fault?: Fault })[];
};

/** `record` keeps every call in memory until `clear`: for tests, off where local mode runs for days. */
export function faultPlan(rules: readonly Rule[] = [], { record = false }: { record?: boolean } = {}): Faults {
  let live = rules.map((rule) => ({ ...rule, seen: 0 }));
  let calls: (Call & { fault?: Fault })[] = [];
  const matches = (rule: Rule, call: Call): boolean =>
    Object.entries(rule.on).every(([key, value]) => call[key as keyof Call] === value);

  return {
    get calls() {
      if (!record)
        throw new Error('this fault plan does not record calls: make it with faultPlan(rules, { record: true })');
      return calls;
    },
    strike(call) {
      let struck: Fault | undefined;
      for (const rule of live) {
        if (!matches(rule, call)) continue;
        const nth = rule.seen++;
        const from = rule.after ?? 0;
        if (!struck && nth >= from && nth < from + (rule.times ?? 1)) struck = rule.fault;
      }
      if (record) calls.push(struck ? { ...call, fault: struck } : { ...call });
      return struck;
    },
    add: (rule) => void live.push({ ...rule, seen: 0 }),
    clear() {
      live = [];
      calls = [];
    },
  };
}
