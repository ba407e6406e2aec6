/** The small forms: why a denial, how much more time; and what a form says once it was sent. */
import type { Configuration } from '../core/configuration.ts';
import type { Active, Grant } from '../core/grant.ts';
import { formatDuration, hours, minutes } from '../core/time.ts';
import { choice, context, input, LIMITS, mrkdwn, plain, section, type View } from './blocks.ts';
import { factBlocks, ruleOf, standing } from './words.ts';

const LONGEST_REASON = 1_000;

/** A denial needs a reason; the requester sees it. */
export const denialModal = (grant: Grant, metadata: string): View => ({
  type: 'modal',
  callback_id: 'hallpass_denial',
  private_metadata: metadata,
  title: plain('Deny', LIMITS.title),
  submit: plain('Deny it', LIMITS.title),
  close: plain('Go back', LIMITS.title),
  blocks: [
    ...factBlocks(grant),
    input({
      id: 'reason',
      label: 'Reason',
      hint: `${grant.requester.name} will see it.`,
      element: { type: 'plain_text_input', multiline: true, min_length: 1, max_length: LONGEST_REASON },
    }),
  ],
});

export function extensionModal(grant: Active, config: Configuration, metadata: string): View {
  const rule = ruleOf(grant, config);
  const most = rule?.extension?.maxTotal ?? 0;
  const left = most - (grant.expiresAt - grant.armedAt);
  const usual = rule?.defaultDuration;
  const lengths = [
    ...new Set([
      minutes(15),
      minutes(30),
      hours(1),
      hours(2),
      hours(4),
      hours(8),
      hours(24),
      ...(usual ? [usual] : []),
    ]),
  ]
    .filter((length) => length <= left)
    .sort((a, b) => a - b)
    .map((length) => choice(formatDuration(length)));
  const required = rule?.justification.required ?? true;
  const initial = usual === undefined ? undefined : lengths.find(({ value }) => value === formatDuration(usual));
  return {
    type: 'modal',
    callback_id: 'hallpass_extension',
    private_metadata: metadata,
    title: plain('More time', LIMITS.title),
    close: plain('Go back', LIMITS.title),
    ...(lengths.length > 0 && { submit: plain('Ask for it', LIMITS.title) }),
    blocks: [
      ...factBlocks(grant),
      section(mrkdwn(standing(grant, config))),
      ...(lengths.length === 0
        ? [context(['There is no more time to be had: ask for a new grant when this one ends.'])]
        : [
            input({
              id: 'duration',
              label: 'How much more',
              element: {
                type: 'static_select',
                placeholder: plain('Choose', LIMITS.placeholder),
                options: lengths,
                ...(initial && { initial_option: initial }),
              },
            }),
            input({
              id: 'justification',
              label: 'Why',
              optional: !required,
              element: {
                type: 'plain_text_input',
                multiline: true,
                max_length: LONGEST_REASON,
                ...(required && { min_length: rule?.justification.minLength ?? 1 }),
              },
            }),
          ]),
    ],
  };
}

/** What a form becomes when it was sent, and again when that has come to something. */
export const resultModal = (title: string, text: string): View => ({
  type: 'modal',
  title: plain(title, LIMITS.title),
  close: plain('Close', LIMITS.title),
  blocks: [section(mrkdwn(text))],
});
