/**
 * Makes an EKS token: the grant's role assumed for as long as a token lives and not longer, and a presigned
 * GetCallerIdentity bound to one cluster. The form is aws-iam-authenticator's:
 * https://github.com/kubernetes-sigs/aws-iam-authenticator#api-authorization-from-outside-a-cluster
 */
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts';
import { Sha256Node } from '@smithy/core/checksum';
import { getEndpointFromInstructions } from '@smithy/core/endpoints';
import { buildQueryString, HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import { type Credentials, findCredentials } from '../aws/credentials.ts';
import { Failure, textOf } from '../failure.ts';
import type { Io } from '../io.ts';
import { TOKEN_LIFETIME_MS, type Token } from './token.ts';

export type TokenInputs = {
  readonly roleArn: string;
  /** EKS's name of the cluster. */
  readonly cluster: string;
  readonly region: string;
};

/** The shortest that STS offers. */
const SESSION_SECONDS = 900;
const SESSION_NAME = 'hallpass';
/** EKS counts from X-Amz-Date and wants to see no more than this. */
const PRESIGNED_SECONDS = 60;
const CLUSTER_HEADER = 'x-k8s-aws-id';

/** Throws a `credentials` failure when the role cannot be assumed, `unavailable` when STS does not answer. */
export async function mintToken(io: Io, profile: string | undefined, inputs: TokenInputs): Promise<Token> {
  const { region } = inputs;
  const credentials = await findCredentials(io, { profile });
  const sts = new STSClient({ region, credentials, ...(profile !== undefined && { profile }) });
  try {
    const role = await assume(sts, inputs.roleArn);
    const now = io.now();
    const { url } = await getEndpointFromInstructions({}, GetCallerIdentityCommand, sts.config);
    const token = `k8s-aws-v1.${Buffer.from(await presign(url, role, inputs, now)).toString('base64url')}`;
    const sessionEnd = role.expiration?.getTime() ?? now;
    return { token, expiresAt: Math.min(sessionEnd, now + TOKEN_LIFETIME_MS) };
  } finally {
    sts.destroy();
  }
}

async function assume(sts: STSClient, roleArn: string): Promise<Credentials> {
  const input = { RoleArn: roleArn, RoleSessionName: SESSION_NAME, DurationSeconds: SESSION_SECONDS };
  try {
    const { Credentials: found } = await sts.send(new AssumeRoleCommand(input));
    if (!found?.AccessKeyId || !found.SecretAccessKey) throw new Error('STS answered without credentials');
    return {
      accessKeyId: found.AccessKeyId,
      secretAccessKey: found.SecretAccessKey,
      ...(found.SessionToken !== undefined && { sessionToken: found.SessionToken }),
      ...(found.Expiration !== undefined && { expiration: found.Expiration }),
    };
  } catch (error) {
    throw notAssumed(roleArn, error);
  }
}

function notAssumed(roleArn: string, error: unknown): Failure {
  const name = error instanceof Error ? error.name : '';
  if (/^Expired/.test(name)) {
    return new Failure(
      'credentials',
      `Your AWS credentials have expired. Get new ones (with IAM Identity Center: aws sso login).`,
      {
        cause: error,
      },
    );
  }
  // The service answered, if it gave a status; otherwise nobody did.
  const answered = error instanceof Error && '$metadata' in error && 'httpStatusCode' in (error.$metadata as object);
  const why = `The role ${roleArn} could not be assumed (${name}: ${textOf(error)}).`;
  return answered
    ? new Failure('credentials', `${why} The grant may not be active, or no longer, or not be yours.`, { cause: error })
    : new Failure('unavailable', why, { cause: error });
}

async function presign(
  { protocol, hostname, host, pathname }: URL,
  credentials: Credentials,
  { cluster, region }: TokenInputs,
  now: number,
): Promise<string> {
  const signer = new SignatureV4({ credentials, region, service: 'sts', sha256: Sha256Node });
  const { query = {} } = await signer.presign(
    new HttpRequest({
      method: 'GET',
      protocol,
      hostname,
      path: pathname,
      query: { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: { host, [CLUSTER_HEADER]: cluster },
    }),
    { expiresIn: PRESIGNED_SECONDS, signingDate: new Date(now) },
  );
  return `${protocol}//${host}${pathname}?${buildQueryString(query)}`;
}
