/**
 * Kubernetes' own review objects: the only language that token review, access review and the API server share, so
 * that each could be replaced by, or stand behind, the real thing. Shapes: authentication.k8s.io/v1 and
 * authorization.k8s.io/v1.
 */

export type UserInfo = {
  username: string;
  uid?: string | undefined;
  groups: readonly string[];
  extra?: Readonly<Record<string, readonly string[]>> | undefined;
};

type TokenReviewSpec = { token: string; audiences?: readonly string[] | undefined };
export type TokenReviewStatus = {
  authenticated: boolean;
  user?: UserInfo;
  audiences?: readonly string[];
  /** Why not, for the log of the API server; never told to the caller, who sees `Unauthorized`. */
  error?: string;
};
export type ReviewToken = (spec: TokenReviewSpec) => Promise<TokenReviewStatus>;

export type ResourceAttributes = {
  namespace?: string | undefined;
  verb?: string | undefined;
  group?: string | undefined;
  version?: string | undefined;
  resource?: string | undefined;
  subresource?: string | undefined;
  name?: string | undefined;
};
export type NonResourceAttributes = { path?: string | undefined; verb?: string | undefined };

export type AccessReviewSpec = {
  resourceAttributes?: ResourceAttributes | undefined;
  nonResourceAttributes?: NonResourceAttributes | undefined;
  user?: string | undefined;
  groups?: readonly string[] | undefined;
  uid?: string | undefined;
  extra?: Readonly<Record<string, readonly string[]>> | undefined;
};
type AccessReviewStatus = { allowed: boolean; reason?: string; evaluationError?: string };
/** Answers "no opinion" as `allowed: false`: neither EKS access policies nor RBAC can deny. */
export type ReviewAccess = (spec: AccessReviewSpec) => AccessReviewStatus;
