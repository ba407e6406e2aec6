/** Blocks as they may stand in a message, a modal or App Home. */
import { anyText, plainText, url } from './composition.ts';
import { ALLOWED } from './elements.ts';
import { LIMITS } from './limits.ts';
import { boolean, byType, type Check, isRecord, list, object, type Problems, report, string } from './problem.ts';

const blockId = { block_id: string({ min: 1, max: LIMITS.blockId }) };

const section: Check = (value, at, problems) => {
  if (isRecord(value) && value['text'] === undefined && value['fields'] === undefined)
    report(problems, at, 'missing required field: text');
  object(
    {},
    {
      ...blockId,
      text: anyText(LIMITS.text),
      fields: list(anyText(LIMITS.sectionField), { max: LIMITS.sectionFields }),
      accessory: byType(ALLOWED.accessory),
      expand: boolean,
    },
  )(value, at, problems);
};

const actions: Check = (value, at, problems) => {
  object({ elements: list(byType(ALLOWED.actions), { max: LIMITS.actionsElements }) }, blockId)(value, at, problems);
  if (!isRecord(value) || !Array.isArray(value['elements'])) return;
  const ids = value['elements'].filter(isRecord).flatMap((element) => element['action_id'] ?? []);
  for (const [i, id] of ids.entries())
    if (ids.indexOf(id) !== i) report(problems, `${at}/elements`, `duplicate action_id: ${String(id)}`);
};

const BLOCKS: Readonly<Record<string, Check>> = {
  section,
  actions,
  header: object({ text: plainText(LIMITS.header) }, blockId),
  divider: object({}, blockId),
  context: object({ elements: list(byType(ALLOWED.context), { max: LIMITS.contextElements }) }, blockId),
  image: object(
    { image_url: url, alt_text: string({ min: 1, max: LIMITS.altText }) },
    { ...blockId, title: plainText(LIMITS.imageTitle) },
  ),
  input: object(
    { label: plainText(LIMITS.inputLabel), element: byType(ALLOWED.input) },
    { ...blockId, hint: plainText(LIMITS.inputHint), optional: boolean, dispatch_action: boolean },
  ),
  markdown: object({ text: string({ min: 1, max: LIMITS.markdown }) }, blockId),
};

/** Those that Slack has and this simulation does not: said so, rather than accepted and not shown. */
const NOT_SIMULATED = [
  'alert', 'call', 'card', 'carousel', 'container', 'context_actions', 'data_table', 'data_visualization', 'file',
  'plan', 'rich_text', 'share_shortcut', 'table', 'task_card', 'video',
]; // biome-ignore format: a list

export function checkBlocks(
  value: unknown,
  at: string,
  limits: { min: number; max: number },
  problems: Problems,
): void {
  const notSimulated = (one: unknown): boolean => isRecord(one) && NOT_SIMULATED.includes(String(one['type']));
  const kinds = Object.fromEntries(
    NOT_SIMULATED.map((type): [string, Check] => [
      type,
      (_block, where, found) => report(found, where, `the simulated Slack does not know blocks of type ${type}`),
    ]),
  );
  list(byType({ ...BLOCKS, ...kinds }), limits)(value, at, problems);
  if (!Array.isArray(value)) return;
  const known = value.filter((one) => isRecord(one) && !notSimulated(one)) as Record<string, unknown>[];
  const ids = known.flatMap((block) => block['block_id'] ?? []);
  for (const [i, id] of ids.entries())
    if (ids.indexOf(id) !== i) report(problems, at, `duplicate block_id: ${String(id)}`);
  if (elementsOf(known).filter((element) => element['focus_on_load'] === true).length > 1)
    report(problems, at, 'focus_on_load can only be set to true on one element');
}

/** Every element of these blocks: inputs, accessories, elements of actions and contexts. */
export function elementsOf(blocks: readonly Record<string, unknown>[]): Record<string, unknown>[] {
  return blocks.flatMap((block) =>
    [block['element'], block['accessory'], ...(Array.isArray(block['elements']) ? block['elements'] : [])].filter(
      isRecord,
    ),
  );
}
