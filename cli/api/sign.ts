/** A request, signed (SigV4) for API Gateway. */
import { Sha256Node } from '@smithy/core/checksum';
import { HttpRequest } from '@smithy/core/protocols';
import { SignatureV4 } from '@smithy/signature-v4';
import type { Credentials } from '../aws/credentials.ts';

export type Signer = { readonly credentials: Credentials; readonly region: string };

export type Outgoing = {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
};

/** The headers to send, Authorization among them. `fetch` sets `host` by itself, to the same value. */
export async function sign(
  request: Outgoing,
  { credentials, region }: Signer,
  at: Date,
): Promise<Record<string, string>> {
  const { url } = request;
  const signer = new SignatureV4({ credentials, region, service: 'execute-api', sha256: Sha256Node });
  const signed = await signer.sign(
    new HttpRequest({
      method: request.method,
      protocol: url.protocol,
      hostname: url.hostname,
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: { ...request.headers, host: url.host },
      ...(request.body !== undefined && { body: request.body }),
    }),
    { signingDate: at },
  );
  const { host: _, ...headers } = signed.headers;
  return headers;
}
