/**
 * The cluster's own certificate authority and serving certificate, made once and kept, so that a kubeconfig written
 * yesterday is good today. Elliptic keys: made in milliseconds, and kubectl takes them. Dates are by the wall clock,
 * because the client judges them by its own.
 */
import { X509Certificate } from 'node:crypto';
import type { Storage } from '../storage.ts';

type Certificates = { caCertificate: string; certificate: string; privateKey: string };

const DAY_MS = 86_400_000;
const LIFETIME_DAYS = 3_650;
/** Made anew when less than this is left. */
const LEAST_DAYS_LEFT = 30;

async function make(clusterName: string): Promise<Certificates> {
  // Costs more to load than all else here, and is needed once in the life of a cluster.
  const { generate } = await import('selfsigned');
  const common = {
    keyType: 'ec',
    algorithm: 'sha256',
    // A day back, for clients whose clock is behind.
    notBeforeDate: new Date(Date.now() - DAY_MS),
    notAfterDate: new Date(Date.now() + LIFETIME_DAYS * DAY_MS),
  } as const;
  const authority = await generate([{ name: 'commonName', value: `${clusterName} local CA` }], {
    ...common,
    extensions: [
      { name: 'basicConstraints', cA: true, critical: true },
      { name: 'keyUsage', keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  const serving = await generate([{ name: 'commonName', value: 'kube-apiserver' }], {
    ...common,
    ca: { key: authority.private, cert: authority.cert },
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true },
      {
        name: 'subjectAltName',
        altNames: [
          { type: 2, value: 'localhost' },
          { type: 2, value: 'kubernetes.default.svc' },
          { type: 7, ip: '127.0.0.1' },
          { type: 7, ip: '::1' },
        ],
      },
    ],
  });
  // The authority's key is dropped here: it has signed all that it ever will.
  return { caCertificate: authority.cert, certificate: serving.cert, privateKey: serving.private };
}

const isGood = ({ certificate }: Certificates): boolean =>
  Date.parse(new X509Certificate(certificate).validTo) - Date.now() > LEAST_DAYS_LEFT * DAY_MS;

/** A cluster's certificates, from storage or new. */
export async function openCertificates(storage: Storage, arn: string, clusterName: string): Promise<Certificates> {
  const kept = storage.collection<Certificates>('cluster/certificates');
  const found = kept.get(arn);
  if (found && isGood(found)) return found;
  const made = await make(clusterName);
  kept.put(arn, made);
  return made;
}
