/** Catches a message or a modal that the simulated Slack takes and the real one would refuse. */
import { describe, expect, test } from 'vitest';
import { problemsOfBlocks, problemsOfView, textLength } from '../../local/slack/block-kit/validate.ts';
import { countCases } from '../core/fixtures.ts';

const long = (length: number): string => 'x'.repeat(length);
const plain = (text: string) => ({ type: 'plain_text', text });
const mrkdwn = (text: string) => ({ type: 'mrkdwn', text });
const section = (text: string) => ({ type: 'section', text: mrkdwn(text) });
const option = (value: string, text = value) => ({ text: plain(text), value });
const options = (count: number) => Array.from({ length: count }, (_, i) => option(String(i)));
const actions = (...elements: unknown[]) => ({ type: 'actions', elements });
const button = (more: object = {}) => ({ type: 'button', text: plain('Go'), ...more });
const input = (element: unknown, more: object = {}) => ({ type: 'input', label: plain('Label'), element, ...more });
const menu = (more: object = {}) => ({ type: 'static_select', options: options(2), ...more });
const times = <T>(count: number, one: T): T[] => Array.from({ length: count }, () => one);

const FINE: readonly [string, unknown][] = [
  ['section of 3,000', section(long(3_000))],
  ['ten fields of 2,000', { type: 'section', fields: times(10, plain(long(2_000))) }],
  ['header of 150', { type: 'header', text: plain(long(150)) }],
  ['ten elements of a context', { type: 'context', elements: times(10, mrkdwn('x')) }],
  ['25 buttons', actions(...times(25, button()))],
  [
    'a button with everything',
    actions(button({ action_id: 'a', value: long(2_000), style: 'danger', url: 'https://x' })),
  ],
  [
    'a confirmation',
    actions(button({ confirm: { title: plain('t'), text: mrkdwn('x'), confirm: plain('y'), deny: plain('n') } })),
  ],
  ['100 options', input(menu({ options: options(100) }))],
  ['groups of options', input({ type: 'static_select', option_groups: [{ label: plain('a'), options: options(3) }] })],
  ['an initial option', input(menu({ initial_option: option('1') }))],
  [
    'a text of 3,000',
    input({ type: 'plain_text_input', multiline: true, max_length: 3_000, initial_value: long(3_000) }),
  ],
  ['dates', input({ type: 'datetimepicker', initial_date_time: 1_764_000_000 })],
  ['radio buttons in mrkdwn', input({ type: 'radio_buttons', options: [{ text: mrkdwn('*a*'), value: 'a' }] })],
  ['an image', { type: 'image', image_url: 'https://x/y.png', alt_text: 'y' }],
  ['a divider', { type: 'divider' }],
];

