/** Which region a call is signed for. */
import { loadConfig, NODE_REGION_CONFIG_FILE_OPTIONS, NODE_REGION_CONFIG_OPTIONS } from '@smithy/core/config';
import { Failure } from '../failure.ts';
import type { Io } from '../io.ts';

export type AwsOptions = { readonly profile?: string | undefined; readonly region?: string | undefined };

const EXECUTE_API_HOST = /\.execute-api\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?$/;

/** The region that the API's own address names, if it is API Gateway's: a signature for any other is refused there. */
export const regionOfHost = (hostname: string): string | undefined => EXECUTE_API_HOST.exec(hostname)?.[1];

/** `--region`, else AWS_REGION, AWS_DEFAULT_REGION, else the profile's. Throws a usage failure when there is none. */
export async function findRegion(io: Io, { region, profile }: AwsOptions): Promise<string> {
  const named = region ?? io.env['AWS_REGION'] ?? io.env['AWS_DEFAULT_REGION'] ?? (await regionOfProfile(profile));
  if (named) return named;
  throw new Failure(
    'usage',
    'No AWS region is known. Pass --region, or set AWS_REGION or "region" in your AWS profile.',
  );
}

async function regionOfProfile(profile: string | undefined): Promise<string | undefined> {
  try {
    return await loadConfig(NODE_REGION_CONFIG_OPTIONS, {
      ...NODE_REGION_CONFIG_FILE_OPTIONS,
      ...(profile !== undefined && { profile }),
    })();
  } catch {
    // It throws when the profile names none, which is said better by the caller.
    return undefined;
  }
}
