/** The people of the demo: the `hallpass` command run as one of them, and a token as kubectl's exec plugin would get it. */
import { fileURLToPath } from 'node:url';
import { main } from '../../cli/main.ts';

/** The environment that a person has sourced; the AWS SDK of the command reads the process's own. */
export function enter(env: Readonly<Record<string, string>>): void {
  for (const name of Object.keys(process.env)) if (name.startsWith('AWS_')) delete process.env[name];
  Object.assign(process.env, env);
}

/** What kubectl will start as its exec plugin. */
const COMMAND = fileURLToPath(new URL('../../bin/hallpass', import.meta.url));

/** Runs `hallpass <argv>` as the person; answers what it wrote. */
export async function hallpass(
  person: string,
  argv: readonly string[],
): Promise<{ code: number; out: string; err: string }> {
  process.env['AWS_PROFILE'] = person;
  let out = '';
  let err = '';
  const code = await main(argv, {
    stdout: { write: (text) => (out += text) },
    stderr: { write: (text) => (err += text) },
    env: process.env,
    calledAs: COMMAND,
    now: () => Date.now(),
    sleep: () => Promise.resolve(),
    every: () => () => {},
    interrupted: new AbortController().signal,
  });
  return { code, out, err };
}

type ExecCredential = { readonly status: { readonly token: string } };

export async function token(person: string, cluster: string, region: string, roleArn: string): Promise<string> {
  const { code, out, err } = await hallpass(person, [
    'token',
    '--cluster',
    cluster,
    '--region',
    region,
    '--role-arn',
    roleArn,
  ]);
  if (code !== 0) throw new Error(err.trim());
  return (JSON.parse(out) as ExecCredential).status.token;
}
