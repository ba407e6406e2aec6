/**
 * Token review: from an EKS token to a Kubernetes user. The token's URL is never dialled: its signature is verified by
 * the function given, which knows the simulator's own access keys. Whatever goes wrong, the answer is
 * "not authenticated", with the reason for the log.
 */
import type { Clock } from '../clock.ts';
import type { AccessEntries } from './access-entry.ts';
import type { ReviewToken, TokenReviewStatus } from './review.ts';
import { CLUSTER_HEADER, readToken } from './token.ts';
import { type Identity, principalIdOf, userOf } from './username.ts';

type PresignedVerdict = Identity | { refusal: string };
/** Verifies a presigned GET of `url`, sent with `headers`, by the keys that STS knows. */
export type VerifyPresigned = (
  url: URL,
  headers: Readonly<Record<string, string>>,
) => PresignedVerdict | Promise<PresignedVerdict>;

/** What a webhook authenticator of EKS answers for: the API server's default audience. */
const AUDIENCE = 'https://kubernetes.default.svc';

type TokenReviewer = {
  clusterName: string;
  stsHosts: readonly string[];
  clock: Clock;
  /** By which a signature's age is judged; the clock unless given. */
  signedNow?: Clock['now'] | undefined;
  accessEntries: AccessEntries;
  verifyPresigned: VerifyPresigned;
};

const refused = (error: string): TokenReviewStatus => ({ authenticated: false, error });

export function tokenReview(options: TokenReviewer): ReviewToken {
  return async ({ token, audiences }) => {
    if (audiences && audiences.length > 0 && !audiences.includes(AUDIENCE)) {
      return refused(`token is for audience ${AUDIENCE} alone`);
    }
    const now = options.signedNow?.() ?? options.clock.now();
    const read = readToken(token, options.stsHosts, now);
    if ('refusal' in read) return refused(read.refusal);

    // The header is signed, so a token made for another cluster does not verify under this one's name.
    const verdict = await options.verifyPresigned(read.url, {
      host: read.url.host,
      [CLUSTER_HEADER]: options.clusterName,
    });
    if ('refusal' in verdict) return refused(`error from STS: ${verdict.refusal}`);

    // By unique id, never by ARN: a role deleted and made again under its name is somebody else (F14).
    const id = principalIdOf(verdict);
    const entry = options.accessEntries().find((candidate) => candidate.principalId === id);
    if (!entry) return refused('the principal is not mapped by an access entry of this cluster');
    return { authenticated: true, user: userOf(entry, verdict), audiences: [AUDIENCE] };
  };
}
