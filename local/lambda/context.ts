/** The second argument of a function: what Lambda's Node runtime tells it about this invocation. */

import { between, type Duration, type Instant, plus, toIso } from '../../src/core/time.ts';
import type { Clock } from '../clock.ts';

export type LambdaContext = {
  functionName: string;
  functionVersion: '$LATEST';
  invokedFunctionArn: string;
  memoryLimitInMB: string;
  awsRequestId: string;
  logGroupName: string;
  logStreamName: string;
  callbackWaitsForEmptyEventLoop: boolean;
  /** By local mode's clock; never negative. */
  getRemainingTimeInMillis(): number;
};

export type Place = { account: string; region: string };

export function lambdaContext(
  name: string,
  requestId: string,
  { account, region }: Place,
  clock: Clock,
  timing: { startedAt: Instant; timeout: Duration },
): LambdaContext {
  const deadline = plus(timing.startedAt, timing.timeout);
  const day = toIso(timing.startedAt).slice(0, 10).replaceAll('-', '/');
  return {
    functionName: name,
    functionVersion: '$LATEST',
    invokedFunctionArn: `arn:aws:lambda:${region}:${account}:function:${name}`,
    memoryLimitInMB: '256',
    awsRequestId: requestId,
    logGroupName: `/aws/lambda/${name}`,
    logStreamName: `${day}/[$LATEST]local`,
    callbackWaitsForEmptyEventLoop: false,
    getRemainingTimeInMillis: () => Math.max(0, between(clock.now(), deadline)),
  };
}
