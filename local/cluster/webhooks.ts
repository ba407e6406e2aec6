/**
 * Token review and access review as standard webhooks, to stand behind a real kube-apiserver
 * (`--authentication-token-webhook-version=v1`, `--authorization-webhook-version=v1`). The access webhook answers for
 * EKS access policies alone: roles and bindings are then the real server's own affair.
 */

import { type JsonRecord, textAt, textsAt } from './api/object.ts';
import { badRequest, noSuchResource } from './api/refusal.ts';
import { readAsked, readSubject } from './api/reviews.ts';
import type { ReviewAccess, ReviewToken } from './review.ts';

const TOKEN_WEBHOOK = '/webhooks/token-review';
const ACCESS_WEBHOOK = '/webhooks/access-review';
export const isWebhook = (path: string): boolean => path === TOKEN_WEBHOOK || path === ACCESS_WEBHOOK;

export type Webhooks = { reviewToken: ReviewToken; reviewAccess: ReviewAccess };

function mustBe(body: JsonRecord, kind: string, group: string): void {
  if (body['kind'] === kind && body['apiVersion'] === `${group}/v1`) return;
  throw badRequest(`the body must be a ${kind} of ${group}/v1`);
}

/** Answers the review that was posted, with its status. The token is not sent back. */
export async function serveWebhook(path: string, body: JsonRecord, webhooks: Webhooks): Promise<object> {
  const { apiVersion, kind, spec } = body;
  switch (path) {
    case TOKEN_WEBHOOK: {
      mustBe(body, 'TokenReview', 'authentication.k8s.io');
      const asked = { token: textAt(spec, 'token'), audiences: textsAt(spec, 'audiences') };
      return { apiVersion, kind, status: await webhooks.reviewToken(asked) };
    }
    case ACCESS_WEBHOOK: {
      mustBe(body, 'SubjectAccessReview', 'authorization.k8s.io');
      const asked = { ...readSubject(spec), ...readAsked('SubjectAccessReview', spec) };
      return { apiVersion, kind, spec, status: webhooks.reviewAccess(asked) };
    }
    default:
      throw noSuchResource();
  }
}
