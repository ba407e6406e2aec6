/**
 * CloudTrail's event history: every access entry that was made, as nobody who made one can change it. Asked through the
 * executor of the cluster's account. The SDK's client is loaded by whoever asks, which is the sweeper, and only where
 * `emergency` is configured.
 * https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
 */
import { setTimeout } from 'node:timers/promises';
import type { CloudTrailClient, LookupEventsCommand, LookupEventsCommandOutput } from '@aws-sdk/client-cloudtrail';
import type { Trail } from '../broker/searchTrail.ts';
import type { Creation } from '../core/emergency.ts';
import { type Instant, instant } from '../core/time.ts';
import { clientConfig, type Invocation, send } from './calls.ts';
import type { Executors } from './executors.ts';
import type { Wiring } from './record-deps.ts';
import type { Runtime } from './runtime.ts';

const CREATE = 'CreateAccessEntry';
const MOST_A_PAGE = 50;
/** It takes two calls a second from an account in a region: as the third try after a throttle would, so that pages wait. */
const BETWEEN_PAGES = 3;

export function trailWiring(runtime: Runtime, roles: Executors): Wiring<Trail> {
  const clients = new Map<string, CloudTrailClient>();
  return (invocation) => ({
    async creations({ executor, region }, { from, to }, enough) {
      const { CloudTrailClient, LookupEventsCommand } = await import('@aws-sdk/client-cloudtrail');
      const key = `${executor} ${region}`;
      const client =
        clients.get(key) ??
        new CloudTrailClient({ ...clientConfig(runtime), region, credentials: roles.credentials(executor) });
      clients.set(key, client);
      return allPages(runtime, enough, (NextToken) =>
        call(invocation, client, new LookupEventsCommand(question(from, to, NextToken))),
      );
    },
  });
}

type Lookup = LookupEventsCommand;

const call = (invocation: Invocation, client: CloudTrailClient, command: Lookup) =>
  send(invocation, (options) => client.send(command, options));

/** CloudTrail's times are whole seconds: a second more on either side, so that none falls between two questions. */
const question = (from: Instant, to: Instant, NextToken: string | undefined) => ({
  LookupAttributes: [{ AttributeKey: 'EventName' as const, AttributeValue: CREATE }],
  StartTime: new Date(from - 1_000),
  EndTime: new Date(to + 1_000),
  MaxResults: MOST_A_PAGE,
  ...(NextToken !== undefined && { NextToken }),
});

type Page = Pick<LookupEventsCommandOutput, 'Events' | 'NextToken'>;

async function allPages(
  runtime: Runtime,
  enough: () => boolean,
  ask: (token: string | undefined) => Promise<Page>,
): Promise<readonly Creation[] | undefined> {
  const found: Creation[] = [];
  for (let token: string | undefined; ; ) {
    if (enough()) return undefined;
    const page = await ask(token);
    for (const { CloudTrailEvent } of page.Events ?? []) {
      const creation = creationIn(CloudTrailEvent ?? '');
      if (creation) found.push(creation);
    }
    token = page.NextToken;
    if (token === undefined) return found;
    await setTimeout(runtime.retryDelay(BETWEEN_PAGES));
  }
}

/** Undefined for a call that failed, for another service's, and for what is no event. */
export function creationIn(text: string): Creation | undefined {
  const event = fields(parsed(text));
  if (event['eventName'] !== CREATE || event['eventSource'] !== 'eks.amazonaws.com') return undefined;
  if (event['errorCode'] !== undefined && event['errorCode'] !== null) return undefined;
  const asked = fields(event['requestParameters']);
  const made = fields(fields(event['responseElements'])['accessEntry']);
  const clusterName = textOf(made['clusterName']) ?? textOf(asked['clusterName']) ?? textOf(asked['name']);
  const principalArn = textOf(made['principalArn']) ?? decoded(textOf(asked['principalArn']));
  const madeAt = Date.parse(textOf(event['eventTime']) ?? '');
  if (clusterName === undefined || principalArn === undefined || Number.isNaN(madeAt)) return undefined;
  const identity = fields(event['userIdentity']);
  const role = textOf(fields(fields(identity['sessionContext'])['sessionIssuer'])['arn']);
  const madeBy = textOf(identity['arn']);
  return {
    clusterName,
    principalArn,
    entryArn: textOf(made['accessEntryArn']) ?? `cloudtrail:${textOf(event['eventID']) ?? ''}`,
    madeAt: instant(madeAt),
    tags: { ...tagsIn(asked['tags']), ...tagsIn(made['tags']) },
    ...(role !== undefined && { role }),
    ...(madeBy !== undefined && { madeBy }),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const fields = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const tagsIn = (value: unknown): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields(value)).filter((pair): pair is [string, string] => typeof pair[1] === 'string'),
  );

/** What was part of a path appears in it as it was sent. */
function decoded(text: string | undefined): string | undefined {
  try {
    return text && decodeURIComponent(text);
  } catch {
    return text;
  }
}
