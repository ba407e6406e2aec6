/**
 * Who may pass an HTTP API's route, and what the function is told of them. A route without an authoriser is open; the
 * other kind of authoriser is in `jwt-authorizer.ts`.
 */
import type { Caller } from '../aws-service.ts';
import type { AuthorizerContext, HttpRequest } from './http-request.ts';

export type Authorization =
  | { ok: true; context: AuthorizerContext }
  /** `reason` is for the log; the caller is told `Forbidden` and no more, as on AWS; by a JWT authoriser `Unauthorized`. */
  | { ok: false; reason: string; unauthorized?: true };

export type Authorizer = (request: HttpRequest) => Promise<Authorization>;

/** Verifies a SigV4 signature for service `execute-api` over the raw request. */
export type Authenticate = (
  request: HttpRequest,
) =>
  | Promise<{ ok: true; caller: Caller } | { ok: false; refusal: { reason: string } }>
  | { ok: true; caller: Caller }
  | { ok: false; refusal: { reason: string } };

/**
 * AWS_IAM. For an assumed role `callerId` and `userId` are both `AROA…:session`, and `userArn` is the session's STS
 * ARN (captures of HTTP APIs, for example swift-server/swift-aws-lambda-events). `principalOrgId` is null without an
 * organisation.
 */
export function iamAuthorizer(authenticate: Authenticate): Authorizer {
  return async (request) => {
    const found = await authenticate(request);
    if (!found.ok) return { ok: false, reason: found.refusal.reason };
    const { arn, account, userId, accessKeyId } = found.caller;
    return {
      ok: true,
      context: {
        iam: {
          accessKey: accessKeyId,
          accountId: account,
          callerId: userId,
          cognitoIdentity: null,
          principalOrgId: null,
          userArn: arn,
          userId,
        },
      },
    };
  };
}
