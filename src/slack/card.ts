/** The message that stands for a grant: the same for everyone it is shown to, but for the buttons and for what they may read. */
import type { Sha256 } from '../core/canonical.ts';
import type { Configuration } from '../core/configuration.ts';
import type { Grant } from '../core/grant.ts';
import { actions, type Block, type Button, context, header, type Message, mrkdwn, quoted, section } from './blocks.ts';
import { askedDigest, buttonValue } from './digest.ts';
import { inline, literal } from './text.ts';
import { AFTER_THE_END, factBlocks, questionOf, remarks, ruleOf, standing, titleOf, waitingFor } from './words.ts';

/** `channel`: everyone in it. The others are told in direct messages. */
export type Audience = 'channel' | 'approver' | 'responder' | 'requester';

export type Look = { readonly config: Configuration; readonly sha256: Sha256 };

export function grantCard(grant: Grant, audience: Audience, { config, sha256 }: Look): Message {
  const buttons = buttonsOf(grant, audience, config, sha256);
  const live = ['scheduled', 'activating', 'active', 'ended'].includes(grant.state);
  return {
    text: `${inline(titleOf(grant))}, asked for by ${inline(grant.requester.name)}`,
    blocks: [
      header(titleOf(grant)),
      ...factBlocks(grant),
      ...typed(grant, audience, config),
      section(mrkdwn(standing(grant, config))),
      ...saidWhenOver(grant, audience),
      ...remarks(grant),
      ...(buttons.length > 0 ? [actions(buttons)] : []),
      context([...(live ? [AFTER_THE_END] : []), `\`hallpass grant ${literal(grant.id)}\``]),
    ],
  };
}

/** What the requester typed: for approvers, and for a whole channel only where the configuration says so. */
export function typed(grant: Grant, audience: Audience, config: Configuration): Block[] {
  const shownTo = ruleOf(grant, config)?.notify?.slack?.justification ?? 'approvers';
  if (shownTo === 'nobody' || (audience === 'channel' && shownTo !== 'channel')) return [];
  const extension = grant.state === 'active' ? grant.extension : undefined;
  return [
    ...(grant.breakGlass ? quoted('Incident', grant.breakGlass.incident) : []),
    ...(grant.justification ? quoted('Justification', grant.justification) : []),
    ...(grant.ticket === undefined ? [] : quoted('Ticket', grant.ticket)),
    ...(extension?.justification ? quoted('Why more time', extension.justification) : []),
  ];
}

/** A denial's reason is for the requester; others read it where they may read the grant. */
function saidWhenOver(grant: Grant, audience: Audience): Block[] {
  if (audience !== 'requester') return [];
  if (grant.state === 'denied') return quoted('Reason', grant.reason);
  if ((grant.state === 'ended' || grant.state === 'failed') && grant.note) return quoted('Note', grant.note);
  return [];
}

function buttonsOf(grant: Grant, audience: Audience, config: Configuration, sha256: Sha256): Button[] {
  const value = buttonValue(grant.id, askedDigest(grant, sha256));
  const buttons: Button[] = [];
  const decides = audience === 'channel' || audience === 'approver';
  if (decides && questionOf(grant) && waitingFor(grant, config)?.bySlack) {
    buttons.push({ action: 'hallpass_approve', label: 'Approve', value, style: 'primary' });
    buttons.push({ action: 'hallpass_deny', label: 'Deny …', value });
  }
  if (audience === 'requester' && grant.state === 'active') buttons.push(...extending(grant, config, value));
  if (audience === 'requester' && (grant.state === 'pending' || grant.state === 'scheduled'))
    buttons.push(withdrawing(value));
  else if (['scheduled', 'activating', 'active'].includes(grant.state)) buttons.push(ending(grant, value));
  return buttons;
}

export function extending(grant: Extract<Grant, { state: 'active' }>, config: Configuration, value: string): Button[] {
  if (grant.extension || !ruleOf(grant, config)?.extension) return [];
  return [{ action: 'hallpass_extend', label: 'Extend …', value }];
}

export const ending = (grant: Grant, value: string): Button => ({
  action: 'hallpass_end',
  label: 'End now',
  value,
  style: 'danger',
  confirm: {
    title: 'End this access?',
    text: `${grant.requester.name} loses the access to ${grant.cluster.name} at once.`,
    yes: 'End it',
  },
});

const withdrawing = (value: string): Button => ({
  action: 'hallpass_withdraw',
  label: 'Withdraw',
  value,
  confirm: { title: 'Withdraw the request?', text: 'Nobody can approve it any more.', yes: 'Withdraw it' },
});
