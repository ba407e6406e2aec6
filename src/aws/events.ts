/** Domain events on EventBridge: what is on the record, told once more, at least once. */
import { type EventBridgeClient, PutEventsCommand, type PutEventsRequestEntry } from '@aws-sdk/client-eventbridge';
import type { DynamoDBRecord, DynamoDBStreamEvent } from 'aws-lambda';
import { NotReady } from '../broker/ports.ts';
import type { DelegationEvent } from '../core/delegation.ts';
import { type AuditEvent, isLoud } from '../core/event.ts';
import type { Actor } from '../core/grant.ts';
import { HUB, type InForce } from '../core/hub.ts';
import type { PersonEvent } from '../core/link.ts';
import { type Invocation, send } from './calls.ts';
import { DELEGATION_EVENT, delegationEventOf } from './delegations.ts';
import { eventOf, type Item } from './items.ts';
import { PERSON_EVENT, personEventOf } from './links.ts';

export const EVENT_SOURCE = 'hallpass';
/** https://docs.aws.amazon.com/eventbridge/latest/APIReference/API_PutEvents.html */
const MOST_ENTRIES = 10;

/** Publishes every audit event that the batch says was written. Throws `NotReady` if the bus did not take them all. */
export async function publishEvents(
  client: EventBridgeClient,
  invocation: Invocation,
  { Records }: DynamoDBStreamEvent,
): Promise<void> {
  const entries = Records.flatMap(newEntry);
  for (let from = 0; from < entries.length; from += MOST_ENTRIES) {
    const Entries = entries.slice(from, from + MOST_ENTRIES);
    const answer = await send(invocation, (options) => client.send(new PutEventsCommand({ Entries }), options));
    if (answer.FailedEntryCount)
      throw new NotReady(`EventBridge did not take ${answer.FailedEntryCount} of ${Entries.length} events`);
  }
}

function newEntry({ eventName, dynamodb }: DynamoDBRecord): PutEventsRequestEntry[] {
  const image = dynamodb?.NewImage as Item | undefined;
  if (eventName !== 'INSERT' || !image) return [];
  if (image['kind']?.S === 'event') return [entryOf(eventOf(image))];
  if (image['kind']?.S === DELEGATION_EVENT) return [delegationEntryOf(delegationEventOf(image))];
  return image['kind']?.S === PERSON_EVENT ? [personEntryOf(personEventOf(image))] : [];
}

function entryOf(event: AuditEvent): PutEventsRequestEntry {
  return {
    Source: EVENT_SOURCE,
    DetailType: `${event.grantId === HUB ? HUB : 'grant'} ${event.body.type}`,
    Time: new Date(event.at),
    Detail: JSON.stringify({ ...eventDetail(event), ...hubDetail(event.body) }),
  };
}

/** Of the configuration in force there is nothing that people typed but names of the rules. */
const hubDetail = (body: AuditEvent['body']): object =>
  body.type === 'configurationChanged'
    ? {
        ...(body.was && { was: inForce(body.was) }),
        now: inForce(body.now),
        ...(body.changes && { changes: body.changes }),
      }
    : {};

const inForce = ({ digest, release, since }: InForce): object => ({
  digest,
  release,
  since: new Date(since).toISOString(),
});

/** Who did what to which grant; what people typed stays in the table. */
export const eventDetail = (event: AuditEvent) => ({
  grantId: event.grantId,
  n: event.n,
  at: new Date(event.at).toISOString(),
  actor: whoIs(event.actor),
  type: event.body.type,
  hash: event.hash,
  loud: isLoud(event),
});

/** Who decides in whose place from now on, or no longer. */
function delegationEntryOf({
  grantId: delegationId,
  n,
  at,
  actor,
  body,
  hash,
}: DelegationEvent): PutEventsRequestEntry {
  const { type } = body;
  const more = type === 'delegated' ? { from: body.delegation.from, to: body.delegation.to } : {};
  const ends = new Date(type === 'delegated' ? body.delegation.ends : body.ends).toISOString();
  return {
    Source: EVENT_SOURCE,
    DetailType: `delegation ${type}`,
    Time: new Date(at),
    Detail: JSON.stringify({
      delegationId,
      n,
      at: new Date(at).toISOString(),
      actor: whoIs(actor),
      type,
      ...more,
      ends,
      hash,
    }),
  };
}

/** Who can be whom from now on. */
function personEntryOf({ personId, n, at, actor, body, hash }: PersonEvent): PutEventsRequestEntry {
  const { teamId, userId } = body.account;
  const slack = { teamId, userId };
  return {
    Source: EVENT_SOURCE,
    DetailType: `person ${body.type}`,
    Time: new Date(at),
    Detail: JSON.stringify({
      personId,
      n,
      at: new Date(at).toISOString(),
      actor: whoIs(actor),
      type: body.type,
      slack,
      hash,
    }),
  };
}

const whoIs = (actor: Actor): object =>
  actor.kind === 'person' ? { person: actor.id, channel: actor.channel } : { system: actor.part };
