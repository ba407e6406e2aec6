/** The function of every cluster account that needs nothing of the hub: what its stack would give it, and no more. */

import { clusterAccounts, homeRegion, REAPER, reaperEnvironment } from '../../src/aws/deployment.ts';
import type { Runtime as ProductRuntime } from '../../src/aws/runtime.ts';
import type { Configuration } from '../../src/core/configuration.ts';
import { type Duration, seconds } from '../../src/core/time.ts';
import type { Credentials } from '../aws/iam/seed.ts';
import type { LocalFunction, Runtime } from '../lambda/runner.ts';
import type { Accounts } from './accounts.ts';

/** By account. */
export type ReaperSettings = Readonly<
  Record<string, { readonly env: Readonly<Record<string, string>>; readonly credentials: Required<Credentials> }>
>;

export const reaperName = (account: string): string => `reaper-${account}`;

export function reaperSettingsOf(config: Configuration, { reapers }: Pick<Accounts, 'reapers'>): ReaperSettings {
  const settings = clusterAccounts(config).flatMap((account) => {
    const credentials = reapers[account];
    if (!credentials) return [];
    const env = { ...reaperEnvironment(config, account), AWS_REGION: homeRegion(config, account) };
    return [[account, { env, credentials }] as const];
  });
  return Object.fromEntries(settings);
}

export type ReaperWorld = {
  readonly endpoint: string;
  readonly reapers: ReaperSettings;
  readonly skew?: { readonly reaper?: Duration };
};

export function reaperFunctions(
  settings: ReaperWorld,
  runtimeFor: (runtime: Runtime) => ProductRuntime,
): Record<string, LocalFunction> {
  const skew = settings.skew?.reaper;
  return Object.fromEntries(
    Object.entries(settings.reapers).map(([account, { env, credentials }]): [string, LocalFunction] => [
      reaperName(account),
      {
        load: async () => {
          const file = await import('../../functions/reaper.ts');
          return { build: (runtime: Runtime) => file.build(runtimeFor(runtime)) };
        },
        env: {
          ...env,
          AWS_ACCESS_KEY_ID: credentials.accessKeyId,
          AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
          AWS_SESSION_TOKEN: credentials.sessionToken,
          AWS_ENDPOINT_URL: settings.endpoint,
        },
        timeout: seconds(REAPER.timeoutSeconds),
        ...(skew !== undefined && { skew }),
      },
    ]),
  );
}
