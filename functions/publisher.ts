/** Off the table's stream: every audit event goes to EventBridge, for whoever listens there. */
import { EventBridgeClient } from '@aws-sdk/client-eventbridge';
import type { DynamoDBStreamEvent } from 'aws-lambda';
import { clientConfig } from '../src/aws/calls.ts';
import { publishEvents } from '../src/aws/events.ts';
import { type Build, invocationOf, lambda } from '../src/aws/lambda.ts';

export const build: Build<DynamoDBStreamEvent> = (runtime) => {
  const client = new EventBridgeClient(clientConfig(runtime));
  return (event, context) => invocationOf(runtime, context, (invocation) => publishEvents(client, invocation, event));
};

export const handler = lambda(build);
