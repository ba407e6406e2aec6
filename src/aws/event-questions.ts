/**
 * Questions that go out as an event on the account's bus, for whoever has no address to call. The answer comes back
 * through the signed route for ticket systems and is waited for; three seconds, and no answer is none.
 */
import { setTimeout } from 'node:timers/promises';
import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import type { Ask, Question } from '../broker/ports.ts';
import { seconds } from '../core/time.ts';
import { clientConfig, type Invocation, send } from './calls.ts';
import { EVENT_SOURCE } from './events.ts';
import type { Runtime } from './runtime.ts';
import { answerTo } from './ticket-items.ts';

const LOOK_EVERY = seconds(0.25);
const LOOKS = 12;

export function eventQuestions(
  runtime: Runtime,
  dynamodb: DynamoDBClient,
  table: string,
): (invocation: Invocation) => Ask {
  const client = new EventBridgeClient(clientConfig(runtime));
  return (invocation) => async (question) => {
    const { to, id } = question;
    if (!('event' in to)) return { ok: false, why: 'it is not asked by an event' };
    try {
      const command = new PutEventsCommand({ Entries: [entryOf(question)] });
      const sent = await send(invocation, (options) => client.send(command, options));
      if (sent.FailedEntryCount) return { ok: false, why: 'the event bus did not take the question' };
      for (let look = 0; look < LOOKS; look++) {
        await setTimeout(LOOK_EVERY, undefined, { signal: invocation.signal });
        const answered = await answerTo(dynamodb, invocation, table, { system: to.of, question: id });
        if (answered) return { ok: true, answer: answered.answer };
      }
      return { ok: false, why: 'nobody answered the event in time' };
    } catch {
      return { ok: false, why: 'the question could not be sent' };
    }
  };
}

const entryOf = ({ to, body }: Question) => ({
  Source: EVENT_SOURCE,
  DetailType: 'event' in to ? to.event : 'question',
  Detail: JSON.stringify(body),
});
