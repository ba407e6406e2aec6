/**
 * What stands in the inputs of a view or a message, as Slack tells an app: `state.values`. What the page says was
 * filled in is believed only where the app offered it.
 */
import { elementsOf } from './block-kit/blocks.ts';
import { optionsOf } from './block-kit/composition.ts';
import { isRecord } from './block-kit/problem.ts';
import type { Block, Filled } from './records.ts';

type Element = Record<string, unknown>;
type Value = string | readonly string[] | undefined;

/** Elements that hold a value, and how Slack writes what is in them. */
const HOLDERS: Readonly<Record<string, (element: Element, value: Value) => Record<string, unknown>>> = {
  plain_text_input: (_element, value) => ({ value: one(value) ?? null }),
  number_input: (_element, value) => ({ value: one(value) ?? null }),
  email_text_input: (_element, value) => ({ value: one(value) ?? null }),
  url_text_input: (_element, value) => ({ value: one(value) ?? null }),
  static_select: (element, value) => ({ selected_option: optionWith(element, one(value)) ?? null }),
  external_select: (_element, value) => ({ selected_option: offered(one(value)) ?? null }),
  radio_buttons: (element, value) => ({ selected_option: optionWith(element, one(value)) ?? null }),
  multi_static_select: (element, value) => ({ selected_options: optionsWith(element, value) }),
  multi_external_select: (_element, value) => ({
    selected_options: many(value).map(offered).filter(isRecord),
  }),
  checkboxes: (element, value) => ({ selected_options: optionsWith(element, value) }),
  datepicker: (_element, value) => ({ selected_date: one(value) ?? null }),
  timepicker: (_element, value) => ({ selected_time: one(value) ?? null }),
  datetimepicker: (_element, value) => ({ selected_date_time: one(value) === undefined ? null : Number(one(value)) }),
};

export const holdsValue = (element: Element): boolean => String(element['type']) in HOLDERS;

export function stateOf(blocks: readonly Block[], filled: Filled): Record<string, Record<string, unknown>> {
  const values: Record<string, Record<string, unknown>> = {};
  for (const block of blocks)
    for (const element of elementsOf([block])) {
      if (!holdsValue(element)) continue;
      const id = String(element['action_id']);
      values[block.block_id] = {
        ...values[block.block_id],
        [id]: stateValue(element, valueIn(block, element, filled)),
      };
    }
  return values;
}

/** One element's value with its type, as in `state.values` and in an action. */
export const stateValue = (element: Element, value: Value): Record<string, unknown> => ({
  type: element['type'],
  ...HOLDERS[String(element['type'])]?.(element, value),
});

/** What is filled in, or what the app filled in at first. */
export function valueIn(block: Block, element: Element, filled: Filled): Value {
  const given = filled[block.block_id]?.[String(element['action_id'])];
  return given === undefined ? initialOf(element) : given;
}

function initialOf(element: Element): Value {
  const first =
    element['initial_value'] ?? element['initial_date'] ?? element['initial_time'] ?? element['initial_date_time'];
  if (first !== undefined) return String(first);
  const external = String(element['type']).includes('external');
  const asFilled = (option: Element): string => (external ? JSON.stringify(option) : String(option['value']));
  if (isRecord(element['initial_option'])) return asFilled(element['initial_option']);
  if (Array.isArray(element['initial_options'])) return element['initial_options'].filter(isRecord).map(asFilled);
  return undefined;
}

const one = (value: Value): string | undefined =>
  typeof value === 'string' ? value || undefined : value === undefined ? undefined : value[0];
const many = (value: Value): readonly string[] => (typeof value === 'string' ? [value].filter(Boolean) : (value ?? []));

export function optionWith(element: Element, value: string | undefined): Record<string, unknown> | undefined {
  return optionsOf(element).find((option) => option['value'] === value);
}

/** What the app offers while somebody types is in no definition: the page hands back the whole option, as JSON. */
function offered(value: string | undefined): Record<string, unknown> | undefined {
  if (value === undefined) return undefined;
  const option: unknown = JSON.parse(value);
  return isRecord(option) ? option : undefined;
}

const optionsWith = (element: Element, value: Value): Record<string, unknown>[] =>
  many(value)
    .map((single) => optionWith(element, single))
    .filter(isRecord);

/** What a new definition of a view keeps of what was filled in: values of elements that are still there, and still offered. */
export function keptOf(before: readonly Block[], after: readonly Block[], filled: Filled): Filled {
  const kept: Record<string, Record<string, string | readonly string[]>> = {};
  for (const block of after)
    for (const element of elementsOf([block])) {
      const id = String(element['action_id']);
      const value = filled[block.block_id]?.[id];
      const old = elementsOf(before.filter((one) => one.block_id === block.block_id)).find(
        (one) => one['action_id'] === id,
      );
      if (value === undefined || old?.['type'] !== element['type'] || !isStillOffered(element, value)) continue;
      kept[block.block_id] = { ...kept[block.block_id], [id]: value };
    }
  return kept;
}

function isStillOffered(element: Element, value: string | readonly string[]): boolean {
  const type = String(element['type']);
  if (!/static_select|radio_buttons|checkboxes/.test(type)) return true;
  return many(value).every((single) => optionWith(element, single) !== undefined);
}
