/** Block elements as HTML controls. A control that holds a value is a `data-field`; one that acts at once, `data-acts`. */
import { isRecord } from '../block-kit/problem.ts';
import type { Block, Filled } from '../records.ts';
import { optionWith, valueIn } from '../state.ts';
import { type Html, html, raw } from './html.ts';
import { mrkdwn, type Names, plain } from './mrkdwn.ts';

type Element = Readonly<Record<string, unknown>>;

export type Drawing = {
  readonly names: Names;
  readonly filled: Filled;
  readonly errors: Readonly<Record<string, string>>;
};

export type Spot = {
  readonly block: Block;
  readonly element: Element;
  /** Whether the app is told at once when its value changes. */
  readonly acts: boolean;
  /** What the control is called, if nothing on the screen labels it. */
  readonly label?: string;
  /** The id of the control, to which a label on the screen points. */
  readonly id?: string;
  readonly describedBy?: string;
  readonly required?: boolean;
};

const str = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

export const text = (value: unknown, names: Names): Html => {
  if (!isRecord(value)) return raw('');
  const words = String(value['text'] ?? '');
  return raw(value['type'] === 'mrkdwn' ? mrkdwn(words, names) : plain(words));
};

const words = (value: unknown): string => (isRecord(value) ? String(value['text'] ?? '') : '');

export function element(spot: Spot, drawing: Drawing): Html {
  const draw = DRAW[String(spot.element['type'])];
  return draw ? draw(spot, drawing) : raw('');
}

const options = ({ element: { options: list } }: Spot): Element[] => (Array.isArray(list) ? list.filter(isRecord) : []);
const groups = ({ element: { option_groups: list } }: Spot): Element[] =>
  Array.isArray(list) ? list.filter(isRecord) : [];
const where = ({ block, element: { action_id } }: Spot): Html =>
  html`data-block="${block.block_id}" data-action="${String(action_id)}"`;
const named = ({ id, label, describedBy, required, element: { placeholder } }: Spot): Html =>
  html`${id !== undefined && html` id="${id}"`}${
    id === undefined && html` aria-label="${label ?? (words(placeholder) || 'Choose')}"`
  }${describedBy !== undefined && html` aria-describedby="${describedBy}"`}${required === true && html` aria-required="true"`}`;
const acting = ({ acts, element: { confirm } }: Spot): Html =>
  html`${acts && raw(' data-acts')}${confirmation(confirm)}`;
const focused = ({ element: { focus_on_load } }: Spot): Html => raw(focus_on_load === true ? ' autofocus' : '');

const confirmation = (confirm: unknown): Html =>
  isRecord(confirm)
    ? html` data-confirm="${JSON.stringify({
        title: words(confirm['title']),
        text: words(confirm['text']),
        confirm: words(confirm['confirm']),
        deny: words(confirm['deny']),
        danger: confirm['style'] === 'danger',
      })}"`
    : raw('');

const single = (spot: Spot, { filled }: Drawing): string => {
  const value = valueIn(spot.block, spot.element, filled);
  return typeof value === 'string' ? value : (value?.[0] ?? '');
};
const several = (spot: Spot, { filled }: Drawing): readonly string[] => {
  const value = valueIn(spot.block, spot.element, filled);
  return typeof value === 'string' ? [value] : (value ?? []);
};

function button(spot: Spot): Html {
  const { text: label, style, url, accessibility_label: spoken } = spot.element;
  const link = str(url);
  return html`<button type="button" class="button ${str(style) ?? ''}" ${where(spot)} data-acts${confirmation(
    spot.element['confirm'],
  )}${link !== undefined && /^https?:/.test(link) && html` data-url="${link}"`}${
    str(spoken) !== undefined && html` aria-label="${str(spoken)}"`
  }>${raw(plain(words(label)))}</button>`;
}

function select(spot: Spot, drawing: Drawing): Html {
  const chosen = single(spot, drawing);
  const one = (option: Element): Html =>
    html`<option value="${String(option['value'])}"${option['value'] === chosen && raw(' selected')}>${raw(plain(words(option['text'])))}</option>`;
  const known = optionWith(spot.element, chosen) !== undefined;
  return html`<select ${where(spot)} data-field="one"${named(spot)}${acting(spot)}${focused(spot)}>
    <option value="" disabled${!known && raw(' selected')} hidden>${words(spot.element['placeholder']) || 'Select an option'}</option>
    ${options(spot).map(one)}${groups(spot).map(
      (group) =>
        html`<optgroup label="${words(group['label'])}">${
          Array.isArray(group['options']) && group['options'].filter(isRecord).map(one)
        }</optgroup>`,
    )}</select>`;
}

