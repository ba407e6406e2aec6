/** Composition objects: text, options and their groups, confirmation. */
import { LIMITS } from './limits.ts';
import { boolean, byType, type Check, isRecord, list, object, oneOf, report, string } from './problem.ts';

export const plainText = (max: number): Check =>
  byType({ plain_text: object({ text: string({ min: 1, max }) }, { emoji: boolean }) });

export const anyText = (max: number): Check =>
  byType({
    plain_text: object({ text: string({ min: 1, max }) }, { emoji: boolean }),
    mrkdwn: object({ text: string({ min: 1, max }) }, { verbatim: boolean }),
  });

export const url = string({ max: LIMITS.url });
export const actionId = string({ min: 1, max: LIMITS.actionId });

export const confirmation = object(
  {
    title: plainText(LIMITS.confirmTitle),
    text: anyText(LIMITS.confirmText),
    confirm: plainText(LIMITS.confirmButton),
    deny: plainText(LIMITS.confirmButton),
  },
  { style: oneOf('primary', 'danger') },
);

const optionWith = (text: (max: number) => Check, more: Readonly<Record<string, Check>> = {}): Check =>
  object(
    { text: text(LIMITS.optionText), value: string({ min: 1, max: LIMITS.optionValue }) },
    { description: text(LIMITS.optionDescription), ...more },
  );

/** For menus: plain text only. */
export const option = optionWith(plainText);
/** For radio buttons and checkboxes. */
export const richOption = optionWith(anyText);
export const overflowOption = optionWith(plainText, { url });

export const optionGroup = object({
  label: plainText(LIMITS.groupLabel),
  options: list(option, { max: LIMITS.options }),
});

/** The options of an element, whether in groups or not. */
export function optionsOf(element: Record<string, unknown>): Record<string, unknown>[] {
  const groups = Array.isArray(element['option_groups']) ? element['option_groups'].filter(isRecord) : [];
  return [element, ...groups].flatMap((holder) =>
    Array.isArray(holder['options']) ? holder['options'].filter(isRecord) : [],
  );
}

/** Values are unique, and what is chosen at first is among what can be chosen, exactly. */
export const consistentOptions: Check = (value, at, problems) => {
  if (!isRecord(value)) return;
  const options = optionsOf(value);
  const values = options.map((one) => one['value']);
  const twice = values.find((one, i) => values.indexOf(one) !== i);
  if (twice !== undefined) report(problems, `${at}/options`, `duplicate option value: ${String(twice)}`);
  const chosen = Array.isArray(value['initial_options']) ? value['initial_options'] : [];
  const initial = value['initial_option'] === undefined ? chosen : [value['initial_option']];
  const name = value['initial_option'] === undefined ? 'initial_options' : 'initial_option';
  if (initial.some((one) => !options.some((offered) => isSameOption(offered, one))))
    report(problems, `${at}/${name}`, 'must match one of the options');
};

const isSameOption = (a: Record<string, unknown>, b: unknown): boolean =>
  isRecord(b) && a['value'] === b['value'] && textOf(a['text']) === textOf(b['text']);

export const textOf = (value: unknown): string =>
  isRecord(value) && typeof value['text'] === 'string' ? value['text'] : '';
