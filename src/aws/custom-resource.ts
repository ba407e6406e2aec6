/**
 * CloudFormation's custom resources: what they are told and how they answer.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
 */

import type { Log } from '../broker/ports.ts';
import type { Reach } from '../core/leaving.ts';

/** What every event has, so that even one that makes no sense otherwise is answered. */
type Answerable = Readonly<Record<(typeof ANSWERABLE)[number], string>>;
const ANSWERABLE = ['ResponseURL', 'StackId', 'RequestId', 'LogicalResourceId'] as const;

export type GuardEvent = {
  readonly request: 'Create' | 'Update' | 'Delete';
  readonly against: { readonly kind: 'update'; readonly kept: readonly Reach[] } | { readonly kind: 'deletion' };
};

/** Throws for what CloudFormation never sends: there is nobody to answer. */
function answerable(event: unknown): Answerable {
  const fields = fieldsOf(event);
  const found = ANSWERABLE.map((name) => [name, fields[name]] as const);
  for (const [name, value] of found) if (typeof value !== 'string') throw new Error(`the event has no ${name}`);
  return Object.fromEntries(found) as Answerable;
}

/** Throws for an event that asks nothing that the guard knows. */
function guardEvent(event: unknown): GuardEvent {
  const { RequestType, ResourceProperties } = fieldsOf(event);
  if (RequestType !== 'Create' && RequestType !== 'Update' && RequestType !== 'Delete')
    throw new Error(`there is no request of type ${String(RequestType)}`);
  const { Against, Clusters } = fieldsOf(ResourceProperties);
  if (Against === 'deletion') return { request: RequestType, against: { kind: 'deletion' } };
  if (Against !== 'update' || !Array.isArray(Clusters))
    throw new Error('what to guard against is neither "update", with its clusters, nor "deletion"');
  return { request: RequestType, against: { kind: 'update', kept: Clusters.map(reachOf) } };
}

function reachOf(text: unknown): Reach {
  const [arn, executor] = String(text).split(' ');
  if (!arn || !executor) throw new Error(`"${String(text)}" is not "<cluster ARN> <executor ARN>"`);
  return { arn, executor };
}

const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** The body is 4,096 bytes at most, this the better part of it. */
const LONGEST_REASON = 3_000;

/** Undefined: it may go on. The physical id never changes: a new one would have the old one deleted. */
function answerTo({ StackId, RequestId, LogicalResourceId }: Answerable, refusal: string | undefined): object {
  return {
    Status: refusal === undefined ? 'SUCCESS' : 'FAILED',
    ...(refusal !== undefined && { Reason: refusal.slice(0, LONGEST_REASON) }),
    PhysicalResourceId: `hallpass-${LogicalResourceId}`,
    StackId,
    RequestId,
    LogicalResourceId,
  };
}

/**
 * Judges, and tells CloudFormation. What cannot be judged is refused, beginning with `cannotTell` (I8): without an answer
 * CloudFormation would wait for an hour.
 */
export async function answerGuard(
  event: unknown,
  judge: (asked: GuardEvent) => Promise<string | undefined>,
  cannotTell: string,
  log: Log,
): Promise<void> {
  const asked = answerable(event);
  const judged = async (): Promise<string | undefined> => judge(guardEvent(event));
  const refusal = await judged().catch((error: unknown) => `${cannotTell}. ${String(error)}`);
  if (refusal !== undefined) log('warn', 'a deployment is refused', { refusal });
  const answered = await fetch(asked.ResponseURL, {
    method: 'PUT',
    headers: { 'content-type': '' },
    body: JSON.stringify(answerTo(asked, refusal)),
  });
  if (!answered.ok) throw new Error(`CloudFormation's address took no answer: ${answered.status}`);
}
