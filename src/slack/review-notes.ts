/** What is said of a break-glass access that somebody has to look at afterwards. */
import type { Grant } from '../core/grant.ts';
import { context, type Message, mrkdwn, section } from './blocks.ts';
import { inline, literal, when } from './text.ts';
import { reviewLine } from './words.ts';

const noteOn = (grant: Grant, text: string): Message => ({
  text,
  blocks: [section(mrkdwn(text)), context([`\`hallpass review ${literal(grant.id)}\``])],
});

const whose = ({ requester, entitlement, cluster }: Grant): string =>
  `${inline(requester.name)}'s break-glass access *${literal(entitlement.id)}* on *${literal(cluster.name)}*`;

export const reviewNote = (grant: Grant): Message =>
  noteOn(grant, `${whose(grant)} has to be reviewed. ${reviewLine(grant)}`);

export const overdueNote = (grant: Grant): Message =>
  grant.review?.done || !grant.review
    ? noteOn(grant, `The review of ${whose(grant)} was overdue. ${reviewLine(grant)}`)
    : noteOn(grant, `*REVIEW OVERDUE* since ${when(grant.review.dueBy)}: ${whose(grant)}. ${reviewLine(grant)}`);

export const misuseNote = (grant: Grant, by: string): Message =>
  noteOn(grant, `*MISUSE*: ${inline(by)} reviewed ${whose(grant)} and calls it misuse.`);
