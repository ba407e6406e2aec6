/** The port for questions. Both ways are loaded when there is one to ask: most installations have none. */
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Ask } from '../broker/ports.ts';
import type { Invocation } from './calls.ts';
import type { Runtime } from './runtime.ts';

type Asking = (invocation: Invocation) => Ask;

export function askWiring(runtime: Runtime, dynamodb: DynamoDBClient, table: string): Asking {
  let signed: Promise<Asking> | undefined;
  let byEvent: Promise<Asking> | undefined;
  return (invocation) => async (question) => {
    if ('url' in question.to) {
      signed ??= import('./signed-questions.ts').then(({ signedQuestions }) => signedQuestions(runtime));
      return (await signed)(invocation)(question);
    }
    byEvent ??= import('./event-questions.ts').then(({ eventQuestions }) => eventQuestions(runtime, dynamodb, table));
    return (await byEvent)(invocation)(question);
  };
}
