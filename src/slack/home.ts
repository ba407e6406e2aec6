/** App Home: what waits for me, and what I have. */

import type { Sha256 } from '../core/canonical.ts';
import type { Configuration } from '../core/configuration.ts';
import { type Grant, isOver } from '../core/grant.ts';
import { actions, type Block, context, divider, header, mrkdwn, section, type View } from './blocks.ts';
import { ending, extending, typed } from './card.ts';
import { askedDigest, buttonValue } from './digest.ts';
import { inline, literal } from './text.ts';
import { AFTER_THE_END, factBlocks, remarks, standing, titleOf } from './words.ts';

/** With what each takes, far below Slack's 100 blocks. */
const MOST_WAITING = 5;
const MOST_OWN = 8;

export type Home = {
  /** Waiting for this person's decision. */
  readonly waiting: readonly Grant[];
  readonly own: readonly Grant[];
};

export function homeView({ waiting, own }: Home, config: Configuration, sha256: Sha256): View {
  const value = (grant: Grant): string => buttonValue(grant.id, askedDigest(grant, sha256));
  return {
    type: 'home',
    blocks: [
      actions([{ action: 'hallpass_ask', label: 'Ask for access', value: 'ask', style: 'primary' }]),
      header('Waiting for you'),
      ...listed(waiting, MOST_WAITING, 'Nothing waits for your decision.', (grant) => [
        ...factBlocks(grant),
        ...typed(grant, 'approver', config),
        section(mrkdwn(standing(grant, config))),
        actions([
          { action: 'hallpass_approve', label: 'Approve', value: value(grant), style: 'primary' },
          { action: 'hallpass_deny', label: 'Deny …', value: value(grant) },
        ]),
      ]),
      header('Yours'),
      ...listed(own, MOST_OWN, 'You have asked for nothing lately.', (grant) => [
        section(mrkdwn(`*${inline(titleOf(grant))}*\n${standing(grant, config)}`)),
        ...remarks(grant),
        ...ownButtons(grant, config, value(grant)),
      ]),
      context([AFTER_THE_END]),
    ],
  };
}

function listed(grants: readonly Grant[], most: number, none: string, blocksOf: (grant: Grant) => Block[]): Block[] {
  if (grants.length === 0) return [section(mrkdwn(none))];
  const shown = grants.slice(0, most).flatMap((grant) => [...blocksOf(grant), divider]);
  const more = grants.length - most;
  return more > 0 ? [...shown, context([`${more} more: \`${literal('hallpass grants --all')}\``])] : shown;
}

function ownButtons(grant: Grant, config: Configuration, value: string): Block[] {
  if (isOver(grant) || grant.state === 'revoking') return [];
  if (grant.state === 'pending') return [actions([{ action: 'hallpass_withdraw', label: 'Withdraw', value }])];
  return [actions([...(grant.state === 'active' ? extending(grant, config, value) : []), ending(grant, value)])];
}
