/** A record of the table's stream, as Lambda hands it to a function. */
import { isDeepStrictEqual } from 'node:util';
import type { _Record as StreamRecord, AttributeValue as StreamValue } from '@aws-sdk/client-dynamodb-streams';
import type { AttributeValue, DynamoDBRecord } from 'aws-lambda';
import type { Instant } from '../../src/core/time.ts';

/** `arn:aws:dynamodb:REGION:ACCOUNT:table/NAME/stream/LABEL`, and the region in it. */
export type StreamSource = { arn: string; region: string };

/** The engine records a write that changed nothing; DynamoDB does not (Developer Guide, "Change data capture"). */
export function changesNothing({ eventName, dynamodb }: StreamRecord): boolean {
  return eventName === 'MODIFY' && isDeepStrictEqual(dynamodb?.OldImage, dynamodb?.NewImage);
}

/**
 * Lambda's form: times are epoch seconds, binary is base64, and the source's ARN is added. Region, ARN and time are
 * local mode's: the engine knows neither an account nor local mode's clock.
 */
export function asLambdaRecord(record: StreamRecord, source: StreamSource, at: Instant): DynamoDBRecord {
  const change = record.dynamodb ?? {};
  return {
    eventID: record.eventID,
    eventName: record.eventName,
    eventVersion: record.eventVersion,
    eventSource: record.eventSource,
    awsRegion: source.region,
    dynamodb: {
      ApproximateCreationDateTime: Math.floor(at / 1_000),
      Keys: image(change.Keys),
      ...(change.NewImage && { NewImage: image(change.NewImage) }),
      ...(change.OldImage && { OldImage: image(change.OldImage) }),
      SequenceNumber: change.SequenceNumber,
      SizeBytes: change.SizeBytes,
      StreamViewType: change.StreamViewType,
    },
    eventSourceARN: source.arn,
  };
}

const image = (item: Record<string, StreamValue> | undefined): Record<string, AttributeValue> =>
  Object.fromEntries(Object.entries(item ?? {}).map(([name, value]) => [name, attribute(value)]));

function attribute(value: StreamValue): AttributeValue {
  if (value.B) return { B: base64(value.B) };
  if (value.BS) return { BS: value.BS.map(base64) };
  if (value.L) return { L: value.L.map(attribute) };
  if (value.M) return { M: image(value.M) };
  return value as AttributeValue; // S, N, BOOL, NULL, SS and NS are the same in both
}

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');
