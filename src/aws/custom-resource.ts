/**
 * CloudFormation's custom resources: what they are told and how they answer.
 * https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/crpg-ref.html
 */
import { z } from 'zod';

const reach = z.string().transform((text, context) => {
  const [arn, executor] = text.split(' ');
  if (arn && executor) return { arn, executor };
  context.addIssue({ code: 'custom', message: 'not "<cluster ARN> <executor ARN>"' });
  return z.NEVER;
});

const common = {
  RequestType: z.enum(['Create', 'Update', 'Delete']),
  ResponseURL: z.url(),
  StackId: z.string(),
  RequestId: z.string(),
  LogicalResourceId: z.string(),
};

/** What every event has, so that even one that makes no sense otherwise is answered. */
export const answerable = z.object(common);

export const guardEvent = z.object({
  ...common,
  ResourceProperties: z.discriminatedUnion('Against', [
    z.object({ Against: z.literal('update'), Clusters: z.array(reach) }),
    z.object({ Against: z.literal('deletion') }),
  ]),
});
export type GuardEvent = z.infer<typeof guardEvent>;

/** The body is 4,096 bytes at most, this the better part of it. */
const LONGEST_REASON = 3_000;

/** Undefined: it may go on. The physical id never changes: a new one would have the old one deleted. */
export function answerTo(
  { StackId, RequestId, LogicalResourceId }: z.infer<typeof answerable>,
  refusal: string | undefined,
): object {
  return {
    Status: refusal === undefined ? 'SUCCESS' : 'FAILED',
    ...(refusal !== undefined && { Reason: refusal.slice(0, LONGEST_REASON) }),
    PhysicalResourceId: `hallpass-${LogicalResourceId}`,
    StackId,
    RequestId,
    LogicalResourceId,
  };
}
