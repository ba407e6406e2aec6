/**
 * Access review: may this user do that? The superuser group first, as in every kube-apiserver; then EKS's access
 * policies; then RBAC. Rights add up, nothing denies, so the order decides only which reason is told.
 */
import type { ReviewAccess } from './review.ts';

/** Nobody gets this group from an access entry (EKS bars the prefix `system:`); an administrator may impersonate it. */
const SUPERUSERS = 'system:masters';

export const superuserReview: ReviewAccess = ({ groups }) => ({ allowed: groups?.includes(SUPERUSERS) ?? false });

/** The first of `reviewers` that allows decides; `no opinion` of all of them is a refusal. */
export function accessReview(...reviewers: readonly ReviewAccess[]): ReviewAccess {
  return (asked) => {
    for (const review of reviewers) {
      const status = review(asked);
      if (status.allowed) return status;
    }
    return { allowed: false };
  };
}
