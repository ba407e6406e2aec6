/** What the handlers of the API server share. */
import type { Clock } from '../../clock.ts';
import type { ReviewAccess, ReviewToken, UserInfo } from '../review.ts';
import type { PolicyRule } from '../rules.ts';
import type { Kind } from './kinds.ts';
import type { ObjectStore } from './store.ts';

export type ClusterState = {
  store: ObjectStore;
  clock: Clock;
  /** Makes the uid of an object. */
  newUid: () => string;
  reviewToken: ReviewToken;
  reviewAccess: ReviewAccess;
  /** The RBAC rules that apply to a user in a namespace: what a rules review can tell, and an escalation is judged by. */
  rbacRules: (user: UserInfo, namespace: string) => readonly PolicyRule[];
  /** `v1.35.4-eks-…`. */
  version: string;
};

/** A request about a kind that is stored, by a user who was found allowed to make it. */
export type ObjectRequest = {
  cluster: ClusterState;
  user: UserInfo;
  kind: Kind;
  /** `''` for all namespaces, or for a kind that has none. */
  namespace: string;
  name: string;
  query: URLSearchParams;
};
