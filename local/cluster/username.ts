/** The Kubernetes user that an access entry makes of an IAM principal: name, uid, groups, extra, as EKS gives them. */
import type { AccessEntry } from './access-entry.ts';
import type { UserInfo } from './review.ts';

/** Who signed, as STS says it. */
export type Identity = {
  /** `arn:aws:sts::ACCOUNT:assumed-role/ROLE/SESSION` or `arn:aws:iam::ACCOUNT:user/NAME`. */
  arn: string;
  account: string;
  /** `AROA…:SESSION` or `AIDA…`. */
  userId: string;
  accessKeyId: string;
};

/** What EKS adds to an entry's own groups, by the entry's type. */
const GROUPS_OF_TYPE: Readonly<Record<string, readonly string[]>> = {
  EC2_LINUX: ['system:nodes'],
  EC2_WINDOWS: ['eks:kube-proxy-windows', 'system:nodes'],
  FARGATE_LINUX: ['system:node-proxier', 'system:nodes'],
  EC2: ['system:nodes'],
  HYBRID_LINUX: ['system:nodes'],
  HYPERPOD_LINUX: ['system:nodes'],
};

/** `AROA…` of `AROA…:session`: the only part that names the principal. */
export const principalIdOf = (identity: Identity): string => identity.userId.split(':')[0] ?? '';

/** The part of the user id after the first colon; empty for an IAM user. */
const sessionOf = (identity: Identity): string => identity.userId.slice(principalIdOf(identity).length + 1);

/** The role's ARN without its path, as STS reports assumed roles; other ARNs as they are. */
function canonicalArn(arn: string): string {
  const role = /^arn:([^:]+):sts::(\d+):assumed-role\/([^/]+)\//.exec(arn);
  return role ? `arn:${role[1]}:iam::${role[2]}:role/${role[3]}` : arn;
}

/**
 * Fills an entry's username template. `{{EC2PrivateDNSName}}` stays as it is: the simulation has no EC2 to ask.
 * All places are filled in one pass, so that a session called `{{AccountID}}` stays a session name.
 */
export function fillUsername(template: string, identity: Identity): string {
  const session = sessionOf(identity);
  const values: Readonly<Record<string, string>> = {
    AccountID: identity.account,
    SessionName: session.replaceAll('@', '-'),
    SessionNameRaw: session,
  };
  return template.replaceAll(
    /\{\{(AccountID|SessionNameRaw|SessionName)\}\}/g,
    (_, name: string) => values[name] ?? '',
  );
}

export function userOf(entry: AccessEntry, identity: Identity): UserInfo {
  const id = principalIdOf(identity);
  const groups = new Set([...entry.kubernetesGroups, ...(GROUPS_OF_TYPE[entry.type] ?? []), 'system:authenticated']);
  return {
    username: fillUsername(entry.username, identity),
    uid: `aws-iam-authenticator:${identity.account}:${id}`,
    groups: [...groups],
    extra: {
      accessKeyId: [identity.accessKeyId],
      arn: [identity.arn],
      canonicalArn: [canonicalArn(identity.arn)],
      principalId: [id],
      sessionName: [sessionOf(identity)],
      [PRINCIPAL_ID]: [id],
    },
  };
}

/** The extra that access policies go by: its key lies in the authenticator's own domain, so nobody else sets it. */
export const PRINCIPAL_ID = 'sigs.k8s.io/aws-iam-authenticator/principalId';
