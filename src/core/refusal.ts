/**
 * Every expected no. A refusal carries the evidence; `explain` alone turns it into words for people: which rule
 * refused, and what would have satisfied it.
 */
import type { Channel } from './configuration.ts';
import type { FailReason, State } from './grant.ts';
import { type Duration, formatDuration, type Instant, toIso } from './time.ts';

export type Refusal =
  | { readonly reason: 'notRecognised' }
  | { readonly reason: 'unknownEntitlement'; readonly entitlement: string; readonly requestable: readonly string[] }
  | { readonly reason: 'notEligible'; readonly entitlement: string; readonly eligible: readonly string[] }
  | { readonly reason: 'clusterNeeded'; readonly entitlement: string; readonly clusters: readonly string[] }
  | {
      readonly reason: 'clusterNotOffered';
      readonly cluster: string;
      readonly entitlement: string;
      readonly clusters: readonly string[];
    }
  | { readonly reason: 'durationUnreadable'; readonly given: string }
  | {
      readonly reason: 'durationTooLong';
      readonly asked: Duration;
      readonly max: Duration;
      readonly entitlement: string;
    }
  | { readonly reason: 'durationTooShort'; readonly asked: Duration; readonly min: Duration }
  | { readonly reason: 'justificationMissing'; readonly entitlement: string }
  | {
      readonly reason: 'justificationTooShort';
      readonly length: number;
      readonly minLength: number;
      readonly entitlement: string;
    }
  | { readonly reason: 'justificationTooLong'; readonly length: number; readonly maxLength: number }
  | { readonly reason: 'ticketMissing'; readonly entitlement: string; readonly pattern?: string }
  | { readonly reason: 'ticketMismatch'; readonly ticket: string; readonly pattern: string }
  | { readonly reason: 'ticketNotOpen'; readonly ticket: string; readonly system: string; readonly why?: string }
  /** Not closed: nobody could tell. */
  | { readonly reason: 'ticketUnchecked'; readonly ticket: string; readonly system: string; readonly why: string }
  | { readonly reason: 'namespaceInvalid'; readonly namespace: string }
  | { readonly reason: 'namespaceNotOffered'; readonly namespace: string; readonly offered: readonly string[] }
  | { readonly reason: 'namespacesNeeded'; readonly offered: readonly string[] }
  | { readonly reason: 'namespacesNotApplicable'; readonly entitlement: string }
  | { readonly reason: 'startUnreadable'; readonly given: string }
  | { readonly reason: 'startInPast'; readonly startAt: Instant; readonly now: Instant }
  | { readonly reason: 'startTooFar'; readonly startAt: Instant; readonly latest: Instant }
  | {
      readonly reason: 'windowClosed';
      readonly entitlement: string;
      readonly open: readonly string[];
      readonly timeZone: string;
      /** When access would begin, by the clocks there. */
      readonly at: string;
      readonly next?: string;
    }
  | {
      readonly reason: 'windowTooShort';
      readonly entitlement: string;
      readonly closes: string;
      readonly longest: Duration;
      readonly next?: string;
    }
  | {
      readonly reason: 'notOnCall';
      readonly entitlement: string;
      readonly schedule: string;
      readonly requester: string;
      readonly at: Instant;
      readonly onCall: readonly string[];
      readonly next?: Instant;
    }
  | {
      readonly reason: 'coolingDown';
      readonly entitlement: string;
      readonly deniedAt: Instant;
      readonly length: Duration;
      readonly again: Instant;
    }
  /** Not unsatisfied: nobody could tell. */
  | { readonly reason: 'conditionFailed'; readonly entitlement: string; readonly why: string }
  | { readonly reason: 'noIamIdentity'; readonly name: string }
  | {
      readonly reason: 'tooManyOpenGrants';
      readonly open: number;
      readonly limit: number;
      /** How many were asked for at once, where it was more than one. */
      readonly wanted?: number;
    }
  | {
      readonly reason: 'tooManyRequests';
      readonly inLastHour: number;
      readonly limit: number;
      readonly again: Instant;
      readonly wanted?: number;
    }
  | {
      readonly reason: 'tooManyPending';
      readonly entitlement: string;
      readonly pending: number;
      readonly limit: number;
    }
  | { readonly reason: 'tooManyRoles'; readonly roles: number; readonly limit: number }
  | { readonly reason: 'unknownGrant'; readonly grantId: string }
  | { readonly reason: 'selfApproval'; readonly requester: string }
  | { readonly reason: 'ownerApproval'; readonly role: string }
  | { readonly reason: 'roleNeverDecides'; readonly role: string }
  | {
      readonly reason: 'notApprover';
      readonly entitlement: string;
      readonly step: number;
      readonly approvers: readonly string[];
    }
  | { readonly reason: 'alreadyApproved'; readonly by: string }
  | { readonly reason: 'channelNotAllowed'; readonly channel: Channel; readonly allowed: readonly Channel[] }
  | { readonly reason: 'denialReasonMissing' }
  | { readonly reason: 'notPending'; readonly state: State; readonly wanted: string }
  | { readonly reason: 'requestLapsed'; readonly decideBy: Instant }
  | { readonly reason: 'windowOver'; readonly expiresAt: Instant }
  | { readonly reason: 'approvalsMissing'; readonly step: number; readonly have: number; readonly needed: number }
  | { readonly reason: 'entitlementChanged'; readonly what: string }
  | { readonly reason: 'extensionNotOffered'; readonly entitlement: string }
  | { readonly reason: 'extensionOpen'; readonly expiresAt: Instant }
  | {
      readonly reason: 'extensionTooLong';
      readonly total: Duration;
      readonly maxTotal: Duration;
      readonly entitlement: string;
    }
  | { readonly reason: 'notRequester'; readonly requester: string }
  | { readonly reason: 'notAllowedToEnd'; readonly requester: string }
  | { readonly reason: 'unknownPerson'; readonly person: string }
  | { readonly reason: 'notYoursToAsk'; readonly person: string }
  | { readonly reason: 'slackNotConfigured' }
  | { readonly reason: 'roleNeverLinks'; readonly role: string }
  | { readonly reason: 'linkCodeNotGood' }
  | { readonly reason: 'tooManyLinkAttempts'; readonly limit: number; readonly again: Instant }
  | { readonly reason: 'tooManyLinkCodes'; readonly limit: number; readonly again: Instant }
  | { readonly reason: 'accountLinked'; readonly userId: string }
  | { readonly reason: 'personLinked'; readonly userId: string }
  | { readonly reason: 'notLinked'; readonly userId: string; readonly responders: boolean }
  | { readonly reason: 'notAllowedToReadLinks' }
  | { readonly reason: 'notResponder'; readonly responders: readonly string[] }
  | {
      readonly reason: 'frozen';
      readonly what: string;
      readonly by: string;
      readonly why: string;
      readonly since: Instant;
    }
  | { readonly reason: 'notFrozen'; readonly what: string; readonly frozen: readonly string[] }
  | { readonly reason: 'freezeReasonMissing' }
  | {
      readonly reason: 'unknownTarget';
      readonly what: string;
      readonly name: string;
      readonly known: readonly string[];
    }
  | { readonly reason: 'nothingToDelegate'; readonly name: string; readonly entitlements: readonly string[] }
  | { readonly reason: 'delegateUnknown'; readonly person: string }
  | { readonly reason: 'delegateSelf' }
  | { readonly reason: 'delegationCyclic'; readonly circle: readonly string[] }
  | { readonly reason: 'delegationTimes'; readonly why: string }
  | { readonly reason: 'tooManyDelegations'; readonly open: number; readonly limit: number }
  | { readonly reason: 'unknownDelegation'; readonly delegation: string }
  | { readonly reason: 'notYourDelegation'; readonly from: string }
  | { readonly reason: 'breakGlassNotOffered'; readonly entitlement: string; readonly offered: readonly string[] }
  | { readonly reason: 'incidentMissing'; readonly entitlement: string; readonly pattern?: string }
  | { readonly reason: 'breakGlassLive'; readonly grantId: string }
  | { readonly reason: 'breakGlassTooOften'; readonly uses: number; readonly limit: number; readonly again: Instant }
  | {
      readonly reason: 'reviewOverdue';
      readonly grantId: string;
      readonly dueBy: Instant;
      readonly reviewers: readonly string[];
    }
  | { readonly reason: 'notReviewer'; readonly own: boolean; readonly reviewers: readonly string[] }
  | { readonly reason: 'nothingToReview'; readonly grantId: string; readonly reviewedBy?: string }
  | { readonly reason: 'reviewTooEarly'; readonly state: State }
  | { readonly reason: 'reviewNoteMissing' }
  | { readonly reason: 'recordForged'; readonly detail: string }
  | { readonly reason: 'restored'; readonly madeIn: string }
  | { readonly reason: 'cannotActivate'; readonly why: FailReason; readonly detail: string };

