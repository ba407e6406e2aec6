/** Domain events on EventBridge: what is on the record, told once more, at least once. */
import { type EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { NotReady } from '../broker/ports.ts';
import type { AuditEvent } from '../core/event.ts';
import { type Invocation, send } from './calls.ts';
import { eventOf, type Item } from './items.ts';

export const EVENT_SOURCE = 'hallpass';
/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MOST_ENTRIES = 10;

/** Publishes every audit event that the batch says was written. Throws `NotReady` if the bus did not take them all. */
export async function publishEvents(
  client: EventBridgeClient,
  invocation: Invocation,
  { Records }: DynamoDBStreamEvent,
): Promise<void> {
  const entries = Records.flatMap(newEvent).map(entryOf);
  for (let from = 0; from < entries.length; from += MOST_ENTRIES) {
    const Entries = entries.slice(from, from + MOST_ENTRIES);
    const answer = await send(invocation, (options) => client.send(new PutEventsCommand({ Entries }), options));
    if (answer.FailedEntryCount)
      throw new NotReady(`EventBridge did not take ${answer.FailedEntryCount} of ${Entries.length} events`);
  }
}

function newEvent({ eventName, dynamodb }: DynamoDBRecord): AuditEvent[] {
  const image = dynamodb?.NewImage as Item | undefined;
  return eventName === 'INSERT' && image?.['kind']?.S === 'event' ? [eventOf(image)] : [];
}

/** Who did what to which grant; what people typed stays in the table. */
function entryOf({ grantId, n, at, actor, body, hash }: AuditEvent): PutEventsRequestEntry {
  const who = actor.kind === 'person' ? { person: actor.id, channel: actor.channel } : { system: actor.part };
  return {
    Source: EVENT_SOURCE,
    DetailType: `grant ${body.type}`,
    Time: new Date(at),
    Detail: JSON.stringify({ grantId, n, at: new Date(at).toISOString(), actor: who, type: body.type, hash }),
  };
}
