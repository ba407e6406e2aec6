/** What a simulated AWS service is to the endpoint before it: operations by name, each with the rights that it needs. */
import type { Clock } from './clock.ts';
import type { Storage } from './storage.ts';

/** Who signed the request, as STS would say it. */
export type Caller = {
  /** `arn:aws:iam::…:user/operator` or `arn:aws:sts::…:assumed-role/ROLE/SESSION`. */
  arn: string;
  account: string;
  /** `AIDA…` for a user, `AROA…:session` for an assumed role: `aws:userid`. */
  userId: string;
  accessKeyId: string;
};

export type Context = { caller: Caller; region: string; clock: Clock; storage: Storage };

/**
 * What a request carried, freed from its wire form: labels, query, headers and body of rest-json and the members of
 * awsJson as they came; of awsQuery every scalar is text, and lists are arrays. Its types are the caller's claim: each
 * operation reads what it needs and refuses what does not fit.
 */
export type Input = Readonly<Record<string, unknown>>;

/** One right that a call needs. Keys are policy condition keys with their values, such as `eks:principalArn`. */
export type AccessRequest = {
  /** `eks:CreateAccessEntry` */
  action: string;
  /** The ARN, or `*` for an action without resources. */
  resource: string;
  conditionKeys?: Readonly<Record<string, string | readonly string[]>>;
};

export type Operation = {
  /** Whether it may change anything: a stale read is only ever made of the others. */
  write: boolean;
  /** Everything the call needs; all of it must be allowed. Empty: anybody who can sign. Must change nothing. */
  authorize(input: Input, context: Context): AccessRequest | readonly AccessRequest[];
  /**
   * The answer's members: JSON values, with times as epoch seconds for the JSON protocols and as ISO text for awsQuery.
   * Undefined members are left out. Refusals are thrown as `AwsError`. Reads and writes only `context.storage`, so
   * that a stale read can be run against the past.
   */
  run(input: Input, context: Context): unknown;
};

/** A service: its operations, by the names of its API. Whatever is not in here is answered 501. */
export type Operations = Readonly<Record<string, Operation>>;

/** An error in AWS's own words. `code` is the bare shape name, as in the service's model. */
export class AwsError extends Error {
  readonly code: string;
  readonly status: number;
  readonly members: Readonly<Record<string, unknown>>;
  constructor(code: string, status: number, message: string, members: Readonly<Record<string, unknown>> = {}) {
    super(message);
    this.name = code;
    this.code = code;
    this.status = status;
    this.members = members;
  }
}