export type RefusalReason = Refusal['reason'];

/** `title` never changes for a reason; `detail` is about this case and ends with what would have been right. */
export type Explanation = { readonly title: string; readonly detail: string };

const list = (items: readonly string[]): string => (items.length > 0 ? items.join(', ') : 'none');

const andAskFor = ({ wanted }: { readonly wanted?: number }): string =>
  wanted === undefined ? '' : ` and ask for ${wanted} more`;
const nextOpening = (next: string | undefined): string =>
  next === undefined ? 'It does not open within two weeks.' : `It opens next from ${next}.`;

export function explain(refusal: Refusal): Explanation {
  switch (refusal.reason) {
    case 'notRecognised':
      return {
        title: 'Not recognised',
        detail: 'You are not recognised. Sign in with the identity that Hallpass was told of.',
      };
    case 'unknownEntitlement':
      return {
        title: 'Unknown entitlement',
        detail: `There is no entitlement "${refusal.entitlement}". You may request: ${list(refusal.requestable)}.`,
      };
    case 'notEligible':
      return {
        title: 'Not eligible',
        detail: `You are not among those who may request "${refusal.entitlement}" (eligible: ${list(refusal.eligible)}).`,
      };
    case 'clusterNeeded':
      return {
        title: 'Cluster needed',
        detail: `"${refusal.entitlement}" covers several clusters; name one of: ${list(refusal.clusters)}.`,
      };
    case 'clusterNotOffered':
      return {
        title: 'Cluster not offered',
        detail: `"${refusal.entitlement}" does not cover the cluster "${refusal.cluster}". It covers: ${list(refusal.clusters)}.`,
      };
    case 'durationUnreadable':
      return {
        title: 'Duration unreadable',
        detail: `"${refusal.given}" is not a duration. Write it like 45m, 4h or 1h30m.`,
      };
    case 'durationTooLong':
      return {
        title: 'Duration over the limit',
        detail: `${formatDuration(refusal.asked)} is longer than "${refusal.entitlement}" allows; ask for at most ${formatDuration(refusal.max)}.`,
      };
    case 'durationTooShort':
      return {
        title: 'Duration too short',
        detail: `${formatDuration(refusal.asked)} is too short to be useful; ask for at least ${formatDuration(refusal.min)}.`,
      };
    case 'justificationMissing':
      return {
        title: 'Justification missing',
        detail: `"${refusal.entitlement}" needs a justification: say why you need the access.`,
      };
    case 'justificationTooShort':
      return {
        title: 'Justification too short',
        detail: `The justification has ${refusal.length} characters; "${refusal.entitlement}" needs at least ${refusal.minLength}.`,
      };
    case 'justificationTooLong':
      return {
        title: 'Justification too long',
        detail: `The justification has ${refusal.length} characters; at most ${refusal.maxLength} are kept.`,
      };
    case 'ticketMissing':
      return {
        title: 'Ticket missing',
        detail: `"${refusal.entitlement}" needs a ticket${refusal.pattern ? ` that matches ${refusal.pattern}` : ''}.`,
      };
    case 'ticketMismatch':
      return {
        title: 'Ticket not of the right form',
        detail: `The ticket "${refusal.ticket}" does not match ${refusal.pattern}.`,
      };
    case 'ticketNotOpen':
      return {
        title: 'Ticket not open',
        detail: `The ticket "${refusal.ticket}" is not open, says ${refusal.system}${refusal.why ? ` (${refusal.why})` : ''}. Name one that is.`,
      };
    case 'ticketUnchecked':
      return {
        title: 'Ticket could not be checked',
        detail: `Whether the ticket "${refusal.ticket}" is open could not be found out from ${refusal.system} (${refusal.why}), and what cannot be told is a no. Try again, or tell whoever keeps the configuration.`,
      };
    case 'namespaceInvalid':
      return {
        title: 'Not a namespace',
        detail: `"${refusal.namespace}" is not a namespace's name: 1 to 63 lower-case letters, digits and hyphens (a DNS label), no wildcards.`,
      };
    case 'namespaceNotOffered':
      return {
        title: 'Namespace not offered',
        detail: `The namespace "${refusal.namespace}" is not covered. Covered: ${list(refusal.offered)}.`,
      };
    case 'namespacesNeeded':
      return {
        title: 'Namespaces needed',
        detail: `Name the namespaces that you need, out of: ${list(refusal.offered)}.`,
      };
    case 'namespacesNotApplicable':
      return {
        title: 'Namespaces not applicable',
        detail: `"${refusal.entitlement}" is not scoped to namespaces; leave them out.`,
      };
    case 'startUnreadable':
      return {
        title: 'Start unreadable',
        detail: `"${refusal.given}" is not a time. Write it with its zone, like 2026-11-24T18:00:00Z.`,
      };
    case 'startInPast':
      return {
        title: 'Start in the past',
        detail: `${toIso(refusal.startAt)} is past (it is ${toIso(refusal.now)}). Leave the start out to begin at once.`,
      };
    case 'startTooFar':
      return {
        title: 'Start too far ahead',
        detail: `${toIso(refusal.startAt)} is too far ahead; start no later than ${toIso(refusal.latest)}.`,
      };
    case 'windowClosed':
      return {
        title: 'Outside the opening hours',
        detail: `"${refusal.entitlement}" is given ${refusal.open.join(', ')} ${refusal.timeZone}, and access would begin ${refusal.at}. ${nextOpening(refusal.next)}`,
      };
    case 'windowTooShort':
      return {
        title: 'Beyond the opening hours',
        detail: `"${refusal.entitlement}" is given until ${refusal.closes}; ask for at most ${formatDuration(refusal.longest)}. ${nextOpening(refusal.next)}`,
      };
    case 'notOnCall':
      return {
        title: 'Not on call',
        detail: `"${refusal.entitlement}" is for whoever is on call in ${refusal.schedule}: at ${toIso(refusal.at)} that is ${refusal.onCall.length > 0 ? refusal.onCall.join(', ') : 'nobody'}, not ${refusal.requester}.${refusal.next === undefined ? '' : ` The next shift begins ${toIso(refusal.next)}.`}`,
      };
    case 'coolingDown':
      return {
        title: 'Denied not long ago',
        detail: `This was denied at ${toIso(refusal.deniedAt)}; "${refusal.entitlement}" may be asked for again ${formatDuration(refusal.length)} later, after ${toIso(refusal.again)}.`,
      };
    case 'conditionFailed':
      return {
        title: 'Condition could not be evaluated',
        detail: `A condition of "${refusal.entitlement}" could not be evaluated (${refusal.why}), and what cannot be told is a no. Try again, or tell whoever keeps the configuration.`,
      };
    case 'noIamIdentity':
      return {
        title: 'No IAM identity',
        detail: `${refusal.name} has no IAM identity that could use the access. Ask whoever keeps hallpass.yaml to add one.`,
      };
    case 'tooManyOpenGrants':
      return {
        title: 'Too many open grants',
        detail: `You have ${refusal.open} open grants${andAskFor(refusal)}; the limit is ${refusal.limit}. End or withdraw one first${refusal.wanted ? ', or ask for fewer' : ''}.`,
      };
    case 'tooManyRequests':
      return {
        title: 'Too many requests',
        detail: `You made ${refusal.inLastHour} requests within an hour${andAskFor(refusal)}; the limit is ${refusal.limit}. Ask again after ${toIso(refusal.again)}.`,
      };
    case 'tooManyPending':
      return {
        title: 'Too many pending requests',
        detail: `${refusal.pending} requests for "${refusal.entitlement}" wait for a decision; the limit is ${refusal.limit} (limits.pendingPerEntitlement). Ask again once its approvers have decided some.`,
      };
    case 'tooManyRoles':
      return {
        title: 'Too many roles',
        detail: `${refusal.roles} grants have a role of their own; the limit is ${refusal.limit} (limits.roles). Ask again once some have ended.`,
      };
    case 'unknownGrant':
      return { title: 'Unknown grant', detail: `There is no grant "${refusal.grantId}" that you may see.` };
    case 'selfApproval':
      return {
        title: 'Self-approval',
        detail: `${refusal.requester} asked for this and cannot decide it, under any identity. Somebody else has to.`,
      };
    case 'ownerApproval':
      return {
        title: 'Approval by an owner',
        detail: `You own ${refusal.role}, which asked for this, so you cannot decide it, under any identity. Somebody else has to.`,
      };
    case 'roleNeverDecides':
      return {
        title: 'A role never decides',
        detail: `"${refusal.role}" is not a person: it may ask, and never approves or denies. A person has to.`,
      };
    case 'notApprover':
      return {
        title: 'Not an approver',
        detail: `You may not decide step ${refusal.step} of "${refusal.entitlement}". Those who may: ${list(refusal.approvers)}.`,
      };
    case 'alreadyApproved':
      return {
        title: 'Already approved by you',
        detail: `${refusal.by} has approved this already; one person counts once.`,
      };
    case 'channelNotAllowed':
      return {
        title: 'Channel not allowed',
        detail: `A decision cannot be made through ${refusal.channel} here; use: ${list(refusal.allowed)}.`,
      };
    case 'denialReasonMissing':
      return { title: 'Reason missing', detail: 'A denial needs a reason; the requester will see it.' };
    case 'notPending':
      return { title: 'Too late or too early', detail: `The grant is ${refusal.state}; ${refusal.wanted}.` };
    case 'requestLapsed':
      return {
        title: 'Request lapsed',
        detail: `Nobody decided by ${toIso(refusal.decideBy)}, so the request has lapsed. It has to be made again.`,
      };
    case 'windowOver':
      return {
        title: 'Window over',
        detail: `The time asked for ended at ${toIso(refusal.expiresAt)}. A new request is needed.`,
      };
    case 'approvalsMissing':
      return {
        title: 'Approvals missing',
        detail: `Step ${refusal.step} has ${refusal.have} of ${refusal.needed} approvals by people who may give them.`,
      };
    case 'entitlementChanged':
      return {
        title: 'Entitlement changed',
        detail: `The rules changed since this was asked for: ${refusal.what}. Ask again under the new ones.`,
      };
    case 'extensionNotOffered':
      return {
        title: 'No extension',
        detail: `Grants of "${refusal.entitlement}" cannot be extended. Ask for a new one when this ends.`,
      };
    case 'extensionOpen':
      return {
        title: 'Extension pending',
        detail: `An extension to ${toIso(refusal.expiresAt)} is waiting for its decision already; there is one at a time.`,
      };
    case 'extensionTooLong':
      return {
        title: 'Extension over the limit',
        detail: `That would make ${formatDuration(refusal.total)} in all; "${refusal.entitlement}" allows ${formatDuration(refusal.maxTotal)} from beginning to end.`,
      };
    case 'notRequester':
      return { title: 'Not yours', detail: `Only ${refusal.requester}, who asked, can withdraw this.` };
    case 'notAllowedToEnd':
      return {
        title: 'Not allowed to end this',
        detail: `Access can be ended by ${refusal.requester}, by an approver of its entitlement, or by a responder.`,
      };
    case 'unknownPerson':
      return {
        title: 'Unknown person',
        detail: `There is nobody called "${refusal.person}" in the directory; use a person's id.`,
      };
    case 'notYoursToAsk':
      return {
        title: 'Not yours to ask',
        detail: `What ${refusal.person} may have is for ${refusal.person}, responders and auditors to ask.`,
      };
    case 'slackNotConfigured':
      return {
        title: 'No Slack',
        detail:
          'No Slack workspace is configured here. Whoever keeps hallpass.yaml can name one under identities.slack.',
      };
    case 'roleNeverLinks':
      return {
        title: 'Not a person',
        detail: `${refusal.role} is a role and not a person; only people link accounts to themselves. Sign in as yourself.`,
      };
    case 'linkCodeNotGood':
      return {
        title: 'Code not good',
        detail:
          'This code was not given out, was used, replaced or is older than ten minutes. Type /hallpass link in Slack for a new one.',
      };
    case 'tooManyLinkAttempts':
      return {
        title: 'Too many codes tried',
        detail: `You tried ${refusal.limit} codes within an hour. Try again after ${toIso(refusal.again)}.`,
      };
    case 'tooManyLinkCodes':
      return {
        title: 'Too many codes',
        detail: `This Slack account was given ${refusal.limit} codes within an hour. Ask again after ${toIso(refusal.again)}.`,
      };
    case 'accountLinked':
      return {
        title: 'Account already linked',
        detail: `The Slack account ${refusal.userId} is linked to a person already. That person or a responder has to unlink it first (hallpass unlink ${refusal.userId}).`,
      };
    case 'personLinked':
      return {
        title: 'Another account linked',
        detail: `You have linked the Slack account ${refusal.userId}, and a person has one. Unlink it first (hallpass unlink ${refusal.userId}).`,
      };
    case 'notLinked':
      return {
        title: 'Not linked',
        detail: refusal.responders
          ? `The Slack account ${refusal.userId} is linked to nobody.`
          : `The Slack account ${refusal.userId} is not linked to you. Somebody else's can be unlinked by them or a responder.`,
      };
    case 'notAllowedToReadLinks':
      return {
        title: "Somebody else's links",
        detail: "You see your own linked accounts. Other people's are shown to responders and auditors.",
      };
    case 'notResponder':
      return {
        title: 'Not a responder',
        detail: `Only responders may do this: ${list(refusal.responders)}.`,
      };
    case 'frozen':
      return {
        title: 'Frozen',
        detail: `${refusal.by} froze ${refusal.what} at ${toIso(refusal.since)}: ${refusal.why}. Nothing is opened until a responder thaws it; ending goes on.`,
      };
    case 'notFrozen':
      return {
        title: 'Not frozen',
        detail: `There is no freeze of ${refusal.what}. Frozen: ${list(refusal.frozen)}.`,
      };
    case 'freezeReasonMissing':
      return { title: 'Reason for freezing missing', detail: 'Say why: whoever is refused meanwhile is shown it.' };
    case 'unknownTarget':
      return {
        title: `Unknown ${refusal.what}`,
        detail: `There is no ${refusal.what} "${refusal.name}". There are: ${list(refusal.known)}.`,
      };
    case 'nothingToDelegate':
      return {
        title: 'Nothing to delegate',
        detail:
          refusal.entitlements.length > 0
            ? `You are no approver of ${list(refusal.entitlements)} in your own right. What somebody delegated to you cannot be passed on.`
            : 'You are no approver in your own right. What somebody delegated to you cannot be passed on.',
      };
    case 'delegateUnknown':
      return {
        title: 'Unknown delegate',
        detail: `There is nobody "${refusal.person}" who could decide in your place. Name people by their ids.`,
      };
    case 'delegateSelf':
      return { title: 'Delegated to oneself', detail: 'You cannot delegate to yourself. Name somebody else.' };
    case 'delegationCyclic':
      return {
        title: 'Delegated in a circle',
        detail: `At some moment each of ${refusal.circle.join(' → ')} would be away. Name somebody else, or other dates.`,
      };
    case 'delegationTimes':
      return { title: 'Delegation dates', detail: refusal.why };
    case 'tooManyDelegations':
      return {
        title: 'Too many delegations',
        detail: `You have ${refusal.open} delegations that stand or are to come; the limit is ${refusal.limit}. Revoke one first.`,
      };
    case 'unknownDelegation':
      return {
        title: 'Unknown delegation',
        detail: `There is no delegation "${refusal.delegation}" that could be revoked here. Those of the configuration are changed there.`,
      };
    case 'notYourDelegation':
      return {
        title: 'Not your delegation',
        detail: `It can be revoked by ${refusal.from}, who gave it, by those it was given to, and by responders.`,
      };
    case 'breakGlassNotOffered':
      return {
        title: 'Break-glass not offered',
        detail: `You may not break the glass of "${refusal.entitlement}". ${refusal.offered.length > 0 ? `You may of: ${list(refusal.offered)}.` : 'There is no entitlement of which you may.'}`,
      };
    case 'incidentMissing':
      return {
        title: 'Incident missing',
        detail: `Break-glass of "${refusal.entitlement}" needs the id of the incident${refusal.pattern ? ` that matches ${refusal.pattern}` : ''}.`,
      };
    case 'breakGlassLive':
      return {
        title: 'Break-glass in use',
        detail: `Your grant ${refusal.grantId} by break-glass is not over; there is one at a time. End it first.`,
      };
    case 'breakGlassTooOften':
      return {
        title: 'Too many uses of break-glass',
        detail: `You used break-glass ${refusal.uses} times within seven days; the limit is ${refusal.limit}. Again after ${toIso(refusal.again)}; ask for approval until then.`,
      };
    case 'reviewOverdue':
      return {
        title: 'Review overdue',
        detail: `Your use ${refusal.grantId} was to be reviewed by ${toIso(refusal.dueBy)}, and until it is there is no other. Those who may review it: ${list(refusal.reviewers)}.`,
      };
    case 'notReviewer':
      return {
        title: 'Not a reviewer of this use',
        detail: `${refusal.own ? 'Nobody reviews a use of their own, under any identity.' : 'You are not among those who review uses of break-glass.'} Those who may: ${list(refusal.reviewers)}.`,
      };
    case 'nothingToReview':
      return {
        title: 'Nothing to review',
        detail: refusal.reviewedBy
          ? `${refusal.reviewedBy} reviewed grant ${refusal.grantId} already; the review stands as it is.`
          : `Grant ${refusal.grantId} was decided by approval; only uses of break-glass are reviewed.`,
      };
    case 'reviewTooEarly':
      return {
        title: 'Review too early',
        detail: `The access is still ${refusal.state}; end it first, and review it when it is over.`,
      };
    case 'reviewNoteMissing':
      return { title: 'Note missing', detail: 'A review needs a note: say what was found.' };
    case 'recordForged':
      return {
        title: 'Record does not add up',
        detail: `The grant's record and its events disagree (${refusal.detail}). Nothing is granted.`,
      };
    case 'restored':
      return {
        title: 'Restored from a backup',
        detail: `The grant was made in another table (${refusal.madeIn}); it can only be ended.`,
      };
    case 'cannotActivate':
      return { title: 'Access could not be given', detail: refusal.detail };
  }
}
