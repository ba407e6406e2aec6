/** What a kubeconfig needs, out of a grant. */
import { readFileSync } from 'node:fs';
import type { GrantView } from '../../src/http/schemas.ts';
import { Failure, textOf } from '../failure.ts';
import type { Entrance } from './entries.ts';

export type EndpointOptions = { readonly endpoint?: string | undefined; readonly caFile?: string | undefined };

/** A hub that knows the cluster's endpoint says it; one that does not leaves these out. */
type Reachable = { readonly endpoint?: string | undefined; readonly certificateAuthorityData?: string | undefined };

/** Throws a `refused` failure when the grant is over, a `usage` one when nobody says where the cluster is. */
export function entranceOf(grant: GrantView, given: EndpointOptions): Entrance {
  if (grant.endedAt !== undefined) {
    throw new Failure(
      'refused',
      `The grant ${grant.id} is over (${grant.state}), so there is nothing to enter. Ask again with "request".`,
    );
  }
  const { arn, region, ...cluster }: GrantView['cluster'] & Reachable = grant.cluster;
  const name = arn.slice(arn.lastIndexOf('/') + 1);
  const endpoint = given.endpoint ?? cluster.endpoint;
  const certificateAuthorityData = given.caFile === undefined ? cluster.certificateAuthorityData : readCa(given.caFile);
  if (!endpoint || !certificateAuthorityData) throw unknownEndpoint(name, region);
  if (URL.parse(endpoint)?.protocol !== 'https:') {
    throw new Failure(
      'usage',
      `"${endpoint}" is not the endpoint of a cluster: kubectl sends credentials over https only.`,
    );
  }
  const namespace = onlyNamespaceOf(grant);
  return {
    grant: grant.id,
    roleArn: grant.principal.arn,
    cluster: name,
    region,
    endpoint,
    certificateAuthorityData,
    ...(namespace !== undefined && { namespace }),
  };
}

/** Where access is to one namespace, commands without `-n` mean that one. Wildcards are no namespace. */
function onlyNamespaceOf({ access }: GrantView): string | undefined {
  const [only, ...others] = 'accessScope' in access ? access.accessScope.namespaces : [];
  return others.length === 0 && only !== undefined && !only.includes('*') ? only : undefined;
}

function readCa(path: string): string {
  let pem: string;
  try {
    pem = readFileSync(path, 'utf8');
  } catch (error) {
    throw new Failure('usage', `--ca-file ${path} could not be read (${textOf(error)}).`, { cause: error });
  }
  if (!pem.includes('-----BEGIN CERTIFICATE-----')) {
    throw new Failure('usage', `--ca-file ${path} holds no certificate in PEM form.`);
  }
  return Buffer.from(pem).toString('base64');
}

const unknownEndpoint = (name: string, region: string): Failure =>
  new Failure(
    'usage',
    `Hallpass does not know the endpoint of ${name}. Somebody who may describe the cluster sees it with\n` +
      `  aws eks describe-cluster --name ${name} --region ${region} --query 'cluster.[endpoint,certificateAuthority.data]'\n` +
      'Pass it with --endpoint URL and --ca-file FILE (the data decoded from base64).',
  );
