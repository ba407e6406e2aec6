/** What Hallpass writes into a kubeconfig, and how it knows its own again. */
import * as z from 'zod/mini';
import { contentOf, findEntry, type KubeconfigText } from './document.ts';
import type { Invocation } from './invocation.ts';

/** All that kubectl needs for one grant. */
export type Entrance = {
  readonly grant: string;
  readonly roleArn: string;
  /** EKS's name of the cluster, which the token is bound to. */
  readonly cluster: string;
  readonly region: string;
  readonly endpoint: string;
  readonly certificateAuthorityData: string;
  /** Used when a command names none. */
  readonly namespace?: string;
};

export const clusterEntry = ({ endpoint, certificateAuthorityData }: Entrance): unknown => ({
  server: endpoint,
  'certificate-authority-data': certificateAuthorityData,
});

export const contextEntry = (name: string, { namespace }: Entrance): unknown => ({
  cluster: name,
  ...(namespace !== undefined && { namespace }),
  user: name,
});

/** https://kubernetes.io/docs/reference/config-api/client-authentication.v1/ */
export const userEntry = (entrance: Entrance, { command, args, env }: Invocation): unknown => ({
  exec: {
    apiVersion: 'client.authentication.k8s.io/v1',
    command,
    args: [
      ...args,
      'token',
      ...['--cluster', entrance.cluster],
      ...['--region', entrance.region],
      ...['--role-arn', entrance.roleArn],
      ...['--grant', entrance.grant],
    ],
    env: env.length > 0 ? env : null,
    interactiveMode: 'Never',
    provideClusterInfo: false,
    installHint: 'This context was made by Hallpass. Install the hallpass command, or run "hallpass kubeconfig" again.',
  },
});

const ExecUser = z.looseObject({ exec: z.looseObject({ args: z.array(z.string()) }) });

/** The grant that a user entry is for, if Hallpass made it. */
export function grantOfUser(user: unknown): string | undefined {
  const args = ExecUser.safeParse(user).data?.exec.args ?? [];
  const at = args.indexOf('--grant');
  return args.includes('token') && at >= 0 ? args[at + 1] : undefined;
}

/** Names of the users in `text` that were made for `grant`. */
export const usersFor = ({ content }: KubeconfigText, grant: string): string[] =>
  (content.users ?? []).filter((entry) => grantOfUser(contentOf('users', entry)) === grant).map(({ name }) => name);

/** True when `name` is free in all files, or what bears it was made by Hallpass: somebody else's is never replaced. */
export function mayTake(name: string, texts: readonly KubeconfigText[]): boolean {
  const users = texts.flatMap((text) => findEntry(text, 'users', name) ?? []);
  if (users.length > 0) return users.every((user) => grantOfUser(contentOf('users', user)) !== undefined);
  return texts.every((text) => !findEntry(text, 'clusters', name) && !findEntry(text, 'contexts', name));
}
