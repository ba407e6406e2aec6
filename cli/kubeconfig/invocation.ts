/** How kubectl is to call this program later, from any folder and shell. */
import { resolve } from 'node:path';
import type { Io } from '../io.ts';

export type Invocation = {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: readonly { readonly name: string; readonly value: string }[];
};

/** What says where AWS is and who the caller is, without being a secret itself. */
const PASSED_ON = [
  'AWS_PROFILE',
  'AWS_ENDPOINT_URL',
  'AWS_ENDPOINT_URL_STS',
  'AWS_IGNORE_CONFIGURED_ENDPOINT_URLS',
  'AWS_USE_FIPS_ENDPOINT',
  'AWS_USE_DUALSTACK_ENDPOINT',
] as const;
/** The same, as paths: made absolute, because kubectl may run elsewhere. */
const PATHS_PASSED_ON = ['AWS_CONFIG_FILE', 'AWS_SHARED_CREDENTIALS_FILE', 'NODE_EXTRA_CA_CERTS'] as const;

export function invocationOf(io: Io, profile: string | undefined): Invocation {
  const env: Io['env'] = { ...io.env, ...(profile !== undefined && { AWS_PROFILE: profile }) };
  return {
    ...programOf(io),
    env: [
      ...PASSED_ON.flatMap((name) => variable(name, env[name])),
      ...PATHS_PASSED_ON.flatMap((name) => variable(name, env[name] && resolve(env[name]))),
    ],
  };
}

function variable(name: string, value: string | undefined): { name: string; value: string }[] {
  if (!value) return [];
  const { username, password } = URL.parse(value) ?? {};
  // An address with a password in it is a secret after all.
  return username || password ? [] : [{ name, value }];
}

/** By its full path, because another shell may have another PATH. A script that is no program itself goes through Node. */
function programOf({ calledAs }: Io): Pick<Invocation, 'command' | 'args'> {
  const program = resolve(calledAs);
  return /\.[mc]?[jt]s$/.test(program)
    ? { command: process.execPath, args: [program] }
    : { command: program, args: [] };
}
