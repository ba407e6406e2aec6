/**
 * The caller's AWS credentials, found where the AWS CLI finds them: environment, profiles (static keys, role_arn,
 * credential_process, SSO, web identity), containers, instances. Two differences of the JavaScript SDK are levelled:
 * keys in the environment win over AWS_PROFILE, and only `--profile` wins over them, as botocore has it.
 * https://docs.aws.amazon.com/cli/latest/topic/config-vars.html#credentials
 */
import type { fromEnv as FromEnv } from '@aws-sdk/credential-providers';
import { Failure, textOf } from '../failure.ts';
import type { Io } from '../io.ts';
import type { AwsOptions } from './region.ts';

export type Credentials = Awaited<ReturnType<ReturnType<typeof FromEnv>>>;

/** Throws a `credentials` failure that says where was looked and what would help. */
export async function findCredentials(io: Io, { profile }: AwsOptions): Promise<Credentials> {
  const found = await resolve(io, profile);
  if (found.expiration && found.expiration.getTime() <= io.now()) {
    throw new Failure(
      'credentials',
      `Your AWS credentials expired at ${found.expiration.toISOString()}. Get new ones (with IAM Identity Center: aws sso login) and try again.`,
    );
  }
  return found;
}

async function resolve(io: Io, profile: string | undefined): Promise<Credentials> {
  const { fromEnv, fromNodeProviderChain } = await import('@aws-sdk/credential-providers');
  const keysInEnvironment = io.env['AWS_ACCESS_KEY_ID'] && io.env['AWS_SECRET_ACCESS_KEY'];
  try {
    if (profile === undefined && keysInEnvironment) return await fromEnv()();
    return await fromNodeProviderChain(profile === undefined ? {} : { profile })();
  } catch (error) {
    throw new Failure('credentials', explain(io, profile ?? io.env['AWS_PROFILE'], textOf(error)), { cause: error });
  }
}

function explain(io: Io, profile: string | undefined, why: string): string {
  const files = `${io.env['AWS_CONFIG_FILE'] ?? '~/.aws/config'} and ${io.env['AWS_SHARED_CREDENTIALS_FILE'] ?? '~/.aws/credentials'}`;
  const where = profile === undefined ? `the environment, in ${files}` : `the profile "${profile}" of ${files}`;
  const help = /expired|sso/i.test(why)
    ? `Sign in again: aws sso login${profile === undefined ? '' : ` --profile ${profile}`}.`
    : 'Set AWS_PROFILE or pass --profile; "aws sts get-caller-identity" must work with it.';
  return `No AWS credentials to sign with were found in ${where}: ${why.replace(/\.?$/, '.')}\n${help}`;
}