const WRONG: readonly [string, unknown, string][] = [
  ['section of 3,001', section(long(3_001)), 'must be less than 3001 characters [json-pointer:/blocks/0/text/text]'],
  ['empty text', section(''), 'must be more than 0 characters [json-pointer:/blocks/0/text/text]'],
  ['nothing in a section', { type: 'section' }, 'missing required field: text [json-pointer:/blocks/0]'],
  [
    'eleven fields',
    { type: 'section', fields: times(11, plain('x')) },
    'no more than 10 items allowed [json-pointer:/blocks/0/fields]',
  ],
  [
    'a field of 2,001',
    { type: 'section', fields: [plain(long(2_001))] },
    'must be less than 2001 characters [json-pointer:/blocks/0/fields/0/text]',
  ],
  [
    'header in mrkdwn',
    { type: 'header', text: mrkdwn('x') },
    'unsupported type: mrkdwn [json-pointer:/blocks/0/text/type]',
  ],
  [
    'header of 151',
    { type: 'header', text: plain(long(151)) },
    'must be less than 151 characters [json-pointer:/blocks/0/text/text]',
  ],
  [
    'eleven in a context',
    { type: 'context', elements: times(11, mrkdwn('x')) },
    'no more than 10 items allowed [json-pointer:/blocks/0/elements]',
  ],
  ['26 buttons', actions(...times(26, button())), 'no more than 25 items allowed [json-pointer:/blocks/0/elements]'],
  ['no buttons', actions(), 'no fewer than 1 items allowed [json-pointer:/blocks/0/elements]'],
  [
    'a label of 76',
    actions(button({ text: plain(long(76)) })),
    'must be less than 76 characters [json-pointer:/blocks/0/elements/0/text/text]',
  ],
  [
    'a value of 2,001',
    actions(button({ value: long(2_001) })),
    'must be less than 2001 characters [json-pointer:/blocks/0/elements/0/value]',
  ],
  [
    'a colour',
    actions(button({ style: 'green' })),
    'must be one of: primary, danger [json-pointer:/blocks/0/elements/0/style]',
  ],
  [
    'an action id of 256',
    actions(button({ action_id: long(256) })),
    'must be less than 256 characters [json-pointer:/blocks/0/elements/0/action_id]',
  ],
  [
    'a misspelt field',
    actions(button({ valeu: 'x' })),
    'invalid additional property: valeu [json-pointer:/blocks/0/elements/0]',
  ],
  [
    'one action id twice',
    actions(button({ action_id: 'a' }), button({ action_id: 'a' })),
    'duplicate action_id: a [json-pointer:/blocks/0/elements]',
  ],
  [
    '101 options',
    input(menu({ options: options(101) })),
    'no more than 100 items allowed [json-pointer:/blocks/0/element/options]',
  ],
  [
    'no options',
    input(menu({ options: [] })),
    'no fewer than 1 items allowed [json-pointer:/blocks/0/element/options]',
  ],
  [
    'options and groups',
    input(menu({ option_groups: [{ label: plain('a'), options: [option('other')] }] })),
    'must have either options or option_groups [json-pointer:/blocks/0/element]',
  ],
  [
    'an option text of 76',
    input(menu({ options: [option('a', long(76))] })),
    'must be less than 76 characters [json-pointer:/blocks/0/element/options/0/text/text]',
  ],
  [
    'an option value of 151',
    input(menu({ options: [option(long(151), 'a')] })),
    'must be less than 151 characters [json-pointer:/blocks/0/element/options/0/value]',
  ],
  [
    'one option value twice',
    input(menu({ options: [option('a'), option('a', 'b')] })),
    'duplicate option value: a [json-pointer:/blocks/0/element/options]',
  ],
  [
    'an initial option that is not offered',
    input(menu({ initial_option: option('9') })),
    'must match one of the options [json-pointer:/blocks/0/element/initial_option]',
  ],
  [
    'an initial option of another text',
    input(menu({ initial_option: option('1', 'one') })),
    'must match one of the options [json-pointer:/blocks/0/element/initial_option]',
  ],
  [
    'mrkdwn in a menu',
    input(menu({ options: [{ text: mrkdwn('a'), value: 'a' }] })),
    'unsupported type: mrkdwn [json-pointer:/blocks/0/element/options/0/text/type]',
  ],
  [
    'eleven checkboxes',
    input({ type: 'checkboxes', options: options(11) }),
    'no more than 10 items allowed [json-pointer:/blocks/0/element/options]',
  ],
  ['a button in an input', input(button()), 'unsupported type: button [json-pointer:/blocks/0/element/type]'],
  [
    'a text input in a section',
    { ...section('x'), accessory: { type: 'plain_text_input' } },
    'unsupported type: plain_text_input [json-pointer:/blocks/0/accessory/type]',
  ],
  [
    'a max_length of 3,001',
    input({ type: 'plain_text_input', max_length: 3_001 }),
    'must be less than 3001 [json-pointer:/blocks/0/element/max_length]',
  ],
  [
    'a date in words',
    input({ type: 'datepicker', initial_date: 'tomorrow' }),
    'must be a date of the form YYYY-MM-DD [json-pointer:/blocks/0/element/initial_date]',
  ],
  [
    'milliseconds',
    input({ type: 'datetimepicker', initial_date_time: 1_764_000_000_000 }),
    'must be less than 10000000000 [json-pointer:/blocks/0/element/initial_date_time]',
  ],
  ['no type', { text: plain('x') }, 'missing required field: type [json-pointer:/blocks/0]'],
  ['a made-up type', { type: 'banner' }, 'unsupported type: banner [json-pointer:/blocks/0/type]'],
  ['a type of an object', { type: 'toString' }, 'unsupported type: toString [json-pointer:/blocks/0/type]'],
  [
    'a type not simulated',
    { type: 'video' },
    'the simulated Slack does not know blocks of type video [json-pointer:/blocks/0]',
  ],
  [
    'a block id of 256',
    { type: 'divider', block_id: long(256) },
    'must be less than 256 characters [json-pointer:/blocks/0/block_id]',
  ],
  ['text instead of a block', 'x', 'must be an object [json-pointer:/blocks/0]'],
];

