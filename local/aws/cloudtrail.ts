/**
 * Simulated CloudTrail: the event history of EKS's writes, by account and region, and LookupEvents. As in AWS, an event is
 * found some minutes after the call, newest first, for 90 days, and nothing there is can change or remove one.
 *
 * Authority: https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_LookupEvents.html
 */
import { type Duration, days, minus, minutes, plus } from '../../src/core/time.ts';
import { AwsError, type Context, type Input, type Operation, type Operations } from '../aws-service.ts';
import { inputReader } from './input.ts';
import { principalOf } from './principal.ts';

type Recorded = {
  at: number;
  account: string;
  region: string;
  name: string;
  source: string;
  username: string;
  /** The record itself, as CloudTrail writes it. */
  event: Record<string, unknown>;
};

const KEPT = days(90);
/** A busy test's history does not grow for ever; AWS's does not forget within the 90 days. */
const MOST = 5_000;
const MOST_A_PAGE = 50;

const eventsOf = (context: Pick<Context, 'storage'>) => context.storage.collection<Recorded>('cloudtrail/event');
const countersOf = (context: Pick<Context, 'storage'>) => context.storage.collection<number>('cloudtrail/counter');
const refuse = (code: string, message: string): AwsError => new AwsError(code, 400, message);
const read = inputReader((name, problem) => refuse('InvalidParameterCombinationException', `${name} ${problem}`));

/** The service's operations, with each call that may change something on record, refused or not. */
export const recorded = (source: string, operations: Operations): Operations =>
  Object.fromEntries(
    Object.entries(operations).map(([name, operation]) => [
      name,
      operation.write ? withRecord(source, name, operation) : operation,
    ]),
  );

const withRecord = (source: string, name: string, operation: Operation): Operation => ({
  ...operation,
  run: (input, context) => {
    try {
      const answer = operation.run(input, context);
      record(context, source, name, input, { responseElements: plain(answer) });
      return answer;
    } catch (error) {
      if (error instanceof AwsError)
        record(context, source, name, input, {
          responseElements: null,
          errorCode: error.code,
          errorMessage: error.message,
        });
      throw error;
    }
  },
});

/** As it goes over the wire: without what is undefined. */
const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));

function record(context: Context, source: string, name: string, input: Input, more: Record<string, unknown>): void {
  const { caller, clock, region } = context;
  const nth = (countersOf(context).get('made') ?? 0) + 1;
  countersOf(context).put('made', nth);
  const { clusterName, ...rest } = plain(input) as Record<string, unknown>;
  const event = {
    eventVersion: '1.11',
    userIdentity: identityOf(context),
    eventTime: `${new Date(clock.now()).toISOString().slice(0, 19)}Z`,
    eventSource: source,
    eventName: name,
    awsRegion: region,
    sourceIPAddress: '127.0.0.1',
    // EKS's own name for the cluster in what was asked.
    requestParameters: { ...rest, ...(clusterName !== undefined && { name: clusterName }) },
    ...more,
    eventID: `00000000-0000-4000-8000-${String(nth).padStart(12, '0')}`,
    readOnly: false,
    eventType: 'AwsApiCall',
    managementEvent: true,
    recipientAccountId: caller.account,
    eventCategory: 'Management',
  };
  const username = caller.arn.slice(caller.arn.lastIndexOf('/') + 1);
  const kept = { at: clock.now(), account: caller.account, region, name, source, username, event };
  eventsOf(context).put(keyOf(nth), kept);
  if (nth > MOST) eventsOf(context).delete(keyOf(nth - MOST));
}

const keyOf = (nth: number): string => String(nth).padStart(12, '0');

function identityOf({ caller, storage }: Context): object {
  const { principalArn, principalId, session } = principalOf(storage, caller);
  const common = {
    principalId: caller.userId,
    arn: caller.arn,
    accountId: caller.account,
    accessKeyId: caller.accessKeyId,
  };
  if (!session) return { type: 'IAMUser', ...common, userName: principalArn.slice(principalArn.lastIndexOf('/') + 1) };
  const issuer = {
    type: 'Role',
    principalId,
    arn: principalArn,
    accountId: caller.account,
    userName: session.roleName,
  };
  return { type: 'AssumedRole', ...common, sessionContext: { sessionIssuer: issuer } };
}

