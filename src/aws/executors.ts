/** Credentials of executors: the roles in clusters' accounts through which the hub acts there. */
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { between, type Instant, minutes, toSeconds } from '../core/time.ts';
import { clientConfig } from './calls.ts';
import type { Runtime } from './runtime.ts';

type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
};
export type Executors = { credentials(executor: string): () => Promise<Credentials> };

const ASK_AGAIN = new Date(0);
const LENGTH = minutes(15);

/** Asked for again this long before they end. */
const MARGIN = minutes(5);

/** One for each ARN. By their age and not by their end, for which this clock and STS's would have to agree (F40). */
export function kept<T>(now: () => Instant, ask: (arn: string) => Promise<T>): (arn: string) => Promise<T> {
  const known = new Map<string, { readonly askedAt: Instant; readonly answer: Promise<T> }>();
  return (arn) => {
    const before = known.get(arn);
    const age = before && between(before.askedAt, now());
    // A clock that was put back makes nothing younger.
    if (before && age !== undefined && age >= 0 && age < LENGTH - MARGIN) return before.answer;
    const answer = ask(arn);
    known.set(arn, { askedAt: now(), answer });
    answer.catch(() => known.get(arn)?.answer === answer && known.delete(arn));
    return answer;
  };
}

export function executors(runtime: Runtime): Executors {
  const client = new STSClient(clientConfig(runtime));
  const credentialsOf = kept(runtime.now, async (RoleArn): Promise<Credentials> => {
    const { Credentials: found } = await client.send(
      new AssumeRoleCommand({ RoleArn, RoleSessionName: 'hallpass', DurationSeconds: toSeconds(LENGTH) }),
    );
    if (!found?.AccessKeyId || !found.SecretAccessKey || !found.SessionToken)
      throw new Error(`STS gave no credentials for ${RoleArn}`);
    const { AccessKeyId: accessKeyId, SecretAccessKey: secretAccessKey, SessionToken: sessionToken } = found;
    // Kept here. What the SDK is told has always expired, so that it asks each time.
    return { accessKeyId, secretAccessKey, sessionToken, expiration: ASK_AGAIN };
  });
  return { credentials: (executor) => () => credentialsOf(executor) };
}