/** Radio buttons, checkboxes, and menus of several: a group of boxes. */
const boxes =
  (kind: 'radio' | 'checkbox') =>
  (spot: Spot, drawing: Drawing): Html => {
    const chosen = several(spot, drawing);
    const all = [
      ...options(spot),
      ...groups(spot).flatMap((group) => (Array.isArray(group['options']) ? group['options'].filter(isRecord) : [])),
    ];
    const group = `${spot.block.block_id}/${String(spot.element['action_id'])}`;
    return html`<div role="${kind === 'radio' ? 'radiogroup' : 'group'}" class="boxes" ${where(spot)} data-field="${
      kind === 'radio' ? 'radio' : 'many'
    }"${named(spot)}${acting(spot)}>${all.map(
      (option) =>
        html`<label class="box"><input type="${kind}" name="${group}" value="${String(option['value'])}"${
          chosen.includes(String(option['value'])) && raw(' checked')
        }><span>${text(option['text'], drawing.names)}${
          isRecord(option['description']) && html`<small>${text(option['description'], drawing.names)}</small>`
        }</span></label>`,
    )}</div>`;
  };

const field =
  (type: string) =>
  (spot: Spot, drawing: Drawing): Html => {
    const { placeholder, min_length: least, max_length: most } = spot.element;
    const shared = html`${where(spot)} data-field="text"${named(spot)}${acting(spot)}${focused(spot)}${
      placeholder !== undefined && html` placeholder="${words(placeholder)}"`
    }${most !== undefined && html` data-most="${String(most)}"`}${least !== undefined && html` data-least="${String(least)}"`}`;
    const value = single(spot, drawing);
    if (spot.element['multiline'] === true) return html`<textarea rows="3" ${shared}>${value}</textarea>`;
    return html`<input type="${type}" ${shared} value="${value}" autocomplete="off">`;
  };

function dateTime(spot: Spot, drawing: Drawing): Html {
  const value = single(spot, drawing);
  const local = value === '' ? '' : new Date(Number(value) * 1_000).toISOString().slice(0, 16);
  return html`<span class="zoned"><input type="datetime-local" ${where(spot)} data-field="moment"${named(spot)}${acting(
    spot,
  )} value="${local}"> UTC</span>`;
}

function external(spot: Spot, drawing: Drawing): Html {
  const chosen = single(spot, drawing);
  const label = chosen === '' ? '' : words((JSON.parse(chosen) as Element)['text']);
  return html`<span class="external" ${where(spot)} data-field="external" data-chosen="${chosen}"${acting(spot)}><input type="search"${named(
    spot,
  )} value="${label}" autocomplete="off" placeholder="${words(spot.element['placeholder'])}"><span class="offers" role="listbox" hidden></span></span>`;
}

function overflow(spot: Spot): Html {
  return html`<select class="overflow" ${where(spot)} data-overflow aria-label="${spot.label ?? 'More actions'}"${confirmation(
    spot.element['confirm'],
  )}><option value="" selected>⋯</option>${options(spot).map(
    (option) => html`<option value="${String(option['value'])}">${raw(plain(words(option['text'])))}</option>`,
  )}</select>`;
}

/** Nothing is loaded from elsewhere: a picture is its description. */
export const picture = (alt: unknown): Html =>
  html`<span class="picture" role="img" aria-label="${String(alt)}">🖼 ${String(alt)}</span>`;

const DRAW: Readonly<Record<string, (spot: Spot, drawing: Drawing) => Html>> = {
  button,
  static_select: select,
  multi_static_select: boxes('checkbox'),
  checkboxes: boxes('checkbox'),
  radio_buttons: boxes('radio'),
  external_select: external,
  multi_external_select: external,
  overflow,
  datepicker: field('date'),
  timepicker: field('time'),
  datetimepicker: dateTime,
  plain_text_input: field('text'),
  number_input: field('text'),
  email_text_input: field('email'),
  url_text_input: field('url'),
  image: ({ element: { alt_text } }) => picture(alt_text),
};
