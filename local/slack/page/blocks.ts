/** Blocks as HTML. */
import { isRecord } from '../block-kit/problem.ts';
import type { Block } from '../records.ts';
import { type Drawing, element, picture, text } from './elements.ts';
import { type Html, html, raw } from './html.ts';

const records = (value: unknown): Record<string, unknown>[] => (Array.isArray(value) ? value.filter(isRecord) : []);
const wordsOf = (value: unknown): string => (isRecord(value) ? String(value['text'] ?? '') : '');

export const blocks = (all: readonly Block[], drawing: Drawing): Html =>
  html`${all.map((block) => one(block, drawing))}`;

function one(block: Block, drawing: Drawing): Html {
  const { names } = drawing;
  switch (block.type) {
    case 'divider':
      return raw('<hr>');
    case 'header':
      return html`<h3 class="header">${text(block['text'], names)}</h3>`;
    case 'markdown':
      return html`<div class="section">${raw('<pre class="markdown">')}${String(block['text'])}${raw('</pre>')}</div>`;
    case 'image':
      return picture(block['alt_text']);
    case 'context':
      return html`<div class="context">${records(block['elements']).map((part) =>
        part['type'] === 'image' ? picture(part['alt_text']) : html`<span>${text(part, names)}</span>`,
      )}</div>`;
    case 'actions':
      return html`<div class="actions">${records(block['elements']).map((part) => element({ block, element: part, acts: true }, drawing))}</div>`;
    case 'input':
      return input(block, drawing);
    default:
      return section(block, drawing);
  }
}

function section(block: Block, drawing: Drawing): Html {
  const accessory = isRecord(block['accessory']) ? block['accessory'] : undefined;
  const fields = records(block['fields']);
  // A screen reader is told what a menu beside a text is for.
  const label =
    wordsOf(block['text'])
      .replaceAll(/[*_~`]/g, '')
      .split('\n')[0] ?? '';
  return html`<div class="section"><div class="words">${isRecord(block['text']) && html`<p>${text(block['text'], drawing.names)}</p>`}${
    fields.length > 0 &&
    html`<div class="fields">${fields.map((field) => html`<p>${text(field, drawing.names)}</p>`)}</div>`
  }</div>${accessory && html`<div class="accessory">${element({ block, element: accessory, acts: true, label }, drawing)}</div>`}</div>`;
}

/** A label, the control, a hint, and what is wrong with what was filled in. */
function input(block: Block, drawing: Drawing): Html {
  const control = isRecord(block['element']) ? block['element'] : {};
  const id = `field-${block.block_id}`;
  const error = drawing.errors[block.block_id];
  const hint = isRecord(block['hint']) ? block['hint'] : undefined;
  const described = [hint && `${id}-hint`, error !== undefined && `${id}-error`].filter(Boolean).join(' ');
  const optional = block['optional'] === true;
  const spot = {
    block,
    element: control,
    acts: block['dispatch_action'] === true,
    ...(isGroup(control) ? { label: wordsOf(block['label']) } : { id }),
    ...(described !== '' && { describedBy: described }),
    required: !optional,
  };
  const label = html`${text(block['label'], drawing.names)}${optional && raw(' <span class="optional">(optional)</span>')}`;
  return html`<div class="input${error !== undefined && ' wrong'}">${
    isGroup(control) ? html`<span class="label">${label}</span>` : html`<label for="${id}">${label}</label>`
  }${element(spot, drawing)}${hint && html`<p class="hint" id="${id}-hint">${text(hint, drawing.names)}</p>`}${
    error !== undefined && html`<p class="error" id="${id}-error" role="alert">${error}</p>`
  }</div>`;
}

const isGroup = (control: Record<string, unknown>): boolean =>
  ['radio_buttons', 'checkboxes', 'multi_static_select'].includes(String(control['type']));
