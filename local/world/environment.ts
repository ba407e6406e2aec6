/** What people source to try local mode: where things are, and a profile for everybody. All of it only for the owner. */
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Credentials } from '../aws/iam/seed.ts';

export type Environment = {
  readonly dataDir: string;
  readonly awsUrl: string;
  readonly apiUrl: string;
  readonly region: string;
  readonly profiles: Readonly<Record<string, Credentials>>;
  /** Where the `hallpass` command of this checkout is. */
  readonly bin: string;
};

/** Writes `env`, `aws-config` and `aws-credentials` into the data folder; answers the path of `env`. */
export function writeEnvironment({ dataDir, awsUrl, apiUrl, region, profiles, bin }: Environment): string {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const folder = resolve(dataDir);
  const operator = profiles['operator'];
  const all = { ...(operator && { default: operator }), ...profiles };
  write(
    join(folder, 'aws-config'),
    Object.keys(all)
      .map((name) => configSection(name, region))
      .join('\n'),
  );
  write(
    join(folder, 'aws-credentials'),
    Object.entries(all)
      .map(([name, keys]) => credentialSection(name, keys))
      .join('\n'),
  );
  const exports = {
    AWS_ENDPOINT_URL: awsUrl,
    // `aws eks get-token` looks for the endpoint of STS in the environment of kubectl.
    AWS_ENDPOINT_URL_STS: awsUrl,
    AWS_CONFIG_FILE: join(folder, 'aws-config'),
    AWS_SHARED_CREDENTIALS_FILE: join(folder, 'aws-credentials'),
    AWS_REGION: region,
    // The AWS CLI, version 1, reads only this one.
    AWS_DEFAULT_REGION: region,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_PAGER: '',
    HALLPASS_URL: apiUrl,
    // So that nobody's own kubeconfig is touched by trying things out.
    KUBECONFIG: join(folder, 'kubeconfig'),
  };
  const lines = [
    '# Source this in a terminal:  . <this file>     Then, say:  AWS_PROFILE=alice hallpass entitlements',
    'unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY AWS_SESSION_TOKEN AWS_PROFILE AWS_DEFAULT_PROFILE',
    ...Object.entries(exports).map(([name, value]) => `export ${name}=${quoted(value)}`),
    `case ":$PATH:" in *:${quoted(bin)}:*) ;; *) export PATH=${quoted(bin)}:"$PATH" ;; esac`,
  ];
  const env = join(folder, 'env');
  write(env, `${lines.join('\n')}\n`);
  return env;
}

const configSection = (name: string, region: string): string =>
  `[${name === 'default' ? name : `profile ${name}`}]\nregion = ${region}\noutput = json\n`;

const credentialSection = (name: string, { accessKeyId, secretAccessKey, sessionToken }: Credentials): string =>
  [
    `[${name}]`,
    `aws_access_key_id = ${accessKeyId}`,
    `aws_secret_access_key = ${secretAccessKey}`,
    ...(sessionToken ? [`aws_session_token = ${sessionToken}`] : []),
    '',
  ].join('\n');

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;

/** Whole or not at all, and untouched when nothing changed. */
function write(path: string, text: string): void {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
}
