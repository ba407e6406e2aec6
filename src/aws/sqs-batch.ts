/** A batch out of a queue: each message stands or falls by itself, and what failed comes again, a few times, then is put aside. */
import type { SQSBatchResponse, SQSEvent } from 'aws-lambda';
import type { Log } from '../broker/ports.ts';

export async function eachMessage(
  log: Log,
  { Records }: SQSEvent,
  work: (body: string) => Promise<void>,
): Promise<SQSBatchResponse> {
  const batchItemFailures: SQSBatchResponse['batchItemFailures'] = [];
  // One after the other: several are often about one grant, and would only wait for each other.
  for (const { messageId, body } of Records) {
    try {
      await work(body);
    } catch (error) {
      log('error', 'a message failed', { messageId, error: String(error) });
      batchItemFailures.push({ itemIdentifier: messageId });
    }
  }
  return { batchItemFailures };
}
