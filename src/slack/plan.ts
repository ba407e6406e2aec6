/**
 * Who is told what of a grant: worked out from the grant as it is now, so that it comes to the same however often and late
 * it is asked. What was said once is edited; something new is said only where somebody has to do or know something.
 */
import type { Configuration, Entitlement } from '../core/configuration.ts';
import { approversOf } from '../core/decision.ts';
import { covers } from '../core/delegation.ts';
import type { AuditEvent } from '../core/event.ts';
import { type Grant, isOver } from '../core/grant.ts';
import { connectedTo, peopleAmong } from '../core/identity.ts';
import type { Instant } from '../core/time.ts';
import { type Decider, decidersIn, waitingFor } from '../core/waiting.ts';
import { context, type Message } from './blocks.ts';
import { type Look as CardLook, grantCard } from './card.ts';
import { lastWord, threadNote, usageNote, warning, warningOver } from './notes.ts';
import { misuseNote, overdueNote, reviewNote } from './review-notes.ts';
import { inline } from './text.ts';
import { ruleOf } from './words.ts';

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

/** `config`: the rules in force, whoever decides in whose place among them. */
export type Look = CardLook & { readonly now: Instant };

export function planMessages(grant: Grant, events: readonly AuditEvent[], look: Look): Planned[] {
  return [
    ...toChannel(grant, events, look),
    ...toApprovers(grant, events, look),
    ...loudly(grant, events, look),
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
 * Everybody who could ever decide it has their messages kept up to date; whoever may decide now gets one, be it in
 * somebody else's place. More time is asked for in a message of its own: an edit of an old one would not be noticed.
 */
function toApprovers(grant: Grant, events: readonly AuditEvent[], look: Look): Planned[] {
  const { config, now } = look;
  const rule = ruleOf(grant, config);
  if (!rule || rule.notify?.slack?.approvers === false) return [];
  const message = grantCard(grant, 'approver', look);
  const waiting = waitingFor(grant, config);
  const deciding = new Map((waiting ? decidersIn(waiting, config, now) : []).map((one) => [one.person.id, one]));
  const asked = events.flatMap(({ body, at }) => (body.type === 'extensionRequested' ? [at] : []));
  const reminders = events.flatMap(({ body, n }) => (body.type === 'reminded' ? [{ n, ids: body.approvers }] : []));
  const open = grant.state === 'active' && grant.extension && !grant.extension.granted ? grant.extension : undefined;
  return others(everDeciding(rule, events, config), grant, config).flatMap((id) => {
    const decider = deciding.get(id);
    const tell = (slot: string, isAsked: boolean): Planned => ({
      to: { kind: 'person', personId: id },
      slot,
      message: inPlaceOf(message, decider),
      ...(!(isAsked && decider) && { editOnly: true as const }),
    });
    return [
      tell(CARD, grant.state === 'pending'),
      ...asked.map((at) => tell(`extension-${at}`, open?.requestedAt === at)),
      ...reminders.map(({ n, ids }) => tell(`reminder-${n}`, n === reminders.at(-1)?.n && ids.includes(id))),
    ];
  });
}

/** Approvers, whoever they delegated to at any time, and whoever the record says was let decide or told to. */
function everDeciding(rule: Entitlement, events: readonly AuditEvent[], config: Configuration): string[] {
  const own = new Set(approversOf(rule, config).map(({ id }) => id));
  const lent = (config.delegations ?? []).filter((one) => own.has(one.from) && covers(one, rule.id));
  const named = events.flatMap(({ body }) =>
    body.type === 'reminded' ? body.approvers : body.type === 'escalated' ? body.to : [],
  );
  return [...new Set([...own, ...lent.flatMap(({ to }) => to), ...named])];
}

function inPlaceOf(message: Message, decider: Decider | undefined): Message {
  if (!decider?.onBehalfOf) return message;
  const note = context([`You are asked in the place of ${inline(decider.onBehalfOf.name)}, who is away.`]);
  return { ...message, blocks: [...message.blocks, note] };
}

/** All but who asked, under any of their identities. */
function others(ids: readonly string[], grant: Grant, { directory }: Configuration): string[] {
  const own = connectedTo(grant.requester.identifiers, directory);
  return ids.filter((id) => !own.has(`person:${id}`));
}

/** Told to everybody who may end or review it, in messages of their own: an edit would not be noticed. */
function loudly(grant: Grant, events: readonly AuditEvent[], look: Look): Planned[] {
  const { review } = grant;
  if (!grant.breakGlass) return [];
  const channel = ruleOf(grant, look.config)?.notify?.slack?.channel;
  const everybody = toAll(everyoneConcerned(grant, look.config), grant, look);
  const reviewers = toAll(reviewersIn(look.config), grant, look);
  const inChannel: Destination[] = channel === undefined ? [] : [{ kind: 'channel', channel }];
  const again = (slot: string, message: Message, over = false): Planned[] =>
    [...inChannel, ...everybody].map((to) => ({ to, slot, message, ...(over && { editOnly: true as const }) }));
  const over = review?.done !== undefined;
  const overdue = events.findLast(({ body }) => body.type === 'reviewOverdue')?.n;
  return [
    ...everybody.map((to) => ({ to, slot: 'loud', message: grantCard(grant, 'responder', look) })),
    ...reviewers.map((to) => ({
      to,
      slot: 'review',
      message: reviewNote(grant),
      ...(over && { editOnly: true as const }),
    })),
    ...events.flatMap(({ n, body }) => {
      if (body.type === 'reviewOverdue') return again(`overdue-${n}`, overdueNote(grant), over || n !== overdue);
      if (body.type === 'reviewed' && body.verdict === 'misuse')
        return again(`misuse-${n}`, misuseNote(grant, body.by));
      return [];
    }),
  ];
}

const reviewersIn = ({ reviewers = [], directory }: Configuration): string[] =>
  peopleAmong(reviewers, directory).map(({ id }) => id);

/** Approvers, responders and reviewers, each once. */
function everyoneConcerned(grant: Grant, config: Configuration): string[] {
  const rule = ruleOf(grant, config);
  const approvers = rule ? approversOf(rule, config) : [];
  const people = [...approvers, ...peopleAmong(config.responders, config.directory)];
  return [...new Set([...people.map(({ id }) => id), ...reviewersIn(config)])];
}

const toAll = (ids: readonly string[], grant: Grant, { config }: Look): Destination[] =>
  others(ids, grant, config).map((personId) => ({ kind: 'person', personId }));

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