const ATTRIBUTES: Readonly<Record<string, (recorded: Recorded) => unknown>> = {
  EventId: ({ event }) => event['eventID'],
  EventName: ({ name }) => name,
  EventSource: ({ source }) => source,
  ReadOnly: () => 'false',
  Username: ({ username }) => username,
};

/** `visibleAfter`: how long an event takes until it can be looked up. */
export function cloudTrailOperations(visibleAfter: Duration = minutes(5)): Operations {
  return {
    LookupEvents: {
      write: false,
      authorize: () => ({ action: 'cloudtrail:LookupEvents', resource: '*' }),
      run: (input, context) => lookUp(input, context, visibleAfter),
    },
  };
}

function lookUp(input: Input, context: Context, visibleAfter: Duration): unknown {
  const { caller, region, clock } = context;
  const [from, to] = [timeIn(input, 'StartTime'), timeIn(input, 'EndTime')];
  if (from !== undefined && to !== undefined && from > to)
    throw refuse('InvalidTimeRangeException', 'The start time is after the end time.');
  const size = read.optionalNumber(input, 'MaxResults') ?? MOST_A_PAGE;
  if (size < 1 || size > MOST_A_PAGE)
    throw refuse('InvalidMaxResultsException', `MaxResults has to be 1 to ${MOST_A_PAGE}.`);
  const fits = attributeIn(input);
  const now = clock.now();
  const found = eventsOf(context)
    .list()
    .map(({ value }) => value)
    .filter((one) => one.account === caller.account && one.region === region && fits(one))
    .filter(({ at }) => plus(at as never, visibleAfter) <= now && at > minus(now, KEPT))
    .filter(({ at }) => (from === undefined || at >= from) && (to === undefined || at <= to))
    .reverse();
  const begin = tokenIn(input);
  const rest = found.slice(begin);
  return {
    Events: rest.slice(0, size).map(({ at, name, source, username, event }) => ({
      EventId: event['eventID'],
      EventName: name,
      EventSource: source,
      EventTime: Math.floor(at / 1_000),
      ReadOnly: 'false',
      Username: username,
      Resources: [],
      CloudTrailEvent: JSON.stringify(event),
    })),
    ...(rest.length > size && { NextToken: Buffer.from(String(begin + size)).toString('base64') }),
  };
}

/** Milliseconds; the protocol carries seconds. */
function timeIn(input: Input, name: string): number | undefined {
  const given = input[name];
  if (given === undefined || given === null) return undefined;
  if (typeof given !== 'number') throw refuse('InvalidTimeRangeException', `${name} is no time.`);
  return given * 1_000;
}

/** One attribute at most, as AWS says. */
function attributeIn(input: Input): (recorded: Recorded) => boolean {
  const given = input['LookupAttributes'] ?? [];
  if (!Array.isArray(given) || given.length > 1)
    throw refuse('InvalidLookupAttributesException', 'One attribute can be looked up.');
  const [attribute] = given as { AttributeKey?: string; AttributeValue?: string }[];
  if (!attribute) return () => true;
  const attributeOf = Object.hasOwn(ATTRIBUTES, attribute.AttributeKey ?? '')
    ? ATTRIBUTES[attribute.AttributeKey ?? '']
    : undefined;
  if (!attributeOf || attribute.AttributeValue === undefined)
    throw refuse('InvalidLookupAttributesException', `${attribute.AttributeKey} cannot be looked up in local mode.`);
  return (one) => attributeOf(one) === attribute.AttributeValue;
}

function tokenIn(input: Input): number {
  const token = read.optionalText(input, 'NextToken');
  if (token === undefined) return 0;
  const begin = Number(Buffer.from(token, 'base64').toString());
  if (!Number.isInteger(begin) || begin < 1) throw refuse('InvalidNextTokenException', 'The token is none of ours.');
  return begin;
}
