/**
 * Whose token it is, as far as can be told without asking anybody: where the credentials come from, and what stands
 * there. Asking AWS each time would cost what the cache is to save, and the keys themselves are no help: Identity Center
 * gives new ones at every call. Somebody who signs in as another person, edits a profile or sets other keys gets
 * another fingerprint. Only a credential_process that changes its mind unseen does not.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { getSSOTokenFilepath, loadSsoSessionData, parseKnownFiles } from '@smithy/core/config';
import type { Io } from '../io.ts';
import { homeOf } from './home.ts';

const VARIABLES = [
  'AWS_PROFILE',
  'AWS_ACCESS_KEY_ID',
  'AWS_SECRET_ACCESS_KEY',
  'AWS_SESSION_TOKEN',
  'AWS_ROLE_ARN',
  'AWS_WEB_IDENTITY_TOKEN_FILE',
  'AWS_CONTAINER_CREDENTIALS_RELATIVE_URI',
  'AWS_CONTAINER_CREDENTIALS_FULL_URI',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_STS',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_USE_DUALSTACK_ENDPOINT',
] as const;

/** A digest (hex) of the caller and of `inputs`, from which neither can be read back. */
export async function fingerprint(io: Io, profile: string | undefined, inputs: readonly unknown[]): Promise<string> {
  const config = io.env['AWS_CONFIG_FILE'] ?? join(homeOf(io), '.aws', 'config');
  const credentials = io.env['AWS_SHARED_CREDENTIALS_FILE'] ?? join(homeOf(io), '.aws', 'credentials');
  const caller = [
    profile ?? null,
    VARIABLES.map((name) => io.env[name] ?? null),
    contentOf(config),
    contentOf(credentials),
    ...(await signInsOf()),
  ];
  return createHash('sha256')
    .update(JSON.stringify(['v1', caller, inputs]))
    .digest('hex');
}

/** What `aws sso login` left behind, for every SSO session that the files name. */
async function signInsOf(): Promise<(string | null)[]> {
  try {
    const profiles = await parseKnownFiles({});
    const sessions = await loadSsoSessionData({});
    const places = [
      ...Object.keys(sessions),
      ...Object.values(profiles).flatMap(({ sso_start_url: url }) => url ?? []),
    ];
    return places.map((place) => contentOf(getSSOTokenFilepath(place)));
  } catch {
    return [];
  }
}

function contentOf(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
