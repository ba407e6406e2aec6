/** Short messages beside a grant's card: in its thread, and to the requester when there is something to do or to know. */
import type { Configuration } from '../core/configuration.ts';
import type { AuditEvent } from '../core/event.ts';
import type { Active, Grant, OverGrant } from '../core/grant.ts';
import { actions, type Block, context, type Message, mrkdwn, quoted, section } from './blocks.ts';
import { ending, extending, type Look } from './card.ts';
import { askedDigest, buttonValue } from './digest.ts';
import { inline, literal, when } from './text.ts';
import { AFTER_THE_END, standing, titleOf } from './words.ts';

const message = (text: string, ...blocks: readonly Block[]): Message => ({
  text,
  blocks: [section(mrkdwn(text)), ...blocks],
});

/** What the thread tells of an event; undefined for what only machines care about. */
export function threadNote({ actor, body }: AuditEvent): Message | undefined {
  const who = actor.kind === 'person' ? inline(actor.name) : 'Hallpass';
  switch (body.type) {
    case 'brokeGlass':
      return message(`${who} broke the glass: nobody was asked, everybody who may end it is told.`);
    case 'reviewed':
      return message(`${inline(body.by)} reviewed it.`);
    case 'approved':
      return message(`${who} approved${body.approval.step > 1 ? ` step ${body.approval.step}` : ''}.`);
    case 'reminded':
      return message('Still undecided: those who may decide were reminded.');
    case 'escalated':
      return message('Still undecided: others may decide from here on as well.');
    case 'denied':
      return message(body.by ? `${inline(body.by)} denied it.` : 'It was refused.');
    case 'withdrawn':
      return message(`${who} withdrew it.`);
    case 'lapsed':
      return message('Nobody decided in time; it has lapsed.');
    case 'activated':
      return message('The access is there.');
    case 'extensionRequested':
      return message(`${who} asks for more time, until ${when(body.expiresAt)}.`);
    case 'extensionApproved':
      return message(`${who} approved more time.`);
    case 'extensionDenied':
      return message(body.by ? `${inline(body.by)} denied more time.` : 'More time was refused.');
    case 'extended':
      return message(`It ends ${when(body.expiresAt)} now.`);
    case 'revoking':
      return body.outcome.state === 'ended' && body.outcome.reason === 'endedEarly'
        ? message(`${inline(body.outcome.by ?? 'Somebody')} ended it; the access is being removed.`)
        : undefined;
    case 'ended':
      return message('The access is gone.');
    case 'failed':
      return message('The access could not be made; nothing is left of it.');
    default:
      return undefined;
  }
}

/** To the requester, once the access is there: the two lines to type. */
export function usageNote(grant: Active): Message {
  const lines = [`hallpass kubeconfig ${grant.id}`, `kubectl --context '${contextName(grant)}' get pods`];
  return message(
    `Your access *${literal(grant.entitlement.id)}* on *${literal(grant.cluster.name)}* is there, until ${when(grant.expiresAt)}. Type:`,
    section(mrkdwn(`\`\`\`\n${lines.map(literal).join('\n')}\n\`\`\``)),
    context([AFTER_THE_END]),
  );
}

/** As `hallpass kubeconfig` calls it. */
const contextName = ({ entitlement, cluster }: Grant): string => `${entitlement.id}@${cluster.name}`;

/** Before the end: more time, or the end now. */
export function warning(grant: Active, { config, sha256 }: Look): Message {
  const value = buttonValue(grant.id, askedDigest(grant, sha256));
  return message(
    `Your access *${literal(grant.entitlement.id)}* on *${literal(grant.cluster.name)}* ends ${when(grant.expiresAt)}.`,
    actions([...extending(grant, config, value), ending(grant, value)]),
  );
}

/** What is left of a warning when its time is past. */
export const warningOver = (grant: Grant): Message =>
  message(`You were warned of the end of *${literal(grant.entitlement.id)}* on *${literal(grant.cluster.name)}*.`);

/** The last word: why it is over, and what its end does not undo. */
export function lastWord(grant: OverGrant, config: Configuration): Message {
  const said = grant.state === 'denied' ? quoted('Reason', grant.reason) : [];
  const noted = (grant.state === 'ended' || grant.state === 'failed') && grant.note ? quoted('Note', grant.note) : [];
  return message(
    `*${inline(titleOf(grant))}*\n${standing(grant, config)}`,
    ...said,
    ...noted,
    ...(grant.state === 'ended' ? [context([AFTER_THE_END])] : []),
  );
}
