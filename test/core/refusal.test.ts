/**
 * Catches I7: a refusal that says no and nothing more. The table is typed by the union itself: a reason that is new does
 * not compile until somebody has written down here what its words must tell people to do.
 */
import { describe, expect, test } from 'vitest';
import { explain, type Refusal, type RefusalReason } from '../../src/core/refusal.ts';
import type { Duration } from '../../src/core/time.ts';
import { at, countCases, HOUR, MINUTE } from './fixtures.ts';

type Sample<R extends RefusalReason> = Omit<Extract<Refusal, { reason: R }>, 'reason'>;

/** For each reason: its evidence, and what its words have to say. */
const REASONS: { readonly [R in RefusalReason]: readonly [Sample<R>, ...RegExp[]] } = {
  notRecognised: [{}, /^You are not recognised\. Sign in/],
  unknownEntitlement: [{ entitlement: 'x', requestable: ['a', 'b'] }, /"x"/, /You may request: a, b/],
  notEligible: [{ entitlement: 'x', eligible: ['Bob'] }, /"x"/, /eligible: Bob/],
  clusterNeeded: [{ entitlement: 'x', clusters: ['a', 'b'] }, /name one of: a, b/],
  clusterNotOffered: [{ cluster: 'c', entitlement: 'x', clusters: ['a'] }, /"c"/, /covers: a/],
  durationUnreadable: [{ given: 'soon' }, /"soon"/, /45m, 4h or 1h30m/],
  durationTooLong: [{ asked: HOUR, max: MINUTE, entitlement: 'x' }, /^1h /, /at most 1m/],
  durationTooShort: [{ asked: MINUTE, min: HOUR }, /^1m /, /at least 1h/],
  justificationMissing: [{ entitlement: 'x' }, /say why/],
  justificationTooShort: [{ length: 3, minLength: 9, entitlement: 'x' }, /3 characters/, /at least 9/],
  justificationTooLong: [{ length: 1_001, maxLength: 1_000 }, /1001 characters/, /at most 1000/],
  ticketMissing: [{ entitlement: 'x', pattern: 'INC-.*' }, /needs a ticket that matches INC-\.\*/],
  ticketMismatch: [{ ticket: 'T', pattern: 'INC-.*' }, /"T"/, /match INC-\.\*/],
  ticketNotOpen: [
    { ticket: 'T', system: 'jira', why: 'done' },
    /"T" is not open, says jira \(done\)/,
    /Name one that is/,
  ],
  ticketUnchecked: [{ ticket: 'T', system: 'jira', why: 'no answer' }, /from jira \(no answer\)/, /Try again/],
  namespaceInvalid: [{ namespace: '*' }, /"\*"/, /lower-case letters, digits and hyphens/, /no wildcards/],
  namespaceNotOffered: [{ namespace: 'n', offered: ['dev'] }, /"n"/, /Covered: dev/],
  namespacesNeeded: [{ offered: ['team-*'] }, /Name the namespaces/, /team-\*/],
  namespacesNotApplicable: [{ entitlement: 'x' }, /leave them out/],
  startUnreadable: [{ given: 'noon' }, /"noon"/, /with its zone, like 2026-/],
  startInPast: [{ startAt: at(0), now: at(1) }, /2026-11-24T03:00:00.000Z is past/, /Leave the start out/],
  startTooFar: [{ startAt: at(1), latest: at(0) }, /no later than 2026-11-24T03:00:00.000Z/],
  windowClosed: [
    {
      entitlement: 'x',
      open: ['mon-fri 09:00-18:00'],
      timeZone: 'Europe/Berlin',
      at: 'Sunday',
      next: 'Monday 09:00 Europe/Berlin',
    },
    /"x" is given mon-fri 09:00-18:00 Europe\/Berlin/,
    /would begin Sunday/,
    /opens next from Monday 09:00 Europe\/Berlin/,
  ],
  windowTooShort: [
    { entitlement: 'x', closes: 'Monday 18:00', longest: HOUR, next: 'Tuesday' },
    /until Monday 18:00/,
    /at most 1h/,
    /from Tuesday/,
  ],
  notOnCall: [
    { entitlement: 'x', schedule: 's', requester: 'Ada', at: at(0), onCall: ['Bob'], next: at(60) },
    /that is Bob, not Ada/,
    /begins 2026-11-24T04:00:00.000Z/,
  ],
  coolingDown: [
    { entitlement: 'x', deniedAt: at(0), length: HOUR, again: at(60) },
    /denied at 2026-11-24T03:00/,
    /1h later, after 2026-11-24T04:00:00.000Z/,
  ],
  conditionFailed: [{ entitlement: 'x', why: 'no answer' }, /could not be evaluated \(no answer\)/, /Try again/],
  noIamIdentity: [{ name: 'Ada' }, /Ada/, /hallpass\.yaml/],
  tooManyOpenGrants: [{ open: 5, limit: 5 }, /5 open grants/, /limit is 5/, /End or withdraw one/],
  tooManyRequests: [{ inLastHour: 10, limit: 10, again: at(60) }, /limit is 10/, /after 2026-11-24T04:00:00.000Z/],
  tooManyPending: [
    { entitlement: 'x', pending: 50, limit: 50 },
    /50 requests for "x"/,
    /limit is 50 \(limits\.pendingPerEntitlement\)/,
    /Ask again once/,
  ],
  tooManyRoles: [{ roles: 300, limit: 300 }, /300 grants/, /limit is 300 \(limits\.roles\)/, /Ask again once/],
  unknownGrant: [{ grantId: 'g' }, /no grant "g" that you may see/],
  selfApproval: [{ requester: 'Ada' }, /Ada/, /under any identity/, /Somebody else has to/],
  ownerApproval: [{ role: 'deployer (role)' }, /own deployer \(role\)/, /under any identity/, /Somebody else has to/],
  roleNeverDecides: [{ role: 'deployer (role)' }, /"deployer \(role\)" is not a person/, /A person has to/],
  notApprover: [{ entitlement: 'x', step: 2, approvers: ['Bob', 'Cyd'] }, /step 2 of "x"/, /Those who may: Bob, Cyd/],
  alreadyApproved: [{ by: 'Bob' }, /Bob/, /one person counts once/],
  channelNotAllowed: [{ channel: 'cli', allowed: ['slack'] }, /through cli/, /use: slack/],
  denialReasonMissing: [{}, /needs a reason/],
  notPending: [{ state: 'active', wanted: 'end it instead' }, /is active; end it instead/],
  requestLapsed: [{ decideBy: at(0) }, /by 2026-11-24T03:00:00.000Z/, /made again/],
  windowOver: [{ expiresAt: at(0) }, /ended at 2026-11-24T03:00:00.000Z/, /A new request is needed/],
  approvalsMissing: [{ step: 1, have: 1, needed: 2 }, /Step 1 has 1 of 2 approvals/, /by people who may give them/],
  entitlementChanged: [{ what: 'it gives other access now' }, /it gives other access now/, /Ask again/],
  extensionNotOffered: [{ entitlement: 'prod' }, /"prod" cannot be extended/, /Ask for a new one/],
  extensionOpen: [{ expiresAt: at(100) }, /waiting for its decision already/, /one at a time/],
  extensionTooLong: [
    { total: (10 * HOUR) as Duration, maxTotal: (8 * HOUR) as Duration, entitlement: 'prod' },
    /10h in all/,
    /"prod" allows 8h/,
  ],
  notRequester: [{ requester: 'Ada' }, /Only Ada/],
  unknownPerson: [{ person: 'x' }, /nobody called "x"/, /a person's id/],
  notYoursToAsk: [{ person: 'ada' }, /for ada, responders and auditors to ask/],
  notAllowedToEnd: [{ requester: 'Ada' }, /by Ada, by an approver of its entitlement, or by a responder/],
  slackNotConfigured: [{}, /identities\.slack/],
  roleNeverLinks: [{ role: 'Pipeline' }, /Pipeline is a role/, /Sign in as yourself/],
  linkCodeNotGood: [{}, /ten minutes/, /new one/],
  tooManyLinkAttempts: [{ limit: 10, again: at(60) }, /10 codes/, /after 2026-11-24T04:00/],
  tooManyLinkCodes: [{ limit: 5, again: at(60) }, /5 codes/, /after 2026-11-24T04:00/],
  accountLinked: [{ userId: 'U0001' }, /U0001 is linked/, /has to unlink it first/],
  personLinked: [{ userId: 'U0001' }, /U0001/, /hallpass unlink U0001/],
  notLinked: [{ userId: 'U0001', responders: false }, /not linked to you/, /a responder/],
  notAllowedToReadLinks: [{}, /responders and auditors/],
  notResponder: [{ responders: ['Fay'] }, /Only responders/, /Fay/],
  frozen: [
    { what: 'the cluster prod', by: 'Fay', why: 'INC-1: keys leaked', since: at(0) },
    /^Fay froze the cluster prod at 2026-11-24T03:00:00.000Z: INC-1: keys leaked/,
    /until a responder thaws it/,
  ],
  notFrozen: [{ what: 'everything', frozen: ['the cluster prod'] }, /no freeze of everything/, /the cluster prod/],
  freezeReasonMissing: [{}, /Say why/],
  unknownTarget: [{ what: 'cluster', name: 'prdo', known: ['prod'] }, /"prdo"/, /There are: prod/],
  breakGlassNotOffered: [{ entitlement: 'x', offered: ['y'] }, /"x"/, /You may of: y/],
  incidentMissing: [{ entitlement: 'x', pattern: 'INC-.*' }, /"x"/, /matches INC-/],
  breakGlassLive: [{ grantId: 'g' }, /Your grant g/, /End it first/],
  breakGlassTooOften: [{ uses: 3, limit: 3, again: at(0) }, /3 times/, /limit is 3/, /after 2026-11-24/],
  reviewOverdue: [{ grantId: 'g', dueBy: at(0), reviewers: ['Eve'] }, /Your use g/, /may review it: Eve/],
  notReviewer: [{ own: true, reviewers: ['Eve'] }, /a use of their own, under any identity/, /may: Eve/],
  nothingToReview: [{ grantId: 'g', reviewedBy: 'Eve' }, /Eve reviewed grant g already/],
  reviewTooEarly: [{ state: 'active' }, /still active; end it first/],
  reviewNoteMissing: [{}, /say what was found/],
  recordForged: [{ detail: 'event 2 is changed' }, /event 2 is changed/, /Nothing is granted/],
  nothingToDelegate: [{ name: 'Dan', entitlements: ['x'] }, /no approver of x/, /cannot be passed on/],
  delegateUnknown: [{ person: 'zoe' }, /nobody "zoe"/, /by their ids/],
  delegateSelf: [{}, /to yourself/, /somebody else/],
  delegationCyclic: [{ circle: ['bob', 'cyd', 'bob'] }, /bob → cyd → bob/, /other dates/],
  delegationTimes: [{ why: 'It would end before it begins.' }, /^It would end/],
  tooManyDelegations: [{ open: 10, limit: 10 }, /10 delegations/, /Revoke one/],
  unknownDelegation: [{ delegation: 'd' }, /no delegation "d"/, /configuration are changed there/],
  notYourDelegation: [{ from: 'Bob' }, /revoked by Bob/],
  restored: [{ madeIn: 'table-0' }, /table-0/, /can only be ended/],
  cannotActivate: [
    { why: 'roleGone', detail: 'The role x is gone. Make it again.' },
    /^The role x is gone\. Make it again\.$/,
  ],
};

describe('I7: every refusal is explained', () => {
  const reasons = Object.keys(REASONS) as RefusalReason[];
  countCases('reasons of refusal', reasons.length);
  const titles = new Set<string>();

  test.each(reasons)('%s', (reason) => {
    const [sample, ...says] = REASONS[reason];
    const { title, detail } = explain({ reason, ...sample } as Refusal);
    expect(title).toMatch(/^[A-Z].*[^.]$/);
    expect(detail).toMatch(/^["0-9A-Z].*\.$/);
    expect(`${title} ${detail}`).not.toMatch(/undefined|null|NaN|\[object/);
    expect(says.length).toBeGreaterThan(0);
    for (const words of says) expect(detail).toMatch(words);
    expect(titles.has(title), `the title "${title}" is another reason's`).toBe(false);
    titles.add(title);
  });

  test('an empty list reads as none, not as nothing', () => {
    expect(explain({ reason: 'unknownEntitlement', entitlement: 'x', requestable: [] }).detail).toMatch(
      /request: none\.$/,
    );
  });
});
