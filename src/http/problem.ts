/** Refusals as problem details: https://www.rfc-editor.org/rfc/rfc9457 */
import type { KeyReused } from '../broker/requestGrant.ts';
import { explain, type Refusal, type RefusalReason } from '../core/refusal.ts';
import type { Problem } from './schemas.ts';

/** Which status says what kind of no it is; the body says the rest. */
const STATUS = {
  notRecognised: 403,
  unknownEntitlement: 422,
  notEligible: 403,
  clusterNeeded: 422,
  clusterNotOffered: 422,
  durationUnreadable: 422,
  durationTooLong: 422,
  durationTooShort: 422,
  justificationMissing: 422,
  justificationTooShort: 422,
  justificationTooLong: 422,
  ticketMissing: 422,
  ticketMismatch: 422,
  ticketNotOpen: 422,
  ticketUnchecked: 503,
  namespaceInvalid: 422,
  namespaceNotOffered: 422,
  namespacesNeeded: 422,
  namespacesNotApplicable: 422,
  startUnreadable: 422,
  startInPast: 422,
  startTooFar: 422,
  windowClosed: 409,
  windowTooShort: 409,
  notOnCall: 403,
  coolingDown: 429,
  conditionFailed: 503,
  noIamIdentity: 422,
  tooManyOpenGrants: 429,
  tooManyRequests: 429,
  tooManyPending: 429,
  tooManyRoles: 429,
  unknownGrant: 404,
  selfApproval: 403,
  ownerApproval: 403,
  roleNeverDecides: 403,
  notApprover: 403,
  alreadyApproved: 409,
  channelNotAllowed: 403,
  denialReasonMissing: 422,
  notPending: 409,
  requestLapsed: 409,
  windowOver: 409,
  approvalsMissing: 409,
  entitlementChanged: 409,
  extensionNotOffered: 409,
  extensionOpen: 409,
  extensionTooLong: 422,
  notRequester: 403,
  notAllowedToEnd: 403,
  unknownPerson: 404,
  notYoursToAsk: 403,
  slackNotConfigured: 409,
  roleNeverLinks: 403,
  linkCodeNotGood: 422,
  tooManyLinkAttempts: 429,
  tooManyLinkCodes: 429,
  accountLinked: 409,
  personLinked: 409,
  notLinked: 404,
  notAllowedToReadLinks: 403,
  notResponder: 403,
  frozen: 423,
  notFrozen: 409,
  freezeReasonMissing: 422,
  unknownTarget: 422,
  nothingToDelegate: 403,
  delegateUnknown: 422,
  delegateSelf: 422,
  delegationCyclic: 422,
  delegationTimes: 422,
  tooManyDelegations: 429,
  unknownDelegation: 404,
  notYourDelegation: 403,
  breakGlassNotOffered: 403,
  incidentMissing: 422,
  breakGlassLive: 409,
  breakGlassTooOften: 429,
  reviewOverdue: 409,
  notReviewer: 403,
  nothingToReview: 409,
  reviewTooEarly: 409,
  reviewNoteMissing: 422,
  recordForged: 409,
  restored: 409,
  cannotActivate: 409,
} as const satisfies Record<RefusalReason, number>;

export const problemOf = (refusal: Refusal): Problem =>
  problem(STATUS[refusal.reason], refusal.reason, explain(refusal));

export const keyReused = ({ key }: KeyReused): Problem =>
  problem(422, 'idempotencyKeyReused', {
    title: 'Idempotency key reused',
    detail: `The Idempotency-Key "${key}" was used for another request within the last day. Use a new key for a new request.`,
  });

export function invalid(detail: string, errors?: Problem['errors']): Problem {
  return { ...problem(400, 'invalidRequest', { title: 'Invalid request', detail }), ...(errors && { errors }) };
}

export const notFound = (what: string): Problem =>
  problem(404, 'notFound', { title: 'Not found', detail: `There is no ${what} here.` });

export const methodNotAllowed = (allowed: readonly string[]): Problem =>
  problem(405, 'methodNotAllowed', {
    title: 'Method not allowed',
    detail: `This address takes ${allowed.join(', ')}.`,
  });

export const tryAgain = (): Problem =>
  problem(503, 'tryAgain', {
    title: 'Try again',
    detail: 'This could not be done just now. Nothing is half-done; try again in a few seconds.',
  });

export const directoryUnreachable = (): Problem =>
  problem(503, 'directoryUnreachable', {
    title: 'Directory unreachable',
    detail:
      'People and groups cannot be read from IAM Identity Center just now, and nothing is decided without them. Access still ends when it should, and whoever hallpass.yaml lists as a responder can end it. Try again in a minute.',
  });

export const unexpected = (requestId: string): Problem =>
  problem(500, 'unexpected', {
    title: 'Unexpected error',
    detail: `Something went wrong on our side; the log has it under request ${requestId}.`,
  });

function problem(
  status: number,
  rule: string,
  { title, detail }: { readonly title: string; readonly detail: string },
): Problem {
  return { type: `urn:hallpass:problem:${rule}`, title, status, detail, rule };
}