describe('blocks', () => {
  test.each(FINE)('fine: %s', (_what, block) => expect(problemsOfBlocks([block])).toEqual([]));
  test.each(WRONG)('refused: %s', (_what, block, problem) => expect(problemsOfBlocks([block])).toEqual([problem]));
  test('fifty blocks, not fifty-one; no block id twice', () => {
    expect(problemsOfBlocks(times(50, { type: 'divider' }))).toEqual([]);
    expect(problemsOfBlocks(times(51, { type: 'divider' }))).toEqual([
      'no more than 50 items allowed [json-pointer:/blocks]',
    ]);
    expect(problemsOfBlocks(times(2, { type: 'divider', block_id: 'a' }))).toEqual([
      'duplicate block_id: a [json-pointer:/blocks]',
    ]);
    countCases('pieces of Block Kit', FINE.length + WRONG.length);
  });
  test('all text counts, however deep', () => {
    expect(textLength([section('abc'), actions(button({ text: plain('de') }))])).toBe(5);
  });
});

const modal = (more: object = {}) => ({ type: 'modal', title: plain('Title'), blocks: [{ type: 'divider' }], ...more });

describe('views', () => {
  test.each<[string, unknown]>([
    ['title of 24', modal({ title: plain(long(24)) })],
    ['a hundred blocks', modal({ blocks: times(100, { type: 'divider' }) })],
    ['metadata of 3,000', modal({ private_metadata: long(3_000), callback_id: long(255) })],
    ['input with submit', modal({ submit: plain('Go'), blocks: [input({ type: 'plain_text_input' })] })],
    ['home', { type: 'home', blocks: [section('x')] }],
  ])('fine: %s', (_what, view) => expect(problemsOfView(view)).toEqual([]));
  test.each<[string, unknown, string]>([
    [
      'title of 25',
      modal({ title: plain(long(25)) }),
      'must be less than 25 characters [json-pointer:/view/title/text]',
    ],
    ['no title', { type: 'modal', blocks: [section('x')] }, 'missing required field: title [json-pointer:/view]'],
    [
      '101 blocks',
      modal({ blocks: times(101, { type: 'divider' }) }),
      'no more than 100 items allowed [json-pointer:/view/blocks]',
    ],
    ['no blocks', modal({ blocks: [] }), 'no fewer than 1 items allowed [json-pointer:/view/blocks]'],
    [
      'metadata of 3,001',
      modal({ private_metadata: long(3_001) }),
      'must be less than 3001 characters [json-pointer:/view/private_metadata]',
    ],
    [
      'submit of 25',
      modal({ submit: plain(long(25)) }),
      'must be less than 25 characters [json-pointer:/view/submit/text]',
    ],
    [
      'input without submit',
      modal({ blocks: [input({ type: 'plain_text_input' })] }),
      'missing required field: submit (a modal with an input block needs one) [json-pointer:/view]',
    ],
    [
      'home with a title',
      { type: 'home', title: plain('x'), blocks: [section('x')] },
      'invalid additional property: title [json-pointer:/view]',
    ],
    ['a message', { type: 'message', blocks: [] }, 'must be one of: modal, home [json-pointer:/view/type]'],
    ['nothing', undefined, 'must be an object [json-pointer:/view]'],
    [
      'two in focus',
      modal({ submit: plain('Go'), blocks: times(2, input({ type: 'plain_text_input', focus_on_load: true })) }),
      'focus_on_load can only be set to true on one element [json-pointer:/view/blocks]',
    ],
  ])('refused: %s', (_what, view, problem) => expect(problemsOfView(view)).toEqual([problem]));
});
