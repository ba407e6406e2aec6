/** Verifies the URL in a token as the simulated STS would, had somebody sent it there: with its keys and its rules. */
import { type Instant, minutes } from '../../src/core/time.ts';
import { authenticate, type KnownCredential } from '../aws/sigv4.ts';
import type { VerifyPresigned } from './token-review.ts';

type PresignedVerifier = {
  credentialOf: (accessKeyId: string) => KnownCredential | undefined;
  /** By which a signature's age is judged. */
  signedNow: () => Instant;
  /** By which sessions expire. */
  sessionNow: () => Instant;
};

/** STS takes a presigned GetCallerIdentity for 15 minutes, whatever its X-Amz-Expires says. */
const PRESIGNED_FOR = minutes(15);

export const presignedVerifier =
  ({ credentialOf, signedNow, sessionNow }: PresignedVerifier): VerifyPresigned =>
  async (url, headers) => {
    const request = {
      method: 'GET',
      url: url.pathname + url.search,
      headers: Object.entries(headers),
      body: new Uint8Array(),
    };
    const result = await authenticate(request, {
      credentialOf,
      signedNow: signedNow(),
      sessionNow: sessionNow(),
      service: 'sts',
      presignedFor: PRESIGNED_FOR,
    });
    return result.ok ? result.caller : { refusal: result.refusal.reason };
  };
