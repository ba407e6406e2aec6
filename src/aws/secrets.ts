/**
 * Secrets by reference: hallpass.yaml and environments hold ARNs of AWS Secrets Manager, functions fetch the values when
 * they need them. A value is kept in memory for five minutes at most, and is never logged, stored or put in an error.
 */
import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import type { Secrets, SecretValue } from '../broker/ports.ts';
import { type Instant, minutes, plus, seconds } from '../core/time.ts';
import { type Invocation, isAwsError, send } from './calls.ts';

const KEPT_FOR = minutes(5);
/** Somebody who sends nonsense makes us read again, but no more often than this. */
const READ_AGAIN_AFTER = seconds(30);

type Kept = { readonly value: SecretValue; readonly readAt: Instant };
/** By ARN. One for each warm function. */
export type SecretCache = Map<string, Kept>;

export function secretsIn(client: SecretsManagerClient, invocation: Invocation, cache: SecretCache): Secrets {
  const readUnless = async (arn: string, isFresh: (kept: Kept) => boolean): Promise<SecretValue> => {
    const kept = cache.get(arn);
    if (kept && isFresh(kept)) return kept.value;
    const [current, previous] = await Promise.all([
      textOf(client, invocation, arn, 'AWSCURRENT'),
      textOf(client, invocation, arn, 'AWSPREVIOUS'),
    ]);
    if (current === undefined) throw new NoSuchSecret(arn);
    const value = { current, ...(previous !== undefined && { previous }) };
    cache.set(arn, { value, readAt: invocation.now() });
    return value;
  };
  return {
    read: (arn) => readUnless(arn, ({ readAt }) => invocation.now() < plus(readAt, KEPT_FOR)),
    readAgain: (arn) => readUnless(arn, ({ readAt }) => invocation.now() < plus(readAt, READ_AGAIN_AFTER)),
  };
}

/** The configuration names a secret that is not there, or that has no text. Says which, and not what it held. */
export class NoSuchSecret extends Error {
  override name = 'NoSuchSecret';
  constructor(arn: string) {
    super(`the secret ${arn} is not there, or has no text`);
  }
}

/** Undefined when no version of the secret has this label: AWSPREVIOUS before the first rotation. */
async function textOf(
  client: SecretsManagerClient,
  invocation: Invocation,
  arn: string,
  VersionStage: 'AWSCURRENT' | 'AWSPREVIOUS',
): Promise<string | undefined> {
  const command = new GetSecretValueCommand({ SecretId: arn, VersionStage });
  try {
    return (await send(invocation, (options) => client.send(command, options))).SecretString || undefined;
  } catch (error) {
    if (isAwsError(error, 'ResourceNotFoundException')) return undefined;
    throw error;
  }
}
