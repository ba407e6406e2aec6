/** An EKS token, and the form in which kubectl takes it. */

/** `expiresAt` in milliseconds since 1970: from then on kubectl asks for another. */
export type Token = { readonly token: string; readonly expiresAt: number };

/** EKS takes a token for 15 minutes from its signing. A minute is left for the way and for clocks. */
export const TOKEN_LIFETIME_MS = 14 * 60_000;

const V1 = 'client.authentication.k8s.io/v1';
const V1BETA1 = 'client.authentication.k8s.io/v1beta1';

/** An ExecCredential of the version that kubectl asks for in KUBERNETES_EXEC_INFO; of `v1` when it does not say. */
export function execCredential({ token, expiresAt }: Token, execInfo: string | undefined): unknown {
  return {
    kind: 'ExecCredential',
    apiVersion: versionIn(execInfo) === V1BETA1 ? V1BETA1 : V1,
    spec: { interactive: false },
    // Kubernetes reads times to the second.
    status: { expirationTimestamp: new Date(expiresAt).toISOString().replace(/\.\d{3}Z$/, 'Z'), token },
  };
}

function versionIn(execInfo: string | undefined): unknown {
  if (execInfo === undefined) return undefined;
  try {
    return (JSON.parse(execInfo) as { apiVersion?: unknown } | null)?.apiVersion;
  } catch {
    return undefined;
  }
}
