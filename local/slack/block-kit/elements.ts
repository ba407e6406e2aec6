/** Block elements, and which of them may stand where. */
import {
  actionId,
  anyText,
  confirmation,
  consistentOptions,
  option,
  optionGroup,
  overflowOption,
  plainText,
  richOption,
  url,
} from './composition.ts';
import { LIMITS } from './limits.ts';
import {
  all,
  boolean,
  type Check,
  integer,
  isRecord,
  list,
  matching,
  object,
  oneOf,
  report,
  string,
} from './problem.ts';

const common = { action_id: actionId, confirm: confirmation };
const focus = { focus_on_load: boolean };
const placeholder = { placeholder: plainText(LIMITS.placeholder) };

const options = {
  options: list(option, { max: LIMITS.options }),
  option_groups: list(optionGroup, { max: LIMITS.optionGroups }),
};
const exactlyOneList: Check = (value, at, problems) => {
  if (isRecord(value) && (value['options'] === undefined) === (value['option_groups'] === undefined))
    report(problems, at, 'must have either options or option_groups');
};
const fewOptions = list(richOption, { max: LIMITS.fewOptions });
const most = { max_selected_items: integer(1, Number.MAX_SAFE_INTEGER) };
const shortText = {
  action_id: actionId,
  dispatch_action_config: object({
    trigger_actions_on: list(oneOf('on_enter_pressed', 'on_character_entered'), { max: 2 }),
  }),
  ...placeholder,
  ...focus,
};
const DATE = matching(/^\d{4}-\d{2}-\d{2}$/, 'must be a date of the form YYYY-MM-DD');
const TIME = matching(/^([01]\d|2[0-3]):[0-5]\d$/, 'must be a time of the form HH:mm');
const initialOptions = { initial_options: list(option, { min: 0, max: LIMITS.options }) };

export const ELEMENTS: Readonly<Record<string, Check>> = {
  button: object(
    { text: plainText(LIMITS.buttonText) },
    {
      ...common,
      url,
      value: string({ max: LIMITS.buttonValue }),
      style: oneOf('primary', 'danger'),
      accessibility_label: string({ max: LIMITS.accessibilityLabel }),
    },
  ),
  static_select: all(
    object({}, { ...common, ...options, ...placeholder, ...focus, initial_option: option }),
    exactlyOneList,
    consistentOptions,
  ),
  multi_static_select: all(
    object({}, { ...common, ...options, ...placeholder, ...focus, ...most, ...initialOptions }),
    exactlyOneList,
    consistentOptions,
  ),
  external_select: object(
    {},
    { ...common, ...placeholder, ...focus, initial_option: option, min_query_length: integer(0, 3_000) },
  ),
  multi_external_select: object(
    {},
    { ...common, ...placeholder, ...focus, ...most, ...initialOptions, min_query_length: integer(0, 3_000) },
  ),
  overflow: all(object({ options: list(overflowOption, { max: LIMITS.overflowOptions }) }, common), consistentOptions),
  radio_buttons: all(
    object({ options: fewOptions }, { ...common, ...focus, initial_option: richOption }),
    consistentOptions,
  ),
  checkboxes: all(
    object(
      { options: fewOptions },
      { ...common, ...focus, initial_options: list(richOption, { max: LIMITS.fewOptions }) },
    ),
    consistentOptions,
  ),
  datepicker: object({}, { ...common, ...placeholder, ...focus, initial_date: DATE }),
  timepicker: object({}, { ...common, ...placeholder, ...focus, initial_time: TIME, timezone: string({ max: 255 }) }),
  datetimepicker: object({}, { ...common, ...focus, initial_date_time: integer(1_000_000_000, 9_999_999_999) }),
  plain_text_input: object(
    {},
    {
      ...shortText,
      initial_value: string({ max: LIMITS.plainTextInput }),
      multiline: boolean,
      min_length: integer(0, LIMITS.plainTextInput),
      max_length: integer(1, LIMITS.plainTextInput),
    },
  ),
  number_input: object(
    { is_decimal_allowed: boolean },
    {
      ...shortText,
      initial_value: string({ max: 100 }),
      min_value: string({ max: 100 }),
      max_value: string({ max: 100 }),
    },
  ),
  email_text_input: object({}, { ...shortText, initial_value: string({ max: LIMITS.plainTextInput }) }),
  url_text_input: object({}, { ...shortText, initial_value: string({ max: LIMITS.plainTextInput }) }),
  image: object({ image_url: url, alt_text: string({ min: 1, max: LIMITS.altText }) }),
};

const MENUS = ['static_select', 'multi_static_select', 'external_select', 'multi_external_select'];
const PICKERS = ['radio_buttons', 'checkboxes', 'datepicker', 'timepicker'];
const pick = (names: readonly string[]): Record<string, Check> =>
  Object.fromEntries(names.flatMap((name) => (ELEMENTS[name] ? [[name, ELEMENTS[name]]] : [])));

/** Which elements a block of each kind takes. */
export const ALLOWED = {
  actions: pick(['button', 'overflow', 'datetimepicker', ...MENUS, ...PICKERS]),
  accessory: pick(['button', 'overflow', 'image', ...MENUS, ...PICKERS]),
  input: pick([
    'plain_text_input',
    'number_input',
    'email_text_input',
    'url_text_input',
    'datetimepicker',
    ...MENUS,
    ...PICKERS,
  ]),
  context: {
    image: ELEMENTS['image'] as Check,
    plain_text: anyText(LIMITS.text),
    mrkdwn: anyText(LIMITS.text),
  },
} as const;
