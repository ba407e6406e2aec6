/** Simulated EventBridge: PutEvents on the buses there are. Whoever listens in local mode hears each event once. */
import { instant, toIso } from '../../src/core/time.ts';
import { type AccessRequest, AwsError, type Context, type Input, type Operations } from '../aws-service.ts';
import type { Storage } from '../storage.ts';
import { partitionOf } from './arn.ts';
import { inputReader } from './input.ts';
import { type Randomness, systemRandomness, uuid } from './randomness.ts';

/** An event as a target of EventBridge gets it. */
export type BusEvent = {
  version: '0';
  id: string;
  'detail-type': string;
  source: string;
  account: string;
  /** ISO 8601, whole seconds. */
  time: string;
  region: string;
  resources: readonly string[];
  detail: unknown;
  /** Not part of AWS's envelope: which bus it was put on. */
  bus: string;
};

export type EventBus = {
  operations: Operations;
  /** Calls `listener` after each accepted event is stored. The answer ends that. */
  onEvent(listener: (event: BusEvent) => void): () => void;
};

type Refused = { ErrorCode: string; ErrorMessage: string };

const refused = (ErrorCode: string, ErrorMessage: string): Refused => ({ ErrorCode, ErrorMessage });

/** The last instant that a JavaScript date can say. */
const LAST_DATE_MS = 8.64e15;
const MOST_ENTRIES = 10;
const MOST_BYTES = 262_144;
const validation = (message: string): AwsError => new AwsError('ValidationException', 400, message);
const read = inputReader((name, problem) => validation(`${name} ${problem}`));

/** `buses`: names beside `default`. `keep`: how many of the newest events `storedEvents` can still show. */
export function eventBus(options: { random?: Randomness; buses?: readonly string[]; keep?: number } = {}): EventBus {
  const { random = systemRandomness, buses = [], keep = 1_000 } = options;
  const known = new Set(['default', ...buses]);
  const listeners = new Set<(event: BusEvent) => void>();

  const putOne = (entry: Input, context: Context): BusEvent | Refused => {
    const made = eventOf(entry, context, uuid(random));
    if ('ErrorCode' in made) return made;
    if (!known.has(made.bus)) return refused('ResourceNotFoundException', `Event bus ${made.bus} does not exist.`);
    store(context.storage, made, keep);
    return made;
  };

  return {
    onEvent(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    operations: {
      PutEvents: {
        write: true,
        authorize: (input, context) => entriesOf(input).map((entry) => rightFor(entry, context)),
        run: (input, context) => {
          const results = context.storage.transaction(() => entriesOf(input).map((entry) => putOne(entry, context)));
          const accepted = results.filter((result) => 'id' in result);
          for (const event of accepted) for (const listener of listeners) listener(event);
          return {
            FailedEntryCount: results.length - accepted.length,
            Entries: results.map((result) => ('id' in result ? { EventId: result.id } : result)),
          };
        },
      },
    },
  };
}

/** The newest events, oldest first. */
export const storedEvents = (storage: Storage): BusEvent[] =>
  storage
    .collection<BusEvent>('events/event')
    .list()
    .map(({ value }) => value);

function store(storage: Storage, event: BusEvent, keep: number): void {
  const counter = storage.collection<number>('events/counter');
  const events = storage.collection<BusEvent>('events/event');
  const nth = (counter.get('stored') ?? 0) + 1;
  counter.put('stored', nth);
  events.put(keyOf(nth), event);
  if (nth > keep) events.delete(keyOf(nth - keep));
}

const keyOf = (nth: number): string => String(nth).padStart(15, '0');

function entriesOf(input: Input): Input[] {
  const { Entries: entries } = input;
  if (!Array.isArray(entries) || entries.length < 1 || entries.length > MOST_ENTRIES) {
    throw validation(`1 validation error detected: 'entries' must have between 1 and ${MOST_ENTRIES} members`);
  }
  if (Buffer.byteLength(JSON.stringify(entries)) > MOST_BYTES) {
    throw validation(`Total size of the entries in the request is over the limit of ${MOST_BYTES} bytes.`);
  }
  return entries.map((entry: unknown) => (typeof entry === 'object' && entry !== null ? (entry as Input) : {}));
}

const busOf = (entry: Input): string =>
  (read.optionalText(entry, 'EventBusName') ?? 'default').replace(/^arn:.*:event-bus\//, '');

function rightFor(entry: Input, { region, caller }: Context): AccessRequest {
  const source = read.optionalText(entry, 'Source');
  const detailType = read.optionalText(entry, 'DetailType');
  return {
    action: 'events:PutEvents',
    resource: `arn:${partitionOf(region)}:events:${region}:${caller.account}:event-bus/${busOf(entry)}`,
    conditionKeys: {
      ...(source && { 'events:source': source }),
      ...(detailType && { 'events:detail-type': detailType }),
    },
  };
}

function eventOf(entry: Input, { caller, region, clock }: Context, id: string): BusEvent | Refused {
  const [source, detailType, text] = ['Source', 'DetailType', 'Detail'].map((name) => read.optionalText(entry, name));
  if (!source)
    return refused('InvalidArgument', 'Parameter Source is not valid. Reason: Source is a required argument.');
  if (!detailType)
    return refused('InvalidArgument', 'Parameter DetailType is not valid. Reason: DetailType is a required argument.');
  if (!text) return refused('InvalidArgument', 'Parameter Detail is not valid. Reason: Detail is a required argument.');
  if (source.startsWith('aws.')) return refused('NotAuthorizedForSourceException', 'Not authorized for the source.');
  const detail = parseDetail(text);
  if (detail === undefined) return refused('MalformedDetail', 'Detail is malformed.');
  const given = entry.Time;
  const at = given === undefined ? clock.now() : instant(Number(given) * 1_000);
  if (Number.isNaN(at) || Math.abs(at) > LAST_DATE_MS)
    return refused('InvalidArgument', 'Parameter Time is not valid.');
  return {
    version: '0',
    id,
    'detail-type': detailType,
    source,
    account: caller.account,
    time: `${toIso(at).slice(0, 19)}Z`,
    region,
    resources: read.optionalTexts(entry, 'Resources') ?? [],
    detail,
    bus: busOf(entry),
  };
}

function parseDetail(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
