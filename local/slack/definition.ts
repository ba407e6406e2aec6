/** Blocks and views as they come from an app: checked, and given the ids that the app left out. */
import { ELEMENTS } from './block-kit/elements.ts';
import { LIMITS } from './block-kit/limits.ts';
import { isRecord } from './block-kit/problem.ts';
import { isTooLarge, problemsOfBlocks, problemsOfView, textLength } from './block-kit/validate.ts';
import type { Block, ViewDefinition } from './records.ts';
import { SlackError, withMessages } from './web-api-error.ts';

/** Throws `invalid_blocks_format`, `invalid_blocks` or `msg_blocks_too_long`. */
export function messageBlocks(value: unknown, newId: () => string): readonly Block[] {
  if (value === undefined) return [];
  if (!Array.isArray(value)) throw new SlackError('invalid_blocks_format');
  const problems = problemsOfBlocks(value);
  if (problems.length > 0) throw withMessages('invalid_blocks', problems);
  if (textLength(value) > LIMITS.messageBlocksText) throw new SlackError('msg_blocks_too_long');
  return identified(value.filter(isRecord), newId);
}

/** Throws `view_too_large` or `invalid_arguments`. */
export function viewDefinition(
  value: unknown,
  types: readonly ('modal' | 'home')[],
  newId: () => string,
): ViewDefinition {
  if (isRecord(value) && isTooLarge(value)) throw new SlackError('view_too_large');
  const problems = problemsOfView(value, types);
  if (!isRecord(value) || problems.length > 0) throw withMessages('invalid_arguments', problems);
  const blocks = (value['blocks'] as unknown[]).filter(isRecord);
  return { ...value, blocks: identified(blocks, newId) } as unknown as ViewDefinition;
}

const identified = (blocks: readonly Record<string, unknown>[], newId: () => string): Block[] =>
  blocks.map((block) => ({
    ...block,
    block_id: block['block_id'] ?? newId(),
    ...(isRecord(block['element']) && { element: withAction(block['element'], newId) }),
    ...(isRecord(block['accessory']) && { accessory: withAction(block['accessory'], newId) }),
    ...(Array.isArray(block['elements']) && {
      elements: block['elements'].map((element) => (isRecord(element) ? withAction(element, newId) : element)),
    }),
  })) as unknown as Block[];

const withAction = (element: Record<string, unknown>, newId: () => string): Record<string, unknown> =>
  String(element['type']) in ELEMENTS && element['type'] !== 'image' && element['action_id'] === undefined
    ? { ...element, action_id: newId() }
    : element;
