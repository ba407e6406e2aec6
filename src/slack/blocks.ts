/**
 * Block Kit, as much of it as is used, within Slack's limits: https://docs.slack.dev/reference/block-kit/blocks
 * Whatever is longer is cut here, visibly, and never refused by Slack.
 */
import { cut, visible } from './text.ts';

export type PlainText = { readonly type: 'plain_text'; readonly text: string; readonly emoji: false };
export type Markdown = { readonly type: 'mrkdwn'; readonly text: string; readonly verbatim: true };
export type Block = { readonly type: string; readonly block_id?: string } & Readonly<Record<string, unknown>>;
export type Element = { readonly type: string } & Readonly<Record<string, unknown>>;
export type Choice = { readonly text: PlainText; readonly value: string };

/** `text` is what notifications and screen readers show. */
export type Message = { readonly text: string; readonly blocks: readonly Block[] };
export type View = { readonly type: 'modal' | 'home'; readonly blocks: readonly Block[] } & Readonly<
  Record<string, unknown>
>;

export const LIMITS = {
  messageBlocks: 50,
  viewBlocks: 100,
  sectionText: 3_000,
  fieldText: 2_000,
  fields: 10,
  headerText: 150,
  optionText: 75,
  optionValue: 150,
  options: 100,
  title: 24,
  button: 75,
  buttonValue: 2_000,
  identifier: 255,
  metadata: 3_000,
  contextElements: 10,
  label: 2_000,
  placeholder: 150,
  confirmTitle: 100,
  confirmText: 300,
  confirmButton: 30,
} as const;

/** Shown as it is: no mention, no link, no emoji, whatever it says. */
export const plain = (text: string, most: number = LIMITS.sectionText): PlainText => ({
  type: 'plain_text',
  // Slack takes no empty text.
  text: cut(visible(text).trim() || '\u2013', most),
  emoji: false,
});

/** Text of our own; what others wrote has gone through `inline` or `literal` before. */
export const mrkdwn = (text: string, most: number = LIMITS.sectionText): Markdown => ({
  type: 'mrkdwn',
  text: cut(text, most),
  verbatim: true,
});

export const header = (text: string): Block => ({ type: 'header', text: plain(text, LIMITS.headerText) });
export const section = (text: PlainText | Markdown): Block => ({ type: 'section', text });
export const divider: Block = { type: 'divider' };

export const facts = (pairs: readonly (readonly [label: string, value: string])[]): Block => ({
  type: 'section',
  fields: pairs.slice(0, LIMITS.fields).map(([label, value]) => mrkdwn(`*${label}*\n${value}`, LIMITS.fieldText)),
});

/** A label of ours above what somebody typed. */
export const quoted = (label: string, text: string): Block[] => [
  { type: 'context', elements: [mrkdwn(`*${label}*`)] },
  section(plain(text)),
];

export const context = (texts: readonly string[]): Block => ({
  type: 'context',
  elements: texts.slice(0, LIMITS.contextElements).map((text) => mrkdwn(text)),
});

export type Button = {
  readonly action: string;
  readonly label: string;
  readonly value: string;
  readonly style?: 'primary' | 'danger';
  readonly confirm?: { readonly title: string; readonly text: string; readonly yes: string };
};

export const actions = (buttons: readonly Button[]): Block => ({
  type: 'actions',
  elements: buttons.map(({ action, label, value, style, confirm }) => ({
    type: 'button',
    action_id: action,
    text: plain(label, LIMITS.button),
    value,
    ...(style && { style }),
    ...(confirm && {
      confirm: {
        title: plain(confirm.title, LIMITS.confirmTitle),
        text: plain(confirm.text, LIMITS.confirmText),
        confirm: plain(confirm.yes, LIMITS.confirmButton),
        deny: plain('Go back', LIMITS.confirmButton),
      },
    }),
  })),
});

export const choice = (value: string, text = value): Choice => ({
  text: plain(text, LIMITS.optionText),
  value,
});

/** Up to 100 choices are a list; more are lists of a hundred, of which Slack takes a hundred. */
export const choices = (all: readonly Choice[]) =>
  all.length <= LIMITS.options
    ? { options: all }
    : {
        option_groups: Array.from({ length: Math.ceil(all.length / LIMITS.options) }, (_, n) => {
          const options = all.slice(n * LIMITS.options, (n + 1) * LIMITS.options);
          const [first, last] = [options[0]?.text.text ?? '', options.at(-1)?.text.text ?? ''];
          return { label: plain(`${cut(first, 30)} \u2013 ${cut(last, 30)}`, LIMITS.optionText), options };
        }),
      };

export type Input = {
  readonly id: string;
  readonly label: string;
  readonly element: Element;
  readonly hint?: string;
  readonly optional?: boolean;
  /** Tells Hallpass at once when it changes. */
  readonly dispatch?: boolean;
};

/** The element's action has the block's name: answers are found by it. */
export const input = ({ id, label, element, hint, optional, dispatch }: Input): Block => ({
  type: 'input',
  block_id: id,
  label: plain(label, LIMITS.label),
  element: { ...element, action_id: id },
  ...(hint && { hint: plain(hint, LIMITS.label) }),
  ...(optional && { optional }),
  ...(dispatch && { dispatch_action: true }),
});
