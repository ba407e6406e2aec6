/** Credentials of executors: the roles in clusters' accounts through which the hub acts there. */
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts';
import { between, minutes } from '../core/time.ts';
import { clientConfig } from './calls.ts';
import type { Runtime } from './runtime.ts';

type Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken: string;
  readonly expiration: Date;
};
export type Executors = { credentials(executor: string): () => Promise<Credentials> };

const ASK_AGAIN = new Date(0);

/** Asked for again this long before they end. */
const MARGIN = minutes(5);

export function executors(runtime: Runtime): Executors {
  const client = new STSClient(clientConfig(runtime));
  const kept = new Map<string, Promise<Credentials>>();

  const assume = async (RoleArn: string): Promise<Credentials> => {
    const { Credentials: found } = await client.send(
      new AssumeRoleCommand({ RoleArn, RoleSessionName: 'hallpass', DurationSeconds: 900 }),
    );
    if (!found?.AccessKeyId || !found.SecretAccessKey || !found.SessionToken || !found.Expiration)
      throw new Error(`STS gave no credentials for ${RoleArn}`);
    return {
      accessKeyId: found.AccessKeyId,
      secretAccessKey: found.SecretAccessKey,
      sessionToken: found.SessionToken,
      expiration: found.Expiration,
    };
  };
  const fresh = (executor: string): Promise<Credentials> => {
    const asked = assume(executor);
    kept.set(executor, asked);
    asked.catch(() => kept.delete(executor));
    return asked;
  };

  return {
    /** Kept here, by the runtime's clock. What the SDK is told has always expired, so that it asks each time. */
    credentials: (executor) => async () => {
      const known = await kept.get(executor);
      const valid =
        known && between(runtime.now(), known.expiration.getTime() as ReturnType<typeof runtime.now>) > MARGIN;
      return { ...(valid ? known : await fresh(executor)), expiration: ASK_AGAIN };
    },
  };
}
