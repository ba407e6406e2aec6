/** `hallpass token`: kubectl's exec plugin. It prints one ExecCredential, and fails with 1 whatever the reason. */
import type { Command } from 'commander';
import { Failure, textOf } from '../failure.ts';
import { type Commands, grantIdFrom, type Session, say } from '../session.ts';
import { readCached, writeCached } from '../token/cache.ts';
import { cacheFolder } from '../token/home.ts';
import { fingerprint } from '../token/identity.ts';
import type { TokenInputs } from '../token/mint.ts';
import { execCredential, type Token } from '../token/token.ts';

type TokenOptions = { grant?: string; roleArn?: string; cluster?: string };

const examples = (name: string): string => `
kubectl runs it, from the context that "${name} kubeconfig" writes. By hand:
  ${name} token --grant 01kavy8w3v0000000000000000
  ${name} token --role-arn arn:aws:iam::111122223333:role/KubernetesAdmin --cluster mycluster --region eu-west-1`;

export const addTokenCommand: Commands = (program, sessionOf) => {
  program
    .command('token')
    .description('print a token for a cluster, as kubectl’s exec plugin')
    .option('--grant <grant>', 'id of a grant: role, cluster and region are taken from it where not given')
    .option('--role-arn <arn>', 'the role to assume')
    .option('--cluster <name>', 'EKS’s name of the cluster')
    .addHelpText('after', examples(program.name()))
    .action(async (options: TokenOptions, command: Command) => {
      const session = sessionOf(command);
      try {
        const token = await tokenFor(session, options);
        session.io.stdout.write(`${JSON.stringify(execCredential(token, session.io.env['KUBERNETES_EXEC_INFO']))}\n`);
      } catch (error) {
        throw error instanceof Failure && error.exit !== 'usage' ? forKubectl(session, options, error) : error;
      }
    });
};

async function tokenFor(session: Session, options: TokenOptions): Promise<Token> {
  const { io } = session;
  const { profile } = session.options;
  const inputs = await inputsOf(session, options);
  const folder = cacheFolder(io);
  const key = await fingerprint(io, profile, [inputs.roleArn, inputs.cluster, inputs.region, options.grant ?? null]);
  const cached = readCached(folder, key, io.now());
  if (cached) return cached;
  // Needs the AWS SDK, which costs more to load than all else here.
  const { mintToken } = await import('../token/mint.ts');
  const token = await mintToken(io, profile, inputs);
  try {
    writeCached(folder, key, token, io.now());
  } catch (error) {
    say(session, `The token could not be kept in ${folder} (${textOf(error)}); kubectl will be slower.`);
  }
  return token;
}

async function inputsOf(session: Session, { grant, roleArn, cluster }: TokenOptions): Promise<TokenInputs> {
  const { region } = session.options;
  if (roleArn !== undefined && cluster !== undefined) {
    if (region !== undefined) return { roleArn, cluster, region };
    const { findRegion } = await import('../aws/region.ts');
    return { roleArn, cluster, region: await findRegion(session.io, session.options) };
  }
  if (grant === undefined) throw new Failure('usage', 'Pass --grant, or --role-arn and --cluster (and --region).');
  const input = { id: grantIdFrom(grant) };
  const api = await session.api();
  const { value } = await api('showGrant', 200, input);
  return {
    roleArn: roleArn ?? value.principal.arn,
    cluster: cluster ?? value.cluster.arn.slice(value.cluster.arn.lastIndexOf('/') + 1),
    region: value.cluster.region,
  };
}

function forKubectl({ program }: Session, { grant }: TokenOptions, error: Failure): Failure {
  const hint = grant === undefined ? '' : `\nHow the grant stands: ${program} grant ${grant}`;
  return new Failure('refused', `${error.message}${hint}`, { cause: error });
}
