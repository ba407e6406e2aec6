/** People with AWS credentials, their access entries, and the tokens that they make: a small IAM, STS and EKS for these tests. */
import { Sha256 } from '@aws-crypto/sha256-js';
import { SignatureV4 } from '@smithy/signature-v4';
import type { KnownCredential } from '../../local/aws/sigv4.ts';
import type { Clock } from '../../local/clock.ts';
import type { AccessEntry, AccessEntrySource } from '../../local/cluster/access-entry.ts';
import { presignedVerifier } from '../../local/cluster/presigned.ts';
import type { VerifyPresigned } from '../../local/cluster/token-review.ts';
import { type Instant, instant } from '../../src/core/time.ts';

export const ACCOUNT = '111122223333';
export const STS_HOST = '127.0.0.1:4566';

export type Person = {
  role: string;
  principalArn: string;
  principalId: string;
  accessKeyId: string;
  credential: KnownCredential;
};

/** Somebody with a session of role `role`. The unique id follows from the role's name unless given. */
export function person(role: string, principalId = `AROA${role.toUpperCase().padEnd(17, 'X')}`): Person {
  const accessKeyId = `ASIA${role.toUpperCase().padEnd(16, 'K')}`;
  const session = 'mia@example.com';
  return {
    role,
    principalArn: `arn:aws:iam::${ACCOUNT}:role/${role}`,
    principalId,
    accessKeyId,
    credential: {
      caller: {
        arn: `arn:aws:sts::${ACCOUNT}:assumed-role/${role}/${session}`,
        account: ACCOUNT,
        userId: `${principalId}:${session}`,
        accessKeyId,
      },
      secretAccessKey: `secret-of-${role}`,
      sessionToken: `session-of-${role}`,
    },
  };
}

export const policyArn = (name: string): string => `arn:aws:eks::aws:cluster-access-policy/${name}`;

export function entryFor(who: Person, change: Partial<AccessEntry> = {}): AccessEntry {
  return {
    principalArn: who.principalArn,
    principalId: who.principalId,
    type: 'STANDARD',
    username: `arn:aws:sts::${ACCOUNT}:assumed-role/${who.role}/{{SessionName}}`,
    kubernetesGroups: [],
    policies: [],
    ...change,
  };
}

export const onCluster = (name: string): Pick<AccessEntry, 'policies'> => ({
  policies: [{ policyArn: policyArn(name), accessScope: { type: 'cluster', namespaces: [] } }],
});
export const inNamespaces = (name: string, ...namespaces: string[]): Pick<AccessEntry, 'policies'> => ({
  policies: [{ policyArn: policyArn(name), accessScope: { type: 'namespace', namespaces } }],
});

/** Access entries that can be changed and remember what they were. */
export function entryHistory(clock: Clock, first: readonly AccessEntry[]) {
  const states = [{ from: instant(0), entries: first }];
  const source: AccessEntrySource = (asOf) => states.findLast(({ from }) => from <= asOf)?.entries ?? [];
  return { source, set: (entries: readonly AccessEntry[]): void => void states.push({ from: clock.now(), entries }) };
}

/** Verifies by the keys of these people. */
export function verifierFor(people: readonly Person[], now: () => Instant): VerifyPresigned {
  const known = new Map(people.map((who) => [who.accessKeyId, who.credential]));
  return presignedVerifier({ credentialOf: (id) => known.get(id), signedNow: now, sessionNow: now });
}

export type TokenChange = {
  host?: string;
  query?: Record<string, string>;
  headers?: Record<string, string>;
  method?: string;
  path?: string;
  /** Changes the finished URL, after the signature. */
  rewrite?: (url: string) => string;
};

/** A token for `clusterName` signed at `at`, as `aws eks get-token` makes it, or wrong in the way asked for. */
export async function tokenFor(
  who: Person,
  clusterName: string,
  at: Instant,
  change: TokenChange = {},
): Promise<string> {
  const { credential } = who;
  const signer = new SignatureV4({
    service: 'sts',
    region: 'eu-west-1',
    sha256: Sha256,
    credentials: {
      accessKeyId: who.accessKeyId,
      secretAccessKey: credential.secretAccessKey,
      ...(credential.sessionToken ? { sessionToken: credential.sessionToken } : {}),
    },
  });
  const host = change.host ?? STS_HOST;
  const signed = await signer.presign(
    {
      method: change.method ?? 'GET',
      protocol: 'http:',
      hostname: host,
      path: change.path ?? '/',
      query: change.query ?? { Action: 'GetCallerIdentity', Version: '2011-06-15' },
      headers: change.headers ?? { host, 'x-k8s-aws-id': clusterName },
    },
    {
      expiresIn: 60,
      signingDate: new Date(at),
      unhoistableHeaders: new Set(['x-k8s-aws-id']),
      signableHeaders: new Set(['host', 'x-k8s-aws-id']),
    },
  );
  const pairs = Object.entries(signed.query ?? {}).map(([key, value]) => `${key}=${encodeURIComponent(String(value))}`);
  const url = `http://${host}${signed.path}?${pairs.join('&')}`;
  return `k8s-aws-v1.${Buffer.from((change.rewrite ?? ((text) => text))(url)).toString('base64url')}`;
}
