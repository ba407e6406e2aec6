/** What kubectl asks of a cluster, for the demo on machines without kubectl: plain HTTPS with the cluster's CA. */
import { request } from 'node:https';

export type ClusterAccess = {
  readonly endpoint: string;
  readonly certificateAuthorityData: string;
  token(): Promise<string>;
};
export type KubernetesAnswer = { readonly status: number; readonly body: Record<string, unknown> };

export function kubernetes(
  access: ClusterAccess,
  method: string,
  path: string,
  body?: object,
): Promise<KubernetesAnswer> {
  return access.token().then(
    (token) =>
      new Promise((resolve, reject) => {
        const call = request(
          new URL(path, access.endpoint),
          {
            method,
            ca: Buffer.from(access.certificateAuthorityData, 'base64'),
            headers: {
              authorization: `Bearer ${token}`,
              accept: 'application/json',
              ...(body && { 'content-type': 'application/json' }),
            },
          },
          (response) => {
            const chunks: Buffer[] = [];
            response.on('data', (chunk: Buffer) => chunks.push(chunk));
            response.on('error', reject);
            response.on('end', () => {
              const text = Buffer.concat(chunks).toString('utf8');
              resolve({ status: response.statusCode ?? 0, body: text === '' ? {} : JSON.parse(text) });
            });
          },
        );
        call.on('error', reject);
        call.end(body && JSON.stringify(body));
      }),
  );
}

type Metadata = { readonly name: string; readonly namespace?: string };

/** A list as kubectl would show it, names only. */
export function names({ status, body }: KubernetesAnswer): string {
  if (status >= 400) return problem(body);
  const items = (body['items'] ?? []) as { metadata: Metadata }[];
  return items
    .map(({ metadata }) => `${metadata.namespace ? `${metadata.namespace}/` : ''}${metadata.name}`)
    .join('\n');
}

export function problem(body: Record<string, unknown>): string {
  return `Error from server (${body['reason']}): ${body['message']}`;
}

export const accessReview = (resourceAttributes: object): object => ({
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SelfSubjectAccessReview',
  spec: { resourceAttributes },
});

export const allowed = ({ status, body }: KubernetesAnswer): string => {
  if (status >= 400) return problem(body);
  return (body['status'] as { allowed?: boolean } | undefined)?.allowed ? 'yes' : 'no';
};
