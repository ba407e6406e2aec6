/** The product's function files with what a deployment would give each: its environment, its role, its time. */
import { FUNCTIONS, type FunctionName } from '../../src/aws/deployment.ts';
import type { Runtime as ProductRuntime } from '../../src/aws/runtime.ts';
import { type Duration, seconds } from '../../src/core/time.ts';
import type { Credentials } from '../aws/iam/seed.ts';
import type { LocalFunction, Runtime } from '../lambda/runner.ts';
import { type ChatCredentials, chatFunctions } from './chat.ts';
import { type ReaperSettings, reaperFunctions } from './reapers.ts';

export type FunctionSettings = {
  readonly endpoint: string;
  readonly region: string;
  /** What a deployment tells every function of the hub. */
  readonly environment: Readonly<Record<string, string>>;
  readonly credentials: Readonly<Record<FunctionName, Required<Credentials>>>;
  readonly reapers: ReaperSettings;
  readonly chat: ChatCredentials;
  /** Where Slack's Web API is simulated; Slack itself otherwise. */
  readonly slackApiUrl?: string;
  /** One attempt of one AWS call; tests with calls that hang make it short. */
  readonly callTimeout?: Duration;
  readonly retryDelay?: (attempt: number) => Duration;
  /** How far each function's clock is off. */
  readonly skew?: Partial<Readonly<Record<FunctionName | 'reaper', Duration>>>;
};

/** The names of the files in `functions/`, loaded as they are. */
const FILES = {
  api: () => import('../../functions/api.ts'),
  breakglass: () => import('../../functions/breakglass.ts'),
  workflow: () => import('../../functions/workflow.ts'),
  sweeper: () => import('../../functions/sweeper.ts'),
  inventory: () => import('../../functions/inventory.ts'),
  doctor: () => import('../../functions/doctor.ts'),
  publisher: () => import('../../functions/publisher.ts'),
  guard: () => import('../../functions/guard.ts'),
} as const satisfies Record<FunctionName, () => Promise<{ build(runtime: ProductRuntime): unknown }>>;

/** The hub's functions, and the reaper of each cluster account as `reaper-<account>`. */
export function productFunctions(settings: FunctionSettings): Record<string, LocalFunction> {
  const names = Object.keys(FILES) as FunctionName[];
  return {
    ...Object.fromEntries(names.map((name) => [name, productFunction(name, settings)])),
    ...reaperFunctions(settings, (runtime) => runtimeFor(runtime, settings)),
    ...chatFunctions(settings, (runtime) => runtimeFor(runtime, settings)),
  };
}

function productFunction(name: FunctionName, settings: FunctionSettings): LocalFunction {
  const { accessKeyId, secretAccessKey, sessionToken } = settings.credentials[name];
  const skew = settings.skew?.[name];
  return {
    load: async () => {
      const file = await FILES[name]();
      return { build: (runtime: Runtime) => file.build(runtimeFor(runtime, settings)) };
    },
    env: {
      AWS_REGION: settings.region,
      AWS_ACCESS_KEY_ID: accessKeyId,
      AWS_SECRET_ACCESS_KEY: secretAccessKey,
      AWS_SESSION_TOKEN: sessionToken,
      AWS_ENDPOINT_URL: settings.endpoint,
      ...settings.environment,
      // The doctor asks Slack as well.
      ...(name === 'doctor' && settings.slackApiUrl !== undefined && { SLACK_API_URL: settings.slackApiUrl }),
    },
    timeout: seconds(FUNCTIONS[name].timeoutSeconds),
    ...(skew !== undefined && { skew }),
  };
}

const runtimeFor = ({ env, now, random }: Runtime, settings: FunctionSettings): ProductRuntime => ({
  env,
  now,
  random,
  callTimeout: settings.callTimeout ?? seconds(5),
  retryDelay: settings.retryDelay ?? ((attempt) => (50 * 2 ** attempt) as Duration),
  write: (line) => console.log(line),
});
