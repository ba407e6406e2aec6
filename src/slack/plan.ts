/**
 * Who is told what of a grant: worked out from the grant as it is now, so that it comes to the same however often and late
 * it is asked. What was said once is edited; something new is said only where somebody has to do or know something.
 */
import type { Configuration, Person } from '../core/configuration.ts';
import { approversOf } from '../core/decision.ts';
import type { AuditEvent } from '../core/event.ts';
import { type Grant, isOver } from '../core/grant.ts';
import { connectedTo, peopleAmong } from '../core/identity.ts';
import type { Message } from './blocks.ts';
import { grantCard, type Look } from './card.ts';
import { lastWord, threadNote, usageNote, warning, warningOver } from './notes.ts';
import { ruleOf, waitingFor } from './words.ts';

export type Destination =
  | { readonly kind: 'channel'; readonly channel: string }
  | { readonly kind: 'person'; readonly personId: string };

export type Planned = {
  readonly to: Destination;
  /** What the message is, among those to one destination: names the record of where it stands. */
  readonly slot: string;
  readonly message: Message;
  /** Beneath the message of this slot. */
  readonly under?: string;
  /** Brings up to date what was said; says nothing new. */
  readonly editOnly?: true;
};

export const CARD = 'card';

export function planMessages(grant: Grant, events: readonly AuditEvent[], look: Look): Planned[] {
  return [
    ...toChannel(grant, events, look),
    ...toApprovers(grant, events, look),
    ...toResponders(grant, look),
    ...toRequester(grant, events, look),
  ];
}

function toChannel(grant: Grant, events: readonly AuditEvent[], look: Look): Planned[] {
  const channel = ruleOf(grant, look.config)?.notify?.slack?.channel;
  if (channel === undefined) return [];
  const to: Destination = { kind: 'channel', channel };
  const notes = events.flatMap((event) => {
    const message = threadNote(event);
    return message ? [{ to, slot: `event-${event.n}`, message, under: CARD }] : [];
  });
  return [{ to, slot: CARD, message: grantCard(grant, 'channel', look) }, ...notes];
}

/**
 * Everybody who could ever decide it has their messages kept up to date; whoever may decide now gets one. More time is
 * asked for in a message of its own: an edit of an old one would not be noticed.
 */
function toApprovers(grant: Grant, events: readonly AuditEvent[], look: Look): Planned[] {
  const { config } = look;
  const rule = ruleOf(grant, config);
  if (!rule || rule.notify?.slack?.approvers === false) return [];
  const message = grantCard(grant, 'approver', look);
  const deciding = new Set(waitingFor(grant, config)?.people.map(({ id }) => id));
  const asked = events.flatMap(({ body, at }) => (body.type === 'extensionRequested' ? [at] : []));
  const reminders = events.flatMap(({ body, n }) => (body.type === 'reminded' ? [n] : []));
  const open = grant.state === 'active' && grant.extension && !grant.extension.granted ? grant.extension : undefined;
  return others(approversOf(rule, config), grant, config).flatMap(({ id }) => {
    const tell = (slot: string, isAsked: boolean): Planned => ({
      to: { kind: 'person', personId: id },
      slot,
      message,
      ...(!(isAsked && deciding.has(id)) && { editOnly: true as const }),
    });
    return [
      tell(CARD, grant.state === 'pending'),
      ...asked.map((at) => tell(`extension-${at}`, open?.requestedAt === at)),
      ...reminders.map((n) => tell(`reminder-${n}`, n === reminders.at(-1))),
    ];
  });
}

/** All but who asked, under any of their identities. */
function others(people: readonly Person[], grant: Grant, { directory }: Configuration): Person[] {
  const own = connectedTo(grant.requester.identifiers, directory);
  return people.filter(({ id }) => !own.has(`person:${id}`));
}

/** Break-glass is told to every responder at once, because nobody looked at it before. */
function toResponders(grant: Grant, look: Look): Planned[] {
  if (!isBreakGlass(grant)) return [];
  const { responders, directory } = look.config;
  const message = grantCard(grant, 'responder', look);
  return others(peopleAmong(responders, directory), grant, look.config).map(({ id }) => ({
    to: { kind: 'person', personId: id },
    slot: 'responder',
    message,
  }));
}

const isBreakGlass = (grant: Grant): boolean => 'breakGlass' in grant && grant.breakGlass !== undefined;

function toRequester(grant: Grant, events: readonly AuditEvent[], look: Look): Planned[] {
  const to: Destination = { kind: 'person', personId: grant.requester.id };
  const planned: Planned[] = [{ to, slot: 'own', message: grantCard(grant, 'requester', look) }];
  const add = (slot: string, message: Message, editOnly = false): void =>
    void planned.push({ to, slot, message, ...(editOnly && { editOnly }) });
  if (grant.state === 'active') add('usage', usageNote(grant));
  const warnings = events.filter(({ body }) => body.type === 'warned');
  for (const { n } of warnings) {
    const current = grant.state === 'active' && grant.warned && n === warnings.at(-1)?.n;
    if (current) add(`warning-${n}`, warning(grant, look));
    else add(`warning-${n}`, warningOver(grant), true);
  }
  if (isOver(grant) && grant.state !== 'withdrawn') add('over', lastWord(grant, look.config));
  return planned;
}
